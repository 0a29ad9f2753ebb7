"""SendGrid's Event Webhook: JSON arrays of events, or one event a line.

https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event. `reason` holds the reply of a
bounce, `response` that of a deferral or delivery; `type` tells a refused address from a blocked message.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from probe.model.reply import Stage
from probe.reading.log.event import Event, Kind, Speaker, Status, Words
from probe.reading.log.json_reader import JsonReader
from probe.reading.log.json_text import number_of, text_of
from probe.reading.log.stamps import since_epoch
from probe.reading.log.words import is_reply

_STATUS = {
    "delivered": Status.SENT,
    "deferred": Status.DEFERRED,
    "bounce": Status.BOUNCED,
    "blocked": Status.BOUNCED,
    "dropped": Status.BOUNCED,  # not tried; reported only here
}


class SendGridReader(JsonReader):
    """Reads delivered, deferred, bounce and dropped; others are not delivery results."""

    def events(self, record: Mapping[str, object], number: int) -> Sequence[Event]:
        word = text_of(record, "event") or ""
        recipient = text_of(record, "email")
        if word not in _STATUS or recipient is None:
            return ()
        seconds = number_of(record, "timestamp")
        text = (text_of(record, "reason") or text_of(record, "response") or "").strip()
        text = text.replace("\r\n", "\n")
        words = None
        if text:
            stage = Stage.END_OF_DATA if word == "delivered" else None
            # a dropped message was never sent to a server
            remote = is_reply(text) and word != "dropped"
            words = Words(Speaker.REMOTE if remote else Speaker.LOCAL, text, stage)
        kind_text = text_of(record, "type")
        ip = text_of(record, "ip")
        return (
            Event(
                self.file,
                number,
                Kind.QUEUE if word == "dropped" else Kind.ATTEMPT,
                _STATUS[word],
                f"{word} ({kind_text})" if kind_text else word,
                since_epoch(seconds) if seconds is not None else None,
                "sendgrid",
                text_of(record, "sg_message_id"),
                text_of(record, "smtp-id"),
                None,
                recipient,
                source_ip=ip,
                dsn=text_of(record, "status"),
                words=words,
                tls=text_of(record, "tls"),
            ),
        )
