"""The address that the bounced mail left from, as named in the bounce."""

from __future__ import annotations

from collections.abc import Iterator

from probe.model.sighting import Sighting, SightingPlace
from probe.reading.bounce.reply import rule_text
from probe.reading.bounce.results import DeliveryNotice
from probe.reading.reply.client_address import client_in_refusal
from probe.standards.dsn.results import DeliveryStatus

_REF = "bounce:1"
_ITSELF = "the bounce"


def sightings_in_bounce(notice: DeliveryNotice, status: DeliveryStatus) -> tuple[Sighting, ...]:
    """From the quoted reply for one recipient, and from the trace field of the server that gave up the
    message."""
    return tuple(_sightings(notice, status))


def _sightings(notice: DeliveryNotice, status: DeliveryStatus) -> Iterator[Sighting]:
    ip = client_in_refusal(f"{status.added} {rule_text(status)}")
    if ip is not None:
        by = (status.remote_mta or status.reporting_mta).lower().rstrip(".") or _ITSELF
        yield Sighting(ip, by, SightingPlace.BOUNCE, _REF)
    trace = notice.original.trace
    if trace is not None and _took_it(notice, status, trace.by):
        yield Sighting(trace.client, trace.by, SightingPlace.RECEIVED, _REF)


def _took_it(notice: DeliveryNotice, status: DeliveryStatus, by: str) -> bool:
    """Whether the reporting server accepted the message from the sender's side before it gave up: then its
    trace field shows the address that the mail left from. In the trace field of a sender's own server is the
    client that submitted the message."""
    if status.is_remote or status.remote_mta or by != status.reporting_mta.lower().rstrip("."):
        return False
    sender = (notice.original.reverse_path or notice.original.header_from).rpartition("@")[2].lower()
    return bool(sender) and by != sender and not by.endswith(f".{sender}")
