"""Judges whether blocklists can be read through a resolver, by the test entries that they must hold."""

from __future__ import annotations

from collections.abc import Iterator

from probe.doctor.report import TestResult
from probe.doctor.voice import leave_open, say
from probe.knowledge.dnsbl import lists_for_zones
from probe.knowledge.machine import controls
from probe.model.fitness import MachineGap
from probe.model.listing import ListingReason, ListingStatus
from probe.recording.machine import MachineJournal
from probe.standards.dns.message import Question, RecordType, Status, run
from probe.standards.dnsbl.results import Listing
from probe.survey.machine import list_questions

_SEVERAL = 2  # lists: one may be down


def listings_of(journal: MachineJournal) -> tuple[Listing, ...]:
    """What each list says of its own test entry."""
    return run(list_questions(lists_for_zones(controls().lists)), journal.answer)


def check_spamhaus(journal: MachineJournal) -> Iterator[TestResult]:
    """Whether Spamhaus answers this resolver."""
    zone, test = controls().spamhaus, "spamhaus"
    listing = next(it for it in listings_of(journal) if it.zone == zone)
    server = journal.server
    if listing.status is ListingStatus.REFUSED:
        yield say(test, "refused", zone=zone, server=server, reason=next(iter(listing.reasons), None))
    elif listing.status is ListingStatus.LISTED:
        yield say(test, "answers", zone=zone)
    elif listing.reasons:
        yield leave_open(test, MachineGap.UNANSWERED, failure=listing.reasons[0])
    else:
        yield leave_open(test, MachineGap.NO_LIST)


def check_loopback_answers(journal: MachineJournal) -> Iterator[TestResult]:
    """Whether addresses of 127.0.0.0/8 come through."""
    test, listings = "loopback-answers", listings_of(journal)
    removed = [it.zone for it in listings if _has(it, ListingReason.REBINDING)]
    readable = _readable(listings)
    if removed and not readable:
        yield say(test, "removed", server=journal.server, zones=removed)
    elif readable:
        yield say(test, "kept", zones=readable)
    else:
        yield leave_open(test, MachineGap.NO_LIST)


def check_deep_names(journal: MachineJournal) -> Iterator[TestResult]:
    """Whether entries are found that the lists must hold."""
    test, listings = "deep-names", listings_of(journal)
    hidden = [it.zone for it in listings if _has(it, ListingReason.SILENT) and _is_there(journal, it.zone)]
    found_in = _readable(listings)
    if len(hidden) >= _SEVERAL and not found_in:
        yield say(test, "hidden", server=journal.server, zones=hidden)
    elif found_in:
        yield say(test, "seen", zones=found_in)
    else:
        yield leave_open(test, MachineGap.NO_LIST)


def _readable(listings: tuple[Listing, ...]) -> list[str]:
    """The lists whose answers come through, a refusal by code included: it is such an address, too."""
    codes = (ListingReason.REFUSAL_CODE, ListingReason.REFUSAL_RANGE)
    return [
        it.zone
        for it in listings
        if it.status is ListingStatus.LISTED or any(_has(it, code) for code in codes)
    ]


def _has(listing: Listing, reason: ListingReason) -> bool:
    return any(it.tag is reason for it in listing.reasons)


def _is_there(journal: MachineJournal, zone: str) -> bool:
    return journal.answer(Question(zone, RecordType.SOA)).status is Status.ANSWER
