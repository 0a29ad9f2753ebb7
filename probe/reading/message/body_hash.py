"""The hash of a message's body as DKIM canonicalizes it (RFC 6376 section 3.4), piece by piece.

dkimpy processes the complete body at once: with the largest messages each step holds Python's global lock for
a tenth of a second, and copies take several times the message's size.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Protocol

_PIECE = 65536  # octets
_SPACES = re.compile(rb"[\t ]+")
_SPACES_AT_END = re.compile(rb"[\t ]+\r\n")
_LINE_END = b"\r\n"


class Hash(Protocol):
    """The hash objects of hashlib."""

    def update(self, data: bytes, /) -> None:
        """Take more."""

    def digest(self) -> bytes:
        """The value."""


def body_start(data: bytes) -> int:
    """Where the body of a message begins: after the first empty line, else at its end."""
    for empty in (b"\r\n", b"\n"):
        if data.startswith(empty):
            return len(empty)
    with_crlf = data.find(b"\n\r\n")
    with_lf = data.find(b"\n\n", 0, len(data) if with_crlf < 0 else with_crlf + 1)
    if with_lf >= 0:
        return with_lf + 2
    return with_crlf + 3 if with_crlf >= 0 else len(data)


def body_hash(
    data: bytes, algorithm: Callable[[], Hash], *, is_relaxed: bool, length: int | None = None
) -> bytes:
    """The hash of the body of `data`, or of its first `length` canonical octets (l=). Line ends are CRLF, or
    LF as files have them."""
    digest = algorithm()
    for piece in _cut(_canonical(_pieces(data), is_relaxed=is_relaxed), length):
        digest.update(piece)
    return digest.digest()


def _pieces(data: bytes) -> Iterator[bytes]:
    for start in range(body_start(data), len(data), _PIECE):
        yield data[start : start + _PIECE]


def _canonical(pieces: Iterator[bytes], *, is_relaxed: bool) -> Iterator[bytes]:
    """RFC 6376 sections 3.4.3 and 3.4.4: empty lines at the end are removed except one line end; `relaxed`
    also reduces white space to one space, and removes it before a line end."""
    anything = False
    line_ends = 0  # line ends that count only when something follows them
    for text in _normal(pieces, is_relaxed=is_relaxed):
        body = _without_line_ends(text)
        if body:
            yield from _line_ends(line_ends)
            yield body
            anything, line_ends = True, 0
        line_ends += (len(text) - len(body)) // len(_LINE_END)
    if anything or not is_relaxed:
        yield _LINE_END


def _normal(pieces: Iterator[bytes], *, is_relaxed: bool) -> Iterator[bytes]:
    """The pieces with CRLF as line end. A CR at the end of a piece, and for `relaxed` white space, is moved
    to the next piece, which decides on it."""
    spaces = b""
    for piece in pieces:
        text = spaces + piece
        whole = text[:-1] if text.endswith(b"\r") else text
        whole = whole.rstrip(b"\t ") if is_relaxed else whole
        spaces = text[len(whole) :]
        whole = whole.replace(b"\r\n", b"\n").replace(b"\n", _LINE_END)
        if is_relaxed:
            whole = _SPACES.sub(b" ", _SPACES_AT_END.sub(_LINE_END, whole))
            spaces = _SPACES.sub(b" ", spaces)
        yield whole
    yield spaces


def _without_line_ends(text: bytes) -> bytes:
    """The text without line ends at its end; a single CR is not a line end."""
    start = len(text.rstrip(_LINE_END))
    if text.endswith(b"\r"):
        return text
    alone = text.rfind(b"\r\r", start)
    return text[: alone + 1] if alone >= 0 else text[:start]


def _line_ends(number: int) -> Iterator[bytes]:
    for start in range(0, number, _PIECE):
        yield _LINE_END * min(_PIECE, number - start)


def _cut(pieces: Iterator[bytes], length: int | None) -> Iterator[bytes]:
    """The first `length` octets of them."""
    for piece in pieces:
        if length is None:
            yield piece
            continue
        yield piece[:length]
        length = max(0, length - len(piece))
