"""What to run next: a line of the shell that a person can copy as it stands."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Sequence

from probe._dataclass import dataclass
from probe.maillog.groups import Fate, Wording
from probe.maillog.pseudonym import Names
from probe.maillog.report import Since
from probe.model.verdict import FixBy

# The command that writes a queue listing, by its format, for listings from stdin.
_LISTED_BY = {
    "postqueue": "postqueue -j",
    "mailq": "mailq",
    "exim-queue": "exim -bp",
    "smtpctl": "smtpctl show queue",
    "courier-queue": "mailq",
    "dma-queue": "dma -bp",
    "nullmailer-queue": "mailq",
}


@dataclass(frozen=True, slots=True)
class Selection:
    """The user's selection: `names` shows or hides local parts, `inputs` are the files as given, `fates` the
    requested ones (none: all), `queue_id` the requested message, `since_last` the news of each group by its
    key, `log_format` the given format, `listings` the queue listings from stdin."""

    names: Names
    inputs: Sequence[str]
    fates: frozenset[Fate] = frozenset()
    since_last: dict[tuple[str, str, str], Since] | None = None
    queue_id: str | None = None
    log_format: str | None = None
    listings: Collection[str] = ()


def command(wording: Wording, selection: Selection) -> str:
    """The live check of the sender and recipient if addresses may be shown, else of the message by its queue
    id; for a failure of this machine, the history of the message. Empty if the log names no message."""
    event = wording.example
    sender, recipient = wording.sender, event.recipient or ""
    conduct = wording.reason.conclusion.conduct
    is_asked_there = "@" in recipient and (wording.reason.is_remote or conduct.fix_by is not FixBy.SENDER)
    if selection.names.are_shown and sender is not None and is_asked_there:
        source = ("--ip", event.source_ip) if event.source_ip else ()
        return shlex.join(("smtp-probe", "check", *source, "--", sender or "<>", recipient))
    if event.queue_id is None:
        return ""
    files = [_operand(name) for name in selection.inputs if name != "-"]
    form = ("--log-format", selection.log_format) if selection.log_format is not None else ()
    further: tuple[str, ...] = ()
    if is_asked_there and sender is not None:
        further = ("--check",)
    elif selection.queue_id is not None and not selection.names.are_shown:
        further = ("--addresses",)
    again = ("smtp-probe", "log", *(files or ("-",)), *form, "--queue-id", event.queue_id, *further)
    line = shlex.join(again)
    if files:
        return line
    listing = next((_LISTED_BY[name] for name in selection.listings if name in _LISTED_BY), None)
    return f"{listing or '…'} | {line}"


def _operand(name: str) -> str:
    """A name, protected from being read as an option."""
    return f"./{name}" if name.startswith("-") else name
