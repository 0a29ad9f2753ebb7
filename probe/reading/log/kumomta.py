"""KumoMTA's log records: JSON, one a line.

https://docs.kumomta.com/reference/log_record/. `recipient` may be a list. The code and the enhanced status
are separate fields; they are put before the text of the reply again. OOB, an out-of-band bounce, is one
recipient of an RFC 3464 report that came back later: id and queue are that report's, `peer_address` names
the server that reports (kumod's logging.rs).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from probe._regex import regex
from probe.model.reply import Stage
from probe.reading.log.event import Event, Kind, Relay, Speaker, Stamp, Status, Words
from probe.reading.log.json_reader import JsonReader
from probe.reading.log.json_text import items_of, number_of, text_of
from probe.reading.log.stamps import since_epoch
from probe.reading.log.words import stage_of

_LATE = "OOB"
_STATUS = {
    "Delivery": Status.SENT,
    "Bounce": Status.BOUNCED,
    "TransientFailure": Status.DEFERRED,
    "Expiration": Status.EXPIRED,
    "AdminBounce": Status.DROPPED,
    "Rejection": Status.REJECTED,
    _LATE: Status.BOUNCED,
    "Delayed": Status.QUEUED,  # put off without a try
    "XferOut": Status.FORWARDED,  # to another node, whose log has the rest
}
_OWN = ("Expiration", "AdminBounce", "Rejection", "Delayed", "XferOut")
_IN_QUEUE = (Status.DROPPED, Status.QUEUED, Status.FORWARDED)
_INTERNAL = "KumoMTA internal: "
_PORT = regex(r"(.*):(\d{1,5})")


class KumoMtaReader(JsonReader):
    """Reads Delivery, TransientFailure, Bounce, OOB, Expiration, AdminBounce, Delayed, XferOut and Rejection;
    others (Reception, Feedback, XferIn, AdminRebind) tell nothing of what became of our messages."""

    has_late_bounces = True

    def events(self, record: Mapping[str, object], number: int) -> Sequence[Event]:
        word = text_of(record, "type") or ""
        status = _STATUS.get(word)
        queue_id = text_of(record, "id")
        if status is None or queue_id is None:
            return ()
        words = _words(record, word)
        recipients = [item for item in items_of(record, "recipient") if isinstance(item, str)]
        sender = text_of(record, "sender")
        peer = Relay(text_of(record, "peer_address", "name"), text_of(record, "peer_address", "addr"))
        if word == _LATE:
            peer = Relay(peer.host)  # the address is of whoever brought the report
        relay = peer if peer.host or peer.ip else None
        source = text_of(record, "source_address", "address")
        tls = " ".join(
            part for part in (text_of(record, "tls_protocol_version"), text_of(record, "tls_cipher")) if part
        )
        creation, at = number_of(record, "created"), number_of(record, "timestamp")
        kind = Kind.ATTEMPT
        if status in _IN_QUEUE:
            kind = Kind.QUEUE
        elif status is Status.REJECTED:
            kind = Kind.REFUSAL
        events = []
        targets: Sequence[str | None] = recipients or (None,)
        words = words.about(targets) if words is not None else None
        for recipient in targets:
            earlier = None
            if recipient is not None and status is Status.DEFERRED:
                self.memory.defer(queue_id, recipient, words)
            elif recipient is not None and status is not Status.QUEUED and word != _LATE:
                earlier = self.memory.settle(queue_id, recipient)
            events.append(
                Event(
                    self.file,
                    number,
                    kind,
                    status,
                    word,
                    self._at(record),
                    text_of(record, "delivery_protocol"),
                    queue_id,
                    sender=sender,
                    recipient=recipient,
                    relay=relay if kind is not Kind.REFUSAL else None,
                    source_ip=_address(source) if source and kind is not Kind.REFUSAL else None,
                    words=words,
                    earlier=earlier if word in _OWN else None,
                    delay_s=at - creation if at is not None and creation is not None else None,
                    tls=tls or None,
                    client=relay if kind is Kind.REFUSAL else None,
                    is_late=word == _LATE,
                )
            )
        return events

    def _at(self, record: Mapping[str, object]) -> Stamp | None:
        seconds = number_of(record, "timestamp")
        if seconds is not None:
            return since_epoch(seconds)
        text = text_of(record, "timestamp")
        return self.clock.stamp(text) if text else None


def _words(record: Mapping[str, object], word: str) -> Words | None:
    content = text_of(record, "response", "content")
    code = text_of(record, "response", "code")
    text = (content or "").replace("\r\n", "\n").strip()
    if content is None and code is None:
        return None
    stage = _stage(text_of(record, "response", "command"))
    if text.startswith(_INTERNAL) or word in _OWN:
        return Words(Speaker.LOCAL, text.removeprefix(_INTERNAL), stage or _own_stage(text))
    parts = [text_of(record, "response", "enhanced_code", name) for name in ("class", "subject", "detail")]
    status = ".".join(part for part in parts if part is not None) if all(parts) else ""
    if word == _LATE and not text:
        return Words(Speaker.REMOTE, status) if status else None  # the code is KumoMTA's own then
    line = " ".join(part for part in (code, status, text) if part)
    if stage is None and word == "Delivery":
        stage = Stage.END_OF_DATA
    return Words(Speaker.REMOTE, line, stage)


def _stage(command: str | None) -> Stage | None:
    if command is None:
        return None
    if command.strip() == ".":
        return Stage.END_OF_DATA
    name = command.partition(":")[0]
    return stage_of(name) or stage_of(name.partition(" ")[0])


def _own_stage(text: str) -> Stage | None:
    return Stage.CONNECT if "failed to connect" in text else None


def _address(text: str) -> str:
    match = _PORT.fullmatch(text)
    return (match[1] if match is not None else text).strip("[]")
