"""DKIM selectors worth asking for: selectors.toml, read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from probe._dataclass import dataclass
from probe.knowledge.names import is_within
from probe.knowledge.toml_import import HERE, load
from probe.model.signing import KeyOrigin

UNGUESSABLE, COMMON, BY_VENDOR, OWN_DOMAIN = range(4)  # the tiers of selectors.toml


@dataclass(frozen=True, slots=True)
class Selector:
    """One name under _domainkey. `tier` as selectors.toml explains; `confirmed` yes, partial or no."""

    name: str
    tier: int
    confirmed: str


@dataclass(frozen=True, slots=True)
class Vendor:
    """Who signs with the selectors. `spf` the names that customers include, `mx` ids of providers.toml
    whose customers sign so, `own_domains` the vendor's own mailbox domains."""

    id: str
    title: str
    spf: tuple[str, ...]
    mx: tuple[str, ...]
    own_domains: tuple[str, ...]
    selectors: tuple[Selector, ...]
    note: str
    source: str
    checked: str


@cache
def vendors() -> tuple[Vendor, ...]:
    """Every vendor of selectors.toml, in its order."""
    table = load(HERE / "selectors.toml")
    return tuple(_vendor(row) for row in table["vendor"])


def selectors_for(
    sender_domain: str, spf_includes: Sequence[str], mx_provider: str | None
) -> tuple[tuple[str, KeyOrigin], ...]:
    """The selectors to ask at `sender_domain`, each with its origin: `PROVIDER` for those of a vendor
    recognised by the SPF includes, the MX provider's id or the domain itself; then `COMMON`.

    Each name appears once. Finding none of them proves nothing (RFC 6376 section 3.6.2.1).
    """
    origins: dict[str, KeyOrigin] = {}
    for vendor in vendors():
        own = any(is_within(sender_domain, domain) for domain in vendor.own_domains)
        is_named = mx_provider in vendor.mx or any(
            is_within(include, suffix) for include in spf_includes for suffix in vendor.spf
        )
        for selector in vendor.selectors:
            if (own and selector.tier == OWN_DOMAIN) or (
                (is_named or own) and selector.tier in (COMMON, BY_VENDOR)
            ):
                origins.setdefault(selector.name, KeyOrigin.PROVIDER)
    for vendor in vendors():
        for selector in vendor.selectors:
            if selector.tier == COMMON:
                origins.setdefault(selector.name, KeyOrigin.COMMON)
    return tuple(origins.items())


def _vendor(row: Mapping[str, Any]) -> Vendor:
    return Vendor(
        id=row["id"],
        title=row["title"],
        spf=tuple(row["spf"]),
        mx=tuple(row["mx"]),
        own_domains=tuple(row.get("own_domains", ())),
        selectors=tuple(Selector(it["name"], it["tier"], it["confirmed"]) for it in row["selectors"]),
        note=row.get("note", ""),
        source=row["source"],
        checked=row["checked"],
    )
