"""The local time zone with daylight saving, for time stamps of logs without a zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo


class LocalZone(tzinfo):
    """The local offset at each time, by the system's tables; the zone of `datetime.astimezone` has a fixed
    offset."""

    def utcoffset(self, at: datetime | None) -> timedelta | None:
        if at is None:
            return None
        try:
            return at.replace(tzinfo=None).astimezone().utcoffset()
        except (OverflowError, ValueError, OSError):  # the years 1 and 9999 are in no table
            return timedelta(0)

    def dst(self, at: datetime | None) -> timedelta | None:
        return None

    def tzname(self, at: datetime | None) -> str | None:
        return "local"

    def fromutc(self, at: datetime) -> datetime:
        return at.replace(tzinfo=UTC).astimezone().replace(tzinfo=self)
