"""Join what the machine-readable part, the prose and the transcript say of one recipient."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from probe.model.reply import EnhancedStatus
from probe.standards.dsn.layout import Entry
from probe.standards.dsn.report import status_of
from probe.standards.dsn.results import Action, DeliveryStatus
from probe.standards.dsn.transcript import Refusal

_CODE = re.compile(r"(?<![\d.#])([245]\d\d)(?![\d.])")


def from_entry(entry: Entry, action: Action, reporting_mta: str) -> DeliveryStatus:
    """The status of a recipient of whom only prose tells."""
    return DeliveryStatus(
        recipient=entry.recipient,
        original_recipient=entry.original,
        action=action,
        status=best_status(entry.reply, status_of(entry.said)),
        reporting_mta=reporting_mta,
        remote_mta=entry.remote_mta,
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


def with_transcript(status: DeliveryStatus, refusals: Sequence[Refusal]) -> DeliveryStatus:
    """Add stage and full reply from the transcript of the session."""
    refusal = _refusal_of(status, refusals)
    if refusal is None:
        return status
    same = not status.reply or _code(refusal.reply) == _code(status.reply)
    longer = len(refusal.reply) > len(status.reply) or not _code(status.reply)
    take = refusal.is_remote and (same or not _code(status.reply)) and longer
    if not take and not status.reply:
        take = True
    return replace(
        status,
        reply=refusal.reply if take else status.reply,
        is_remote=refusal.is_remote if take else status.is_remote,
        remote_mta=status.remote_mta or refusal.host,
        stage=status.stage or (refusal.stage if same else None),
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
    """The remote refusal of this recipient; else the last remote one of nobody; else the local one."""
    names = status.names
    locals_ = {name.partition("@")[0] for name in names}
    own = [item for item in refusals if item.address.lower() in names and item.is_remote]
    shared = [item for item in refusals if item.is_remote and not item.address]
    written = [item for item in refusals if not item.is_remote and item.address.lower() in names | locals_]
    for choice in (own, shared, written):
        if choice:
            matching = [item for item in choice if _code(item.reply) == _code(status.reply)]
            return (matching or choice)[-1]
    return None


def _code(reply: str) -> str:
    match = _CODE.search(reply)
    return match.group(1) if match else ""


def _squeezed(text: str) -> str:
    return re.sub(r"\W+", "", text).lower()
