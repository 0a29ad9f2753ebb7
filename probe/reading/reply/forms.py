"""Undoes the escapes, encodings and charsets in which logs, bounces, APIs and terminals show a reply.

Each step first tests whether its mark is in the text, works in linear time and never raises; text that is not
an escape is unchanged.
"""

from __future__ import annotations

import re

from probe._regex import regex
from probe.model.text import decode, decode_shifted
from probe.reading.reply.octets import characters, hash_characters

# RFC 2047; adjacent ones are one text, because a character may be split between them.
_WORD = regex(r"=\?([\w-]{1,40})(?:\*[\w-]{1,20})?\?([bq])\?([^?]{0,600})\?=", re.IGNORECASE)
_BETWEEN_WORDS = regex(r"\?=[ \t\r\n]{1,80}(?==\?)")
# Charsets that mail uses; others are guessed, so that a message cannot choose any other codec.
_CHARSET = regex(
    r"utf-?8|us-ascii|iso-?8859-\d{1,2}|(?:windows-|cp)\d{3,4}|koi8-?[ru]|gbk?|gb2312|gb18030|big5(?:-hkscs)?"
    r"|euc-(?:jp|kr)|shift[_-]?jis|iso-2022-(?:jp|kr)|ks_c_5601-1987|tis-620",
    re.IGNORECASE,
)
_TWO_BACKSLASHES = regex(r"\\\\(?=[nrtux\"/0-3])")
_UNICODE = regex(r"\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})|\\u([0-9a-f]{4})", re.IGNORECASE)
_ESCAPED_MARK = regex(r"\\([\"'/])")
_ESCAPED_CONTROL = regex(r"\\(?:x1b|033|e)(?=[$(])", re.IGNORECASE)
_ESCAPED_LINE = regex(r"\\(?:015\\012|x0d\\x0a|r\\n|012|015|x0a|x0d|n|r)", re.IGNORECASE)
_ESCAPED_TAB = regex(r"\\t(?![a-z])")
_CARET = regex(r"\^M\^J|\^[MJ](?![\w^])|\^M$", re.MULTILINE)
_CARET_ESCAPE = regex(r"\^\[(?=[$(])")
# JIS X 0208 without its escape octets, which a terminal removed
_LOST_ESCAPE = regex(r"\$B((?:[!-~]{2}){2,200}?)\([BJ]")
_JAPANESE = regex(r"[\u3041-\u30fc\u4e00-\u9fff]")
# Quoted-printable (RFC 2045 section 6.7) is accepted if octets beyond ASCII are adjacent, or inside a word.
_QUOTED = regex(
    r"=[C-F][0-9A-F](?:=[89AB][0-9A-F]){1,3}(?![0-9A-F=])|(?:=[89A-F][0-9A-F]){3}"
    r"|(?<=[A-Za-z])(?:=[C-F][0-9A-F]){1,2}(?=[a-z])"
)
_QUOTED_OCTET = regex(rb"=([0-9A-F]{2})")
_SOFT_BREAK = regex(r"(?<=[^\s=])=[ \t]*\r?\n")
_ENTITY = regex(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,24});", re.IGNORECASE)
_BREAK = regex(r"<br ?/?>", re.IGNORECASE)
_PERCENT = regex(rb"%([0-9A-Fa-f]{2})")
# qmail writes its reports to the log with underscores for blanks and a slash for each line end.
_JOINED = regex(r"\S{8,}")
_SENTENCE = regex(
    r"[.,:;)]_|_\(#|/[A-Z]|^[245]\d\d[_-]|_(?:not|no|is|an?|the|does|has|have|for|in|to|of|user|recipient)_"
)
_UNDERSCORE = regex(r"(<[^<>\s]*@[^<>\s]*>|[\w.+-]{1,64}@[\w.-]{1,255}|https?:[^_\s]*)|_|/(?=[A-Z]|$)")


def plain(text: str) -> str:
    """The server's text, with line feeds for line ends; unchanged if no form is recognised."""
    if "=?" in text:
        text = _WORD_RUN.sub(_words, _BETWEEN_WORDS.sub("?=", text))
    if "\\" in text:
        text = _without_backslashes(text)
    if "#0" in text or "#3" in text or "#2" in text:
        text = hash_characters(text)
    if "^" in text:
        text = _CARET.sub("\n", _CARET_ESCAPE.sub("\x1b", text))
    if "$" in text:
        text = _unshift(text)
    if "=" in text:
        text = _unquote(text)
    if "&" in text and _ENTITY.search(text):
        text = _BREAK.sub("\n", _without_entities(text))
    if "%20" in text and " " not in text.strip():
        text = decode(_PERCENT.sub(_octet, text.encode("utf-8", "replace")))
    if text.count("_") > 2:
        text = _JOINED.sub(_separate, text)
    if not text.isascii():
        from probe.model.charset import redecode

        text = redecode(text)
    return text.replace("\r\n", "\n").replace("\r", "\n")


_WORD_RUN = regex(rf"(?:{_WORD.pattern.replace('(', '(?:').replace('(?:?:', '(?:')})+", re.IGNORECASE)


def _words(run: re.Match[str]) -> str:
    """A run of encoded words; those of one charset are one run of octets."""
    parts: list[tuple[str, bytes]] = []
    for charset, encoding, payload in _WORD.findall(run[0]):
        data = _payload(encoding, payload)
        if parts and parts[-1][0] == charset.lower():
            data = parts.pop()[1] + data
        parts.append((charset.lower(), data))
    return "".join(_in_charset(data, charset) for charset, data in parts)


def _payload(encoding: str, payload: str) -> bytes:
    data = payload.encode("utf-8", "replace")
    if encoding in "qQ":
        return re.sub(rb"=([0-9A-Fa-f]{2})", _octet, data.replace(b"_", b" "))
    import base64

    try:
        return base64.b64decode(data + b"=" * (-len(data) % 4))
    except ValueError:
        return data


def _in_charset(data: bytes, charset: str) -> str:
    if _CHARSET.fullmatch(charset):
        try:
            return data.decode(charset)
        except (UnicodeDecodeError, LookupError):
            return decode(data)
    return decode(data)


def _octet(match: re.Match[bytes]) -> bytes:
    return bytes([int(match[1], 16)])


def _without_backslashes(text: str) -> str:
    """What C, JSON and Python escape with a backslash; a single half of a surrogate pair is unchanged."""
    if "\\\\" in text:
        text = _TWO_BACKSLASHES.sub(r"\\", text)
    if "\\u" in text or "\\U" in text:
        text = _UNICODE.sub(_unescape, text)
    text = _ESCAPED_CONTROL.sub("\x1b", text)
    text = characters(text)
    text = _ESCAPED_TAB.sub(" ", _ESCAPED_LINE.sub("\n", text))
    return _ESCAPED_MARK.sub(r"\1", text)


def _unescape(match: re.Match[str]) -> str:
    if match[1]:
        high, low = int(match[1], 16), int(match[2], 16)
        return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
    point = int(match[3], 16)
    return match[0] if 0xD800 <= point <= 0xDFFF else chr(point)


def _unshift(text: str) -> str:
    """Decode ISO-2022 with or without its escapes."""
    if "\x1b$" in text:
        try:
            return decode_shifted(text.encode("latin-1")) or text
        except UnicodeEncodeError:
            return text
    return _LOST_ESCAPE.sub(_japanese, text)


def _japanese(match: re.Match[str]) -> str:
    text = decode_shifted(f"\x1b$B{match[1]}\x1b(B".encode())
    return text if text is not None and _JAPANESE.search(text) else match[0]


def _unquote(text: str) -> str:
    """Quoted-printable with its soft line breaks; a single `=XX` is part of a link."""
    if "\n" in text:
        text = _SOFT_BREAK.sub("", text)
    if _QUOTED.search(text):
        return decode(_QUOTED_OCTET.sub(_octet, text.encode("utf-8", "replace")))
    return text


def _without_entities(text: str) -> str:
    """HTML's entities that end with a semicolon; twice, because a page may quote escaped text."""
    from html import unescape

    for _ in range(2):
        text = _ENTITY.sub(lambda match: unescape(match[0]), text)
    return text


def _separate(token: re.Match[str]) -> str:
    word = token[0]
    if word.count("_") < 2 or not _SENTENCE.search(word):
        return word
    return _UNDERSCORE.sub(lambda match: match[1] or ("\n" if match[0] == "/" else " "), word)
