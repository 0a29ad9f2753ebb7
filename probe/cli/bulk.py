"""`smtp-probe bulk FILE`: a whole list before a send."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

from probe.bulk.report import BulkInput, BulkReport
from probe.cli import signals
from probe.cli.bulk_options import FORMATS, BulkOptions, parser, read_options, worker_options
from probe.cli.bulk_progress import BulkProgress
from probe.cli.bulk_state import BulkState, Place, now
from probe.cli.bulk_verdicts import Verdicts
from probe.cli.commands import Run
from probe.cli.errors import UsageError, complain, unreadable
from probe.cli.inputs import open_input
from probe.cli.output import deliver_each, deliver_text, speak_utf8
from probe.model.text import amount
from probe.reading.list.layout import LayoutError
from probe.reading.list.lines import text_lines
from probe.reading.list.reader import ListReader
from probe.report.formats import Kind

__all__ = ["main", "parser"]

CHUNK = 1 << 18
_NO_TEXT = (
    (b"PK\x03\x04", "a spreadsheet (.xlsx, .ods) or another archive; save it as CSV"),
    (bytes.fromhex("d0cf11e0a1b11ae1"), "an old spreadsheet (.xls); save it as CSV"),
    (b"\x1f\x8b", "packed with gzip; give it by zcat, and - as FILE"),
    (b"%PDF-", "a PDF; export the list as CSV"),
)


def main(argv: Sequence[str], run: Run) -> int:
    """Run `bulk` with the arguments behind its name. Returns the exit code. Raises UsageError."""
    arguments = parser().parse_files(argv)
    worker = worker_options(arguments)
    if worker is not None:
        import asyncio

        from probe.cli.bulk_dask import work_for

        asyncio.run(work_for(*worker))
        return 0
    options = read_options(arguments)
    if not options.form.is_laid_out:
        speak_utf8()
    try:
        return _run(options)
    except sqlite3.Error as error:  # a full disk, a damaged file
        where = options.state_path or "its temporary file"
        raise UsageError("-o", f"the state cannot be kept in {where}: {error}") from None


def _run(options: BulkOptions) -> int:
    with ExitStack() as stack:
        source = stack.enter_context(_open(options.file))
        if options.is_fresh:
            _forget(options)
        elif options.state_path is not None:
            _refuse_others_output(options)
        state = stack.enter_context(closing(BulkState(options.state_path)))
        state.verdicts = Verdicts(state.base) if options.asks_servers else None
        progress = stack.enter_context(BulkProgress(options.progress))
        _read_list(source, state, options, progress)
        return _go_on(state, options, progress)


def _go_on(state: BulkState, options: BulkOptions, progress: BulkProgress) -> int:
    """Ask, write the rows and the summary."""
    from probe.cli.bulk_run import Asking
    from probe.cli.bulk_sink import ReaderGoneError, Sink
    from probe.cli.bulk_summary import report_of
    from probe.cli.bulk_writer import Writer

    begin = now()
    if not options.is_offline and _forget_answers(state, options, begin):
        state.commit(Place())  # rows that were written may be others now
    sink = Sink(options.output, state.place.offset) if options.has_rows else None
    writer = Writer(state, sink, options)
    rate = None
    try:
        if options.is_offline:
            state.begin()
            (total,) = state.query("select count(*) from rows")[0]
            writer.write(lambda count: progress("rows", count, total))
        else:
            asking = Asking(state, writer, options, progress)
            if not _ask(asking):
                progress.erase()
                complain(_stop_line(state, options))
                return signals.exit_code()
            rate = asking.rate
    except ReaderGoneError:
        return 0
    finally:
        if sink is not None:
            sink.close()
    progress.erase()
    return _deliver(report_of(state, options, begin, rate), options)


def _forget_answers(state: BulkState, options: BulkOptions, begin: int) -> bool:
    """Forget what is to be asked about again: what is too old, what --again names, and all that a run without
    a working resolver has left. Whether anything was forgotten."""
    count = state.forget_before(begin - options.max_age)
    if options.is_again or state.is_blind:
        count += state.forget_undecided()
    return count > 0


def _ask(asking: Any) -> bool:
    from probe.net.nameservers import ResolverConfigError

    try:
        return bool(asking.run())
    except ResolverConfigError as error:
        raise UsageError("", str(error)) from None


def _stop_line(state: BulkState, options: BulkOptions) -> str:
    ((total, count),) = state.query("select count(*), count(done) from domains")
    text = f"stopped after {count} of {amount(total, 'domain')}"
    if state.verdicts is not None:
        ((mailboxes,),) = state.query("select count(*) from answers")
        text += f" and {amount(mailboxes, 'mailbox', 'mailboxes')}" if mailboxes else ""
    if options.state_path is None:
        return f"{text}; with -o FILE.jsonl a run can be gone on with"
    return f"{text}; the same command goes on from here"


def _deliver(report: BulkReport, options: BulkOptions) -> int:
    """The summary: to stdout, to -o where no rows go there, or in one line beside rows on stdout."""
    from probe.report.bulk_document import one_line
    from probe.report.bulk_rows import to_json

    if options.summary is not None:
        deliver_text(to_json(report), options.summary)
    if options.has_rows and options.output is None:
        complain(one_line(report))
        return report.exit_code
    form = FORMATS["text"] if options.has_rows else options.form
    path = None if options.has_rows else options.output
    return deliver_each(
        [report],
        Kind.BULK,
        form,
        path,
        is_sequence=False,
        verbosity=options.verbosity,
        is_paged=options.is_paged,
    )


# -- the list ------------------------------------------------------------------------------------------


def _open(name: str) -> BinaryIO:
    try:
        return open_input(name)
    except FileNotFoundError as error:
        from probe.cli.slips import command_for

        command = command_for(name)
        raise UsageError(
            "FILE", f"{unreadable('', name, error)}{command and f'; for one: {command}'}"
        ) from None
    except OSError as error:
        raise unreadable("FILE", name, error) from None


class _Octets:
    """The octets of the list, counted and digested as they are read."""

    def __init__(self, stream: BinaryIO, name: str) -> None:
        self._stream = stream
        self._name = name
        self.digest = hashlib.sha256()
        self.count = 0

    def chunks(self) -> Iterator[bytes]:
        try:
            while chunk := self._stream.read(CHUNK):
                self.digest.update(chunk)
                self.count += len(chunk)
                yield chunk
        except OSError as error:
            raise unreadable("FILE", self._name, error) from None


def _read_list(source: BinaryIO, state: BulkState, options: BulkOptions, progress: BulkProgress) -> None:
    """Put the list into the state; where it is there already, see that it is the same. Raises UsageError."""
    octets = _Octets(source, options.file)
    identity = _identity(options)
    if state.is_read:
        _refuse_difference(state.identity or {}, identity)
        for _ in octets.chunks():
            progress("octets", octets.count, None)
        same = {"the list": octets.digest.hexdigest()}
        _refuse_difference({"the list": json.loads(state.value("input") or "{}").get("sha256")}, same)
        return
    if not state.path or not state.place.offset:
        state.note("identity", json.dumps(identity))
    chunks = octets.chunks()
    start = next(chunks, b"")
    for magic, advice in _NO_TEXT:
        if start.startswith(magic):
            raise UsageError("FILE", f"{_title(options)} is {advice}")
    try:
        reader = ListReader(text_lines(chain((start,), chunks)), options.list_form, options.column)
    except LayoutError as problem:
        raise UsageError("FILE", f"{_title(options)}: {problem}") from None
    count = state.keep_rows(reader.rows(), lambda number: progress("rows read", number, None))
    if not count:
        raise UsageError("FILE", f"{_title(options)} holds no row; give one address or domain a line, or CSV")
    layout = reader.layout
    facts = BulkInput(
        name=_title(options),
        form=layout.form.value,
        delimiter=layout.delimiter,
        column=layout.column or (str(layout.index + 1) if layout.width > 1 else ""),
        header=layout.has_header,
        octets=octets.count,
        sha256=octets.digest.hexdigest(),
        lines=reader.lines,
        blank=reader.blank,
        comments=reader.comments,
    )
    from probe.report.json_report import document

    progress("rows read", count, count)
    state.prepare(
        by_domain=not options.in_order or options.asks_servers,
        by_lane=options.asks_servers,
        values={"input": json.dumps(document(facts)), "identity": json.dumps(identity)},
    )


def _title(options: BulkOptions) -> str:
    return "stdin" if options.file == "-" else options.file


def _identity(options: BulkOptions) -> dict[str, Any]:
    """What must be the same for a run to be gone on with, by the words of its options."""
    return {
        "--format": options.form.name,
        "--column": options.column,
        "--input-format": options.list_form.value if options.list_form else "auto",
        "--offline": options.is_offline,
        "--unordered": not options.in_order,
        "--allow-private": options.server.allow_private,
        "--nameserver": [str(it) for it in options.server.nameservers],
        "the extent (--smtp, --rcpt)": options.extent.value,
        **(_sending(options) if options.asks_servers else {}),
    }


def _sending(options: BulkOptions) -> dict[str, Any]:
    server = options.server
    return {
        "--sender": str(options.sender),
        "--helo": server.helo,
        "--bind": str(server.bind) if server.bind is not None else None,
        "--port": server.port,
        "-4, -6": list(server.families),
        "--mta": server.mta.value,
    }


def _refuse_difference(before: Any, after: dict[str, Any]) -> None:
    for name, value in after.items():
        if before.get(name) != value:
            what = (
                "has changed"
                if name == "the list"
                else f"was {_plain(before.get(name))}, now {_plain(value)}"
            )
            raise UsageError(
                "-o", f"the state beside the output is of another run: {name} {what}; --fresh begins anew"
            )


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "not given"
    return {None: "not given", True: "on", False: "off"}.get(value, str(value))


def _refuse_others_output(options: BulkOptions) -> None:
    """An output without a state is somebody else's work."""
    output, state = options.output, options.state_path
    if output is None or state is None or state.exists():
        return
    if output.is_file() and output.stat().st_size:
        raise UsageError(
            "-o", f"{output} is there, and no state of a run beside it; name another file, or --fresh"
        )


def _forget(options: BulkOptions) -> None:
    """--fresh: what an earlier run left goes. A run that works on it keeps it."""
    if options.state_path is None or options.output is None:
        return
    with ExitStack() as stack:
        if options.state_path.exists():
            stack.enter_context(closing(BulkState(options.state_path, is_to_go=True)))
        for path in (options.output, *_files(options.state_path)):
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise unreadable("--fresh", str(path), error, verb="remove") from None


def _files(path: Path) -> list[Path]:
    return [path.with_name(f"{path.name}{end}") for end in ("", "-wal", "-shm")]
