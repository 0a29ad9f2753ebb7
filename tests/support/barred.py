"""Sessions that came to nothing on this side of the way, for the check and for the verdict."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Any

from probe.facts.session import Session
from probe.model.observed import EndCause
from probe.model.reason import Reason
from probe.model.session import EndReason
from tests.support import facts as make

NEAR, FAR = "9.9.9.16", "8.8.8.8"
GATEWAY = ip_address("10.0.0.1")


def attempt(number: int, ip: str, end: EndReason, tag: EndCause | None = None, /, **values: Any) -> Session:
    """A connection that did not come about."""
    cause = Reason(tag, **values) if tag is not None else None
    return make.failed_session(end, number, ip=ip_address(ip), cause=cause)


def attempts(end: EndReason, *ips: str, tag: EndCause | None = None, **values: Any) -> tuple[Session, ...]:
    """The same at several addresses."""
    return tuple(attempt(number, ip, end, tag, **values) for number, ip in enumerate(ips, 1))


UNREACHABLE, TIMEOUT, REFUSED = EndReason.UNREACHABLE, EndReason.TIMEOUT, EndReason.REFUSED
NO_ROUTE = attempts(UNREACHABLE, "2606:4700::1", tag=EndCause.NO_ROUTE, text="Network is unreachable")
TURNED_AWAY = attempts(UNREACHABLE, NEAR, FAR, tag=EndCause.GATEWAY, ip=GATEWAY, text="No route to host")
LOCAL = attempts(EndReason.LOCAL_ERROR, NEAR, tag=EndCause.SYSTEM, text="Permission denied")
BARRED: tuple[tuple[str, tuple[Session, ...], str, tuple[str, ...]], ...] = (
    ("no IPv6 here", NO_ROUTE, "port-without-route", ("2606:4700::1", "IPv6")),
    ("the own gateway", TURNED_AWAY, "port-turned-away-by-gateway", ("10.0.0.1", "No route to host")),
    ("this machine", LOCAL, "port-not-dialled-here", ("Permission denied",)),
    ("silent in two networks", attempts(TIMEOUT, NEAR, FAR), "port-silent-everywhere", ("2 networks",)),
    ("refused in two networks", attempts(REFUSED, NEAR, FAR), "port-refused-everywhere", ("firewall",)),
    ("no IPv6, and IPv4 is silent", (*NO_ROUTE, attempt(2, NEAR, TIMEOUT)), "port-silent", (NEAR,)),
)
