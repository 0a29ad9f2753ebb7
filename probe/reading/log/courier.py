"""Courier: a reply line by line, then `status:`; `success:` names the host.

Several messages are processed at once, so lines are joined by message and recipient. Courier cuts a line of a
reply at about 130 characters and adds `...`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from probe.model.reply import Stage
from probe.reading.log.event import Event, Kind, Record, Relay, Speaker, Status, Words
from probe.reading.log.frames import Frame
from probe.reading.log.reader import FramedReader
from probe.reading.log.words import is_reply, relay_of

_ADDRESS = r"<((?>\"(?:[^\"\\]|\\.)*+\"|[^\">])*+)>"
_LINE = re.compile(
    rf"id=([0-9A-F.]{{10,80}}),from={_ADDRESS},addr={_ADDRESS}(?:,size=\d+)?"
    r"(?:,(?P<what>status|success|delivered): ?(?P<value>.*)|: ?(?P<text>.*))",
    re.DOTALL,
)
_REFUSED = re.compile(
    rf"error,relay=(?P<ip>[^,]*+)(?:,port=\d+)?(?:,from={_ADDRESS})?(?:,to={_ADDRESS})?: (?P<reply>.*)",
    re.DOTALL,
)
_STATUS = {"success": Status.SENT, "failure": Status.BOUNCED, "deferred": Status.DEFERRED}
_CUT = "..."
_CUT_AT = 100  # where Courier cuts, a line is longer than this
_LINES = 50  # of one reply
_OWN_REPLIES = (
    "553-The recipient's mail server does not support E-mail",
)  # Courier's own, in a reply's form
_OWN_STAGES = (
    ("Connection refused", Stage.CONNECT),
    ("Connection timed out", None),
    ("Network is unreachable", Stage.CONNECT),
    ("No route to host", Stage.CONNECT),
    ("No such domain", Stage.DNS),
    ("DNS lookup", Stage.DNS),
)


class CourierReader(FramedReader):
    """Reads the syslog lines of courierd and of its modules (courieresmtp, courierlocal, courierdsn)."""

    def matters(self, data: bytes) -> bool:
        return b"id=" in data or b"error,relay=" in data

    def text(self, text: str, frame: Frame, data: bytes, number: int) -> Sequence[Record]:
        if text.startswith("id="):
            match = _LINE.match(text)
            if match is None:
                return self.unread(data, number, "a delivery of Courier whose fields are not understood")
            return self._delivery(match, frame, data, number)
        if text.startswith("error,relay="):
            return self._refusal(text, frame, number)
        return ()

    def _delivery(self, match: re.Match[str], frame: Frame, data: bytes, number: int) -> Sequence[Record]:
        queue_id, sender, recipient = match[1], match[2], match[3]
        key = (queue_id, recipient)
        what, value = match["what"], match["value"]
        if what is None:
            lines = self.memory.drop(("lines", key))
            before = lines if isinstance(lines, tuple) else ()
            self.memory.note(("lines", key), (*before, (match["text"] or "").rstrip())[-_LINES:])
            return ()
        if what != "status":
            host = value.removeprefix("delivered: ").strip()
            self.memory.note(("host", key), relay_of(host.replace(" [", "[")) if "[" in host else None)
            return ()
        status = _STATUS.get(value.strip().split(" ")[0].rstrip(","))
        if status is None:
            return self.unread(data, number, "a status of Courier that is not known")
        relay = self.memory.drop(("host", key))
        lines = self.memory.drop(("lines", key))
        is_remote = (frame.program or "").endswith("smtp")
        words, earlier = _last_words(lines if isinstance(lines, tuple) else (), is_remote, status)
        return (
            Event(
                self.file,
                number,
                Kind.ATTEMPT,
                status,
                value.strip(),
                frame.at,
                frame.program,
                queue_id,
                None,
                sender,
                recipient,
                relay=relay if isinstance(relay, Relay) else None,
                words=words,
                earlier=earlier,
            ),
        )

    def _refusal(self, text: str, frame: Frame, number: int) -> Sequence[Record]:
        match = _REFUSED.match(text)
        if match is None:
            return ()
        return (
            Event(
                self.file,
                number,
                Kind.REFUSAL,
                Status.REJECTED,
                "error",
                frame.at,
                frame.program,
                sender=match[2],
                recipient=match[3],
                words=Words(Speaker.LOCAL, match["reply"].strip(), Stage.RCPT if match[3] else None),
                client=Relay(None, match["ip"].removeprefix("::ffff:")),
            ),
        )


def _last_words(lines: Sequence[str], is_remote: bool, status: Status) -> tuple[Words | None, Words | None]:
    """The last words, and the reply before them if the last words are Courier's own."""
    groups: list[list[str]] = []
    for line in lines:
        code = line[:3]
        if groups and is_reply(line) and groups[-1][-1].startswith(f"{code}-"):
            groups[-1].append(line)
        else:
            groups.append([line])
    if not groups:
        return None, None
    words = [_words(group, is_remote, status) for group in groups]
    last = words[-1]
    replies = [item for item in words if item.speaker is Speaker.REMOTE]
    return last, replies[-1] if replies and last.speaker is not Speaker.REMOTE else None


def _words(group: Sequence[str], is_remote: bool, status: Status) -> Words:
    text = "\n".join(group)
    if not is_remote or not is_reply(text) or text.startswith(_OWN_REPLIES):
        stage = next((stage for begin, stage in _OWN_STAGES if text.startswith(begin)), None)
        return Words(Speaker.LOCAL, text, stage)
    is_cut = any(line.endswith(_CUT) and len(line) > _CUT_AT for line in group)
    stage = Stage.END_OF_DATA if status is Status.SENT and text.startswith("250") else None
    return Words(Speaker.REMOTE, text, stage, is_cut)
