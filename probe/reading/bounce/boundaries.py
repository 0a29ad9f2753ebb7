"""Finds the boundary lines of a multipart (RFC 2046 section 5.1.1)."""

from __future__ import annotations

_LF = 0x0A


def pieces_between(body: bytes, boundary: bytes, most: int) -> list[bytes]:
    """The pieces between lines that begin with the boundary and end in nothing but blanks; after the closing
    one (RFC 2046 section 5.1.1) nothing is read. An expression would have to be compiled for each message."""
    delimiter = b"--" + boundary.rstrip()
    pieces: list[bytes] = []
    start: int | None = None
    place = body.find(delimiter)
    while place >= 0:
        rest = _rest_of_line(body, place, len(delimiter))
        if rest is None:
            place = body.find(delimiter, place + 1)
            continue
        end = place + len(delimiter) + len(rest)
        is_last = rest.startswith(b"--")
        if start is not None:
            pieces.append(body[start:place])
        start = None if is_last else min(end + 1, len(body))
        if len(pieces) >= most or start is None:
            return pieces
        place = body.find(delimiter, end)
    if start is not None:
        pieces.append(body[start:])  # cut off before its closing boundary
    return pieces


def _rest_of_line(body: bytes, place: int, size: int) -> bytes | None:
    """What stands behind a delimiter of this size, without the line feed; None if it is no boundary line."""
    if place and body[place - 1] != _LF:
        return None
    end = body.find(b"\n", place + size)
    rest = body[place + size : end if end >= 0 else len(body)]
    blanks = rest.removesuffix(b"\r").removeprefix(b"--")
    return None if blanks.strip(b" \t") else rest
