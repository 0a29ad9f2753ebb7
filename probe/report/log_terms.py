"""Numbers, times and labels of the report of a mail log, as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone

from probe.maillog.report import LogGroup, LogReport, Since
from probe.model.verdict import FixBy
from probe.report.line import Emphasis, Line

LABELS = {
    FixBy.SENDER: "You",
    FixBy.SENDER_NETWORK: "Network",
    FixBy.RECIPIENT_ADMIN: "Their admin",
    FixBy.RECIPIENT: "Recipient",
    FixBy.EITHER: "Not settled",
    FixBy.NOBODY: "By itself",
}


def by_weight(groups: Sequence[LogGroup]) -> list[LogGroup]:
    """Who must act first, before what passes; then what is new; then the most messages."""
    return sorted(
        groups,
        key=lambda it: (
            it.fix_by is FixBy.NOBODY,
            it.since_last not in (Since.NEW, Since.TRIPLED),
            -it.messages,
            it.operator,
            it.cause,
        ),
    )


def mark(group: LogGroup) -> Line:
    """What is new, or has tripled, in capitals; else nothing."""
    if group.since_last in (Since.NEW, Since.TRIPLED):
        return (Emphasis(group.since_last.value.upper()), " ")
    return ()


def next_label(command: str) -> str:
    """What the line to run next does."""
    is_live = command.startswith("smtp-probe check") or command.endswith(" --check")
    return "check it live:" if is_live else "what happened to one message:"


def times(count: int) -> str:
    """How often."""
    return "once" if count == 1 else f"{number(count)} times"


def cut(text: str, limit: int) -> str:
    """The text, or so many of its characters with an ellipsis."""
    return f"{text[:limit]}…" if len(text) > limit else text


def messages(count: int) -> str:
    """How many, with the noun."""
    return f"{number(count)} message{'' if count == 1 else 's'}"


def how_many(groups: Sequence[LogGroup]) -> str:
    """The messages of these matters; where none is named, the tries of whole queues."""
    named = sum(it.messages for it in groups)
    if named:
        return messages(named)
    tries = sum(it.queue_tries for it in groups)
    return f"{number(tries)} {'try' if tries == 1 else 'tries'} of a whole queue"


def number(count: int) -> str:
    """With thin groups of three digits."""
    return f"{count:,}".replace(",", "\u00a0")


def at(moment: str, report: LogReport, clock: str = "%H:%M") -> str:
    """A time in the zone of the log."""
    zone = timezone(timedelta(seconds=report.utc_offset_s))
    at = datetime.fromisoformat(moment.replace("Z", "+00:00")).astimezone(zone)
    return f"{at.day} {at:%b} {at:{clock}}"
