"""The order in which the files of a rotated log were written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import PurePath

from probe._dataclass import dataclass
from probe._regex import regex
from probe.reading.log.event import Stamp
from probe.reading.log.frames import unframe
from probe.reading.log.stamps import Clock

_PACKED = regex(r"\.(?:gz|xz|bz2|zst)\Z")
# logrotate: mail.log.2, mail.log-20261128, mail.log-20261128-1764288000; exim: mainlog.01
_NUMBER = regex(r"[.](\d{1,5})\Z")
_DATE = regex(r"[.-](\d{4})-?(\d\d)-?(\d\d)(?:[-T.]?(\d{2,10}))?(?:\.(?:log|csv|json|jsonl))?\Z")
_LOOKED_AT = 200  # lines searched for the first time stamp


@dataclass(frozen=True, slots=True)
class LogFile:
    """A file: its name, the time of its first line, if known, and of its last write."""

    name: str
    first: Stamp | None = None
    written_at: datetime | None = None


def first_stamp(lines: Iterable[bytes], reference: datetime | None = None) -> Stamp | None:
    """The first time in the lines, in any frame; or inside JSON records and tables."""
    clock = Clock(reference)
    for _, line in zip(range(_LOOKED_AT), lines, strict=False):
        stamp = unframe(line, clock).at
        if stamp is not None:
            return stamp
    return None


def in_time_order(files: Sequence[LogFile]) -> Sequence[LogFile]:
    """The oldest first, so that a message's arrival is read before its deliveries.

    If the first time of every file of a set is known, they are sorted by it; else, and within the same
    second, by name (a higher number is older, then dates, the file without either is the newest). Sets of
    different names keep the order in which they were given.
    """
    sets: dict[str, list[LogFile]] = {}
    for file in files:
        sets.setdefault(_base(file.name), []).append(file)
    files_in_order: list[LogFile] = []
    for members in sets.values():
        zones = {file.first.has_zone for file in members if file.first is not None}
        if all(file.first is not None for file in members) and len(zones) == 1:
            files_in_order.extend(sorted(members, key=lambda file: (_first(file), _age(file))))
        else:
            files_in_order.extend(sorted(members, key=_age))
    return files_in_order


def _first(file: LogFile) -> datetime:
    at = file.first.at if file.first is not None else datetime.max
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _base(name: str) -> str:
    plain = _PACKED.sub("", name)
    return _DATE.sub("", _NUMBER.sub("", plain)) or plain


def _age(file: LogFile) -> tuple[int, tuple[int, ...], int]:
    """Sort key: dated files by date, then numbered ones from the highest number, then the current one."""
    plain = _PACKED.sub("", PurePath(file.name).name)
    date = _DATE.search(plain)
    if date is not None:
        return 0, tuple(int(part) for part in date.groups() if part), 0
    number = _NUMBER.search(plain)
    return (1, (), -int(number[1])) if number is not None else (2, (), 0)
