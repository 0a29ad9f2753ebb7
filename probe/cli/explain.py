"""`smtp-probe explain REPLY`. Parsed with argparse: loading typer takes longer than the explanation."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from probe.cli.commands import Run
from probe.cli.errors import UsageError, complain, refuse_controls, unreadable
from probe.cli.light import LightParser
from probe.cli.output import chosen_format, deliver_each, report_path, speak_utf8
from probe.explanation import Explanation, explain, explain_line, parse_stage
from probe.model.reply import Stage
from probe.model.text import decode
from probe.reading.log.looks import may_be_logged
from probe.report.formats import Kind, formats_of
from probe.report.json_text import json_text

if TYPE_CHECKING:
    from probe.maillog.lines import LogLines

FORMATS = formats_of(Kind.REPLY)
STAGES = "greeting, ehlo, starttls, mail, rcpt, data, end-of-data"
LINE_LIMIT = 1 << 20  # octets; a longer line is not an SMTP reply, and memory must be limited
_PATH_LIMIT = 4096  # characters; no path is longer (PATH_MAX of Linux)
PASSED_LINES = 256  # times LINE_LIMIT: how much of a line is skipped


def parser() -> LightParser:
    """The one definition of the options of `explain`."""
    result = LightParser(
        prog="smtp-probe explain",
        description="Say what an SMTP reply means, who must act and when to retry. Offline.\n"
        "Lines of mail logs and queue listings are read, too; for whole logs, see smtp-probe log.",
        epilog="Example:\n  smtp-probe explain '550 5.1.1 user unknown' --stage rcpt\n"
        "  grep -o 'said: .*' mail.log | smtp-probe explain --input - --format jsonl",
    )
    result.add(
        "reply", metavar="REPLY", nargs="?", help="The reply, in any wrapping; may have several lines."
    )
    result.add("--stage", default="", metavar="S", help=f"What it answered: {STAGES}.")
    result.add("--host", default="", metavar="H", help="The host that sent it, for provider rules.")
    result.add(
        "--input",
        metavar="FILE|-",
        help='Many replies, one a line: plain text, or JSON {"id", "text", "stage", "host"}. "-" is stdin.',
    )
    result.add_report(FORMATS, verbose="The whole report, however long it is.")
    return result


def main(argv: Sequence[str], _: Run) -> int:
    """Run `explain` with its arguments; returns the exit code. Raises UsageError."""
    options = parser()
    arguments, further = options.parse_known_args(list(argv))
    if further and arguments.reply and not any(word.startswith("-") for word in further):
        from probe.cli.slips import shown

        whole = shown(" ".join((arguments.reply, *further)))
        raise UsageError("REPLY", f"a reply is one argument; put it in quotes: smtp-probe explain {whole}")
    options.refuse(further)
    for name in ("stage", "host", "input", "format", "output"):
        refuse_controls(f"--{name}", getattr(arguments, name) or "")
    form = chosen_format(arguments.format, Kind.REPLY)
    try:
        stage = parse_stage(arguments.stage)
    except ValueError as error:
        raise UsageError("--stage", str(error)) from None
    _refuse_a_file(arguments.reply)
    if (arguments.reply is None) == (arguments.input is None):
        raise UsageError("REPLY", "give either a REPLY or --input FILE")
    if not form.is_laid_out:
        speak_utf8()
    path = report_path(arguments.output)
    unread: list[str] = []
    with ExitStack() as stack:
        explanations = _note_faults(_explanations(arguments, stage, stack), unread)
        if arguments.input is None:
            explanations = iter(first := list(explanations))
        many = arguments.input is not None or len(first) > 1
        code = deliver_each(
            explanations,
            *(Kind.REPLY, form, path),
            is_sequence=many,
            verbosity=int(arguments.verbose),
            is_paged=arguments.pager,
        )
    if unread:
        complain(f"explain: a line could not be read: {unread[0]}")
    return code


def _refuse_a_file(reply: str | None) -> None:
    """Raise UsageError for a file name, or "-", in place of a reply: the user means the contents."""
    if reply == "-":
        raise UsageError("REPLY", "- is no reply; smtp-probe explain --input - reads replies from stdin")
    if reply and len(reply) < _PATH_LIMIT and "\n" not in reply and os.path.isfile(reply):  # noqa: PTH113 - light
        from probe.cli.slips import about_file

        raise UsageError("REPLY", about_file(reply))


def _note_faults(explanations: Iterator[Explanation], unread: list[str]) -> Iterator[Explanation]:
    """Pass on the explanations; the first fault of a line is put into `unread`."""
    for explanation in explanations:
        if explanation.error and not unread:
            unread.append(explanation.error)
        yield explanation


def _explanations(
    arguments: argparse.Namespace, stage: Stage | None, stack: ExitStack
) -> Iterator[Explanation]:
    if arguments.input is None:
        if not arguments.reply.strip():
            raise UsageError("REPLY", "is empty; give the text that the server answered")
        results = _explain_log(arguments.reply) or (explain(arguments.reply, stage, arguments.host, 1),)
        return iter(results)
    return _explain_each(_lines(arguments.input, stack), stage, arguments.host)


def _explain_log(text: str) -> Sequence[Explanation]:
    """One or more lines of a log, or a queue listing; empty for anything else."""
    lines = text.splitlines()
    if not any(map(may_be_logged, lines)):
        return ()
    results = list(_explain_each(lines, None, ""))
    return results if any(it.excerpt is not None for it in results) else ()


def _explain_each(lines: Iterable[str], stage: Stage | None, host: str) -> Iterator[Explanation]:
    """Explain each line in order: a reply, an object or a line of a log."""
    log: LogLines | None = None
    number = 0
    for number, line in enumerate(lines, 1):
        if (log is not None and log.is_open) or may_be_logged(line):
            if log is None:
                from probe.maillog.lines import LogLines

                log = LogLines()
            results = log.take(*_of_object(line, number), number)
            if results is not None:
                yield from results
                continue
        explanation = explain_line(_with_defaults(line, number, stage, host), number)
        if explanation is not None:
            yield explanation
    if log is not None:
        yield from log.end(number)


def _lines(name: str, stack: ExitStack) -> Iterator[str]:
    """Lines of a file or stdin, decoded one by one: a log mixes charsets."""
    stream: BinaryIO
    if name == "-":
        stream = sys.stdin.buffer
    else:
        try:
            stream = stack.enter_context(Path(name).open("rb"))  # noqa: SIM115  closed by the stack
        except OSError as error:
            raise unreadable("--input", name, error) from None

    def read() -> Iterator[str]:
        is_first = True
        while line := _line(stream, name):
            if is_first and line.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
                raise UsageError("--input", f"{name} is UTF-16 text; save it as UTF-8")
            is_first = False
            # a UTF-8 byte order mark before JSON would make it another text
            yield decode(line.removeprefix(BOM_UTF8))

    return read()


def _line(stream: BinaryIO, name: str) -> bytes:
    try:
        line = stream.readline(LINE_LIMIT)
        if len(line) == LINE_LIMIT and not line.endswith(b"\n"):
            _pass_over(stream, name)
    except OSError as error:
        raise unreadable("--input", name, error) from None
    return line


def _pass_over(stream: BinaryIO, name: str) -> None:
    """Skip to the end of a line that is too long; on a device there may be none."""
    for _ in range(PASSED_LINES):
        rest = stream.readline(LINE_LIMIT)
        if not rest or rest.endswith(b"\n"):
            return
    raise UsageError("--input", f"{name} has a line of more than {PASSED_LINES} MiB; give lines of text")


def _of_object(line: str, number: int) -> tuple[str, object]:
    """A line and its number; for an object with a line of a log, that line and the object's id."""
    if line.lstrip().startswith("{") and '"text"' in line:
        with contextlib.suppress(ValueError, RecursionError):
            fields = json.loads(line)
            if set(fields) <= {"id", "text", "stage", "host"} and isinstance(fields["text"], str):
                return fields["text"], fields.get("id", number)
    return line, number


def _with_defaults(line: str, number: int, stage: Stage | None, host: str) -> str:
    """Give a plain line the --stage and --host of the command line; JSON lines bring their own."""
    plain = line.strip()
    if (stage is None and not host) or not plain or plain.startswith("{"):
        return line
    return json_text({"id": number, "text": plain, "stage": stage or "", "host": host})
