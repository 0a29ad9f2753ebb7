"""What a resolver does to blocklists is not the lists' doing: scripted answers for each way that was seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from ipaddress import ip_address

import pytest

from probe.checks.judging.listings import reason_of
from probe.knowledge.dnsbl import BlockList, by_zone
from probe.model.answer_fault import AnswerFault, AnswerWhy
from probe.model.listing import ListingRole, ListingStatus
from probe.standards.dns.message import Answer, Question, RecordType, Status, Txt, run
from probe.standards.dns.provenance import ExtendedError, Provenance, Soa
from probe.standards.dnsbl.query import look_up, look_up_many
from probe.standards.dnsbl.questions import Subject
from probe.standards.dnsbl.results import Listing

ZONE = "bl.lab.example"
SOURCE = ip_address("192.0.2.7")
MUST, MUST_NOT, SUBJECT = f"2.0.0.127.{ZONE}", f"1.0.0.127.{ZONE}", f"7.2.0.192.{ZONE}"
HOLDS = {f"A {MUST}": "127.0.0.2", f"TXT {MUST}": "listed"}
TOLD = Provenance("192.0.2.53", recursive=True, soa=Soa("", "ns.example", "h.example", 300, 300))
BLOCKED = replace(TOLD, soa=None, extended=(ExtendedError(15),))
PROHIBITED = replace(TOLD, soa=None, extended=(ExtendedError(18, "EIM4"),))


def resolver(zone: Mapping[str, object]) -> Callable[[Question], Answer]:
    """Knows "TYPE name": an address or text, a status, or a whole answer; denies all else as a zone does."""

    def answer(question: Question) -> Answer:
        entry = zone.get(f"{question.rtype} {question.name}", zone.get("*"))
        if isinstance(entry, Answer):
            return replace(entry, question=question)
        if isinstance(entry, Status):
            return Answer(question, entry, provenance=TOLD)
        if isinstance(entry, str):
            record = ip_address(entry) if question.rtype is RecordType.A else Txt((entry.encode(),))
            return Answer(question, Status.ANSWER, (record,), provenance=TOLD)
        return Answer(question, Status.NXDOMAIN, provenance=TOLD)

    return answer


def own(status: Status, texts: Provenance = TOLD, **changes: object) -> Answer:
    return Answer(Question("", RecordType.A), status, provenance=texts, **changes)  # type: ignore[arg-type]


def listing_of(zone: Mapping[str, object], subject: object = SOURCE, name: str = ZONE) -> Listing:
    (listing,) = run(look_up(subject, "source", (by_zone(name),)), resolver(zone))  # type: ignore[arg-type]
    return listing


@pytest.mark.parametrize(
    "gone",
    [
        pytest.param(own(Status.NODATA, replace(TOLD, soa=None)), id="unbound private-address"),
        pytest.param(own(Status.NODATA, BLOCKED), id="dnsmasq stop-dns-rebind"),
        pytest.param(own(Status.REFUSED, PROHIBITED), id="kresd rebinding"),
        pytest.param(own(Status.SERVFAIL), id="named deny-answer-addresses"),
        pytest.param(own(Status.NODATA), id="an empty answer with the zone's SOA"),
    ],
)
def test_a_test_entry_with_text_and_without_its_address_is_rebinding_protection(gone: Answer) -> None:
    listing = listing_of({**HOLDS, f"A {MUST}": gone})
    assert listing.status is ListingStatus.UNUSABLE
    assert "your resolver 192.0.2.53 removes 127.0.0.0/8 answers (rebinding protection)" in reason_of(listing)
    assert MUST in reason_of(listing)
    assert listing.is_resolvers


def test_a_zone_with_text_for_every_name_shows_no_rebinding_protection() -> None:
    listing = listing_of({f"A {MUST}": Status.NODATA, f"TXT {MUST}": "x", f"TXT {MUST_NOT}": "x"})
    assert listing.status is ListingStatus.UNUSABLE
    assert "silent" in reason_of(listing)


def test_the_text_is_asked_for_only_where_an_address_is_gone() -> None:
    questions: list[Question] = []

    def watched(question: Question) -> Answer:
        questions.append(question)
        return resolver(HOLDS)(question)

    run(look_up(SOURCE, ListingRole.SOURCE, (by_zone(ZONE),)), watched)
    assert {question.rtype for question in questions} == {RecordType.A}


@pytest.mark.parametrize(
    ("refusal", "why"),
    [
        (
            own(Status.REFUSED, PROHIBITED),
            '192.0.2.53 refuses the question itself (EDE 18 Prohibited: "EIM4")',
        ),
        (own(Status.REFUSED, BLOCKED), "EDE 15 Blocked"),
        (own(Status.REFUSED, replace(TOLD, authoritative=True)), "192.0.2.53 refuses the question itself"),
    ],
)
def test_a_refusal_that_is_the_resolvers_by_its_words_is_not_the_lists(refusal: Answer, why: str) -> None:
    listing = listing_of({f"A {name}": refusal for name in (MUST, MUST_NOT, SUBJECT)})
    assert (listing.status, listing.is_resolvers) == (ListingStatus.TIMEOUT, True)
    assert why in reason_of(listing)


def test_a_refusal_without_words_is_the_resolvers_when_it_refuses_the_root_too() -> None:
    everything = listing_of({"*": own(Status.REFUSED)})
    zone_alone = listing_of({f"A {name}": own(Status.REFUSED) for name in (MUST, MUST_NOT, SUBJECT)})
    assert (everything.status, everything.is_resolvers) == (ListingStatus.TIMEOUT, True)
    assert (zone_alone.status, zone_alone.is_resolvers) == (ListingStatus.REFUSED, False)


def test_a_denial_that_the_resolver_makes_is_no_denial_of_the_list() -> None:
    listing = listing_of({**HOLDS, f"A {SUBJECT}": own(Status.NXDOMAIN, BLOCKED)})
    assert (listing.status, listing.is_resolvers) == (ListingStatus.TIMEOUT, True)
    assert "EDE 15 Blocked" in reason_of(listing)


# Entries as deep as the question


DBL = "dbl.spamhaus.org"


def of_domain(entries: Mapping[str, object], domain: str = "good.example", zone: str = DBL) -> Listing:
    table = {f"A {name}.{zone}": entry for name, entry in entries.items()}
    return listing_of(table, domain, zone)


@pytest.mark.parametrize(
    ("entries", "domain", "status"),
    [
        # `test` alone comes through a resolver that stops at the first NXDOMAIN
        ({"test": "127.0.1.2"}, "good.example", ListingStatus.UNUSABLE),
        ({"test": "127.0.1.2", "dbltest.com": "127.0.1.2"}, "good.example", ListingStatus.NOT_LISTED),
        ({"dbltest.com": "127.0.1.2"}, "good.example", ListingStatus.NOT_LISTED),
        # a name of three labels needs an entry of three
        ({"test": "127.0.1.2", "dbltest.com": "127.0.1.2"}, "mx.good.example", ListingStatus.UNUSABLE),
        (
            {"dbltest.com": "127.0.1.2", "www.dbltest.com": "127.0.1.2"},
            "mx.good.example",
            ListingStatus.NOT_LISTED,
        ),
        (
            {"dbltest.com": "127.0.1.2", "www.dbltest.com": Status.TIMEOUT},
            "mx.good.example",
            ListingStatus.TIMEOUT,
        ),
        # what is found is found
        ({"test": "127.0.1.2", "good.example": "127.0.1.2"}, "good.example", ListingStatus.LISTED),
        (
            {"test": "127.0.1.2", "good.example": own(Status.NXDOMAIN, BLOCKED)},
            "good.example",
            ListingStatus.TIMEOUT,
        ),
    ],
)  # fmt: skip
def test_a_list_clears_a_name_only_with_an_entry_as_deep(
    entries: dict[str, object], domain: str, status: ListingStatus
) -> None:
    listing = of_domain(entries, domain)
    assert listing.status is status, reason_of(listing)
    if status is ListingStatus.UNUSABLE:
        assert "as many labels" in reason_of(listing)


def test_an_entry_below_a_listed_single_label_shows_nothing() -> None:
    """A resolver that stops at the first NXDOMAIN gets there all the same, since `test` is no NXDOMAIN."""
    zone = "uribl.spameatingmonkey.net"
    alone = of_domain({"_dnsbl_.test": "127.0.0.2"}, zone=zone)
    below = of_domain({"_dnsbl_.test": "127.0.0.2", "test": "127.0.0.2"}, zone=zone)
    assert (alone.status, below.status) == (ListingStatus.NOT_LISTED, ListingStatus.UNUSABLE)


def test_an_entry_for_addresses_in_the_same_zone_is_deep_enough() -> None:
    karma = by_zone("hostkarma.junkemailfilter.com")
    names = {f"A test.{karma.zone}": "127.0.0.2", f"A 2.0.0.127.{karma.zone}": "127.0.0.2"}
    (listing,) = run(look_up("good.example", ListingRole.SENDER_DOMAIN, (karma,)), resolver(names))
    assert listing.status is ListingStatus.NOT_LISTED


def test_an_unknown_list_of_domains_is_told_to_hold_its_test_entry() -> None:
    """It is not left out as if it took no domains, and what it lists is believed."""
    unknown: BlockList = by_zone(ZONE)
    subjects = (Subject(SOURCE, ListingRole.SOURCE), Subject("good.example", ListingRole.SENDER_DOMAIN))
    result = run(look_up_many(subjects, (unknown,)), resolver({f"A test.{ZONE}": "127.0.0.2"}))
    assert {(it.role, it.status) for it in result} == {("sender_domain", ListingStatus.UNUSABLE)}
    listed = {f"A test.{ZONE}": "127.0.0.2", f"A good.example.{ZONE}": "127.0.0.2"}
    result = run(look_up_many(subjects, (unknown,)), resolver(listed))
    assert {(it.role, it.status) for it in result} == {("sender_domain", ListingStatus.LISTED)}


def test_a_recording_from_before_is_judged_as_it_was() -> None:
    entries = {f"test.{DBL}": "127.0.1.2"}

    def recorded(question: Question) -> Answer:
        names = (f"test.{DBL}", f"invalid.{DBL}", f"good.example.{DBL}", f"dbltest.com.{DBL}")
        if question.name not in names:
            return Answer(question, Status.NOT_ASKED, why=AnswerWhy(AnswerFault.NOT_IN_RUN))
        if question.name in entries:
            return Answer(question, Status.ANSWER, (ip_address(entries[question.name]),))
        return Answer(question, Status.NXDOMAIN)

    subjects = (Subject("good.example", ListingRole.SENDER_DOMAIN),)
    (before,) = run(look_up_many(subjects, (by_zone(DBL),), by_depth=False), recorded)
    assert (before.status, reason_of(before)) == (ListingStatus.NOT_LISTED, "")
    assert {ref.rpartition(":")[2] for ref in before.evidence} == {
        f"good.example.{DBL}",
        f"test.{DBL}",
        f"dbltest.com.{DBL}",
        f"invalid.{DBL}",
    }


def test_how_old_a_denial_of_a_signed_list_may_be_is_told() -> None:
    signed = own(Status.NXDOMAIN, authenticated=True)
    listing = listing_of({**HOLDS, f"A {SUBJECT}": signed})
    assert (listing.status, listing.age) == (ListingStatus.NOT_LISTED, 300)
    assert "up to 300 s old" in reason_of(listing)
    unsigned = listing_of(HOLDS)
    assert (unsigned.age, reason_of(unsigned)) == (None, "")
