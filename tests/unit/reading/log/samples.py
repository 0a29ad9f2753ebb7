"""The logs under fixtures/logs, each with the header that says where it comes from."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from probe.reading.log.event import Event, Record, UnparsedLine, Words
from probe.reading.log.formats import Format, by_name
from probe.reading.log.reader import Tally, records

FOLDER = Path(__file__).resolve().parents[4] / "fixtures" / "logs"


@dataclass(frozen=True)
class Sample:
    """One log and its header. `complete`: it holds all of the laboratory's domains."""

    name: str
    lines: Sequence[bytes]
    format: Format
    reference: datetime
    basis: str
    program: str
    about: str
    source: str | None
    complete: bool


def _load(path: Path) -> Sample:
    head = tomllib.loads(path.with_suffix(".toml").read_text(encoding="utf-8"))
    row = by_name(head["format"])
    assert row is not None, f"{path.name}: no format {head['format']}"
    return Sample(
        path.stem,
        path.read_bytes().splitlines(),
        row,
        datetime.fromisoformat(head["reference"]),
        head["made"],
        head["program"],
        head["about"],
        head.get("source"),
        head.get("complete", True),
    )


SAMPLES = [_load(path) for path in sorted(FOLDER.glob("*.log"))]


def sample(name: str) -> Sample:
    return next(each for each in SAMPLES if each.name == name)


def read(which: Sample, lines: Iterable[bytes] | None = None, tally: Tally | None = None) -> list[Record]:
    reader = which.format.make()
    reader.source(which.name, which.reference)
    return list(records(reader, which.lines if lines is None else lines, tally))


def events(which: Sample, lines: Iterable[bytes] | None = None) -> list[Event]:
    return [record for record in read(which, lines) if isinstance(record, Event)]


def unparsed(result: Iterable[Record]) -> list[UnparsedLine]:
    return [record for record in result if isinstance(record, UnparsedLine)]


def placeless(result: Iterable[Event]) -> list[Event]:
    """The events without their line numbers."""
    return [event._replace(line=0) for event in result]


def one(format_name: str, *lines: str | bytes) -> Event:
    """The only event of some lines."""
    result = several(format_name, *lines)
    assert len(result) == 1, result
    return result[0]


def several(format_name: str, *lines: str | bytes) -> list[Event]:
    row = by_name(format_name)
    assert row is not None
    reader = row.make()
    reader.source("mail.log", datetime(2026, 11, 29, 4))
    octets = [line if isinstance(line, bytes) else line.encode() for line in lines]
    result = list(records(reader, octets))
    assert not unparsed(result), result
    return [record for record in result if isinstance(record, Event)]


def reason(event: Event) -> Words | None:
    """Why: the words of the failure before, where the event has no reason of its own."""
    return event.earlier or event.words
