"""Redacts encoded text: percent and other escapes, hexadecimal, base64, encoded words.

Pieces in which a name was replaced are not processed again, so that no pseudonym is replaced.
"""

from __future__ import annotations

import base64
import binascii
import html
import re
import unicodedata
from collections.abc import Callable, Iterator

Rewrite = Callable[[str], str]
NameTest = Callable[[str], bool]
_Reading = Callable[[str, int], str | None]
_Escapes = tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...]

REDACTED = "redacted"
_ENCODED_WORD = "=?utf-8?Q?redacted?="

_WORD = re.compile(r"[^\s<>\"']+")
_QUOTED = re.compile(r"(?<![\w.-])[\w.-]*(?:(?:[=+][0-9A-Fa-f]{2})+[\w.-]*)+")
_ADDRESS = re.compile(r"[\w.-]@[\w.-]+\.[A-Za-z]{2,}")
_UNSAFE = re.compile(r"[\x00-\x20%\x7f]")
_DEPTH = 2  # of codes within codes
_ROUNDS = 3  # of escapes within escapes: %2540
_HEX_OCTET = r"(?:0[xX])?[0-9A-Fa-f]{2}"
_HEX = re.compile(
    rf"[0-9A-Fa-f]{{6,}}|(?<![0-9A-Za-z]){_HEX_OCTET}(?:[,:; ._|-]{{1,2}}{_HEX_OCTET}){{2,}}(?![0-9A-Za-z])"
)
_NO_DIGIT = re.compile(r"0[xX]|[^0-9A-Fa-f]")
_BASE32 = re.compile(r"(?<![A-Za-z0-9])(?:[A-Z2-7]{7,}|[a-z2-7]{7,})={0,6}(?![A-Za-z0-9])")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{4,}={0,2}")
_BASE64_JOINT = re.compile(r"[+/_-]")
_SHORT = 8  # characters; shorter text does not have several words
_LETTERS = re.compile(rb"[A-Za-z0-9.]{3}")  # fewer are neither a name nor an address
_REMEMBERED = 20_000  # words
_LONG_TEXT = 8  # octets from which decoded text may contain an unknown name

# The reply code is between the lines of a reply (RFC 5321 section 4.2.1)
_FOLD = r"(?:[ \t]|\r?\n(?:[0-9]{3}[ -])?)*"
_ENCODED = r"=\?(?P<charset>[^\s?]{1,60})\?(?P<how>[BbQq])\?(?P<text>[^\s?]*)\?="
_ENCODED_ONE = re.compile(_ENCODED)
_ENCODED_RUN = re.compile(
    rf"=\?[^\s?]{{1,60}}\?[BbQq]\?[^\s?]*\?=(?:{_FOLD}=\?[^\s?]{{1,60}}\?[BbQq]\?[^\s?]*\?=)*"
)
_BASE64_LINE = re.compile(r"[A-Za-z0-9+/]{4,}={0,2}")
_BASE64_LINES = re.compile(
    r"(?<![A-Za-z0-9+/=])[A-Za-z0-9+/]{20,}(?:\r?\n(?:[0-9]{3}[ -])?[ \t]*[A-Za-z0-9+/]{4,}={0,2}(?![^\s]))+"
)


class Codes:
    """`rewrite` redacts plain text; `is_known` says whether a text contains a name of the run."""

    def __init__(self, rewrite: Rewrite, is_known: NameTest) -> None:
        self._rewrite = rewrite
        self._is_known = is_known
        self._verdicts: dict[tuple[str, int], bool] = {}  # most words of a text occur many times
        self._stages: tuple[tuple[re.Pattern[str], _Reading], ...] = (
            (_WORD, self._disguised),
            (_WORD, self._escaped),
            (_QUOTED, self._quoted),
            (_HEX, self._hexadecimal),
            (_BASE32, self._base32),
            (_BASE64, self._base64),
        )

    def over_lines(self, text: str) -> str:
        """Rewrite text that is split into several encoded words (RFC 2047), or lines of base64; the number of
        lines is kept."""
        if "=?" in text:
            text = _ENCODED_RUN.sub(self._encoded_words, text)
        return _BASE64_LINES.sub(self._base64_lines, text) if "\n" in text.rstrip("\r\n") else text

    def pieces(self, text: str, depth: int = _DEPTH) -> list[tuple[str, bool]]:
        """The text in pieces, each with whether it was decoded and redacted; `depth`: of nested encodings."""
        pieces = [(text, False)]
        for pattern, reading in self._stages:
            pieces = [piece for one in pieces for piece in _stage(one, pattern, reading, depth)]
        return pieces

    def _disguised(self, word: str, _: int) -> str | None:
        """Other forms of ASCII (full width, mathematical), and invisible characters between letters."""
        if word.isascii():
            return None
        plain = _seen_as(word)
        if plain == word:
            return None
        fresh = self._rewrite(plain)
        return _safe(fresh) if fresh not in (plain, _seen_as(self._rewrite(word))) else None

    def _escaped(self, word: str, _: int) -> str | None:
        """Percent-encoding (RFC 3986 section 2.1), character references, escapes of C and of DNS."""
        if _ANY_ESCAPE.search(word) is None:
            return None
        for escapes in _READINGS:
            plain = _unescape(word, escapes)
            if plain != word and (fresh := self._rewrite(plain)) != plain:
                return _safe(fresh)
        return None

    def _quoted(self, run: str, _: int) -> str | None:
        """Quoted-printable (RFC 2045 section 6.7) and xtext (RFC 3461 section 4). SIZE=4096 is neither: the
        decoded text must contain an address, or a name that was not visible before."""
        plain = _unescape(run, _QUOTES)
        if plain == run or not plain.isprintable():
            return None
        is_told = _ADDRESS.search(plain) is not None or (self._is_known(plain) and not self._is_known(run))
        return _safe(self._rewrite(plain)) if is_told else None

    def _hexadecimal(self, word: str, depth: int) -> str | None:
        digits = _NO_DIGIT.sub("", word)
        octets = (bytes.fromhex(digits[at : at + (len(digits) - at) // 2 * 2]) for at in (0, 1))
        return REDACTED if any(self._names_anybody(data, depth) for data in octets) else None

    def _base32(self, word: str, _: int) -> str | None:
        """RFC 4648 section 6. Many plain words consist of its letters, so only decoded text counts."""
        bare = word.rstrip("=").upper()
        # only complete octets: 2, 4, 5 or 7 characters give 1 to 4 of them
        bare = bare[: len(bare) // 8 * 8 + (0, 0, 2, 2, 4, 5, 5, 7)[len(bare) % 8]]
        text = base64.b32decode(bare + "=" * (-len(bare) % 8)).decode("utf-8", "replace").strip()
        return REDACTED if text.isprintable() and self._is_known(text) else None

    def _base64(self, word: str, depth: int) -> str | None:
        """Base64: all of it, its parts, and after up to three leading characters that do not belong to it."""
        bare = word.rstrip("=")
        if (bare, depth) not in self._verdicts:
            if len(self._verdicts) > _REMEMBERED:
                self._verdicts.clear()
            self._verdicts[bare, depth] = any(
                self._names_anybody(_decode(part), depth) for part in _parts(bare)
            )
        return REDACTED if self._verdicts[bare, depth] else None

    def _names_anybody(self, data: bytes, depth: int = _DEPTH) -> bool:
        """Whether decoded octets contain a name; if they are not text, only names of the run count."""
        data = data.replace(b"\0", b"")  # UTF-16 of ASCII
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError:
            return _LETTERS.search(data) is not None and self._is_known(data.decode("latin-1"))
        is_text = all(char.isprintable() or char in "\r\n\t" for char in text)
        if not is_text or len(data) < _LONG_TEXT:
            return self._is_known(text)
        return self._rewrite(text) != text or (
            depth > 0 and any(is_done for _, is_done in self.pieces(text, depth - 1))
        )

    def _encoded_words(self, run: re.Match[str]) -> str:
        words = [
            (word["charset"], word["how"].upper(), word["text"]) for word in _ENCODED_ONE.finditer(run[0])
        ]
        # each separately, as is correct; and joined, if the split was inside a quantum of base64
        apart = b"".join(_payload(how, text) for _, how, text in words)
        whole = _payload("B", "".join(text for _, how, text in words if how == "B"))
        texts = (_text(apart, words[0][0]), _text(whole, words[0][0]))
        if all(self._rewrite(text) == text and not self._is_known(text) for text in texts):
            return run[0]
        return _ENCODED_ONE.sub(_ENCODED_WORD, run[0])

    def _base64_lines(self, run: re.Match[str]) -> str:
        first, *lines = run[0].split("\n")
        whole = first.strip() + "".join(re.sub(r"^[0-9]{3}[ -]|\s", "", line) for line in lines)
        if not self._names_anybody(_decode(whole.rstrip("="))):
            return run[0]
        return "\n".join(_BASE64_LINE.sub(REDACTED, line) for line in (first, *lines))


def _stage(
    one: tuple[str, bool], pattern: re.Pattern[str], reading: _Reading, depth: int
) -> Iterator[tuple[str, bool]]:
    text, is_done = one
    at = 0
    for match in pattern.finditer(text) if not is_done else ():
        fresh = reading(match[0], depth)
        if fresh is not None:
            yield text[at : match.start()], False
            yield fresh, True
            at = match.end()
    yield text[at:], is_done


def _octets_of(pattern: str, base: int) -> tuple[re.Pattern[str], Callable[[re.Match[str]], str]]:
    """Decode consecutive escapes of octets, which together are UTF-8."""
    one = re.compile(pattern)

    def decode(run: re.Match[str]) -> str:
        numbers = [int(digits, base) for digits in one.findall(run[0])]
        try:
            return bytes(numbers).decode("utf-8")
        except ValueError:  # not an octet, or not UTF-8
            return run[0]

    return re.compile(f"(?:{pattern.replace('(', '(?:')})+"), decode


def _character(digits: str, otherwise: str) -> str:
    number = int(digits, 16)
    return chr(number) if number < 0x110000 else otherwise


def _code_units(run: re.Match[str]) -> str:
    units = bytes.fromhex(run[0].replace("\\u", ""))
    return units.decode("utf-16-be", "replace")


_SURE = (
    _octets_of("%([0-9A-Fa-f]{2})", 16),
    (
        re.compile(r"&(?:#[0-9]{1,7};?|#[xX][0-9A-Fa-f]{1,6};?|[A-Za-z]{2,20};)"),
        lambda run: html.unescape(run[0]),
    ),
    (
        re.compile(r"\\u\{[0-9A-Fa-f]{1,6}\}|\\U[0-9A-Fa-f]{8}"),
        lambda run: _character(run[0].strip("\\uU{}"), run[0]),
    ),
    _octets_of(r"\\x([0-9A-Fa-f]{2})", 16),
    (re.compile(r"(?:\\u[0-9A-Fa-f]{4})+"), _code_units),
)
_READINGS = (
    (*_SURE, _octets_of(r"\\([0-9]{3})", 10)),  # RFC 1035 section 5.1
    (*_SURE, _octets_of(r"\\([0-7]{3})", 8)),
)
_QUOTES = (_octets_of(r"\+([0-9A-Fa-f]{2})", 16), _octets_of("=([0-9A-Fa-f]{2})", 16))
_ANY_ESCAPE = re.compile("|".join({pattern.pattern for escapes in _READINGS for pattern, _ in escapes}))


def _seen_as(text: str) -> str:
    """The text as a person sees it: without zero-width characters, compatibility forms and accents."""
    plain = unicodedata.normalize("NFKD", text)
    return "".join(char for char in plain if unicodedata.category(char) not in ("Cf", "Mn"))


def _safe(text: str) -> str:
    """The text without characters that end a line or a word, or that would be decoded again."""
    return _UNSAFE.sub(lambda char: f"%{ord(char[0]):02X}", text)


def _unescape(word: str, escapes: _Escapes) -> str:
    for _ in range(_ROUNDS):
        before = word
        for pattern, decode in escapes:
            word = pattern.sub(decode, word)
        if word == before:
            break
    return word


def _parts(bare: str) -> list[str]:
    if len(bare) < _SHORT:
        return [bare]
    parts = [part for part in _BASE64_JOINT.split(bare) if len(part) >= _SHORT // 2]
    return [*(bare[at:] for at in range(4)), *(part for part in parts if part != bare)]


def _decode(bare: str) -> bytes:
    """Base64 without its padding (RFC 4648 sections 4 and 5), up to the last complete octet."""
    bare = bare[:-1] if len(bare) % 4 == 1 else bare
    try:
        return base64.b64decode(bare.replace("-", "+").replace("_", "/") + "=" * (-len(bare) % 4))
    except binascii.Error:
        return b""


def _payload(how: str, text: str) -> bytes:
    """The octets of an encoded word (RFC 2047 section 4)."""
    if how == "B":
        return _decode(text.rstrip("="))
    return binascii.a2b_qp(text.encode("ascii", "replace"), header=True)


def _text(octets: bytes, charset: str) -> str:
    try:
        return octets.decode(charset.partition("*")[0], "replace")  # RFC 2231 section 5: a language
    except LookupError:
        return octets.decode("latin-1")
