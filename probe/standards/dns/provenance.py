"""How an answer came from a name server, and when the server made it itself instead of the zone.

A denial comes from the zone if it contains that zone's SOA record (RFC 2308 section 2); many denials are made
by the resolver itself: by a filter, a response policy zone, a zone that it serves locally (RFC 6303), a name
that it must not ask for (RFC 6761), a stub.
"""

from __future__ import annotations

from probe._dataclass import dataclass
from probe.model.answer_fault import OwnWord, OwnWordWhy
from probe.standards.dns.special_use import LABORATORY, locally_served, special_use


@dataclass(frozen=True, slots=True)
class Soa:
    """The SOA record of a denial: the zone that it speaks for, its primary server and its mailbox (names
    without a trailing dot), how long a denial may be cached, and the remaining time of this one (seconds)."""

    zone: str
    mname: str
    rname: str
    minimum: int
    ttl: int

    @property
    def is_of_laboratory(self) -> bool:
        """Whether the zone is a laboratory's (`probe.lab`): its primary server is in a domain that is kept
        for documentation (RFC 2606 section 2)."""
        return self.mname.rpartition(".")[2] == "example"


@dataclass(frozen=True, slots=True)
class ExtendedError:
    """An extended error (RFC 8914): its code, and the server's own text (unescaped)."""

    code: int
    text: str = ""

    def __str__(self) -> str:
        name = _NAMES.get(self.code)
        words = f': "{self.text}"' if self.text else ""
        return f"EDE {self.code}{f' {name}' if name else ''}{words}"


@dataclass(frozen=True, slots=True)
class Provenance:
    """Who answered, and how. `server` is the name server's address (with its port, where that is not 53);
    `authoritative` the AA bit, unless the server was seen to hand on another's, `recursive` the RA bit; `soa`
    the SOA record of a denial, `policy_zone` the owner of an SOA record in the additional section, as
    response policy zones add it; both are empty if there is none."""

    server: str
    authoritative: bool = False
    recursive: bool = False
    soa: Soa | None = None
    policy_zone: str = ""
    extended: tuple[ExtendedError, ...] = ()

    def error(self, codes: frozenset[int]) -> ExtendedError | None:
        """The first extended error of these codes."""
        return next((error for error in self.extended if error.code in codes), None)


STALE = frozenset({3, 19})
FORGED = frozenset({4})
FILTERED = frozenset({15, 16, 17})  # blocked, censored, filtered
PROHIBITED = frozenset({18})
_OWN_DENIAL = FILTERED | PROHIBITED | FORGED | frozenset({20, 21})
_OWN_REFUSAL = _OWN_DENIAL
# Primary servers of SOA records that resolvers make (unbound, AdGuard Home), and the domain that no real zone
# lies below (knot-resolver, dnsdist). Many real zones have the mailbox root.localhost.
_RESOLVER_PRIMARIES = frozenset({"localhost", "fake-for-negative-caching.adguard.com"})
_NOWHERE = "invalid"  # RFC 6761 section 6.4

# https://www.iana.org/assignments/dns-parameters, extended DNS error codes, read 2026-11-28
_NAMES = dict(
    enumerate(
        (
            "Other Error",
            "Unsupported DNSKEY Algorithm",
            "Unsupported DS Digest Type",
            "Stale Answer",
            "Forged Answer",
            "DNSSEC Indeterminate",
            "DNSSEC Bogus",
            "Signature Expired",
            "Signature Not Yet Valid",
            "DNSKEY Missing",
            "RRSIGs Missing",
            "No Zone Key Bit Set",
            "NSEC Missing",
            "Cached Error",
            "Not Ready",
            "Blocked",
            "Censored",
            "Filtered",
            "Prohibited",
            "Stale NXDOMAIN Answer",
            "Not Authoritative",
            "Not Supported",
            "No Reachable Authority",
            "Network Error",
            "Invalid Data",
            "Signature Expired before Valid",
            "Too Early",
            "Unsupported NSEC3 Iterations Value",
            "Unable to conform to policy",
            "Synthesized",
            "Invalid Query Type",
        )
    )
)


def why_own_denial(
    provenance: Provenance, name: str, *, authenticated: bool, is_whole_name: bool
) -> OwnWordWhy | None:
    """Why a denial of `name` (the end of its aliases; `is_whole_name`: of all its records, NXDOMAIN) was made
    by the server itself; None if it comes from the zone. A recursive server that answers with authority (AA)
    has the zone itself, as for a domain that it blocks."""
    error = provenance.error(_OWN_DENIAL)
    if error is not None:
        return OwnWordWhy(OwnWord.EXTENDED_ERROR, error=str(error))
    stale = provenance.error(STALE)
    if stale is not None:
        return OwnWordWhy(OwnWord.STALE, error=str(stale))
    soa, policy = provenance.soa, provenance.policy_zone
    if soa is None:
        return OwnWordWhy(OwnWord.NO_SOA, policy=policy)
    if policy:
        return OwnWordWhy(OwnWord.POLICY_ZONE, policy=policy)
    why = _why_own_start(provenance, soa, name, is_proven=authenticated and not provenance.authoritative)
    if why is not None or not is_whole_name:
        return why
    if name and soa.zone == name:
        return OwnWordWhy(OwnWord.CONTRADICTED, zone=name)
    top = name.rpartition(".")[2]
    if not soa.zone and not authenticated and special_use(name) is None and _denies_public_name(top, soa):
        return OwnWordWhy(OwnWord.OTHER_ROOT, zone=top)
    return None


def _denies_public_name(top: str, soa: Soa) -> bool:
    """Whether a root zone that denies this top-level domain is not the public one, which has it. A network
    with a root zone of its own denies all that it does not use (a container without a way out). Reverse names
    are served apart, and the whole name space of a laboratory is one zone."""
    from probe.standards.public_suffix import is_top_level_domain  # few denials come from a root zone

    return top.isascii() and top != "arpa" and not soa.is_of_laboratory and is_top_level_domain(top)


def has_made_start(mname: str, rname: str) -> bool:
    """Whether an SOA record of this primary and mailbox is one that a resolver made."""
    return (
        mname in _RESOLVER_PRIMARIES or _is_at_or_below(mname, _NOWHERE) or _is_at_or_below(rname, _NOWHERE)
    )


def _why_own_start(provenance: Provenance, soa: Soa, name: str, *, is_proven: bool) -> OwnWordWhy | None:
    """What is wrong with the SOA record of a denial of `name`."""
    if not _is_at_or_below(name, soa.zone):
        return OwnWordWhy(OwnWord.OTHER_ZONE, zone=soa.zone)
    if has_made_start(soa.mname, soa.rname):
        return OwnWordWhy(OwnWord.MADE_SOA, soa=_soa_text(soa))
    zone = special_use(name) or locally_served(name)
    is_inside = zone is not None and _is_at_or_below(soa.zone, zone.zone)
    if zone and is_inside and not is_proven and not (zone.zone == LABORATORY != soa.zone):
        return OwnWordWhy(OwnWord.LOCALLY_SERVED, zone=zone.zone, source=zone.source)
    if provenance.authoritative and provenance.recursive:
        return OwnWordWhy(OwnWord.OWN_ZONE, zone=soa.zone)
    return None


def why_own_answer(
    provenance: Provenance, *, is_dns64: bool, is_null: bool, authenticated: bool
) -> OwnWordWhy | None:
    """Why the server made the records itself; None if they come from the zone. An address made by DNS64
    reaches the host; 0.0.0.0 and :: (`is_null`) reach nothing, and filters give them for blocked names."""
    error = provenance.error(FILTERED) or (None if is_dns64 else provenance.error(FORGED))
    if error is not None:
        return OwnWordWhy(OwnWord.EXTENDED_ERROR, error=str(error))
    if provenance.policy_zone:
        return OwnWordWhy(OwnWord.POLICY_ZONE, policy=provenance.policy_zone)
    if is_null and provenance.recursive and (provenance.authoritative or not authenticated):
        return OwnWordWhy(OwnWord.NULL_ADDRESS)
    return None


def is_own_refusal(provenance: Provenance) -> bool:
    """Whether a REFUSED is the resolver's own, by its extended errors and flags. A recursive server that
    refuses with authority (AA) refuses for a zone of its own."""
    return provenance.error(_OWN_REFUSAL) is not None or (provenance.authoritative and provenance.recursive)


def _soa_text(soa: Soa) -> str:
    return f"{soa.zone or '.'} {soa.mname or '.'} {soa.rname or '.'}"


def _is_at_or_below(name: str, zone: str) -> bool:
    return not zone or name == zone or name.endswith(f".{zone}")
