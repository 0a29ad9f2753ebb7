"""`smtp-probe bounce FILE...`. Parsed with argparse, like `explain`: reading a bounce must stay light."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, NoReturn, TextIO

from probe.bounce import BouncedRecipient, messages, read_bounces, to_json, worst
from probe.cli.errors import EXIT_USAGE, UsageError, complain, refuse_controls, unreadable
from probe.cli.output import abandon_stdout, speak_utf8, style_for
from probe.report.json_text import json_text

FORMATS = ("text", "json", "jsonl", "markdown")


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError("bounce", message)


def parser() -> argparse.ArgumentParser:
    """The one definition of the options of `bounce`."""
    made = _Parser(
        prog="smtp-probe bounce",
        description="Read bounce messages: whom each is about, what the remote server said, what it means,\n"
        "who must act and when to retry. Offline. What is no bounce is said to be so.",
        epilog="A FILE holds one message, or many as a mailbox file (mbox).\n\n"
        "Example:\n  smtp-probe bounce returned.eml\n"
        "  smtp-probe bounce --format jsonl Maildir/new/*",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    made.add_argument(
        "files", metavar="FILE", nargs="+", help='Bounce messages (.eml, Maildir, mbox); "-" is stdin.'
    )
    made.add_argument(
        "--format", default="text", metavar="|".join(FORMATS), help="Report format. Default: text."
    )
    made.add_argument("-o", "--output", metavar="FILE", help="Write the report to FILE.")
    return made


def main(argv: Sequence[str]) -> int:
    """Run `bounce` with the arguments behind its name; returns the exit code. Raises UsageError."""
    arguments = parser().parse_args(list(argv))
    for name in ("format", "output"):
        refuse_controls(f"--{name}", getattr(arguments, name) or "")
    for name in arguments.files:
        refuse_controls("FILE", name)
    if arguments.format not in FORMATS:
        raise UsageError("--format", f"{arguments.format!r} is not one of {', '.join(FORMATS)}")
    if arguments.format != "text":
        speak_utf8()
    with ExitStack() as stack:
        target = _target(arguments.output, stack)
        unread: list[UsageError] = []
        return _write(_results(arguments.files, unread), arguments.format, target, unread)


def _results(files: Sequence[str], unread: list[UsageError]) -> Iterator[BouncedRecipient]:
    """The results of all files, in order; a file that cannot be read is noted, the others are read."""
    for name in files:
        try:
            with _opened(name) as stream:
                yield from _of_stream(stream, name)
        except OSError as error:
            unread.append(unreadable("FILE", name, error))
        except _EmptyError:
            unread.append(UsageError("FILE", f"{name} is empty; give a message as it was received"))


class _EmptyError(Exception):
    """A file without a message."""


def _opened(name: str) -> BinaryIO:
    # stdin is duplicated by its number, so that closing the stream leaves the process's own alone
    return open(sys.stdin.fileno(), "rb", closefd=False) if name == "-" else Path(name).open("rb")


def _of_stream(stream: BinaryIO, name: str) -> Iterator[BouncedRecipient]:
    shown = "stdin" if name == "-" else name
    number = 0
    for number, data in enumerate(messages(stream), 1):
        yield from read_bounces(data, f"{shown}#{number}" if number > 1 else shown)
    if not number:
        raise _EmptyError


def _target(path: str | None, stack: ExitStack) -> TextIO:
    if path is None:
        return sys.stdout
    try:
        return stack.enter_context(Path(path).open("w", encoding="utf-8"))
    except OSError as error:
        raise unreadable("-o", path, error, doing="write") from None


def _write(results: Iterator[BouncedRecipient], form: str, target: TextIO, unread: list[UsageError]) -> int:
    codes: set[int] = set()
    count = 0
    try:
        for count, bounced in enumerate(results, 1):
            target.write(_rendered(bounced, form, target, first=count == 1))
            target.flush()
            codes.add(bounced.exit_code)
        if form == "json":
            target.write("\n]\n" if count else "[]\n")
        target.flush()
    except BrokenPipeError:
        abandon_stdout()
    for problem in unread:
        complain(str(problem))
    # a file that could not be read comes first: it hides an answer
    return EXIT_USAGE if unread else worst(codes)


def _rendered(bounced: BouncedRecipient, form: str, target: TextIO, *, first: bool) -> str:
    if form == "jsonl":
        return json_text(to_json(bounced)) + "\n"
    if form == "json":
        return ("[\n" if first else ",\n") + json_text(to_json(bounced))
    from probe.report import bounce as renderer

    gap = "" if first else "\n"
    if form == "markdown":
        return gap + renderer.to_markdown(bounced)
    return gap + renderer.to_text(bounced, style_for(None if target is not sys.stdout else sys.stdout))
