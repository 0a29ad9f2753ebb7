"""The log of `check --log`, and of `log --check`: read to its end, for one message or one pair."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from probe.cli.errors import UsageError, unreadable
from probe.cli.log_inputs import Input, inputs
from probe.cli.log_reading import Progress, few_collections, now_here, records_in
from probe.cli.progress import ProgressLine
from probe.maillog.pair import PairLog
from probe.model.address import Mailbox
from probe.model.logged import LogAccount
from probe.model.target import PairTarget
from probe.reading.log.reader import Reader, Tally

_READ: ContextVar[tuple[tuple[str, ...], PairLog] | None] = ContextVar("log that was read", default=None)


@contextmanager
def already_read(names: Sequence[str], log: PairLog) -> Iterator[None]:
    """Within it, these files are read no second time: `log` was made of them, for one queue id and any
    recipient."""
    token = _READ.set((tuple(names), log))
    try:
        yield
    finally:
        _READ.reset(token)


def log_facts_of(names: Sequence[str], target: PairTarget, queue_id: str | None) -> LogAccount:
    """What the log tells of the pair. Raises UsageError for a log that cannot be read, and for a queue id
    that is not in it."""
    box = target.reverse_path
    sender = f"{box.local_part}@{box.domain}" if isinstance(box, Mailbox) else ""
    recipient = f"{target.forward_path.local_part}@{target.forward_path.domain}"
    before = _READ.get()
    if before is not None and before[0] == tuple(names):
        result = before[1]
    else:
        result = PairLog(now_here().tzinfo, sender, recipient, queue_id)
        read_into(result, names)
    titles = [_shown(name) for name in names]
    log_facts = result.log_facts(titles, target.forward_path.domain.lower(), recipient)
    if queue_id is not None and log_facts.delivery is None:
        raise UsageError(
            "--queue-id", f"{queue_id} with this sender and recipient is not in {', '.join(names)}"
        )
    return log_facts


def read_into(log: PairLog, names: Sequence[str], log_format: str | None = None) -> None:
    """Read all files, in the order of time, in the format that is named. Raises UsageError for the first that
    cannot be read."""
    problems: list[UsageError] = []
    log_file = inputs(names, log_format, problems)
    for it in log_file:
        if it.format is None and not it.is_empty:
            raise UsageError("--log", it.why_unknown)
    if problems:
        raise UsageError("--log", str(problems[0]).partition(": ")[2] or str(problems[0]))
    readers: dict[str, Reader] = {}
    with few_collections(), ProgressLine() as line:
        progress = Progress(log_file, line)
        for it in log_file:
            try:
                _read_one(log, it, readers, progress)
            except OSError as error:
                raise unreadable("--log", it.name, error) from None
    log.end()


def _read_one(log: PairLog, log_file: Input, readers: dict[str, Reader], progress: Progress) -> None:
    if log_file.format is None:
        return
    reader = readers.get(log_file.format.name)
    if reader is None:
        reader = readers[log_file.format.name] = log_file.format.make()
    log.take(reader.source(log_file.title, log_file.written_at))
    log.read_by(reader)
    for records in records_in(log_file, reader, progress, Tally()):
        log.take(records)


def _shown(name: str) -> str:
    return "stdin" if name == "-" else Path(name).name
