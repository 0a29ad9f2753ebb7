"""What receivers ask of senders: requirements.toml, read."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from probe._dataclass import dataclass
from probe._enum import StrEnum
from probe.knowledge.toml_import import HERE, load


class Need(StrEnum):
    """One fact about the sender that a receiver asks for."""

    SPF_OR_DKIM = "spf_or_dkim"  # one of the two passes
    SPF = "spf"  # SPF passes
    SPF_NOT_FAIL = "spf_not_fail"  # SPF gives anything but fail
    DKIM = "dkim"  # a valid signature
    DMARC = "dmarc"  # a record exists
    DMARC_PASS = "dmarc_pass"  # DMARC passes, where the policy is to reject
    ALIGNED = "aligned"  # SPF or DKIM passes for the From: domain
    FCRDNS = "fcrdns"  # a reverse name that leads back
    TLS = "tls"
    ONE_CLICK = "one_click"  # RFC 8058, for marketing mail
    ONE_AUTHOR = "one_author"  # one mailbox in one From field
    HELO_FQDN = "helo_fqdn"
    NOT_LISTED = "not_listed"
    NOT_RESIDENTIAL = "not_residential"  # no end-user or dynamic address
    SENDER_RESOLVES = "sender_resolves"  # the reverse-path's domain has MX or an address
    NON_NULL_SENDER = "non_null_sender"
    FROM_IS_REVERSE_PATH = "from_is_reverse_path"
    IPV4 = "ipv4"  # mail over IPv4 only
    FEW_COMPLAINTS = "few_complaints"  # cannot be judged by one probe
    FEW_CONNECTIONS = "few_connections"  # cannot be judged by one probe
    SLOW = "slow"  # cannot be judged by one probe


@dataclass(frozen=True, slots=True)
class Requirement:
    """One demand. `applies_to` is all, bulk or ipv6; `codes` how a breach is answered; `phase`
    where (greeting, ehlo, mail, rcpt, data, end-of-data; "" unknown); `since` an ISO date or ""."""

    id: str
    providers: tuple[str, ...]
    applies_to: str
    needs: tuple[Need, ...]
    codes: tuple[str, ...]
    phase: str
    since: str
    says: str
    confirmed: str
    checked: str
    source: str


@cache
def all_requirements() -> tuple[Requirement, ...]:
    """Every entry of requirements.toml, in its order."""
    table = load(HERE / "requirements.toml")
    return tuple(_requirement(row) for row in table["requirement"])


def for_provider(provider_id: str) -> tuple[Requirement, ...]:
    """What the provider with this id of providers.toml asks for; empty when nothing is known."""
    return tuple(it for it in all_requirements() if provider_id in it.providers)


def _requirement(row: Mapping[str, Any]) -> Requirement:
    return Requirement(
        id=row["id"],
        providers=tuple(row["providers"]),
        applies_to=row["applies_to"],
        needs=tuple(Need(need) for need in row["needs"]),
        codes=tuple(row["codes"]),
        phase=row["phase"],
        since=row["since"],
        says=row["says"],
        confirmed=row["confirmed"],
        checked=row["checked"],
        source=row["source"],
    )
