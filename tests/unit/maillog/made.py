"""Logs written for a test, and what `probe.maillog` counts in them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from probe.maillog.aggregate import Aggregate
from probe.maillog.groups import Fate
from probe.maillog.outcome import Outcome
from probe.reading.log.formats import by_name
from probe.reading.log.octets import blocks
from probe.reading.log.reader import Reader, records_of_blocks

REFERENCE = datetime(2026, 11, 29, 4, tzinfo=UTC)
SAID = "host mx.b.example[192.0.2.1] said: {} (in reply to RCPT TO command)"


def reader(format_name: str, *, brief: bool = True) -> Reader:
    row = by_name(format_name)
    assert row is not None
    result = row.make()
    result.is_brief = brief
    result.source("mail.log", REFERENCE)
    return result


def counted(
    lines: Iterable[str] | bytes,
    format_name: str = "postfix",
    outcomes: list[Outcome] | None = None,
    mark: int | None = None,
    waiting: int = 60_000,
    internal: bool = False,
) -> Aggregate:
    """The aggregate of a log."""
    data = lines if isinstance(lines, bytes) else "".join(f"{line}\n" for line in lines).encode()
    result = reader(format_name, brief=outcomes is None)
    aggregate = Aggregate(
        UTC,
        emit=outcomes.append if outcomes is not None else None,
        mark=mark,
        waiting_limit=waiting,
        internal=internal,
    )
    aggregate.read_by(result)
    for records in records_of_blocks(result, blocks([data])):
        aggregate.take(records)
    aggregate.end()
    return aggregate


def line(
    status: str,
    words: str,
    queue_id: str = "ABCDEF1234",
    to: str = "bob@b.example",
    at: str = "03:00:00",
    relay: str = "mx.b.example[192.0.2.1]:25",
    program: str = "smtp",
) -> str:
    """A delivery line of Postfix."""
    return (
        f"Nov 29 {at} mail postfix/{program}[1]: {queue_id}: to=<{to}>, relay={relay}, delay=1, "
        f"delays=0/0/1/0, dsn=4.0.0, status={status} ({words})"
    )


def sent(queue_id: str = "ABCDEF1234", to: str = "bob@b.example", at: str = "03:00:00") -> str:
    return line("sent", "250 2.0.0 Ok", queue_id, to, at)


def bounced(reply: str, queue_id: str = "ABCDEF1234", to: str = "bob@b.example", at: str = "03:00:00") -> str:
    return line("bounced", SAID.format(reply), queue_id, to, at)


def deferred(
    reply: str, queue_id: str = "ABCDEF1234", to: str = "bob@b.example", at: str = "03:00:00"
) -> str:
    return line("deferred", SAID.format(reply), queue_id, to, at)


def fates(aggregate: Aggregate) -> dict[str, int]:
    """How many messages have which fate, all groups together; plain deliveries apart."""
    result = {fate.value: sum(group.messages[fate] for group in aggregate.groups.values()) for fate in Fate}
    return {name: count for name, count in result.items() if count}
