"""What prevented a connection to the mail hosts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from ipaddress import ip_network

from probe._enum import StrEnum
from probe.facts.deciding import main_sessions
from probe.facts.session import Session
from probe.model.address import IPAddress
from probe.model.observed import EndCause
from probe.model.session import EndReason

SEVERAL = 2  # networks: hosts of so many are hardly all down, or closed to everybody, at once
_LENGTHS = {4: 24, 6: 48}  # the usual network of one site, by address family


class Barrier(StrEnum):
    """Where the connection failed. The first four are on this side."""

    NO_ROUTE = "no_route"  # of this machine, to any of the addresses
    GATEWAY = "gateway"  # this machine's gateway reports that there is no route
    LOCAL = "local"  # this machine could not connect
    SILENT_EVERYWHERE = "silent_everywhere"  # at all hosts of several networks
    REFUSED_EVERYWHERE = "refused_everywhere"
    SILENT = "silent"
    REFUSED = "refused"
    OTHER = "other"

    @property
    def is_here(self) -> bool:
        """Whether the fault is of this machine or its network."""
        return self in _HERE


_HERE = (
    Barrier.NO_ROUTE,
    Barrier.GATEWAY,
    Barrier.LOCAL,
    Barrier.SILENT_EVERYWHERE,
    Barrier.REFUSED_EVERYWHERE,
)


def barrier(sessions: Sequence[Session]) -> Barrier | None:
    """Judge the sessions about the target. None if one of them was connected, or none was completed.
    Addresses without a route do not count if others were tried."""
    attempts = [it for it in main_sessions(sessions) if it.end is not EndReason.NOT_DIALLED]
    if not attempts or any(it.connected or it.end in (None, EndReason.INTERRUPTED) for it in attempts):
        return None
    routed = [it for it in attempts if _cause(it) is not EndCause.NO_ROUTE]
    if not routed:
        return Barrier.NO_ROUTE
    if all(_cause(it) is EndCause.GATEWAY for it in routed):
        return Barrier.GATEWAY
    if all(it.end is EndReason.LOCAL_ERROR for it in routed):
        return Barrier.LOCAL
    are_several = len(networks(it.ip for it in routed)) >= SEVERAL
    if all(it.end is EndReason.TIMEOUT for it in routed):
        return Barrier.SILENT_EVERYWHERE if are_several else Barrier.SILENT
    if all(it.end is EndReason.REFUSED for it in routed):
        return Barrier.REFUSED_EVERYWHERE if are_several else Barrier.REFUSED
    return Barrier.OTHER


def networks(ips: Iterable[IPAddress]) -> frozenset[str]:
    """The networks that addresses are of, each by its prefix."""
    return frozenset(str(ip_network((ip, _LENGTHS[ip.version]), strict=False)) for ip in ips)


def _cause(session: Session) -> EndCause | None:
    return session.cause.tag if session.cause is not None else None
