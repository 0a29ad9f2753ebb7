"""Join what the machine-readable part, the prose and the transcript say of one recipient."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from probe.model.reply import EnhancedStatus, Stage
from probe.standards.dsn.layout import Entry
from probe.standards.dsn.report import StatusReport, status_of
from probe.standards.dsn.results import Action, DeliveryStatus
from probe.standards.dsn.transcript import Refusal

_CODE = re.compile(r"(?<![\d.#])([245]\d\d)(?![\d.])")
_ALIKE = 40  # letters and digits by which two forms of a reply are known as the same


def from_entry(entry: Entry, action: Action, report: StatusReport) -> DeliveryStatus:
    """The status of a recipient of whom only prose tells."""
    return DeliveryStatus(
        recipient=entry.recipient,
        original_recipient=entry.original,
        action=action,
        status=best_status(entry.reply, status_of(entry.said)),
        reporting_mta=report.reporting_mta,
        remote_mta=entry.remote_mta or report.remote_mta,
        reply=entry.reply,
        is_remote=entry.is_remote,
        stage=entry.stage,
        added=entry.said,
    )


def with_entry(status: DeliveryStatus, entries: Sequence[Entry]) -> DeliveryStatus:
    """Add what the prose knows and RFC 3464 has no field for: the stage, and the wrapping.

    The Diagnostic-Code is preferred where it holds a code; where it is missing, cut short or the
    sending server's own, the remote server's reply in the prose is taken.
    """
    entry = _entry_of(status, entries)
    if entry is None:
        return status
    reply, is_remote = status.reply, status.is_remote
    if entry.reply and _says_more(entry, status):
        reply, is_remote = entry.reply, entry.is_remote
    return replace(
        status,
        reply=reply,
        is_remote=is_remote,
        remote_mta=status.remote_mta or entry.remote_mta,
        stage=status.stage or entry.stage,
        added=entry.said,
    )


def with_transcript(
    status: DeliveryStatus, refusals: Sequence[Refusal], *, is_partial: bool
) -> DeliveryStatus:
    """Add stage and full reply from the transcript of the session.

    `is_partial`: the message had recipients of whom the notice does not tell, so that a refusal under DATA
    may be the one of RCPT as well.
    """
    refusal = _refusal_of(status, refusals)
    if refusal is None:
        return status
    stage = refusal.stage
    if not refusal.is_proven:
        # to a refusal of DATA itself Sendmail gives no reason (its smtpdata), and no Diagnostic-Code
        stage = None if is_partial else stage if status.reply else Stage.DATA
    longer = len(refusal.reply) > len(status.reply) or not _code(status.reply)
    take = not status.reply or (refusal.is_remote and longer)
    return replace(
        status,
        reply=refusal.reply if take else status.reply,
        is_remote=refusal.is_remote if take else status.is_remote,
        remote_mta=status.remote_mta or refusal.host,
        stage=status.stage or stage,
    )


def best_status(reply: str, told: EnhancedStatus | None) -> EnhancedStatus | None:
    """The remote server's own enhanced status where it is specific, else the one of the report's field,
    unless that is x.0.0, which says nothing (RFC 3463 section 3.1)."""
    own = status_of(reply)
    choices = [status for status in (own, told) if status is not None]
    return next((status for status in choices if not status.is_generic), choices[0] if choices else None)


def _entry_of(status: DeliveryStatus, entries: Sequence[Entry]) -> Entry | None:
    for entry in entries:
        if entry.recipient.lower() in status.names:
            return entry
    return entries[0] if len(entries) == 1 else None


def _says_more(entry: Entry, status: DeliveryStatus) -> bool:
    if not status.reply:
        return True
    if _code(status.reply):
        return (
            entry.is_remote
            and _code(entry.reply) == _code(status.reply)
            and len(entry.reply) > len(status.reply) + 3
            and _squeezed(entry.reply).startswith(_squeezed(status.reply)[:40])
        )
    return entry.is_remote and bool(_code(entry.reply))


def _refusal_of(status: DeliveryStatus, refusals: Sequence[Refusal]) -> Refusal | None:
    """The remote refusal of this recipient; else the last remote one of nobody; else what the sending
    server added of it. Where the report gives a reply, only one that is the same."""
    names = status.names
    locals_ = {name.partition("@")[0] for name in names}
    own = [item for item in refusals if item.address.lower() in names and item.is_remote]
    shared = [item for item in refusals if item.is_remote and not item.address]
    written = [item for item in refusals if not item.is_remote and item.address.lower() in names | locals_]
    nameless = [item for item in refusals if not item.is_remote and not item.address]
    is_own = bool(status.reply) and not _code(
        status.reply
    )  # no reply of a server: this recipient's alone says more
    for choice in (own,) if is_own else (own, shared, written, nameless):
        matching = [item for item in choice if is_own or _is_same(item.reply, status.reply)]
        if matching:
            return matching[-1]
    return None


def _is_same(refusal: str, reply: str) -> bool:
    """Whether a transcript's reply is the one of the report, which may be cut short."""
    if not reply:
        return True
    if _code(refusal) != _code(reply) or not _code(reply):
        return False
    ours, theirs = _squeezed(reply), _squeezed(refusal)
    return theirs.startswith(ours[:_ALIKE]) or ours.startswith(theirs[:_ALIKE])


def _code(reply: str) -> str:
    match = _CODE.search(reply)
    return match.group(1) if match else ""


def _squeezed(text: str) -> str:
    return re.sub(r"\W+", "", text).lower()
