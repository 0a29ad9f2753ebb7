"""Blocklist entries for the checks of steps 5 and 6: which subject, how grave, and the values for the
sentence."""

from __future__ import annotations

from probe._enum import StrEnum
from probe.checks.judging.wording import Values
from probe.facts.model import Facts
from probe.knowledge.dnsbl import by_id
from probe.model.listing import CodeKind, ListingRole, ListingStatus
from probe.standards.dnsbl.results import Listing
from probe.wording.spoken import spoken

GRAVE = 6  # weight from which a listing makes large receivers refuse
MIDDLING = 3  # below this a listing moves few receivers


def of_roles(facts: Facts, *roles: ListingRole) -> tuple[Listing, ...]:
    """The entries of blocklists (allow-lists left out) for subjects of the given roles."""
    return tuple(entry for entry in facts.listings if entry.role in roles and not entry.is_allow_list)


def is_policy(entry: Listing) -> bool:
    """Listed for its kind of address (an end-user range), not for bad behaviour."""
    return (
        entry.status is ListingStatus.LISTED
        and all(code.kind is not CodeKind.REPUTATION for code in entry.codes)
        and any(code.kind is CodeKind.POLICY for code in entry.codes)
    )


def reason_of(entry: Listing) -> str:
    """Why nothing is known, or how reliable the answer is, as a clause; empty if there is nothing to add."""
    return "; ".join(spoken(why) for why in entry.reasons)


class Gravity(StrEnum):
    """How much a listing matters."""

    GRAVE = "grave"  # large receivers refuse for it
    MIDDLING = "middling"
    MINOR = "minor"  # moves few receivers


def gravity(facts: Facts, entry: Listing) -> Gravity:
    """How much a listing matters. A list that the user named with --dnsbl, and that is not among the
    known ones, counts as grave: it was named because the receiver is thought to use it. A policy listing
    matters where mail leaves from the address."""
    if is_policy(entry):
        return Gravity.MIDDLING if facts.vantage.is_sending_address is True else Gravity.MINOR
    if entry.codes and all(code.kind is CodeKind.INFO for code in entry.codes):
        return Gravity.MINOR
    is_users_zone = entry.list_id == entry.zone and entry.zone in facts.options.dnsbl
    if is_users_zone or entry.weight >= GRAVE:
        return Gravity.GRAVE
    return Gravity.MIDDLING if entry.weight >= MIDDLING else Gravity.MINOR


def is_grave(facts: Facts, entry: Listing) -> bool:
    """Listed so that mail is likely to be refused."""
    return entry.status is ListingStatus.LISTED and gravity(facts, entry) is Gravity.GRAVE


def values(entry: Listing) -> Values:
    """The values that the phrases on listings use: the list, its codes with their meanings, its own reason,
    and where to ask for delisting."""
    return {
        "list": "" if entry.title == entry.zone else entry.title,
        "zone": entry.zone,
        "subject": entry.subject,
        "codes": [code.code for code in entry.codes],
        "meanings": [code.meaning for code in entry.codes],
        "text": entry.text,
        "delist": entry.delist_url,
        "removal": removal(entry),
    }


def removal(entry: Listing) -> str:
    """How an address is delisted there, as a sentence; empty if not known, and for a list given only with
    --dnsbl."""
    blocklist = by_id(entry.list_id)
    return blocklist.removal if blocklist is not None else ""


def refs(entry: Listing) -> tuple[str, ...]:
    """The references of the entry and of its DNS answers in a finding."""
    return (f"dnsbl:{entry.zone}", *entry.evidence)
