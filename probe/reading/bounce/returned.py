"""The returned message: sender, recipients and identity from its headers."""

from __future__ import annotations

import re
from collections.abc import Sequence

from probe._regex import regex
from probe.reading.bounce.results import ReturnedMessage
from probe.reading.bounce.structure import Part, read_head
from probe.settings import BOUNCE_HEADER_LIMIT
from probe.standards.dsn.address import mailbox, mailboxes

_RETURNED_TYPES = frozenset(
    {"message/rfc822", "message/global", "text/rfc822-headers", "text/rfc822-header",
     "message/rfc822-headers", "message/global-headers", "message/partial"}
)  # fmt: skip
_MESSAGE_TYPES = frozenset({"message/rfc822", "message/global"})
_MESSAGE_FILE = regex(r"\.eml[\"']?[ \t]*(?:;|\Z)", re.IGNORECASE)
_HEADER_LINE = regex(
    r"^[>| \t]{0,4}(?:return-path|received|from|to|subject|date|message-id|x-[a-z-]+):[ \t]", re.I | re.M
)
_FORWARDED_TO = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to")


def is_returned(part: Part) -> bool:
    """Whether a part holds the returned message or its headers (RFC 6522 section 3, RFC 6533 section 5)."""
    return part.content_type in _RETURNED_TYPES


def is_message(part: Part) -> bool:
    """Whether a part is a message, also one that is attached as a file of another type."""
    if part.content_type in _MESSAGE_TYPES:
        return True
    name = part.parameter("name") or part.header("content-disposition")
    return part.content_type == "application/octet-stream" and _MESSAGE_FILE.search(name) is not None


def are_returning(parts: Sequence[Part]) -> bool:
    """Whether one of the parts holds a message that comes back; a digest has several."""
    return sum(map(is_returned, parts)) == 1


def read_returned(octets: bytes) -> ReturnedMessage:
    """Read the headers of a returned message."""
    head = read_head(octets[:BOUNCE_HEADER_LIMIT])
    header_from = mailbox(head.header("from"))
    recipients = mailboxes(", ".join((*head.headers("to"), *head.headers("cc"))))
    envelope = mailbox(head.header("return-path")) or mailbox(head.header("x-envelope-from"))
    return ReturnedMessage(
        reverse_path=envelope,
        header_from=header_from,
        recipients=recipients or mailboxes(head.header("x-envelope-to")),
        message_id=head.header("message-id")[:998],
        date=head.header("date")[:200],
        subject=head.header("subject")[:998],
        forwarded_to=tuple(
            [value for name in _FORWARDED_TO if name in head.fields for value in head.headers(name)]
        ),
        received=tuple(head.headers("received")),
        is_automatic=head.header("return-path").strip() == "<>"
        or head.header("auto-submitted").strip().lower().startswith("auto-replied"),
    )


def returned_in_text(text: str) -> ReturnedMessage:
    """The same for a message that is pasted after the notice, from its first header line on."""
    start = _HEADER_LINE.search(text)
    if start is None:
        return ReturnedMessage()
    lines = text[start.start() : start.start() + BOUNCE_HEADER_LIMIT].split("\n")
    width = len(lines[0]) - len(lines[0].lstrip(">| \t"))
    plain = "\n".join(line[width:] if line[:width].strip("> |\t") == "" else line for line in lines)
    return read_returned(plain.encode("utf-8", "surrogatepass"))
