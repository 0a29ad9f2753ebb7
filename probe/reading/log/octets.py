"""From the octets of a file to its lines: unpacking and splitting in limited memory. No IO.

The packing of a file is recognised by its first octets, not by its name. A truncated or damaged archive gives
the lines before the damage, and `Unpacked.problem` says so.
"""

from __future__ import annotations

import bz2
import lzma
import zlib
from collections.abc import Callable, Iterable, Iterator

from probe.reading.log.reader import LINE

_MAGIC = (
    (b"\x1f\x8b", "gz"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"BZh", "bz2"),
    (b"\x28\xb5\x2f\xfd", "zst"),
)
HEAD = 6  # octets needed to recognise the packing
_STEP = 1_048_576  # octets unpacked at once, which limits memory for highly compressed archives


def packing(head: bytes) -> str | None:
    """The packing of a file with these first octets: gz, xz, bz2, zst; None if it is not packed."""
    return next((name for magic, name in _MAGIC if head.startswith(magic)), None)


class _Gzip:
    """zlib's decompressor with the interface that bz2 and lzma share."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(wbits=31)
        self._is_full = False  # there may be more output for the input so far

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data

    @property
    def needs_input(self) -> bool:
        return not self._stream.unconsumed_tail and not self._is_full

    def decompress(self, data: bytes, max_length: int) -> bytes:
        plain = self._stream.decompress(self._stream.unconsumed_tail + data, max_length)
        self._is_full = len(plain) >= max_length
        return plain


_MAKERS: dict[str, Callable[[], _Gzip | bz2.BZ2Decompressor | lzma.LZMADecompressor]] = {
    "gz": _Gzip,
    "bz2": bz2.BZ2Decompressor,
    "xz": lzma.LZMADecompressor,
}


class UnpackedFile:
    """The octets inside an archive of kind gz, xz or bz2. Iterate once; then read `problem`: None if
    everything could be read, else a clause for a person."""

    def __init__(self, chunks: Iterable[bytes], kind: str) -> None:
        if kind not in _MAKERS:
            raise ValueError(f"no archive of kind {kind} can be unpacked here")
        self._chunks = chunks
        self._make = _MAKERS[kind]
        self.problem: str | None = None

    def __iter__(self) -> Iterator[bytes]:
        stream = None
        for chunk in self._chunks:
            data = chunk
            while data or (stream is not None and not stream.needs_input):
                if stream is None:
                    data = data.lstrip(b"\x00")  # tapes and some programs pad archives with zeros
                    if not data:
                        break
                    stream = self._make()
                try:
                    plain = stream.decompress(data, _STEP)
                except (OSError, EOFError, lzma.LZMAError, zlib.error):
                    self.problem = "the archive is damaged; what stands behind the damage is lost"
                    return
                data = b""
                if plain:
                    yield plain
                if stream.eof:
                    data, stream = stream.unused_data, None
        if stream is not None:
            self.problem = "the archive ends before its end: it was cut, or is still being written"


def lines(chunks: Iterable[bytes], limit: int = LINE) -> Iterator[bytes]:
    """The lines, without their ends, however the chunks are divided.

    A line is cut to `limit` octets; the rest of it is dropped.
    """
    rest = b""
    is_dropping = False
    for chunk in chunks:
        pieces = chunk.split(b"\n")
        if len(pieces) > 1 and is_dropping:
            is_dropping = False
            yield rest
            rest, pieces = b"", pieces[1:]
        if is_dropping:
            continue
        pieces[0] = rest + pieces[0] if rest else pieces[0]
        rest = pieces.pop()
        for piece in pieces:
            yield piece[:limit]
        if len(rest) > limit:
            rest, is_dropping = rest[:limit], True
    if rest or is_dropping:
        yield rest


def blocks(chunks: Iterable[bytes], limit: int = LINE) -> Iterator[bytes]:
    """The same octets in blocks of complete lines, each with its line feed except perhaps the last.

    A line longer than two chunks and `limit` is cut.
    """
    rest: list[bytes] = []
    size = 0
    for chunk in chunks:
        end = chunk.rfind(b"\n") + 1
        if end:
            yield b"".join((*rest, chunk[:end]))
            rest, size = ([chunk[end:]], len(chunk) - end) if end < len(chunk) else ([], 0)
        elif size <= limit:
            rest.append(chunk)
            size += len(chunk)
    if rest:
        yield b"".join(rest)
