"""Splits a message into its parts (RFC 2045, RFC 2046), even if it is damaged.

Bounces are often truncated, have no closing or even no opening boundary, and contain earlier bounces. The
splitter is limited in depth, parts and size, and reads what is there.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from functools import lru_cache

from probe._dataclass import dataclass, replace
from probe._regex import regex
from probe.model.declared import encoded_words, in_declared
from probe.model.notice_reason import NoticeReason, NoticeWhy
from probe.model.text import decode
from probe.reading.bounce.boundaries import pieces_between
from probe.reading.bounce.header import NO_FIELDS, Fields, Parameters
from probe.reading.bounce.read_header import read_header
from probe.settings import BOUNCE_DEPTH_LIMIT, BOUNCE_HEADER_LIMIT, BOUNCE_PART_LIMIT, BOUNCE_TEXT_LIMIT

_HEAD = regex(rb"(?:[ \t]*\r?\n)+")
_RAW_FIELD = regex(rb"[^\n]++(?:\n[ \t][^\n]*+)*+\n?")
_FOLD = regex(r"\r?\n[ \t]+")
_CR = 0x0D
_REMEMBERED = 256  # characters: longer fields are mostly of one message
_EMPTY_LINE = regex(rb"[ \t]*\r?\n")
_FIELD_NAME = regex(rb"[!-9;-~]+[ \t]*:")
_FIELD_LIMIT = 8192  # octets
# Without the CR of the line before: an expression that begins with a letter is found faster
_BLANK = regex(rb"\n[ \t]*\r?\n")
_GUESSED_BOUNDARY = regex(rb"^--([^\s-][^\r\n]{0,200}?)[ \t]*\r?\nContent-", re.MULTILINE | re.IGNORECASE)
# Charset names of senders with the Python codec of another name, or of a larger charset
_WIDER = {
    "gb2312": "gb18030",
    "gb_2312-80": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "shift_jis": "cp932",
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "iso-2022-jp": "iso2022_jp_ext",
    "x-euc-jp": "euc_jp",
    "ks_c_5601-1987": "cp949",
    "euc-kr": "cp949",
    "big5": "cp950",
    "iso-8859-1": "cp1252",
    "unicode-1-1-utf-7": "utf-7",
}
_UUENCODE = frozenset({"x-uuencode", "uuencode", "x-uue", "uue"})
_BREAKS = regex(r"<(?:br|/p|/div|/tr|/td|/th|/li|/h[1-6]|/table|hr)\b[^>]{0,300}>", re.IGNORECASE)
_HIDDEN = regex(r"<(script|style|head)\b|</(script|style|head)\s*>", re.IGNORECASE)
_TAG = regex(r"</?[a-zA-Z!][^<>@]{0,2000}>|<a\s[^<>]{0,2000}>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Part:
    """A leaf of a message, or its outermost header. `content_type` is lower case; `body` still encoded;
    `report` the number of the outermost multipart/report that holds it, 0 for none."""

    fields: Fields
    content_type: str
    parameters: Parameters
    body: bytes
    is_attached: bool = False
    report: int = 0

    def header(self, name: str) -> str:
        """The first value of a header field, named in lower case: unfolded, encoded words decoded; empty when
        absent."""
        values = self.fields.get(name)
        return _decode(values[0]) if values else ""

    def headers(self, name: str) -> list[str]:
        """All values of a header field, likewise."""
        return [_decode(value) for value in self.fields.get(name, ())]

    def parameter(self, name: str) -> str:
        """A Content-Type parameter; empty when absent."""
        return dict(self.parameters).get(name, "")

    def payload(self) -> bytes:
        """The decoded octets; undecoded if the transfer encoding is broken."""
        encoding = self.header("content-transfer-encoding").strip().lower()
        try:
            if encoding == "base64":
                text = re.sub(rb"[^A-Za-z0-9+/]", b"", self.body)
                return binascii.a2b_base64(text[: len(text) // 4 * 4] + _last_group(text))
            if encoding == "quoted-printable":
                return binascii.a2b_qp(self.body)
            if encoding in _UUENCODE:
                return _uudecode(self.body)
        except binascii.Error:
            return self.body
        return self.body

    def text(self) -> str:
        """The payload as text with LF line ends; HTML without its tags; at most BOUNCE_TEXT_LIMIT octets."""
        raw = self.payload()[:BOUNCE_TEXT_LIMIT]
        text = in_charset(raw, self.parameter("charset")).removeprefix("\ufeff")
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        return without_tags(text) if self.content_type == "text/html" else text


def read_head(data: bytes, report: int = 0) -> Part:
    """Read the header section of a message or part; the rest is `body`. A leading From_ line is dropped."""
    match = _HEAD.match(data)
    start = match.end() if match else 0
    if data.startswith((b"From ", b">From"), start):
        start = data.find(b"\n", start) + 1 or len(data)
    first = max(0, start - 1)
    blank = _BLANK.search(data, first)
    end = blank.start() if blank else len(data)
    if blank and end > first and data[end - 1] == _CR:
        end -= 1
    body = data[blank.end() :] if blank else data[start + BOUNCE_HEADER_LIMIT :]
    header = read_header(_beginnings(data, start, end))
    return Part(header.fields, header.content_type, header.parameters, body, header.is_attached, report)


def _beginnings(data: bytes, start: int, end: int) -> bytes:
    """A header section; if it is too long, the beginning of each field, as many as fit."""
    if end - start <= BOUNCE_HEADER_LIMIT:
        return data[start:end]
    octets = bytearray()
    for match in _RAW_FIELD.finditer(data, start, end):
        octets += data[match.start() : min(match.end(), match.start() + _FIELD_LIMIT)].rstrip() + b"\n"
        if len(octets) > BOUNCE_HEADER_LIMIT:
            break
    return bytes(octets)


def leaves(top: Part, problems: list[NoticeWhy]) -> Iterator[Part]:
    """The parts that are no containers, in order, without recursion and up to the caps; where a cap leaves
    something out, why goes into `problems`.

    A returned message (message/rfc822) is a leaf. If a multipart has no usable boundary, one is guessed;
    otherwise its body is one text part.
    """
    queue = [(top, 0)]
    count = 0
    while queue:
        part, depth = queue.pop()
        if count >= BOUNCE_PART_LIMIT:
            problems.append(NoticeWhy(NoticeReason.MANY_PARTS, most=BOUNCE_PART_LIMIT))
            return
        count += 1
        if not part.content_type.startswith("multipart/"):
            yield part
            continue
        if depth >= BOUNCE_DEPTH_LIMIT:
            problems.append(NoticeWhy(NoticeReason.NESTED_PARTS, most=BOUNCE_DEPTH_LIMIT))
            yield part
            continue
        # one more than the limit shows that there are more
        pieces = _split(part, BOUNCE_PART_LIMIT - count + 1)
        if not pieces:
            yield replace(part, content_type="text/plain", is_attached=False)
        in_digest = part.content_type == "multipart/digest"
        report = part.report or (count if part.content_type == "multipart/report" else 0)
        inner = (read_part(piece, report, in_digest=in_digest) for piece in reversed(pieces))
        queue.extend((item, depth + 1) for item in inner)


def read_part(data: bytes, report: int = 0, *, in_digest: bool = False) -> Part:
    """A body part: its header section may be empty (RFC 2046 section 5.1).

    In a multipart/digest a part without a Content-Type is a message (RFC 2046 section 5.1.5).
    """
    empty = _EMPTY_LINE.match(data)
    if in_digest and empty:
        return Part(NO_FIELDS, "message/rfc822", (), data[empty.end() :], report=report)
    if empty or not _FIELD_NAME.match(data):
        return Part(NO_FIELDS, "text/plain", (), data, report=report)
    return read_head(data, report)


def with_line_feeds(data: bytes) -> bytes:
    """The same octets, with LF for CR where nothing but bare CR ends the lines, as old Mac files have it.

    RFC 5322 section 2.3 allows neither alone; a message that has any LF is left as it is.
    """
    return data.replace(b"\r", b"\n") if b"\r" in data and b"\n" not in data else data


def in_charset(raw: bytes, charset: str) -> str:
    """Decode as declared; by a guess if the declaration is missing, unknown or wrong."""
    name = charset.strip().lower().strip("\"'")
    name = _WIDER.get(name, name)
    if name and name not in {"us-ascii", "ascii", "utf-8", "utf8", "unknown-8bit"}:
        text = in_declared(raw, name)
        if text is not None:
            return text
    return decode(raw)


def without_tags(text: str) -> str:
    """The readable text of HTML, line breaks where blocks end."""
    import html  # a table of 2 231 names that most bounces do not need

    flat = _TAG.sub(" ", _BREAKS.sub("\n", _visible_html(text)))
    lines = (" ".join(line.split()) for line in html.unescape(flat).split("\n"))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines))


def _visible_html(text: str) -> str:
    """HTML without the elements that are never shown; in one pass, also with unclosed elements."""
    lines: list[str] = []
    position = 0
    element = ""
    for match in _HIDDEN.finditer(text):
        start_tag, end_tag = (name.lower() if name else "" for name in match.groups())
        if not element and start_tag:
            lines.append(text[position : match.start()])
            element = start_tag
        elif element and end_tag == element:
            position, element = match.end(), ""
    return " ".join([*lines, text[position:]]) if not element else " ".join(lines) + text[position:]


def _split(part: Part, most: int) -> list[bytes]:
    """The body parts between the boundary lines (RFC 2046 section 5.1.1)."""
    boundary = part.parameter("boundary").encode("utf-8", "surrogateescape")
    pieces = pieces_between(part.body, boundary, most) if boundary.strip() else []
    if not pieces:
        boundary_match = _GUESSED_BOUNDARY.search(part.body)
        pieces = pieces_between(part.body, boundary_match.group(1), most) if boundary_match else []
    return pieces


def preamble(part: Part) -> str:
    """The text before the first boundary line of a multipart (RFC 2046 section 5.1.1), as text.

    Readers should ignore it; some reports have their words there, because a boundary line is missing.
    """
    boundary = part.parameter("boundary").encode("utf-8", "surrogateescape").rstrip()
    if not boundary:
        return ""
    end = 0 if part.body.startswith(b"--" + boundary) else part.body.find(b"\n--" + boundary)
    text = in_charset(part.body[: max(end, 0)][:BOUNCE_TEXT_LIMIT], "utf-8")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _last_group(text: bytes) -> bytes:
    """The rest of a base64 text after its last complete group of four."""
    rest = text[len(text) // 4 * 4 :]
    return rest + b"=" * (4 - len(rest)) if len(rest) > 1 else b""


def _uudecode(body: bytes) -> bytes:
    """Decode the lines between `begin` and `end`, up to the first broken one."""
    lines = iter(body.split(b"\n"))
    octets = bytearray()
    if not any(line.startswith(b"begin ") for line in lines):
        return body
    for line in lines:
        if line.strip() in {b"end", b"`", b""}:
            break
        try:
            octets += binascii.a2b_uu(line.rstrip(b"\r"))
        except binascii.Error:
            break
    return bytes(octets)


def _decode(raw: str) -> str:
    return _decode_once(raw) if len(raw) <= _REMEMBERED else _text_of(raw)


def _text_of(raw: str) -> str:
    flat = (_FOLD.sub(" ", raw) if "\n" in raw else raw).strip()
    if "=?" not in flat:
        return flat if flat.isascii() else decode(flat.encode("utf-8", "surrogateescape"))
    return "".join(
        decode(piece.encode("utf-8", "surrogateescape"))
        if isinstance(piece, str)
        else in_charset(piece, charset or "")
        for piece, charset in encoded_words(flat)
    ).strip()


_decode_once = lru_cache(maxsize=512)(_text_of)
"""The same fields are asked for several times, and bounces have senders and subjects in common."""
