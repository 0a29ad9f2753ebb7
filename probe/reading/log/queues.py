"""Waiting messages: listings of `postqueue -j`, `postqueue -p` and `mailq` (Postfix, sendmail), `exim -bp`
and `smtpctl show queue` (OpenSMTPD).

Each recipient that waits is an event of the queue. `at` is when the message arrived, `word` the queue or
mark, `words` the reason if the listing has one. sendmail has one reason per message, which may be another
recipient's, and cuts it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from probe._dataclass import dataclass
from probe._regex import regex
from probe.model.reply import Stage
from probe.model.text import decode
from probe.reading.log.event import Event, Kind, Record, Relay, Speaker, Stamp, Status, Words
from probe.reading.log.exim_words import duration
from probe.reading.log.json_reader import JsonReader
from probe.reading.log.json_text import items_of, number_of, text_of
from probe.reading.log.postfix_words import words_of
from probe.reading.log.reader import TEXT, Reader
from probe.reading.log.stamps import since_epoch
from probe.reading.log.words import is_reply, relay_of

_HOST = regex(r"(?:host|connect to|lost connection with|conversation with) (\S+?\[[^\]]*+\](?::\d{1,5})?)")
_HEADING = regex(r"\S+ \(\d+ requests?(?:, .*)?\)|\S+ is empty")  # sendmail names each of its queues
NOTHING = regex(r"\s*(?:(?:Mail queue|/\S+) is empty|Total requests: 0|0 messages?\.?)\s*")
_SUSPENDED = "delivery temporarily suspended: "


def _status_of(reason: str | None, is_held: bool) -> Status:
    if is_held:
        return Status.HELD
    return Status.DEFERRED if reason else Status.QUEUED


def _postfix_reason(reason: str | None) -> tuple[Words | None, Relay | None, bool]:
    if not reason:
        return None, None, False
    words, repeats, _ = words_of(f"{reason})", "smtp", Status.DEFERRED)
    host = _HOST.match(reason.removeprefix(_SUSPENDED))
    return words, relay_of(host[1]) if host is not None else None, repeats


class PostqueueReader(JsonReader):
    """Reads `postqueue -j` (Postfix 3.1 and later)."""

    def events(self, record: Mapping[str, object], number: int) -> Sequence[Event]:
        queue_id, queue = text_of(record, "queue_id"), text_of(record, "queue_name")
        if queue_id is None or queue is None:
            return ()
        arrival = number_of(record, "arrival_time")
        rows = []
        for item in items_of(record, "recipients"):
            reason = text_of(item, "delay_reason") or text_of(item, "bounce_reason")
            words, relay, repeats = _postfix_reason(reason)
            rows.append(
                Event(
                    self.file,
                    number,
                    Kind.QUEUE,
                    _status_of(reason, queue == "hold"),
                    queue,
                    since_epoch(arrival) if arrival is not None else None,
                    "postqueue",
                    queue_id,
                    sender=_no_daemon(text_of(record, "sender")),
                    recipient=text_of(item, "address"),
                    orig_to=text_of(item, "orig_address") or None,
                    relay=relay,
                    words=words,
                    repeats=repeats,
                )
            )
        return rows


@dataclass(slots=True)
class _Message:
    queue_id: str
    mark: str
    at: Stamp | None
    sender: str
    is_postfix: bool
    reason: str | None = None
    has_recipients: bool = False


# What sendmail shows of a message after one of its recipients was refused: those who are listed wait for
# another reason, which is in its log.
_OF_OTHERS = (
    "User unknown",
    "Host unknown",
    "Service unavailable",
    "Data format error",
    "Remote protocol error",
)


class MailqReader(Reader):
    """Reads `mailq` of Postfix and of sendmail; times of Postfix have seconds, those of sendmail do not."""

    _head = re.compile(
        r"([0-9A-Za-z]{6,20})([*!#XQ?-]?)\s+(?:\d+|\([^)]*\))\s+"
        r"(?:[A-Z][a-z]{2} |-?\d+[ +]+)"  # the weekday; with -v sendmail's priority, and + if it has warned
        r"([A-Z][a-z]{2} [ \d]\d \d\d:\d\d)(:\d\d)?\s+(.*)"
    )
    _message: _Message | None = None

    def read(self, data: bytes, number: int) -> Sequence[Record]:
        text = decode(data[:TEXT]).rstrip()
        head = self._head.match(text)
        if head is not None:
            queue_id, mark, time, seconds, sender = head.groups()
            at = self.clock.stamp(time + (seconds or ":00"))
            self._message = _Message(queue_id, mark, at, sender.strip("<> "), seconds is not None)
            return ()
        now, line = self._message, text.strip()
        if now is None or not line or text[:1] in ("-", "") or line.startswith("Total requests"):
            self.says_empty = self.says_empty or NOTHING.fullmatch(line) is not None
            return ()
        if line.startswith("QUARANTINE: ") and not now.is_postfix:
            now.mark = "Q"
            return ()
        if line.startswith("("):
            if now.has_recipients and not now.is_postfix:  # with -v: of the recipient before it alone
                return ()
            is_of_others = not now.is_postfix and line.startswith(_OF_OTHERS, 1)
            now.reason = "" if is_of_others else line[1:].removesuffix(")")
            return ()
        if not text[:1].isspace() or _HEADING.fullmatch(line):
            return ()
        now.has_recipients = True
        return (self._event(now, line.strip("<>"), number),)

    def end(self) -> Sequence[Record]:
        self._message = None
        return ()

    def _event(self, now: _Message, recipient: str, number: int) -> Event:
        if now.is_postfix:
            words, relay, repeats = _postfix_reason(now.reason)
        else:
            words, relay, repeats = _sendmail_reason(now.reason), None, False
        return Event(
            self.file,
            number,
            Kind.QUEUE,
            _status_of(now.reason, now.mark == "!" if now.is_postfix else now.mark == "Q"),
            now.mark or "queued",
            now.at,
            "mailq",
            now.queue_id,
            sender=_no_daemon(now.sender),
            recipient=recipient,
            relay=relay,
            words=words,
            repeats=repeats,
        )


class EximQueueReader(Reader):
    """Reads `exim -bp`, which has no reasons; recipients marked D are delivered."""

    _head = re.compile(
        r"\s*(\d{1,6}[smhdw])\s+(?:[\d.]+[KM]?)?\s+"
        r"([0-9A-Za-z]{6}-(?:[0-9A-Za-z]{11}-[0-9A-Za-z]{4}|[0-9A-Za-z]{6}-[0-9A-Za-z]{2})) <([^>]*)>(.*)"
    )
    _message: tuple[str, str, str, float | None] | None = None

    def read(self, data: bytes, number: int) -> Sequence[Record]:
        text = decode(data[:TEXT]).rstrip()
        head = self._head.match(text)
        if head is not None:
            age, queue_id, sender, rest = head.groups()
            mark = "frozen" if "frozen" in rest else "queued"
            self._message = (queue_id, sender, mark, duration(age))
            return ()
        line = text.strip()
        if self._message is None or not line or not text[:1].isspace() or line.startswith("D "):
            return ()
        queue_id, sender, mark, age_s = self._message
        status = Status.HELD if mark == "frozen" else Status.QUEUED
        return (
            Event(
                self.file,
                number,
                Kind.QUEUE,
                status,
                mark,
                None,
                "exim",
                queue_id,
                sender=sender,
                recipient=line,
                delay_s=age_s,
            ),
        )

    def end(self) -> Sequence[Record]:
        self._message = None
        return ()


class SmtpctlReader(Reader):
    """Reads `smtpctl show queue`: fourteen fields parted by bars."""

    def read(self, data: bytes, number: int) -> Sequence[Record]:
        fields = decode(data[:TEXT]).rstrip("\r\n").split("|", 13)
        if len(fields) < 13 or not re.fullmatch(r"[0-9a-f]{16}", fields[0]):
            return ()
        evpid, _, kind, flags, sender, recipient, destination, creation = fields[:8]
        reason = fields[13] if len(fields) > 13 else ""
        words = None
        if reason:
            words = Words(Speaker.REMOTE if is_reply(reason) else Speaker.LOCAL, reason)
        seconds = int(creation) if creation.isdecimal() and len(creation) < 13 else None
        is_held = "suspend" in flags or fields[11] == "suspended"
        return (
            Event(
                self.file,
                number,
                Kind.QUEUE,
                _status_of(reason, is_held),
                fields[10] or fields[11],
                since_epoch(seconds) if seconds is not None else None,
                kind,
                evpid,
                sender=sender,
                recipient=destination or recipient,
                orig_to=recipient if destination not in ("", recipient) else None,
                words=words,
            ),
        )


def _sendmail_reason(reason: str | None) -> Words | None:
    if not reason:
        return None
    words = reason.removeprefix("Deferred: ")
    if is_reply(words):
        return Words(Speaker.REMOTE, words, None, cut=True)
    stage = Stage.CONNECT if words.startswith(("Connection refused", "Connection timed out")) else None
    return Words(Speaker.LOCAL, words, stage)


def _no_daemon(sender: str | None) -> str | None:
    """Postfix and sendmail list the null reverse-path as MAILER-DAEMON."""
    return "" if sender in ("MAILER-DAEMON", "<>") else sender
