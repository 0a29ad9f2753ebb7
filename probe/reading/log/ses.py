"""Amazon SES: event records and feedback notifications, also in the envelope that SNS puts around them.

https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-contents.html,
https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html. `diagnosticCode` is that of the bounce
message, or SES' own words (`Amazon SES did not send the message ...`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from probe._regex import regex
from probe.model.reply import Stage
from probe.reading.log.event import Event, Kind, Relay, Speaker, Status, Words
from probe.reading.log.json_reader import JsonReader
from probe.reading.log.json_text import JsonRecords, items_of, text_of
from probe.reading.log.words import is_reply

_FEEDBACK = {
    "Bounce": ("bounce", "bouncedRecipients", Status.BOUNCED),
    "DeliveryDelay": ("deliveryDelay", "delayedRecipients", Status.DEFERRED),
    "Delivery": ("delivery", "recipients", Status.SENT),
    "Reject": ("reject", "", Status.DISCARDED),
}
_SMTP = regex(r"\s*(?:smtp|x-[a-z0-9-]+)\s*;\s*", re.IGNORECASE)
_ANGLE = regex(r"<([^<>]*)>\s*$")


class SesReader(JsonReader):
    """Reads Bounce, DeliveryDelay, Delivery and Reject; others are not delivery results."""

    def events(self, record: Mapping[str, object], number: int) -> Sequence[Event]:
        inner = text_of(record, "Message")
        if inner is not None and "TopicArn" in record:
            records = JsonRecords().line(inner.encode("utf-8", "surrogatepass")).records
            record = records[0] if records else {}
        if isinstance(detail := record.get("detail"), Mapping):  # EventBridge
            record = detail
        word = text_of(record, "eventType") or text_of(record, "notificationType") or ""
        if word not in _FEEDBACK:
            return ()
        name, list_name, status = _FEEDBACK[word]
        part = record.get(name)
        recipients = items_of(part, list_name) if list_name else items_of(record, "mail", "destination")
        if word == "Bounce" and text_of(part, "bounceType") == "Transient":
            status = Status.DEFERRED if text_of(part, "bounceSubType") == "DeliveryDelayed" else status
        source = text_of(record, "mail", "source")
        at = text_of(part, "timestamp") or text_of(record, "mail", "timestamp")
        address = text_of(part, "remoteMtaIp")
        host = text_of(part, "reportingMTA") if word != "Bounce" else None
        relay = Relay(host, address) if address else None
        millis = text_of(part, "processingTimeMillis")
        return [
            Event(
                self.file,
                number,
                Kind.ATTEMPT,
                status,
                word,
                self.clock.stamp(at) if at else None,
                "ses",
                text_of(record, "mail", "messageId"),
                text_of(record, "mail", "commonHeaders", "messageId"),
                _bare(source) if source is not None else None,
                item if isinstance(item, str) else text_of(item, "emailAddress"),
                relay=relay,
                dsn=text_of(item, "status"),
                words=_words(part, item, word),
                delay_s=int(millis) / 1000 if millis and millis.isdecimal() and len(millis) < 15 else None,
            )
            for item in recipients
        ]


def _words(part: object, item: object, word: str) -> Words | None:
    text = text_of(part, "smtpResponse") if word == "Delivery" else text_of(item, "diagnosticCode")
    if text is None:
        text = text_of(part, "reason") or text_of(part, "delayType") or text_of(part, "bounceSubType")
        return Words(Speaker.LOCAL, text) if text else None
    prefix = _SMTP.match(text)
    words = text[prefix.end() :] if prefix is not None else text
    words = words.replace("\r\n", "\n").strip()
    if is_reply(words) and "Amazon SES" not in words:
        return Words(Speaker.REMOTE, words, Stage.END_OF_DATA if word == "Delivery" else None)
    return Words(Speaker.LOCAL, words)


def _bare(source: str) -> str:
    match = _ANGLE.search(source)
    return match[1] if match is not None else source
