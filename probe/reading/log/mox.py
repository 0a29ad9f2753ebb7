"""mox: what its queue logs in logfmt (mlog/log.go, queue/queue.go, queue/direct.go, smtpclient/client.go).

A failure ends in `, permanent: REPLY` or `, transient: REPLY`, with the first line of the reply; without one
no server spoke. The host stands in a line before, with the same connection id (`cid`). One message is one
recipient.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from probe._regex import regex
from probe.model.reply import Stage
from probe.reading.log.event import Event, Kind, Record, Relay, Speaker, Status, Words
from probe.reading.log.frames import Frame
from probe.reading.log.reader import FramedReader

_HEAD = regex(r"l=[a-z]{1,12} m=")
_FIELD = regex(r"([A-Za-z_.]{1,64})=(?:\"((?>[^\"\\]|\\.)*+)\"|(\S*))")
_ESCAPE = regex(r"\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|U([0-9a-f]{8})|(.))", re.DOTALL)
_CONTROLS = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
_RESULT = regex(r"(?P<own>.*), (?P<how>permanent|transient)(?:: (?P<reply>[245]\d\d[ -].*))?", re.DOTALL)
_SENT = "delivered from queue"
_STATUS = {
    _SENT: Status.SENT,
    "permanent failure delivering from queue": Status.BOUNCED,
    "temporary failure delivering from queue": Status.DEFERRED,
    "temporary failure delivering from queue, sending delayed dsn": Status.DEFERRED,
}
_TO_HOST = "delivering to remote"
# In mox's own words before the reply: what it had expected.
_STAGES = (
    ("expected 220, got", Stage.GREETING),
    ("STARTTLS: ", Stage.STARTTLS),
    (" to HELO", Stage.EHLO),
    ("during authentication", Stage.MAIL),
)
_LOCAL_STAGES = (
    ("lookup ", Stage.DNS),
    ("STARTTLS TLS handshake", Stage.STARTTLS),
    ("dial tcp", Stage.CONNECT),
)


class MoxReader(FramedReader):
    """Reads mox's standard error, as it is or from journald."""

    def matters(self, data: bytes) -> bool:
        return b" from queue" in data or b"delivering to remote" in data

    def text(self, text: str, frame: Frame, data: bytes, number: int) -> Sequence[Record]:
        if _HEAD.match(text) is None:
            return ()
        fields = _fields(text)
        word, key = fields.get("m", ""), ("mox", fields.get("cid"))
        if word == _TO_HOST:
            self.memory.note(key, _ascii(fields.get("remote", "")))
            return ()
        status = _STATUS.get(word)
        queue_id, recipient = fields.get("msgid"), _ascii(fields.get("recipient", ""))
        if status is None:
            return ()
        if not queue_id or "@" not in recipient:
            return self.unread(data, number, "a delivery of mox without a message and its recipient")
        words, is_permanent = _words(fields.get("err", ""))
        earlier = None
        if status is Status.DEFERRED:
            self.memory.defer(queue_id, recipient, words)
        else:
            self.memory.settle(queue_id, recipient)
        if status is Status.BOUNCED and not is_permanent:
            status, earlier = Status.EXPIRED, words  # the last of its tries
        host = self.memory.note_of(key)
        sender = fields.get("from")
        return (
            Event(
                self.file,
                number,
                Kind.ATTEMPT,
                status,
                word,
                frame.at,
                frame.program,
                queue_id,
                sender=_ascii(sender) if sender is not None else None,
                recipient=recipient,
                relay=Relay(host) if isinstance(host, str) and host else None,
                words=words,
                earlier=earlier,
            ),
        )


def _fields(text: str) -> Mapping[str, str]:
    """The fields of a line; of several with one name the first."""
    fields: dict[str, str] = {}
    for name, quoted, plain in _FIELD.findall(text):
        fields.setdefault(name, _text_of(quoted) if quoted else plain)
    return fields


def _text_of(text: str) -> str:
    """A string as Go's %q writes it, without its quotes."""
    return _ESCAPE.sub(_character, text) if "\\" in text else text


def _character(escape: re.Match[str]) -> str:
    digits = escape[1] or escape[2] or escape[3]
    if digits is None:
        return _CONTROLS.get(escape[4], escape[4])
    number = int(digits, 16)
    return chr(number) if number <= 0x10FFFF else "\ufffd"


def _ascii(text: str) -> str:
    """A name in ASCII: mox writes `UNICODE/ASCII` of a domain, or of an address, that has both."""
    head, slash, tail = text.rpartition("/")
    is_address = "@" in text
    return tail if slash and (not is_address or ("@" in head and "@" in tail)) else text


def _words(error: str) -> tuple[Words | None, bool]:
    """The words of a failure, and whether it is for good."""
    if not error:
        return None, False
    result = _RESULT.fullmatch(error)
    if result is None or result["reply"] is None:
        own = result["own"] if result is not None else error
        stage = next((it for mark, it in _LOCAL_STAGES if mark in own), None)
        return Words(Speaker.LOCAL, own, stage), result is not None and result["how"] == "permanent"
    stage = next((it for mark, it in _STAGES if mark in result["own"]), None)
    reply = result["reply"]
    return Words(Speaker.REMOTE, reply, stage, cut=reply[3:4] == "-"), result["how"] == "permanent"
