"""What Postfix itself refused, held or discarded: smtpd, postscreen, cleanup and its milters."""

from __future__ import annotations

import re

from probe._regex import regex
from probe.reading.log.event import Event, Kind, Relay, Speaker, Status, Words
from probe.reading.log.frames import Frame
from probe.reading.log.memory import Memory
from probe.reading.log.words import relay_of, stage_of

_HEAD = regex(
    r"([0-9A-Za-z]{5,32}): (milter-)?(reject|hold|discard): (.{1,4096}?) from (\S{1,300}?)(?:: |; )",
    re.DOTALL,
)
_LOCAL_HEAD = regex(
    r"([0-9A-Za-z]{5,32}): (milter-)?(reject|hold|discard): ((?:header|body|mime-header|nested-header) .*)"
    r" from (\S{1,300}); ",
    re.DOTALL,
)
_FIELD = regex(r"\b(from|to|helo|proto)=(?:<((?>\"(?:[^\"\\]|\\.)*+\"|[^\">])*+)>|(\w+))")
_DSN = regex(r"(?:[245]\d\d[ -])?([245]\.\d{1,3}\.\d{1,3})(?= |$)")
_STATUS = {"reject": Status.REJECTED, "hold": Status.HELD, "discard": Status.DISCARDED}
_FIELDS_BEGIN = ("; from=<", "; to=<", "; proto=", "; helo=<")


def refusal(text: str, frame: Frame, file: str, number: int, memory: Memory) -> Event | None:
    """The event of a line that begins `QID: reject: `; None if it is none, or is not understood."""
    header = _LOCAL_HEAD.match(text)
    head = header or _HEAD.match(text)
    if head is None:
        return None
    queue_id, milter, verb, stage_name, client = head.groups()
    rest = text[head.end() :]
    if header is not None:
        fields, _, reply = rest.rpartition(": ")
        if "=" in reply or not fields:  # no text behind the fields
            fields, reply = rest, ""
    else:
        begin = min((at for at in map(rest.find, _FIELDS_BEGIN) if at >= 0), default=len(rest))
        if head[0].endswith("; "):
            begin = 0
        reply, fields = rest[:begin], rest[begin:]
    values = {name: value if value or not bare else bare for name, value, bare in _FIELD.findall(fields)}
    if header is None and not reply and not values:
        return None
    message = memory.message_of(queue_id)
    dsn = _DSN.match(reply)
    sender = values.get("from")
    if sender is None and message is not None:
        sender = message.sender
    elif sender is not None and queue_id != "NOQUEUE":
        memory.message(queue_id).sender = sender
    return Event(
        file,
        number,
        Kind.REFUSAL,
        _STATUS[verb],
        f"{milter or ''}{verb}",
        frame.at,
        frame.program,
        None if queue_id == "NOQUEUE" else queue_id,
        message.message_id if message is not None else None,
        sender,
        values.get("to"),
        dsn=dsn[1] if dsn is not None else None,
        words=Words(Speaker.LOCAL, reply or stage_name, stage_of(stage_name)),
        client=_client(client),
    )


def _client(text: str) -> Relay | None:
    """`host[ip]`, postscreen's `[ip]:port`; `local` for mail submitted on this machine."""
    return Relay("local") if text == "local" else relay_of(text)
