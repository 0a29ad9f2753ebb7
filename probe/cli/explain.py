"""`smtp-probe explain REPLY`. Parsed with argparse: loading typer takes longer than the explanation."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import sys
from codecs import BOM_UTF8, BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from probe.cli.commands import Run
from probe.cli.errors import UsageError, complain, refuse_controls, unreadable
from probe.cli.jobs import HELP, number_of_jobs
from probe.cli.light import LightParser
from probe.cli.output import chosen_format, deliver_each, deliver_series, report_path, speak_utf8, style_for
from probe.cli.reply_lots import Line, Way, explain_one, write
from probe.explanation import Explanation, explain, parse_stage
from probe.model.reply import Stage
from probe.model.text import decode
from probe.model.verdict import ExitCode
from probe.reading.log.looks import may_be_logged
from probe.report.formats import Kind, formats_of

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
    result.add("--jobs", default="1", metavar="N", help=f"Explain the lines of --input {HELP}")
    result.add_report(FORMATS, verbose="The whole report, however long it is.")
    return result


def main(argv: Sequence[str], _: Run) -> int:
    """Run `explain` with its arguments; returns the exit code. Raises UsageError."""
    options = parser()
    arguments, further = options.parse_known_args(list(argv))
    if further and arguments.reply and not any(word.startswith("-") for word in further):
        from probe.cli.slips import word

        whole = word(" ".join((arguments.reply, *further)))
        raise UsageError("REPLY", f"a reply is one argument; put it in quotes: smtp-probe explain {whole}")
    options.refuse(further)
    for name in ("stage", "host", "input", "format", "output"):
        refuse_controls(f"--{name}", getattr(arguments, name) or "")
    form = chosen_format(arguments.format, Kind.REPLY)
    try:
        stage = parse_stage(arguments.stage)
    except ValueError as error:
        raise UsageError("--stage", str(error)) from None
    jobs = number_of_jobs(arguments.jobs)
    _refuse_a_file(arguments.reply)
    if (arguments.reply is None) == (arguments.input is None):
        raise UsageError("REPLY", "give either a REPLY or --input FILE")
    if not form.is_laid_out:
        speak_utf8()
    path = report_path(arguments.output)
    unread: list[str] = []
    with ExitStack() as stack:
        if arguments.input is not None and jobs > 1:
            style = style_for(
                None if path is not None else sys.stdout, int(arguments.verbose), is_paged=arguments.pager
            )
            stream = _open(arguments.input, stack)
            way = Way(stage, arguments.host, form.name, style)
            results = _side_by_side(stream, arguments.input, way, jobs, unread)
            code = deliver_series(results, form, path, is_paged=arguments.pager)
        else:
            explanations = _note_faults(_explanations(arguments, stage, stack), unread)
            if arguments.input is None:
                explanations = iter(first := list(explanations))
            code = deliver_each(
                explanations,
                *(Kind.REPLY, form, path),
                is_sequence=arguments.input is not None or len(first) > 1,
                verbosity=int(arguments.verbose),
                is_paged=arguments.pager,
            )
    if unread:
        complain(f"explain: {unread[0]}")
    return code


def _refuse_a_file(reply: str | None) -> None:
    """Raise UsageError for a file name, or "-", in place of a reply: the user means the contents."""
    if reply == "-":
        raise UsageError("REPLY", "- is no reply; smtp-probe explain --input - reads replies from stdin")
    if reply and len(reply) < _PATH_LIMIT and "\n" not in reply and os.path.isfile(reply):  # noqa: PTH113 - light
        from probe.cli.slips import about_file

        raise UsageError("REPLY", about_file(reply))


def _note_faults(explanations: Iterator[Explanation], unread: list[str]) -> Iterator[Explanation]:
    """Pass on the explanations; the first fault of a line, or that there is no line, is put into `unread`."""
    explanation = None
    for explanation in explanations:
        if explanation.error and not unread:
            unread.append(_FAULT.format(explanation.error))
        yield explanation
    if explanation is None:
        unread.append(_NONE)


_FAULT = "a line could not be read: {}"
_NONE = "no reply stands in the input; give one a line, or JSON lines"


def _explanations(
    arguments: argparse.Namespace, stage: Stage | None, stack: ExitStack
) -> Iterator[Explanation]:
    if arguments.input is None:
        if not arguments.reply.strip():
            raise UsageError("REPLY", "is empty; give the text that the server answered")
        results = _explain_log(arguments.reply) or (explain(arguments.reply, stage, arguments.host, 1),)
        return iter(results)
    return _explain_each(_lines(_open(arguments.input, stack), arguments.input), stage, arguments.host)


def _side_by_side(
    stream: BinaryIO, name: str, way: Way, jobs: int, unread: list[str]
) -> Iterator[tuple[str, Collection[ExitCode]]]:
    """The results of the lines, explained by several processes; the first fault, or that there is no line, is
    put into `unread`."""
    from probe.cli.reply_pool import input_pauses, write_side_by_side

    # what is of a log is explained here: a line may belong to those before it
    items = (
        item if isinstance(item, Line) else write(item, way)
        for item in _with_logs_explained(_lines(stream, name))
    )
    is_any = False
    for written in write_side_by_side(items, way, jobs, input_pauses(stream)):
        if written.error and not unread:
            unread.append(_FAULT.format(written.error))
        is_any = is_any or bool(written.codes)
        yield written.text, written.codes
    if not is_any:
        unread.append(_NONE)


def _explain_log(text: str) -> Sequence[Explanation]:
    """One or more lines of a log, or a queue listing; empty for anything else."""
    lines = text.splitlines()
    if not any(map(may_be_logged, lines)):
        return ()
    results = list(_explain_each(lines, None, ""))
    return results if any(it.excerpt is not None for it in results) else ()


def _explain_each(lines: Iterable[str], stage: Stage | None, host: str) -> Iterator[Explanation]:
    """Explain each line in order: a reply, an object or a line of a log."""
    for item in _with_logs_explained(lines):
        if isinstance(item, Line):
            explanation = explain_one(item, stage, host)
            if explanation is not None:
                yield explanation
        else:
            yield from item


def _with_logs_explained(lines: Iterable[str]) -> Iterator[Line | Sequence[Explanation]]:
    """Each line in order: what the lines of a log and those before them tell, all others as they are."""
    log: LogLines | None = None
    number = 0
    for number, line in enumerate(lines, 1):
        if (log is not None and log.is_open) or may_be_logged(line):
            if log is None:
                from probe.maillog.lines import LogLines

                log = LogLines()
            results = log.take(*_of_object(line, number), number)
            if results is not None:
                yield results
                continue
        yield Line(line, number)
    if log is not None:
        yield log.end(number)


def _open(name: str, stack: ExitStack) -> BinaryIO:
    if name == "-":
        return sys.stdin.buffer
    try:
        return stack.enter_context(Path(name).open("rb"))  # closed by the stack
    except OSError as error:
        raise unreadable("--input", name, error) from None


def _lines(stream: BinaryIO, name: str) -> Iterator[str]:
    """Lines of a file or stdin, decoded one by one: a log mixes charsets."""
    is_first = True
    while line := _line(stream, name):
        if is_first and line.startswith((BOM_UTF16_LE, BOM_UTF16_BE)):
            raise UsageError("--input", f"{name} is UTF-16 text; save it as UTF-8")
        is_first = False
        # a UTF-8 byte order mark before JSON would make it another text
        yield decode(line.removeprefix(BOM_UTF8))


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
