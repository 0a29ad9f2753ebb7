"""`smtp-probe bounce FILE...`. Parsed with argparse, like `explain`: reading a bounce must stay light."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from io import BufferedReader
from typing import BinaryIO

from probe.bounces import BouncedRecipient, messages, read_bounces
from probe.cli import signals
from probe.cli.commands import Run
from probe.cli.errors import UsageError, complain, refuse_controls, refuse_outlook, unreadable
from probe.cli.inputs import open_input
from probe.cli.light import LightParser
from probe.cli.output import chosen_format, deliver_each, refuse_input, report_path, speak_utf8, style_for
from probe.model.notice_reason import NoticeForm
from probe.model.verdict import ExitCode
from probe.report.formats import Kind, formats_of
from probe.report.style import QUIET
from probe.wording.spoken import words_of

_START = 64  # octets
CHECKED_LIMIT = 3  # recipients of one bounce that are checked live; each costs a server a session
FORMATS = formats_of(Kind.BOUNCE)


def parser() -> LightParser:
    """The one definition of the options of `bounce`."""
    result = LightParser(
        prog="smtp-probe bounce",
        description="Read bounce messages: whom each is about, what the remote server said, what it means,\n"
        "who must act and when to retry. Offline. What is no bounce is said to be so.",
        epilog="A FILE holds one message, or many as a mailbox file (mbox).\n\n"
        "Example:\n  smtp-probe bounce returned.eml\n"
        "  smtp-probe bounce --format jsonl Maildir/new/*",
    )
    result.add(
        "files", metavar="FILE", nargs="+", help='Bounce messages (.eml, Maildir, mbox); "-" is stdin.'
    )
    result.add(
        "--check",
        action="store_true",
        help="Go on with the live check for what was found, as `check --bounce` does; one FILE, and all "
        "further options are those of `check`, in any order.",
    )
    result.add_argument("-q", "--quiet", action="store_true", help="Only the verdict and the cause.")
    result.add_report(FORMATS, verbose="The whole report, however long it is.")
    return result


def main(argv: Sequence[str], run: Run) -> int:
    """Run `bounce` with its arguments; `run` runs the command line of another command. Returns the exit code.
    Raises UsageError."""
    options = parser()
    own, of_check = list(argv), list[str]()
    if "--check" in argv:
        from probe.cli.further import split_options

        own, of_check = split_options(argv, options)
    arguments, unknown = options.parse_known_args(own)
    options.refuse(unknown)
    for name in ("format", "output"):
        refuse_controls(f"--{name}", getattr(arguments, name) or "")
    for name in arguments.files:
        refuse_controls("FILE", name)
    form = chosen_format(arguments.format, Kind.BOUNCE)
    if not form.is_laid_out:
        speak_utf8()
    if arguments.check:
        return _check_each(arguments, of_check, run)
    unread: list[UsageError] = []
    path, verbosity = report_path(arguments.output), _verbosity(arguments)
    refuse_input(path, arguments.files)
    code = deliver_each(
        _results(arguments.files, unread),
        *(Kind.BOUNCE, form, path),
        is_sequence=True,
        verbosity=verbosity,
        is_paged=arguments.pager,
    )
    for problem in unread:
        complain(str(problem))
    # a file that could not be read comes first: its answer is missing
    return ExitCode.USAGE if unread else code


def _verbosity(arguments: argparse.Namespace) -> int:
    return QUIET if arguments.quiet else int(arguments.verbose)


def _check_each(arguments: argparse.Namespace, further: Sequence[str], run: Run) -> int:
    """Run `check --bounce` for each recipient of the one message given; the worst exit code."""
    if len(arguments.files) != 1 or arguments.files[0] == "-":
        raise UsageError(
            "--check", "takes one FILE with one message; stdin and several files cannot be checked"
        )
    if arguments.format not in formats_of(Kind.RUN):
        names = ", ".join(name for name in FORMATS if name in formats_of(Kind.RUN))
        raise UsageError("--check", f"reports as {names}, not as {arguments.format!r}")
    (name,) = arguments.files
    unread: list[UsageError] = []
    results = list(_results((name,), unread))
    if unread:
        raise unread[0]
    if any(item.name != name for item in results):
        raise UsageError("--check", f"{name} holds several messages; give one of them")
    bounces = [item for item in results if item.is_bounce and item.status and "@" in item.status.recipient]
    if not bounces:
        raise UsageError("--check", f"{name} names no recipient to check: {words_of(results[0].notice.form)}")
    if len(bounces) > 1 and (arguments.format in ("json", "html") or arguments.output):
        raise UsageError("--check", f"{name} is about {len(bounces)} recipients; one report has room for one")
    if len(bounces) > CHECKED_LIMIT:
        complain(f"bounce: {len(bounces)} recipients; the first {CHECKED_LIMIT} are checked")
    codes: list[int] = []
    for item in bounces[:CHECKED_LIMIT]:
        if not signals.is_end_wanted():  # Ctrl-C in one check ends the others, too
            codes.append(_check_one(item, arguments, further, run))
    if max(codes, default=0) > max(ExitCode):
        return max(codes)  # a fault of this program, or an interruption
    return ExitCode.worst(map(ExitCode, codes))


def _check_one(
    entry: BouncedRecipient, arguments: argparse.Namespace, further: Sequence[str], run: Run
) -> int:
    if arguments.format == "text" and not arguments.output:
        style = style_for(sys.stdout, _verbosity(arguments))
        text = FORMATS["text"].write(Kind.BOUNCE, entry, style)
        sys.stdout.write(text if arguments.quiet else f"{text}\n")
        sys.stdout.flush()
    recipient = entry.status.recipient if entry.status else ""
    report = ("--format", arguments.format, *(("-o", arguments.output) if arguments.output else ()))
    report += ("-q",) if arguments.quiet else ()
    report += (("-v",) if arguments.verbose else ()) + (("--pager",) if arguments.pager else ())
    # after "--": an address from the bounce must not become an option
    operands = ("--", entry.sender or "<>", recipient)
    return run(("check", "--bounce", entry.name, *report, *further, *operands))


def _results(files: Sequence[str], unread: list[UsageError]) -> Iterator[BouncedRecipient]:
    """The results of all files, in order; a file that cannot be read is noted, the others are read."""
    for name in files:
        try:
            with open_input(name) as stream:
                if _is_recording(stream):
                    unread.append(UsageError("FILE", _about_recording(name)))
                    continue
                refuse_outlook("FILE", "stdin" if name == "-" else name, stream.peek(_START))
                head = stream.peek(_START)
                for result in _of_stream(stream, name):
                    if result.notice.form is NoticeForm.NO_MESSAGE and _is_log(head):
                        unread.append(UsageError("FILE", _about_log(name)))
                    yield result
        except OSError as error:
            unread.append(unreadable("FILE", name, error))
        except UsageError as problem:
            unread.append(problem)
        except _EmptyError:
            unread.append(UsageError("FILE", f"{name} is empty; give a message as it was received"))


def _is_recording(stream: BufferedReader) -> bool:
    return stream.peek(_START)[:_START].startswith(b'{"kind":"started"')


def _about_recording(name: str) -> str:
    from probe.cli.slips import operand, shown

    title = "stdin" if name == "-" else shown(name)
    return f"{title} is a recording of a run; read it with: smtp-probe replay {operand(name)}"


def _is_log(head: bytes) -> bool:
    """Whether these first octets of a file are lines of a mail log."""
    from probe.reading.log.formats import detect

    return detect(head.splitlines()) is not None


def _about_log(name: str) -> str:
    from probe.cli.slips import operand, shown

    title = "stdin" if name == "-" else shown(name)
    return f"{title} looks like a mail log; read it with: smtp-probe log {operand(name)}"


class _EmptyError(Exception):
    """A file without a message."""


def _of_stream(stream: BinaryIO, name: str) -> Iterator[BouncedRecipient]:
    title = "stdin" if name == "-" else name
    number = 0
    for number, data in enumerate(messages(stream), 1):
        yield from read_bounces(data, f"{title}#{number}" if number > 1 else title)
    if not number:
        raise _EmptyError
