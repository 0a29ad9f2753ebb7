"""Time stamps of logs: RFC 3339 and its kin, those of syslog without a year, seconds since 1970."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from probe._regex import regex
from probe.reading.log.event import Stamp

# As parts of expressions.
ISO = r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?: ?(?:Z|[+-]\d\d:?\d\d))?"
BSD = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ \d]\d (?:\d{4} )?\d\d:\d\d:\d\d(?:\.\d{1,6})?"

_MONTHS = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1
    )
}
_FRACTION = regex(r"[.,](\d{1,9})")
_DAY, _BSD_LENGTH = 6, 15  # of `Nov 28 20:25:15`
_SKEW = timedelta(days=1)  # a clock may be wrong, and a zone is up to 14 hours away


class Clock:
    """Reads the time stamps of one file. `reference`: the time of the last write to the file, if known;
    stamps without a year are in the twelve months before it."""

    def __init__(self, reference: datetime | None = None) -> None:
        self.reference = reference or datetime(1970, 1, 1, tzinfo=UTC)
        self._has_reference = reference is not None
        self._last: tuple[str, Stamp | None] = ("", None)
        self._days: dict[str, datetime] = {}  # those without a year, at midnight, which were read

    def stamp(self, text: str) -> Stamp | None:
        """The time that `text` names; None if there is none, or it is impossible (30 February)."""
        if text == self._last[0]:  # many lines have the same second
            return self._last[1]
        day = self._days.get(text[:_DAY]) if len(text) == _BSD_LENGTH else None
        if day is not None:
            time = _at_clock(day, text)
        else:
            time = self._bsd(text) if text[:1].isalpha() else iso_stamp(text)
            if time is not None and not time.has_year and time.at.date() < self.reference.date():
                self._days[text[:_DAY]] = datetime.combine(time.at, datetime.min.time())
        self._last = (text, time)
        return time

    def _bsd(self, text: str) -> Stamp | None:
        parts = text.split()
        try:
            month, day = _MONTHS[parts[0]], int(parts[1])
            year = int(parts[2]) if len(parts) == 4 else None
            hour, minute, second = parts[-1].split(":")
            whole, _, fraction = second.partition(".")
            clock = (int(hour), int(minute), min(int(whole), 59), int((fraction or "0").ljust(6, "0")))
            if year is not None:
                return Stamp(datetime(year, month, day, *clock))
            return self._without_year(month, day, clock)
        except (KeyError, ValueError, IndexError):
            return None

    def _without_year(self, month: int, day: int, clock: tuple[int, int, int, int]) -> Stamp | None:
        newest = self.reference.replace(tzinfo=None) + _SKEW
        for year in range(newest.year, newest.year - 9, -1):  # 29 February may be eight years back
            try:
                at = datetime(year, month, day, *clock)
            except ValueError:
                continue
            if at <= newest or not self._has_reference:
                return Stamp(at, has_year=False)
        return None


def _at_clock(day: datetime, text: str) -> Stamp | None:
    """The time of a day whose year is known: `Nov 28 20:25:15`."""
    try:
        at = day.replace(hour=int(text[7:9]), minute=int(text[10:12]), second=min(int(text[13:15]), 59))
    except ValueError:
        return None
    return Stamp(at, has_year=False)


def iso_stamp(text: str) -> Stamp | None:
    """A stamp of RFC 3339, or of its kind; None if it is none."""
    text = text.strip()
    if fraction := _FRACTION.search(text):  # Python 3.11 reads three or six digits, and only after a point
        text = f"{text[: fraction.start()]}.{fraction[1][:6].ljust(6, '0')}{text[fraction.end() :]}"
    head, sign, zone = text[:19], text[19:].lstrip(".0123456789 ")[:1], text[19:]
    if sign in ("+", "-"):
        zone = zone.replace(" ", "")
    if ":60" in head[16:]:
        head = f"{head[:16]}:59"  # a leap second
    try:
        return Stamp(datetime.fromisoformat(head + zone))
    except ValueError:
        return None


def since_epoch(seconds: float) -> Stamp | None:
    """A Unix time in seconds."""
    try:
        return Stamp(datetime.fromtimestamp(seconds, UTC))
    except (ValueError, OverflowError, OSError):
        return None
