"""Joins what the machine-readable part, the free text and the transcript say about one recipient."""

from __future__ import annotations

from collections.abc import Sequence

from probe._regex import regex
from probe.model.reply import EnhancedStatus, Stage
from probe.reading.bounce.layout import Entry
from probe.reading.bounce.transcript import Refusal
from probe.reading.reply.login import may_follow_from_login
from probe.standards.dsn.address import host_name
from probe.standards.dsn.report import StatusReport, status_of
from probe.standards.dsn.results import Action, DeliveryStatus

_CODE = regex(r"(?<![\d.#])([245]\d\d)(?![\d.])")
_LEADING = regex(r"^\W*[245]\d\d\W+(?:\(?\d(?:\.\d{1,3}){2}\)?\W+)?")
_NO_LETTERS = regex(r"\W+")
_ALIKE = 40  # letters and digits


def from_entry(entry: Entry, action: Action, report: StatusReport) -> DeliveryStatus:
    """The status of a recipient that is only in the free text."""
    return DeliveryStatus(
        recipient=entry.recipient,
        original_recipient=entry.original,
        action=action,
        status=best_status(entry.reply, status_of(entry.text)),
        reporting_mta=report.reporting_mta,
        remote_mta=entry.remote_mta or report.remote_mta,
        reply=entry.reply,
        is_remote=entry.is_remote,
        stage=entry.stage,
        added=entry.text,
    )


def with_entry(status: DeliveryStatus, entries: Sequence[Entry], *, alone: bool) -> DeliveryStatus:
    """Add what only the free text has, because RFC 3464 has no field for it: the stage, and the wrapping. The
    only entry of a text is that of the only recipient (`alone`) under whatever address: that of an alias.

    The Diagnostic-Code is preferred if it has a code; if it is missing, truncated or the sending server's
    own, the remote server's reply in the free text is used.
    """
    entry = _entry_of(status, entries, alone=alone)
    if entry is None:
        return status
    reply, is_remote = status.reply, status.is_remote
    if entry.reply and _says_more(entry, status):
        reply, is_remote = entry.reply, entry.is_remote
    return status.with_values(
        reply=reply,
        is_remote=is_remote,
        remote_mta=status.remote_mta or entry.remote_mta,
        stage=status.stage or entry.stage,
        added=entry.text,
    )


class Refusals:
    """The refusals of a transcript, indexed by recipient; those of the client's own logins by host."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        self._by_recipient: dict[str, list[Refusal]] = {}
        self._by_recipient_own: dict[str, list[Refusal]] = {}
        self._of_nobody: list[tuple[str, str, Refusal]] = []
        self._of_nobody_own: list[tuple[str, str, Refusal]] = []
        self._logins: dict[str, Refusal] = {}
        for item in refusals:
            if item.is_of_login:
                self._logins[host_name(item.host).lower()] = item
            elif item.address:
                by_name = self._by_recipient if item.is_remote else self._by_recipient_own
                by_name.setdefault(item.address.lower(), []).append(item)
            else:
                nameless = self._of_nobody if item.is_remote else self._of_nobody_own
                nameless.append((*_alike(item.reply), item))

    def of(self, status: DeliveryStatus) -> Refusal | None:
        """The remote refusal of this recipient; else the last remote one without a recipient; else the
        sending server's remark on it. If the report has a reply, only an equal one."""
        names = status.names
        own = [item for name in names for item in self._by_recipient.get(name, ())]
        code, text = _alike(status.reply)
        if status.reply and not code:  # not a server's reply: a refusal of this recipient alone says more
            return own[-1] if own else None
        locals_ = {name.partition("@")[0] for name in names}
        own_words = [item for name in names | locals_ for item in self._by_recipient_own.get(name, ())]
        choices = (
            [(*_alike(item.reply), item) for item in own],
            self._of_nobody,
            [(*_alike(item.reply), item) for item in own_words],
            self._of_nobody_own,
        )
        for choice in choices:
            for address, words, item in reversed(choice):
                if not code or (address == code and (words.startswith(text) or text.startswith(words))):
                    return item
        return None

    def login_at(self, host: str) -> Refusal | None:
        """The refusal of a login by this host; by any if the host, or whose the refusal is, is not known."""
        names = (host_name(host).lower(), "") if host else tuple(reversed(self._logins))
        return next((self._logins[name] for name in names if name in self._logins), None)


def with_transcript(status: DeliveryStatus, refusals: Refusals, *, is_partial: bool) -> DeliveryStatus:
    """Add stage and full reply from the transcript of the session.

    `is_partial`: the message had recipients that are not in the notice, so that a refusal after DATA may also
    be that of RCPT. If the same server refused the client's login, and this may be why it refused the
    recipient, its words to the login are the reply.
    """
    refusal = refusals.of(status)
    if refusal is not None:
        status = _with_refusal(status, refusal, is_partial=is_partial)
    host = refusal.host if refusal is not None and refusal.is_remote else status.remote_mta
    login = refusals.login_at(host)
    if login is None or not may_follow_from_login(status.reply, status.stage):
        return status
    return status.with_values(
        reply=login.reply, is_remote=True, stage=None, added=status.added or status.reply
    )


def _with_refusal(status: DeliveryStatus, refusal: Refusal, *, is_partial: bool) -> DeliveryStatus:
    stage = refusal.stage
    if not refusal.is_proven:
        # Sendmail gives no reason (see its smtpdata) and no Diagnostic-Code for a refusal of DATA itself
        stage = None if is_partial else stage if status.reply else Stage.DATA
    longer = len(refusal.reply) > len(status.reply) or not _code(status.reply)
    take = not status.reply or (refusal.is_remote and longer)
    return status.with_values(
        reply=refusal.reply if take else status.reply,
        is_remote=refusal.is_remote if take else status.is_remote,
        remote_mta=status.remote_mta or refusal.host,
        stage=status.stage or stage,
    )


def best_status(reply: str, other: EnhancedStatus | None) -> EnhancedStatus | None:
    """The remote server's own enhanced status if it is specific, else that of the report's field, unless that
    is x.0.0, which says nothing (RFC 3463 section 3.1)."""
    own = status_of(reply)
    choices = [status for status in (own, other) if status is not None]
    return next((status for status in choices if not status.is_generic), choices[0] if choices else None)


def _entry_of(status: DeliveryStatus, entries: Sequence[Entry], *, alone: bool) -> Entry | None:
    names = status.names if entries else ()
    for entry in entries:
        if entry.recipient.lower() in names:
            return entry
    return entries[0] if alone and len(entries) == 1 else None


def _says_more(entry: Entry, status: DeliveryStatus) -> bool:
    if not status.reply:
        return True
    if _code(status.reply):
        return (
            entry.is_remote
            and _code(entry.reply) == _code(status.reply)
            and len(entry.reply) > len(status.reply) + 3
            and _words(entry.reply).startswith(_words(status.reply)[:_ALIKE])
        )
    return entry.is_remote and bool(_code(entry.reply))


def _alike(reply: str) -> tuple[str, str]:
    """(code, the first letters and digits): a key by which a truncated reply is equal to the full one."""
    return _code(reply), _squeeze(reply[: 4 * _ALIKE])[:_ALIKE]


def _code(reply: str) -> str:
    match = _CODE.search(reply)
    return match.group(1) if match else ""


def _words(reply: str) -> str:
    return _squeeze(_LEADING.sub("", reply))


def _squeeze(text: str) -> str:
    return _NO_LETTERS.sub("", text).lower()
