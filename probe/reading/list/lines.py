"""The octets of a list as lines of text: byte order marks, UTF-16, every kind of line end, any length.

Octets that are no UTF-8 stay in the line as half characters (PEP 383); whoever reads the row says what it
makes of them.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator
from itertools import chain

LINE_LIMIT = 65536  # characters; what is longer is cut there, one more is kept to show it
_PROBED = 4096  # octets that are looked at for UTF-16 without a byte order mark
_MOST_NULS = 0.4  # of every second octet: ASCII in UTF-16 has nothing else there


def encoding_of(start: bytes) -> str:
    """The encoding of a file by its first octets: UTF-8 where nothing says otherwise."""
    if start.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    sample = start[: _PROBED & ~1]
    if len(sample) > 1:
        half = len(sample) / 2
        if sample[1::2].count(0) / half > _MOST_NULS:
            return "utf-16-le"
        if sample[0::2].count(0) / half > _MOST_NULS:
            return "utf-16-be"
    return "utf-8"


def text_lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """The lines without their ends (LF, CR LF or CR), the last one also where it has none. A line longer than
    LINE_LIMIT comes as its first LINE_LIMIT + 1 characters."""
    source = iter(chunks)
    first = next(source, b"")
    while 0 < len(first) < 4 and (more := next(source, b"")):
        first += more
    encoding = encoding_of(first)
    errors = "surrogateescape" if encoding.startswith("utf-8") else "replace"
    decoder = codecs.getincrementaldecoder(encoding)(errors)
    rest = ""
    was_cr = False  # a CR at the end of what came: the LF may still follow
    for chunk in chain((first,), source):
        text = decoder.decode(chunk)
        if was_cr and text:
            text, was_cr = "\r" + text, False
        if text.endswith("\r"):
            text, was_cr = text[:-1], True
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        lines = text.split("\n")
        lines[0] = rest + lines[0]
        rest = lines.pop()[: LINE_LIMIT + 1]
        yield from (it if len(it) <= LINE_LIMIT else it[: LINE_LIMIT + 1] for it in lines)
    rest += decoder.decode(b"", True)
    if rest or was_cr:
        yield rest[: LINE_LIMIT + 1]
