"""The files of `log`: opened, unpacked, looked into for their format and their place in time."""

from __future__ import annotations

import os
import re
import stat
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from probe._dataclass import dataclass, field
from probe.cli.errors import UsageError, unreadable
from probe.cli.inputs import open_input
from probe.reading.log.formats import FORMATS, SAMPLE, Format, by_name, detect
from probe.reading.log.octets import HEAD, UnpackedFile, packing
from probe.reading.log.rotation import LogFile, first_stamp, in_time_order

CHUNK = 1 << 20
_STEP = 512  # octets of a zstd archive that are unpacked at once
STDIN = "stdin"  # what it is called in reports
_FIRST = 60  # lines, among which is the header of a table or a listing
_MESSAGE = re.compile(
    rb"From \S* |(?:Return-Path|Delivered-To|Received|From|To|Subject|Date|Message-ID|MIME-Version"
    rb"|X-[\w-]{1,60}):",
    re.IGNORECASE,
)
# What journalctl writes with -o export, verbose and json-pretty.
_FIELD_OF_JOURNAL = re.compile(
    rb"(?: {0,8}|\t\"?)(?:__CURSOR|__REALTIME_TIMESTAMP|MESSAGE|SYSLOG_IDENTIFIER|_PID|_HOSTNAME)\"?(?:=| : )"
)
_SPREAD = 200  # lines that are taken here and there from those behind


@dataclass(slots=True)
class Input:
    """One input. `name` is as it was given, `title` how it is called in reports. `format` is None where
    nothing in it looks like a mail log. `problem`: what was lost of it, known when it has been read."""

    name: str
    title: str
    size: int | None
    written_at: datetime | None
    format: Format | None = None
    head: bytes = b""  # of stdin or a pipe, which cannot be read twice
    stream: BinaryIO | None = None  # from where the rest of it comes
    is_empty: bool = False
    is_utf16: bool = False
    is_message: bool = False  # it begins as a message does, or a mailbox file
    is_journal_in_lines: bool = False  # of journalctl, with each field of a record on a line
    problem: str = ""
    archives: list[UnpackedFile] = field(default_factory=list)

    @property
    def why_unknown(self) -> str:
        """What is to be done about an input of no known format, in a clause that begins with its name."""
        if self.is_utf16:
            return f"{self.title} is UTF-16; convert it first: iconv -f UTF-16 -t UTF-8"
        if self.is_journal_in_lines:
            return f"{self.title} has one field of a record on each line; use: journalctl -o json"
        return f"{self.title} holds no line of a known mail log in its beginning"

    def chunks(self, on_progress: Callable[[int], None] | None = None) -> Iterator[bytes]:
        """Its octets, unpacked. `passed` is told of each part of the file that was read. Raises OSError, or
        UsageError for a kind of archive that cannot be read here."""
        raw = _raw(self, on_progress)
        first = next(raw, b"")
        kind = packing(first[:HEAD])
        whole = _chain(first, raw)
        if kind is None:
            yield from whole
        elif kind == "zst":
            yield from _zstd(whole, self)
        else:
            archives = UnpackedFile(whole, kind)
            yield from archives
            self.problem = archives.problem or ""


def _chain(first: bytes, rest: Iterable[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from rest


def _raw(file: Input, on_progress: Callable[[int], None] | None) -> Iterator[bytes]:
    if file.head:
        head, file.head = file.head, b""
        yield head
    with file.stream or open_input(file.name) as stream:
        while chunk := stream.read(CHUNK):
            if on_progress is not None:
                on_progress(len(chunk))
            yield chunk


def _zstd(chunks: Iterable[bytes], file: Input) -> Iterator[bytes]:
    try:
        import zstandard
    except ImportError:
        raise UsageError(
            "FILE",
            f"{file.title} is packed with zstd; install smtp-probe[zstd], or give it to zstdcat first",
        ) from None
    stream = None
    for part in _in_steps(chunks):
        data = part
        while data:
            if stream is None:
                stream = zstandard.ZstdDecompressor().decompressobj()
            try:
                plain = stream.decompress(data)
            except zstandard.ZstdError:
                file.problem = "the archive is damaged; what stands behind the damage is lost"
                return
            if plain:
                yield plain
            data, stream = (stream.unused_data, None) if stream.eof else (b"", stream)
    if stream is not None:
        file.problem = "the archive ends before its end: it was cut, or is still being written"


def _in_steps(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """So few octets at once that what they can swell to is bounded: four may stand for 128 KiB."""
    for chunk in chunks:
        for at in range(0, len(chunk), _STEP):
            yield chunk[at : at + _STEP]


def inputs(names: Sequence[str], log_format: str | None, problems: list[UsageError]) -> list[Input]:
    """All inputs in the order in which they were written; a file that is given twice is read once. What
    cannot be read is noted in `problems`. Raises UsageError for an unknown --log-format."""
    fixed_format = _named_format(log_format)
    by_name: dict[str, Input] = {}
    places: set[tuple[int, int]] = set()
    files: list[LogFile] = []
    for name in dict.fromkeys(names):
        try:
            entry = _look_up(name, places)
            if entry is None:
                continue
            sample = _sample(entry)
        except OSError as error:
            problems.append(unreadable("FILE", name, error))
            continue
        except UsageError as problem:
            problems.append(problem)
            continue
        if entry.problem and not sample:
            problems.append(UsageError("FILE", f"{name}: {entry.problem}"))
            continue
        entry.format = fixed_format or detect_format(sample)
        entry.is_empty = not sample
        entry.is_message = bool(sample) and _MESSAGE.match(sample[0]) is not None
        entry.is_utf16 = bool(sample) and sample[0].startswith((BOM_UTF16_LE, BOM_UTF16_BE))
        entry.is_journal_in_lines = entry.format is None and any(
            _FIELD_OF_JOURNAL.match(line) for line in sample[:_FIRST]
        )
        by_name[name] = entry
        files.append(LogFile(name, first_stamp(sample, entry.written_at), entry.written_at))
    return [by_name[file.name] for file in in_time_order(files)]


def _named_format(name: str | None) -> Format | None:
    if name is None:
        return None
    chosen_row = by_name(name)
    if chosen_row is None:
        raise UsageError("--log-format", f"{name!r} is not one of {', '.join(row.name for row in FORMATS)}")
    return chosen_row


def _look_up(name: str, places: set[tuple[int, int]]) -> Input | None:
    if name == "-":
        return Input(name, STDIN, None, datetime.now(UTC))
    state = Path(name).stat()
    if stat.S_ISDIR(state.st_mode):
        raise UsageError("FILE", f"{name} is a directory; give the log files in it")
    if stat.S_ISREG(state.st_mode):
        place = (state.st_dev, state.st_ino)
        if place in places:
            return None
        places.add(place)
    written_at = datetime.fromtimestamp(state.st_mtime, UTC)
    size = state.st_size if stat.S_ISREG(state.st_mode) else None
    return Input(name, name, size, written_at)


def _sample(file: Input) -> list[bytes]:
    """The first lines; of stdin and pipes they are kept, to be read again."""
    is_once = file.size is None
    data = bytearray()
    raw = bytearray()
    source = file
    if is_once:
        file.stream = open_input(file.name)
        while len(raw) < CHUNK and (chunk := os.read(file.stream.fileno(), CHUNK)):
            raw += chunk
            if raw.count(b"\n") > SAMPLE:
                break
        file.head = bytes(raw)
        source = Input(file.name, file.title, None, file.written_at)
        source.head = file.head
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
        yield from UnpackedFile([source.head], kind)


def detect_format(sample: Sequence[bytes]) -> Format | None:
    """The format of the first lines and of some later ones; where these are of none, of all there are."""
    step = max(1, len(sample) // _SPREAD)
    row = detect([*sample[:_FIRST], *sample[_FIRST::step][:_SPREAD]])
    if row is not None:
        return row
    for begin in range(0, len(sample), SAMPLE):
        row = detect(sample[begin : begin + SAMPLE])
        if row is not None:
            return row
    return None
