"""Names that are not in the public DNS: special-use names (RFC 6761) and the zones that resolvers serve
themselves (RFC 6303)."""

from __future__ import annotations

from collections.abc import Mapping

from probe._dataclass import dataclass


@dataclass(frozen=True, slots=True)
class ReservedZone:
    """A zone that resolvers answer themselves, and the document that says so."""

    zone: str
    source: str


# https://www.iana.org/assignments/special-use-domain-names, read 2026-11-28; without example and its kin,
# which resolvers are not to treat in a special way (RFC 6761 section 6.5).
_SPECIAL_USE: Mapping[str, str] = {
    "alt": "RFC 9476",
    "home.arpa": "RFC 8375",
    "internal": "ICANN board resolution 2024.07.29.06",
    "invalid": "RFC 6761",
    "ipv4only.arpa": "RFC 8880",
    "local": "RFC 6762",
    "localhost": "RFC 6761",
    "onion": "RFC 7686",
    "resolver.arpa": "RFC 9462",
    "service.arpa": "RFC 9665",
    "test": "RFC 6761",
}
LABORATORY = "test"  # zones below it (shop.test) are served by name servers in laboratories
# Names that a receiver on the Internet can never look up: all of these but those of laboratories, and what
# else networks are called inside (RFC 6762 appendix G), none of which is a top-level domain.
_NEVER_GLOBAL = (
    *("alt", "home.arpa", "internal", "invalid", "local", "localdomain", "localhost", "onion"),
    *("corp", "home", "intranet", "lan", "private"),
)
_LOCALLY_SERVED = (
    *(f"{n}.in-addr.arpa" for n in (0, 10, 127)),
    *(f"{n}.in-addr.arpa" for n in ("254.169", "2.0.192", "100.51.198", "113.0.203", "168.192")),
    *(f"{n}.172.in-addr.arpa" for n in range(16, 32)),
    "255.255.255.255.in-addr.arpa",
    *(f"{n}.100.in-addr.arpa" for n in range(64, 128)),  # RFC 7793
    *(f"{n}{'0.' * 31}ip6.arpa" for n in ("0.", "1.")),
    *(f"{n}.ip6.arpa" for n in ("d.f", "8.e.f", "9.e.f", "a.e.f", "b.e.f", "8.b.d.0.1.0.0.2")),
)
_PLACES: Mapping[str, ReservedZone] = {
    **{zone: ReservedZone(zone, source) for zone, source in _SPECIAL_USE.items()},
    **{zone: ReservedZone(zone, "RFC 6303") for zone in _LOCALLY_SERVED},
}

_TOP_LEVELS = frozenset(zone.rpartition(".")[2] for zone in _PLACES)


def special_use(name: str) -> ReservedZone | None:
    """The special-use domain that `name` is or lies below (lower case, no trailing dot)."""
    place = _place(name)
    return place if place is not None and place.zone in _SPECIAL_USE else None


def locally_served(name: str) -> ReservedZone | None:
    """The locally served reverse zone that `name` is or lies below."""
    place = _place(name)
    return place if place is not None and place.zone not in _SPECIAL_USE else None


def is_reserved(name: str) -> bool:
    """Whether it is or lies below any of these zones."""
    return name.rpartition(".")[2] in _TOP_LEVELS and _place(name) is not None


def why_never_global(name: str) -> str:
    """A clause that completes "it is …" for a host name that no receiver on the Internet can look up;
    "" for any other."""
    for zone in _NEVER_GLOBAL:
        if name == zone or name.endswith(f".{zone}"):
            return f"a name of the local network alone (.{zone})"
    return ""


def _place(name: str) -> ReservedZone | None:
    at = 0
    while at >= 0:
        place = _PLACES.get(name[at:])
        if place is not None:
            return place
        at = name.find(".", at) + 1 or -1
    return None
