"""The address that mail leaves from, in a report: part of the published JSON."""

from __future__ import annotations

from probe._dataclass import dataclass
from probe.model.sighting import AddressBasis, SightingPlace


@dataclass(frozen=True, slots=True)
class ReportSighting:
    """A statement on the address that mail of this side comes from: `by` is who, `place` where, `ref` the
    reply. A server may be wrong: its statement is not a fact."""

    ip: str
    by: str
    place: SightingPlace
    ref: str


@dataclass(frozen=True, slots=True)
class ReportVantage:
    """The address that mail leaves from. `bound_ip` is the local address that the probe connected from,
    `seen_ip` the one at which servers see it (null: not known); `basis` is what `target.source_ip` rests on,
    `by` who names it, `sightings` all that name an address of this side."""

    bound_ip: str | None
    seen_ip: str | None
    basis: AddressBasis
    by: tuple[str, ...]
    sightings: tuple[ReportSighting, ...]
