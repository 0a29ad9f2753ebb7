"""The requested period: `--since`, `--until`, absolute or relative to now. `now` is an argument."""

from __future__ import annotations

from datetime import datetime, time, timedelta, tzinfo

from probe._dataclass import dataclass
from probe._regex import regex
from probe.reading.log.event import Stamp

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_BACK = regex(r"(?:\d{1,6} ?[smhdw] ?){1,5}")
_PART = regex(r"(\d{1,6}) ?([smhdw])")
_CLOCK = regex(r"(\d{1,2}):(\d\d)(?::(\d\d))?")
_DATE = regex(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)?(?: ?(?:Z|[+-]\d\d:?\d\d))?")
_FORMS = "2h, 1d12h, 14:30, today, yesterday, 2026-11-29, 2026-11-29 14:30 or 2026-11-29T14:30:00+01:00"


def moment(text: str, now: datetime) -> datetime:
    """The moment that `text` names, with a zone. `now` has one; a time without a zone is in that one.

    `14:30` is the last time with this clock time: today, or yesterday if it is in the future. Raises
    ValueError, with a sentence for the person who wrote it, for anything else than the forms above.
    """
    plain = text.strip()
    lower = plain.lower()
    midnight = datetime.combine(now.date(), time(), now.tzinfo)
    fixed_times = {"now": now, "today": midnight, "yesterday": midnight - timedelta(days=1)}
    if lower in fixed_times:
        return fixed_times[lower]
    try:
        if _BACK.fullmatch(lower):
            seconds = sum(int(number) * _UNITS[unit] for number, unit in _PART.findall(lower))
            return now - timedelta(seconds=seconds)
        clock = _CLOCK.fullmatch(plain)
        if clock is not None:
            hour, minute, second = (int(part or 0) for part in clock.groups())
            at = midnight.replace(hour=hour, minute=minute, second=second)
            return at if at <= now else at - timedelta(days=1)
        if _DATE.fullmatch(plain):
            at = datetime.fromisoformat(plain.replace(" +", "+").replace(" -", "-").replace(" Z", "Z"))
            return at if at.tzinfo is not None else at.replace(tzinfo=now.tzinfo)
    except (ValueError, OverflowError):
        pass  # an impossible time gives the same error as an unreadable one
    raise ValueError(f"{text!r} is no time; write {_FORMS}")


@dataclass(frozen=True, slots=True)
class Period:
    """From `since` up to but not including `until`; None is open. `zone` is that of stamps without one."""

    since: datetime | None
    until: datetime | None
    zone: tzinfo | None

    def holds(self, stamp: Stamp | None) -> bool | None:
        """Whether the time is in the period; None if the time is not known."""
        if self.since is None and self.until is None:
            return True
        if stamp is None:
            return None
        at = stamp.at if stamp.has_zone else stamp.at.replace(tzinfo=self.zone)
        if self.since is not None and at < self.since:
            return False
        return self.until is None or at < self.until


def period(since: str | None, until: str | None, now: datetime) -> Period:
    """The period between two moments as a person wrote them. Raises ValueError with a sentence for them."""
    begin = moment(since, now) if since is not None else None
    end = moment(until, now) if until is not None else None
    if begin is not None and end is not None and end <= begin:
        raise ValueError(f"the period ends ({until}) before it begins ({since})")
    return Period(begin, end, now.tzinfo)
