"""The files of `log`: opened, unpacked, looked into for their format and their place in time."""

from __future__ import annotations

import io
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from probe.cli.errors import UsageError, unreadable
from probe.reading.log.formats import FORMATS, SAMPLE, Format, by_name, detect
from probe.reading.log.octets import HEAD, Unpacked, packing
from probe.reading.log.rotation import LogFile, first_stamp, in_time_order

CHUNK = 1 << 20
_FIRST = 60  # lines, among which is the header of a table or a listing
_SPREAD = 200  # lines that are taken here and there from those behind


@dataclass(slots=True)
class Input:
    """One input. `name` is as it was given, `title` how it is called in reports. `format` is None where
    nothing
    in it looks like a mail log. `problem`: what was lost of it, known when it has been read."""

    name: str
    title: str
    size: int | None
    written: datetime | None
    format: Format | None = None
    head: bytes = b""  # of stdin or a pipe, which cannot be read twice
    stream: BinaryIO | None = None  # from where the rest of it comes
    is_empty: bool = False
    problem: str = ""
    unpacked: list[Unpacked] = field(default_factory=list)

    def chunks(self, passed: Callable[[int], None] | None = None) -> Iterator[bytes]:
        """Its octets, unpacked. `passed` is told of each part of the file that was read. Raises OSError, or
        UsageError for a kind of archive that cannot be read here."""
        raw = _raw(self, passed)
        first = next(raw, b"")
        kind = packing(first[:HEAD])
        whole = _chained(first, raw)
        if kind is None:
            yield from whole
        elif kind == "zst":
            yield from _zstd(whole, self)
        else:
            unpacked = Unpacked(whole, kind)
            yield from unpacked
            self.problem = unpacked.problem or ""


def _chained(first: bytes, rest: Iterable[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from rest


def _raw(given: Input, passed: Callable[[int], None] | None) -> Iterator[bytes]:
    if given.head:
        head, given.head = given.head, b""
        yield head
    with given.stream or opened(given.name) as stream:
        while chunk := stream.read(CHUNK):
            if passed is not None:
                passed(len(chunk))
            yield chunk


def opened(name: str) -> BinaryIO:
    """The file, or stdin for `-`. Raises OSError."""
    if name == "-":
        return open(sys.stdin.fileno(), "rb", closefd=False)
    return Path(name).open("rb")


def _zstd(chunks: Iterable[bytes], given: Input) -> Iterator[bytes]:
    try:
        import zstandard
    except ImportError:
        raise UsageError(
            "FILE",
            f"{given.title} is packed with zstd; install smtp-probe[zstd], or give it to zstdcat first",
        ) from None
    stream = zstandard.ZstdDecompressor().stream_reader(_Stream(iter(chunks)), read_across_frames=True)
    try:
        while plain := stream.read(CHUNK):
            yield plain
    except zstandard.ZstdError:
        given.problem = "the archive is damaged; what stands behind the damage is lost"


class _Stream(io.RawIOBase):
    """Chunks as a stream."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._rest = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        if not self._rest:
            self._rest = next(self._chunks, b"")
        part = self._rest[: len(view)]
        self._rest = self._rest[len(part) :]
        view[: len(part)] = part
        return len(part)


def inputs(names: Sequence[str], log_format: str | None, problems: list[UsageError]) -> list[Input]:
    """All inputs in the order in which they were written; a file that is given twice is read once. What
    cannot be read is noted in `problems`. Raises UsageError for an unknown --log-format."""
    forced = _forced(log_format)
    found: dict[str, Input] = {}
    places: set[tuple[int, int]] = set()
    files: list[LogFile] = []
    for name in dict.fromkeys(names):
        try:
            given = _looked_up(name, places)
            if given is None:
                continue
            sample = _sample(given)
        except OSError as error:
            problems.append(unreadable("FILE", name, error))
            continue
        except UsageError as problem:
            problems.append(problem)
            continue
        given.format = forced or detected(sample)
        given.is_empty = not sample
        found[name] = given
        files.append(LogFile(name, first_stamp(sample, given.written), given.written))
    return [found[file.name] for file in in_time_order(files)]


def _forced(name: str | None) -> Format | None:
    if name is None:
        return None
    found = by_name(name)
    if found is None:
        raise UsageError("--log-format", f"{name!r} is not one of {', '.join(row.name for row in FORMATS)}")
    return found


def _looked_up(name: str, places: set[tuple[int, int]]) -> Input | None:
    if name == "-":
        return Input(name, "stdin", None, datetime.now(UTC))
    known = Path(name).stat()
    if stat.S_ISDIR(known.st_mode):
        raise UsageError("FILE", f"{name} is a directory; give the log files in it")
    if stat.S_ISREG(known.st_mode):
        place = (known.st_dev, known.st_ino)
        if place in places:
            return None
        places.add(place)
    written = datetime.fromtimestamp(known.st_mtime, UTC)
    size = known.st_size if stat.S_ISREG(known.st_mode) else None
    return Input(name, name, size, written)


def _sample(given: Input) -> list[bytes]:
    """The first lines; of stdin and pipes they are kept, to be read again."""
    is_once = given.size is None
    data = bytearray()
    raw = bytearray()
    source = given
    if is_once:
        given.stream = opened(given.name)
        while len(raw) < CHUNK and (chunk := os.read(given.stream.fileno(), CHUNK)):
            raw += chunk
            if raw.count(b"\n") > SAMPLE:
                break
        given.head = bytes(raw)
        source = Input(given.name, given.title, None, given.written)
        source.head = given.head
    for chunk in _first(source, is_once):
        data += chunk
        if len(data) >= CHUNK:
            break
    lines = bytes(data).split(b"\n")
    if lines and not lines[-1]:
        lines.pop()
    return lines


def _first(source: Input, is_once: bool) -> Iterator[bytes]:
    if not is_once:
        yield from source.chunks()
        return
    kind = packing(source.head[:HEAD])
    if kind is None:
        yield source.head
    elif kind == "zst":
        yield from _zstd([source.head], source)
    else:
        yield from Unpacked([source.head], kind)


def detected(sample: Sequence[bytes]) -> Format | None:
    """The format of the first lines and of some later ones; where these are of none, of all there are."""
    step = max(1, len(sample) // _SPREAD)
    found = detect([*sample[:_FIRST], *sample[_FIRST::step][:_SPREAD]])
    if found is not None:
        return found
    for begin in range(0, len(sample), SAMPLE):
        found = detect(sample[begin : begin + SAMPLE])
        if found is not None:
            return found
    return None
