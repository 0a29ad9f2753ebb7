"""The returned message: sender, recipients and identity from its headers."""

from __future__ import annotations

import re
from ipaddress import ip_address

from probe._regex import regex
from probe.reading.bounce.results import ReturnedMessage, Trace
from probe.reading.bounce.structure import Part, read_head
from probe.settings import BOUNCE_HEADER_LIMIT
from probe.standards.dsn.address import mailbox, mailboxes

_RETURNED_TYPES = frozenset(
    {"message/rfc822", "message/global", "text/rfc822-headers", "text/rfc822-header",
     "message/rfc822-headers", "message/global-headers", "message/partial"}
)  # fmt: skip
_HEADER_LINE = regex(
    r"^[>| \t]{0,4}(?:return-path|received|from|to|subject|date|message-id|x-[a-z-]+):[ \t]", re.I | re.M
)

# From-domain and By-domain of a trace field; an address in brackets or parentheses before "by" that is not
# from EHLO is the client's
_TRACE = regex(r"\s*from\s(?P<client>.{0,800}?)\sby\s+(?P<by>[\w.-]{1,255})", re.IGNORECASE | re.DOTALL)
_TRACE_IP = regex(r"(?<!helo=)(?<!helo )[\[(](?:ipv6:)?([0-9a-f:.]{2,45})[\])]", re.IGNORECASE)
_TRACE_FOR = regex(r"\bfor\s+<([^<>\s]{3,320})>", re.IGNORECASE)


def is_returned(part: Part) -> bool:
    """Whether a part holds the returned message or its headers (RFC 6522 section 3, RFC 6533 section 5)."""
    return part.content_type in _RETURNED_TYPES


def read_returned(octets: bytes) -> ReturnedMessage:
    """Read the headers of a returned message."""
    head = read_head(octets[:BOUNCE_HEADER_LIMIT])
    header_from = mailbox(head.header("from"))
    recipients = mailboxes(", ".join((*head.headers("to"), *head.headers("cc"))))
    envelope = mailbox(head.header("return-path")) or mailbox(head.header("x-envelope-from"))
    addresses = (
        *_delivered_to(head),
        *(address for value in head.headers("received") for address in _for(value)),
    )
    return ReturnedMessage(
        reverse_path=envelope,
        header_from=header_from,
        recipients=recipients or mailboxes(head.header("x-envelope-to")),
        message_id=head.header("message-id")[:998],
        date=head.header("date")[:200],
        subject=head.header("subject")[:998],
        delivered_to=mailboxes(", ".join(addresses)),
        trace=_trace(head.header("received")),
    )


def returned_in_text(text: str) -> ReturnedMessage:
    """The same for a message that is pasted after the notice, from its first header line on."""
    start = _HEADER_LINE.search(text)
    if start is None:
        return ReturnedMessage()
    lines = text[start.start() : start.start() + BOUNCE_HEADER_LIMIT].split("\n")
    indent = re.match(r"[>| \t]*", lines[0])
    width = indent.end() if indent else 0
    plain = "\n".join(line[width:] if line[:width].strip("> |\t") == "" else line for line in lines)
    return read_returned(plain.encode("utf-8", "surrogatepass"))


def _delivered_to(head: Part) -> tuple[str, ...]:
    names = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to")
    return tuple(value for name in names for value in head.headers(name))


def _for(field: str) -> list[str]:
    """The forward-path of a trace field (RFC 5321 section 4.4, `For`)."""
    return _TRACE_FOR.findall(field[:2000])


def _trace(field: str) -> Trace | None:
    """The writer of the field and the address of its client: the last address before "by", because the first
    may be from EHLO."""
    match = _TRACE.match(field[:2000])
    if match is None:
        return None
    for text in reversed(_TRACE_IP.findall(match["client"])):
        try:
            return Trace(match["by"].lower().rstrip("."), ip_address(text))
        except ValueError:
            continue
    return None
