"""The address that the mail left from earlier, as the bounce of --bounce and the log of --log name it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from probe.model.logged import LogAccount
from probe.model.sighting import Sighting, SightingPlace

if TYPE_CHECKING:
    from probe.reading.bounce.about import BounceFacts


def sightings_before(bounce: BounceFacts | None, log: LogAccount | None) -> tuple[Sighting, ...]:
    """The addresses in both; the log first, because it belongs to this side."""
    return (*_of_log(log), *_of_bounce(bounce))


def _of_bounce(bounce: BounceFacts | None) -> tuple[Sighting, ...]:
    if bounce is None or bounce.status is None:
        return ()
    from probe.reading.bounce.sightings import sightings_in_bounce

    return sightings_in_bounce(bounce.notice, bounce.status)


def _of_log(log: LogAccount | None) -> Iterator[Sighting]:
    delivery = log.delivery if log is not None else None
    if delivery is not None and delivery.source_ip is not None:
        yield Sighting(delivery.source_ip, "the log", SightingPlace.LOG, "log:1")
