"""The zone of this machine, with its summer time: what a stamp of a log that names no zone was written in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo


class LocalZone(tzinfo):
    """The offset that was valid here at each time, by the system's own tables; the zone that
    `datetime.astimezone` gives keeps the offset of one moment."""

    def utcoffset(self, at: datetime | None) -> timedelta | None:
        if at is None:
            return None
        try:
            return at.replace(tzinfo=None).astimezone().utcoffset()
        except (OverflowError, ValueError, OSError):  # the years 1 and 9999: no table knows them
            return timedelta(0)

    def dst(self, at: datetime | None) -> timedelta | None:
        return None

    def tzname(self, at: datetime | None) -> str | None:
        return "local"

    def fromutc(self, at: datetime) -> datetime:
        return at.replace(tzinfo=UTC).astimezone().replace(tzinfo=self)
