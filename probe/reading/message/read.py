"""The message of --message, read once (RFC 5322, RFC 2045, RFC 2369, RFC 8058)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import getaddresses, parsedate_to_datetime
from typing import TypeAlias

from probe.model.address import AddressError
from probe.model.address_parse import parse_mailbox
from probe.model.declared import (
    HARMLESS,
    encoded_words,
    fit_for_parsing,
    in_declared,
    without_mark,
)
from probe.model.message_problem import MessageReason, MessageWhy
from probe.model.text import decode
from probe.reading.message.abridge import abridge, head_of, longest_line
from probe.reading.message.links import LINK_LIMIT, links_in_html, links_in_text
from probe.reading.message.results import Link, MessageFacts, SignatureResult
from probe.settings import MESSAGE_HEADER_LIMIT, MESSAGE_PART_LIMIT

LINE_LIMIT = 998  # octets without CRLF, RFC 5322 section 2.1.1
# RFC 5322 section 3.6: at most one of each
_ONCE = (
    "Date",
    "From",
    "Sender",
    "Reply-To",
    "To",
    "Cc",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Subject",
)
_BULK_HINTS = (
    "Feedback-ID",
    "X-Campaign",
    "X-CampaignID",
    "X-Mailer-Campaign",
    "X-CSA-Complaints",
    "Errors-To",
)

_BOUNDARY = re.compile(rb"boundary", re.IGNORECASE)

_Part: TypeAlias = "Message[str, str]"  # a class that takes parameters only from Python 3.13 on


def read_message(data: bytes, signatures: tuple[SignatureResult, ...] = ()) -> MessageFacts:
    """Everything about a message that needs no network. Never raises, whatever the octets are.

    Line ends may be CRLF or, as files have them, LF; `size` counts each as two octets.
    """
    data, charset = without_mark(data)
    problems = [MessageWhy(MessageReason.BYTE_ORDER_MARK, charset=charset)] if charset else []
    head, is_whole = head_of(data)
    message = _parse(data, head, problems, is_whole=is_whole)
    _check_headers(message, problems)
    mailboxes, domains = _authors(message, problems)
    parts = tuple(_leaves(message, problems))
    unsubscribe = _header(message, "List-Unsubscribe")
    longest = longest_line(data)
    if longest > LINE_LIMIT:
        problems.append(MessageWhy(MessageReason.LONG_LINE, count=longest, most=LINE_LIMIT))
    return MessageFacts(
        size=len(data) + _lone_lf(data),
        subject=_decode_header(_header(message, "Subject")),
        from_mailboxes=mailboxes,
        from_domains=domains,
        has_date="Date" in message,
        has_message_id="Message-ID" in message,
        has_text_part=any(_is_body(part, "text/plain") for part in parts),
        has_html_part=any(_is_body(part, "text/html") for part in parts),
        attachments=tuple(_attachment_name(part) for part in parts if _is_attachment(part)),
        links=_links(parts),
        list_unsubscribe=bool(unsubscribe.strip()),
        one_click=_is_one_click(unsubscribe, _header(message, "List-Unsubscribe-Post")),
        bulk=_is_bulk(message),
        longest_line=longest,
        has_bare_newlines=_has_bare_newlines(data),
        has_8bit_headers=not head.isascii(),
        signatures=signatures,
        problems=tuple(dict.fromkeys(problems)),
        is_threaded="In-Reply-To" in message or "References" in message,
        has_dkim2="DKIM2-Signature" in message,
        from_fields=len(_values(message, "From")),
        has_sender="Sender" in message,
    )


def _parse(data: bytes, head: bytes, problems: list[MessageWhy], *, is_whole: bool) -> _Part:
    """The parsed message; only its headers if its structure is too complex."""
    head = fit_for_parsing(head)
    if not is_whole:
        problems.append(MessageWhy(MessageReason.LONG_HEAD, most=MESSAGE_HEADER_LIMIT))
        return BytesHeaderParser(policy=compat32).parsebytes(head)
    short, read_octets = abridge(data)
    short = fit_for_parsing(short)
    # Nested multiparts take time for every line and level, so their number is limited before parsing.
    if sum(1 for _ in _BOUNDARY.finditer(short)) <= MESSAGE_PART_LIMIT:
        try:
            message = message_from_bytes(short, policy=compat32)
        except RecursionError:
            pass
        else:
            if read_octets is not None:
                problems.append(MessageWhy(MessageReason.CUT_SHORT, count=read_octets))
            return message
    problems.append(MessageWhy(MessageReason.NESTED_PARTS))
    return BytesHeaderParser(policy=compat32).parsebytes(head)


def _header(message: _Part, name: str) -> str:
    return next(iter(_values(message, name)), "")


def _values(message: _Part, name: str) -> list[str]:
    """Every value of a header as it stands; `get` would put replacement characters for octets above 127."""
    return [str(value) for field, value in message.raw_items() if field.lower() == name.lower()]


def _decode_header(raw: str) -> str:
    """RFC 2047 encoded words decoded, folding undone; unknown charsets shown as they are."""
    flat = re.sub(r"\r?\n(?=[ \t])", "", raw)
    return "".join(
        _restore(piece) if isinstance(piece, str) else _decode_charset(piece, charset)
        for piece, charset in encoded_words(flat)
    ).strip()


def _decode_charset(piece: bytes, charset: str | None) -> str:
    if charset in (None, "unknown-8bit"):
        return decode(piece)
    text = in_declared(piece, charset or "ascii", "replace")
    return decode(piece) if text is None else text


def _restore(text: str) -> str:
    """Undo the surrogates that the email package puts in place of octets above 127."""
    return decode(text.encode("utf-8", "surrogateescape")) if not text.isascii() else text


def _check_headers(message: _Part, problems: list[MessageWhy]) -> None:
    for name in _ONCE:
        count = len(_values(message, name))
        if count > 1:
            problems.append(MessageWhy(MessageReason.SEVERAL_FIELDS, name, count=count))
    for name in ("From", "Date"):
        if name not in message:
            problems.append(MessageWhy(MessageReason.NO_FIELD, name))
    if "Date" in message:
        try:
            parsedate_to_datetime(_header(message, "Date"))
        except (*HARMLESS, OverflowError):
            problems.append(MessageWhy(MessageReason.NO_DATE))


def _authors(message: _Part, problems: list[MessageWhy]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The mailboxes of From: and their domains."""
    mailboxes: list[str] = []
    domains: list[str] = []
    for raw in _values(message, "From"):
        try:
            pairs = getaddresses([_restore(raw)])
        except HARMLESS:
            pairs = []
        for _, address in pairs[:100]:
            if not address:
                continue
            mailboxes.append(address)
            try:
                domains.append(parse_mailbox(address).domain)
            except AddressError as error:
                problems.append(MessageWhy(MessageReason.AUTHOR_ADDRESS, address=error.why))
        if not any(address for _, address in pairs):
            problems.append(MessageWhy(MessageReason.NO_AUTHOR))
    return tuple(mailboxes), tuple(dict.fromkeys(domains))


def _leaves(message: _Part, problems: list[MessageWhy]) -> Iterator[_Part]:
    """The parts that are no containers, without recursion and up to the cap."""
    parts: list[_Part] = [message]
    count = 0
    while parts:
        part = parts.pop()
        count += 1
        if count > MESSAGE_PART_LIMIT:
            problems.append(MessageWhy(MessageReason.MANY_PARTS, most=MESSAGE_PART_LIMIT))
            return
        # get_payload would decode the text of a leaf, and raise if the charset contains a NUL
        if part.is_multipart():
            children = part.get_payload()
            parts.extend(reversed([child for child in children if isinstance(child, Message)]))
        else:
            yield part


def _is_attachment(part: _Part) -> bool:
    try:
        return part.get_content_disposition() == "attachment" or bool(part.get_filename())
    except HARMLESS:
        return False


def _is_body(part: _Part, content_type: str) -> bool:
    return part.get_content_type() == content_type and not _is_attachment(part)


def _attachment_name(part: _Part) -> str:
    try:
        name = part.get_filename()
    except HARMLESS:
        name = None
    return _decode_header(str(name)) if name else part.get_content_type()


def _links(parts: tuple[_Part, ...]) -> tuple[Link, ...]:
    links: dict[tuple[str, str], Link] = {}
    for part in parts:
        for content_type, find in (("text/html", links_in_html), ("text/plain", links_in_text)):
            if _is_body(part, content_type):
                links.update({(link.url, link.kind): link for link in find(_body_text(part))})
    return tuple(links.values())[:LINK_LIMIT]


def _body_text(part: _Part) -> str:
    try:
        payload = part.get_payload(decode=True)
        charset = part.get_content_charset()
    except HARMLESS:
        return ""
    return _decode_charset(payload, charset) if isinstance(payload, bytes) else ""


def _is_one_click(unsubscribe: str, post: str) -> bool:
    """RFC 8058 section 3.1: an HTTPS URI, and exactly this key and value."""
    has_https = re.search(r"<\s*https://[^>\s]+", unsubscribe, re.IGNORECASE) is not None
    return has_https and post.strip().lower() == "list-unsubscribe=one-click"


def _is_bulk(message: _Part) -> bool:
    """Whether it is a mailing: by its own fields (List-*, RFC 2369 and 2919; Precedence), or by headers of
    two mailing tools."""
    if any(name.lower().startswith("list-") for name in message):
        return True
    if _header(message, "Precedence").strip().lower() in ("bulk", "list", "junk"):
        return True
    return sum(name in message for name in _BULK_HINTS) > 1


def _lone_lf(data: bytes) -> int:
    return data.count(b"\n") - data.count(b"\r\n")


def _has_bare_newlines(data: bytes) -> bool:
    """A CR without LF anywhere, or line ends of both kinds. Only LF throughout is usual in files."""
    crlf = data.count(b"\r\n")
    return data.count(b"\r") > crlf or 0 < crlf < data.count(b"\n")
