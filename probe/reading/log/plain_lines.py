"""Blocks of log lines without what containers, collectors and journald put around them.

A reader that looks at many lines at once knows the plain form, `STAMP host program[pid]: text`. What is
around it is taken off before, and only where the frame of a line then is the same as `frames.unframe` gives
of it; any other line stays as it is, and is read by itself.
"""

from __future__ import annotations

from collections.abc import Iterable

from probe._regex import regex
from probe.reading.log.json_frames import Inside, inside
from probe.reading.log.reader import LINE
from probe.reading.log.stamps import BSD, ISO

_HEAD = rf"(?:{BSD}|{ISO}) [\w.:-]{{1,255}} [\w/.-]{{1,128}}\[\d{{1,10}}\]: ".encode()
# Docker Compose, kubectl logs --prefix; a container's runtime; a collector's stamp (docker logs -t, kubectl
# logs --timestamps, Loki's logcli with the labels of the stream).
_BEFORE = regex(
    rb"(?:[\w.-]{1,64}(?:/[\w.-]{1,64})? {1,64}\| ?|\[pod/[\w.-]{1,253}/[\w.-]{1,63}\] "
    rb"|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[^ \n]{0,20} (?:(?:stdout|stderr) [FP] | {0,9}\{[^{}\n]{1,1000}\} +)?)"
    rb"(?=" + _HEAD + rb")"
)
_PLAIN = regex(_HEAD)
_PROGRAM = regex(r"[\w/.-]{1,128}")
_PID = regex(r"\d{1,10}")


def is_framed(block: bytes) -> bool:
    """Whether its first line has something around it that can be taken off."""
    return block[:1] == b"{" or _BEFORE.match(block) is not None


def plain_block(block: bytes, starts: Iterable[int]) -> bytes:
    """The lines that begin at `starts`, each plain or as it was; the others are empty, so that the number of
    a line stays the same."""
    parts = []
    end = 0
    for begin in starts:
        parts.append(b"\n" * block.count(b"\n", end, begin))
        end = block.find(b"\n", begin)
        end = end if end >= 0 else len(block)
        parts.append(_plain_line(block[begin:end]))
    parts.append(b"\n" * block.count(b"\n", end))
    return b"".join(parts)


def _plain_line(line: bytes) -> bytes:
    if line[:1] != b"{":
        before = _BEFORE.match(line) if b"\x1b[" not in line else None
        return line[before.end() :] if before is not None else line
    record = inside(line) if len(line) <= LINE else None
    return (_plain(record) if record is not None else None) or line


def _plain(record: Inside) -> bytes | None:
    """The record's line in the plain form; None if it has none, or it would not be read as the same."""
    text = record.text
    if not text.isascii() or "\n" in text or "\x1b[" in text:
        return None
    if record.is_line:
        data = text.encode("ascii")
        return data if _PLAIN.match(data) is not None else None
    at, program, pid = record.at, record.program, record.pid
    if at is None or program is None or pid is None or text[:1] == " " or text.startswith("[ID "):
        return None
    if _PROGRAM.fullmatch(program) is None or _PID.fullmatch(pid) is None:
        return None
    return f"{at.at.isoformat()} - {program}[{pid}]: {text}".encode("ascii")
