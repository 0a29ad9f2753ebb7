"""Stalwart 0.11 and later: the events of its queue, `STAMP LEVEL Description (event.id) key = value, ...`
(crates/trc/src/serializers/text.rs, crates/smtp/src/outbound and queue/dsn.rs).

What failed is told when it happens, for a recipient, or for all of a domain; what follows comes behind it:
`delivery.dsn-perm-fail` for a recipient that is given up, `queue.rescheduled` for those of the message that
wait. What a mailbox of this server took is told by `delivery.dsn-success` alone. The enhanced status of a
reply is told where a recipient is given up (0.13 and later), and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from probe._dataclass import dataclass, field
from probe._regex import regex
from probe.model.reply import Stage
from probe.reading.log.event import Event, Kind, Record, Relay, Speaker, Status, Words
from probe.reading.log.frames import Frame
from probe.reading.log.reader import FramedReader
from probe.reading.log.words import stage_of

_LINE = regex(
    r"(?:\d{4}-\d\d-\d\dT\S{8,30} )?(?:TRACE|DEBUG|INFO|WARN|ERROR) [^()\n]{1,120} "
    r"\((?P<event>(?:delivery|queue)\.[a-z-]{1,40})\) ?(?P<fields>.*)"
)
# A text is escaped (not its quotes before 0.13), so it ends where a next field, or what it stands in, does.
_FIELD = regex(
    r"([a-zA-Z]{1,30}) = (?:\"((?:[^\"\\]|\\.|\"(?!, [a-zA-Z]{1,30} = | ?[}\]]|$))*)\"(?: \})*"
    r"|\[((?:[^\]\"]|\"[^\"]*\")*)\]|(.*?))(?:, |$)(?=[a-zA-Z]{1,30} = |$)"
)
_TEXT = regex(r"\"((?:[^\"\\]|\\.)*)\"")
_ESCAPE = regex(r"\\(?:x([0-9a-f]{2})|(.))")
_CONTROLS = {"n": "\n", "r": "\r", "t": "\t"}
_UNEXPECTED = regex(
    r"Unexpected response for (?P<command>.{0,1024}?): Code: (?P<code>\d{3})"
    r"(?:, Enhanced code: (?P<status>\d\.\d{1,3}\.\d{1,3}))?, Message: (?P<text>.*)"
)
_COMMAND = regex(r"[A-Z]{4}(?: FROM| TO)?")
_HERE = "localhost"  # as the host of a delivery: a mailbox of this server
_FAILURES = {
    "delivery.mx-lookup-failed": Stage.DNS,
    "delivery.ip-lookup-failed": Stage.DNS,
    "delivery.null-mx": Stage.DNS,
    "delivery.connect-error": Stage.CONNECT,
    "delivery.greeting-failed": Stage.GREETING,
    "delivery.ehlo-rejected": Stage.EHLO,
    "delivery.start-tls-error": Stage.STARTTLS,
    "delivery.start-tls-unavailable": Stage.STARTTLS,
    "delivery.implicit-tls-error": Stage.CONNECT,
    "delivery.auth-failed": Stage.MAIL,
    "delivery.mail-from-rejected": Stage.MAIL,
    "delivery.rcpt-to-rejected": Stage.RCPT,
    "delivery.rcpt-to-failed": Stage.RCPT,
    "delivery.message-rejected": Stage.END_OF_DATA,
    "delivery.rate-limit-exceeded": None,
    "delivery.concurrency-limit-exceeded": None,
}
_FATES = ("delivery.delivered", "delivery.dsn-success", "delivery.dsn-perm-fail", "queue.rescheduled")
_BEGIN, _DOMAIN, _END = "delivery.attempt-start", "delivery.domain-delivery-start", "delivery.completed"
_LIMIT = 1_000  # recipients and domains of one message
_Failure = tuple[Words | None, Relay | None]


@dataclass(slots=True)
class _Try:
    """What is known of the try under way of one message: the domain it is at, what failed, by recipient or
    domain, and whose fate was told."""

    domain: str = ""
    failures: dict[str, _Failure] = field(default_factory=dict)
    domains: set[str] = field(default_factory=set)
    fates: set[str] = field(default_factory=set)


class StalwartReader(FramedReader):
    """Reads Stalwart's log: its file, standard output, or journald."""

    def matters(self, data: bytes) -> bool:
        return b"(delivery." in data or b"(queue.rescheduled)" in data

    def text(self, text: str, frame: Frame, data: bytes, number: int) -> Sequence[Record]:
        match = _LINE.fullmatch(text)
        if match is None:
            return ()
        event = match["event"]
        if event not in _FATES and event not in _FAILURES and event not in (_BEGIN, _DOMAIN, _END):
            return ()
        values, recipients = _values(match["fields"])
        queue_id = values.get("queueId")
        if queue_id is None:
            return self.unread(data, number, "an event of Stalwart's queue without a message")
        if event == _END:
            self.memory.drop(("try", queue_id))
            self.memory.forget(queue_id)
            return ()
        attempt = self._try(queue_id, is_new=event == _BEGIN)
        sender = values.get("from", "").strip("<>")
        if event == _DOMAIN:
            attempt.domain = values.get("domain", "").lower()
            if len(attempt.domains) < _LIMIT:
                attempt.domains.add(attempt.domain)
        elif event in _FAILURES:
            _note(attempt, event, values)
        elif event == "queue.rescheduled":
            return self._put_off(queue_id, attempt, recipients, sender, frame, number)
        elif event in _FATES:
            recipient = values.get("to", "").strip("<>")
            if "@" not in recipient:
                return self.unread(data, number, "a delivery of Stalwart that names no recipient")
            if recipient in attempt.fates:
                return ()
            if len(attempt.fates) < _LIMIT:
                attempt.fates.add(recipient)
            return (self._fate(event, queue_id, attempt, recipient, sender, values, frame, number),)
        return ()

    def _try(self, queue_id: str, *, is_new: bool) -> _Try:
        under_way = self.memory.note_of(("try", queue_id))
        if isinstance(under_way, _Try) and not is_new:
            return under_way
        attempt = _Try()
        self.memory.note(("try", queue_id), attempt)
        return attempt

    def _put_off(
        self,
        queue_id: str,
        attempt: _Try,
        recipients: Sequence[str],
        sender: str,
        frame: Frame,
        number: int,
    ) -> Sequence[Record]:
        """Those of the message that were tried, and of whom nothing else was told."""
        records = []
        for recipient in recipients:
            domain = recipient.rpartition("@")[2].lower()
            if recipient in attempt.fates or (attempt.domains and domain not in attempt.domains):
                continue
            words, relay = attempt.failures.get(recipient) or attempt.failures.get(domain, (None, None))
            self.memory.defer(queue_id, recipient, words)
            status = (Status.DEFERRED, "rescheduled")
            records.append(self._event(*status, queue_id, recipient, sender, words, relay, frame, number))
        attempt.failures.clear()
        return records

    def _fate(
        self,
        event: str,
        queue_id: str,
        attempt: _Try,
        recipient: str,
        sender: str,
        values: Mapping[str, str],
        frame: Frame,
        number: int,
    ) -> Event:
        relay = _relay(values)
        if event != "delivery.dsn-perm-fail":
            self.memory.settle(queue_id, recipient)
            words = _reply(values, Stage.END_OF_DATA)
            status, word = Status.SENT, event.partition(".")[2]
            return self._event(status, word, queue_id, recipient, sender, words, relay, frame, number)
        domain = recipient.rpartition("@")[2].lower()
        failure = attempt.failures.get(recipient) or attempt.failures.get(domain)
        words = _of_dsn(values, failure[0] if failure is not None else None)
        earlier = self.memory.settle(queue_id, recipient)
        is_late = words is not None and words.text[:1] == "4"
        status = Status.BOUNCED
        if is_late or (words is not None and words.speaker is Speaker.LOCAL and earlier is not None):
            status = Status.EXPIRED
        if relay is None and failure is not None and values.get("hostname") != _HERE:
            relay = failure[1]
        result = self._event(
            status, "dsn-perm-fail", queue_id, recipient, sender, words, relay, frame, number
        )
        if values.get("hostname") == _HERE and words is not None and words.text[:1] in ("4", "5"):
            words = words._replace(speaker=Speaker.LOCAL)
            return result._replace(words=words, program="local", relay=None)
        return result._replace(earlier=words if status is Status.EXPIRED else None)

    def _event(
        self,
        status: Status,
        word: str,
        queue_id: str,
        recipient: str,
        sender: str,
        words: Words | None,
        relay: Relay | None,
        frame: Frame,
        number: int,
    ) -> Event:
        is_here = word == "dsn-success" and relay is None
        return Event(
            self.file,
            number,
            Kind.ATTEMPT,
            status,
            word,
            frame.at,
            "local" if is_here else frame.program,
            queue_id,
            sender=sender,
            recipient=recipient,
            relay=relay,
            words=words._replace(speaker=Speaker.LOCAL) if is_here and words is not None else words,
        )


def _note(attempt: _Try, event: str, values: Mapping[str, str]) -> None:
    """What failed; a lookup does not take the place of what a server said."""
    recipient = values.get("to", "").strip("<>")
    domain = values.get("domain", attempt.domain).lower()
    key = recipient if event == "delivery.rcpt-to-rejected" else domain
    stage = _FAILURES[event]
    words = _reply(values, stage)
    if words is None:
        own = ": ".join(it for it in (_own_words(values), values.get("reason", "")) if it)
        words = Words(Speaker.LOCAL, own, stage) if own else None
    before = attempt.failures.get(key)
    if before is not None and stage is Stage.DNS and before[0] is not None:
        return
    if len(attempt.failures) < _LIMIT:
        attempt.failures[key] = (words, _relay(values))


def _of_dsn(values: Mapping[str, str], before: Words | None) -> Words | None:
    """What a recipient is given up for; the stage is that of the failure before it."""
    stage = before.stage if before is not None else None
    whole = _UNEXPECTED.fullmatch(values.get("details", ""))
    if whole is not None:
        command = _COMMAND.match(whole["command"])
        status = whole["status"]
        prefix = f"{status} " if status is not None and status[0] == whole["code"][0] else ""
        stage = stage or (stage_of(command[0]) if command is not None else None)
        return Words(Speaker.REMOTE, f"{whole['code']} {prefix}{whole['text']}".strip(), stage)
    reply = _reply(values, stage)
    if reply is not None or before is not None:
        return reply or before
    own = ": ".join(it for it in (_own_words(values), values.get("reason", "")) if it)
    return Words(Speaker.LOCAL, own) if own else None


def _reply(values: Mapping[str, str], stage: Stage | None) -> Words | None:
    """The reply of a server: its code, and its words as `details`, or as `reason` within an error."""
    code = values.get("code", "")
    if len(code) != 3 or code[0] not in "245":
        return None
    text = values.get("reason", "") if "causedBy" in values else values.get("details", "")
    return Words(Speaker.REMOTE, f"{code} {text}".strip(), stage)


def _own_words(values: Mapping[str, str]) -> str:
    """Stalwart's own words; of `SMTP error occurred (smtp.error) { details = Connection Error` the last."""
    text = values.get("causedBy") or values.get("details", "")
    return text.rpartition("{ details = ")[2]


def _relay(values: Mapping[str, str]) -> Relay | None:
    host, ip, port = values.get("hostname"), values.get("remoteIp"), values.get("remotePort", "")
    if not host or host == _HERE:
        return None
    return Relay(host.rstrip("."), ip or None, int(port) if port.isdecimal() and len(port) < 6 else None)


def _values(text: str) -> tuple[Mapping[str, str], Sequence[str]]:
    """The fields, and the recipients of the message, which are a list. Those of the message come first and
    their names may come again: of `queueId` and `from` the first counts, of others the last."""
    values: dict[str, str] = {}
    recipients: list[str] = []
    for name, quoted, listed, plain in _FIELD.findall(text):
        if name == "to" and listed:
            recipients = [_unescape(it).strip("<>") for it in _TEXT.findall(listed)]
        elif name in ("queueId", "from"):
            values.setdefault(name, _unescape(quoted or plain))
        else:
            values[name] = _unescape(quoted) if quoted else plain
    return values, recipients


def _unescape(text: str) -> str:
    if "\\" not in text:
        return text
    return _ESCAPE.sub(lambda it: chr(int(it[1], 16)) if it[1] else _CONTROLS.get(it[2], it[2]), text)
