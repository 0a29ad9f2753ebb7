"""Shortens a message before it is parsed: the parser of the standard library keeps every line and part as an
object, which takes twenty times the size of a hostile message."""

from __future__ import annotations

import io

from probe.settings import MESSAGE_HEADER_LIMIT, MESSAGE_PART_LIMIT, MESSAGE_TEXT_LIMIT

_PIECE = 65536  # octets that are looked at in one step
_LINE_COST = 64  # memory in octets per line beside its text
_DASHED_LIMIT = 4 * MESSAGE_PART_LIMIT  # lines that may be boundaries; a patch has such lines, too
_TOTAL_LIMIT = 8 * MESSAGE_TEXT_LIMIT


def abridge(data: bytes) -> tuple[bytes, int | None]:
    """(the message with bodies cut to MESSAGE_TEXT_LIMIT, the number of octets read if the end of the message
    was left out, else None).

    A short message is unchanged. Boundary lines are kept, so the structure is the same.
    """
    pieces: list[bytes] = []
    total = run = dash_count = 0
    stream = io.BytesIO(data)
    while line := stream.readline(MESSAGE_TEXT_LIMIT):
        cost = len(line) + _LINE_COST
        if line.startswith(b"--"):
            dash_count += 1
            run = 0
        run += cost
        if run > MESSAGE_TEXT_LIMIT:
            boundary = data.find(b"\n--", stream.tell() - 1)
            stream.seek(boundary + 1 if boundary >= 0 else len(data))
            continue
        total += cost
        if total > _TOTAL_LIMIT or dash_count > _DASHED_LIMIT:
            return b"".join(pieces), stream.tell() - len(line)
        pieces.append(line)
    return b"".join(pieces), None


def head_of(data: bytes) -> tuple[bytes, bool]:
    """(the header section up to MESSAGE_HEADER_LIMIT octets, whether that is all of it)."""
    stream = io.BytesIO(data)
    size = 0
    while line := stream.readline(MESSAGE_HEADER_LIMIT):
        if not line.strip(b"\r\n"):
            return data[:size].removesuffix(b"\n").removesuffix(b"\r"), True
        size += len(line)
        if size > MESSAGE_HEADER_LIMIT:
            return data[:MESSAGE_HEADER_LIMIT], False
    return data, True


def longest_line(data: bytes) -> int:
    """Octets of the longest line, without its CRLF or LF."""
    longest = start = 0
    while start < len(data):
        # up to the end of the line in which a piece ends, so that each step is short even for large messages
        end = data.find(b"\n", start + _PIECE) if start + _PIECE < len(data) else len(data)
        end = len(data) if end < 0 else end
        last = max(start, data.rfind(b"\n", start, end) + 1)
        lines = data[start : max(start, last - 1)].split(b"\n")
        in_piece = max(len(line) - line.endswith(b"\r") for line in lines)
        longest = max(longest, in_piece, end - last - data.endswith(b"\r", last, end))
        start = end + 1
    return longest
