"""Blocklists are believed only when their test entries say so (RFC 5782 section 5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from ipaddress import ip_address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.checks.judging.listings import reason_of
from probe.knowledge.dnsbl import BlockList, all_lists, built_in_lists, by_zone, lists_for_zones
from probe.model.listing import ListingRole, ListingStatus
from probe.standards.dns.message import Answer, Question, RecordType, Status, Txt, run
from probe.standards.dnsbl.blocklist import CodePattern, PatternError
from probe.standards.dnsbl.query import Subject, look_up, look_up_many, query_name
from probe.standards.dnsbl.results import Listing

OF_SOURCE, OF_DOMAIN, OF_HELO = ListingRole.SOURCE, ListingRole.SENDER_DOMAIN, ListingRole.HELO
PRIVATE = by_zone("bl.lab.example")
SOURCE = ip_address("192.0.2.7")
ON_PRIVATE = "7.2.0.192.bl.lab.example"
MUST = "2.0.0.127.bl.lab.example"
MUST_NOT = "1.0.0.127.bl.lab.example"


def zone(
    entries: Mapping[str, str | Status], questions: list[Question] | None = None
) -> Callable[[Question], Answer]:
    """A resolver that knows these A records or failures, NXDOMAIN for all else, and a TXT for each A."""

    def answer(question: Question) -> Answer:
        if questions is not None:
            questions.append(question)
        entry = entries.get(question.name)
        if entry is None:
            return Answer(question, Status.NXDOMAIN)
        if isinstance(entry, Status):
            return Answer(question, entry)
        if question.rtype is RecordType.TXT:
            return Answer(question, Status.ANSWER, (Txt((b"seen in ", b"a trap")),))
        return Answer(question, Status.ANSWER, tuple(ip_address(it) for it in entry.split()))

    return answer


def listing_of(entries: Mapping[str, str | Status], blocklist: BlockList = PRIVATE) -> Listing:
    (listing,) = run(look_up(SOURCE, OF_SOURCE, (blocklist,)), zone(entries))
    return listing


# Names


def test_ipv4_is_asked_by_reversed_octets() -> None:
    assert query_name(ip_address("192.0.2.99"), "zen.spamhaus.org") == "99.2.0.192.zen.spamhaus.org"


def test_ipv6_is_asked_by_32_reversed_nibbles() -> None:
    name = query_name(ip_address("2001:db8:1:2:3:4:567:89ab"), "ugly.example.com")
    assert name == ("b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.ugly.example.com")


def test_the_ipv6_test_entry_is_asked_by_nibbles_though_python_writes_it_with_dots() -> None:
    name = query_name(ip_address("::ffff:127.0.0.2"), "bl.lab.example")
    assert name == "2.0.0.0.0.0.f.7.f.f.f.f." + "0." * 20 + "bl.lab.example"


def test_a_domain_is_asked_as_it_is() -> None:
    assert query_name("mail.example.com", "dbl.spamhaus.org") == "mail.example.com.dbl.spamhaus.org"


# Verdicts by the test entries

MATRIX = [
    # must be listed, must not, subject, verdict, words of the reason
    ("127.0.0.2", None, "127.0.0.2", ListingStatus.LISTED, ""),
    ("127.0.0.2", None, None, ListingStatus.NOT_LISTED, ""),
    (None, None, None, ListingStatus.UNUSABLE, "silent"),
    (None, None, "127.0.0.2", ListingStatus.UNUSABLE, "does list the subject (127.0.0.2)"),
    ("127.0.0.2", "127.0.0.2", "127.0.0.2", ListingStatus.UNUSABLE, "both test entries"),
    ("127.0.0.2", "127.0.0.2", None, ListingStatus.UNUSABLE, "both test entries"),
    (None, "127.0.0.2", None, ListingStatus.UNUSABLE, "inverted"),
    (Status.TIMEOUT, "127.0.0.2", None, ListingStatus.UNUSABLE, "must not be listed"),
    (Status.TIMEOUT, None, "127.0.0.2", ListingStatus.TIMEOUT, "its test entry: no answer"),
    ("127.0.0.2", Status.TIMEOUT, "127.0.0.2", ListingStatus.TIMEOUT, "its test entry: no answer"),
    ("127.0.0.2", None, Status.TIMEOUT, ListingStatus.TIMEOUT, "no answer in time"),
    ("127.0.0.2", None, Status.SERVFAIL, ListingStatus.TIMEOUT, "SERVFAIL"),
    ("127.0.0.2", None, Status.NOT_ASKED, ListingStatus.TIMEOUT, "not asked"),
    ("127.0.0.2", None, Status.UNREACHABLE, ListingStatus.TIMEOUT, "could not be reached"),
    ("127.0.0.2", None, Status.REFUSED, ListingStatus.REFUSED, "REFUSED"),
    (Status.REFUSED, Status.REFUSED, Status.REFUSED, ListingStatus.REFUSED, "REFUSED"),
    ("127.255.255.254", "127.255.255.254", "127.255.255.254", ListingStatus.REFUSED, "127.255.255.254"),
    ("127.0.0.2", None, "127.255.255.255", ListingStatus.REFUSED, "127.255.255.255"),
    ("203.0.113.5", "203.0.113.5", "203.0.113.5", ListingStatus.UNUSABLE, "203.0.113.5"),
    ("127.0.0.2", None, "127.0.0.1", ListingStatus.UNUSABLE, "127.0.0.1"),
    ("127.0.0.2", None, Status.NODATA, ListingStatus.NOT_LISTED, ""),
]


@pytest.mark.parametrize(("must", "must_not", "subject", "status", "reason"), MATRIX)
def test_verdict_follows_the_test_entries(
    must: str | Status | None,
    must_not: str | Status | None,
    subject: str | Status | None,
    status: ListingStatus,
    reason: str,
) -> None:
    given_entries = {MUST: must, MUST_NOT: must_not, ON_PRIVATE: subject}
    listing = listing_of({name: entry for name, entry in given_entries.items() if entry is not None})
    assert listing.status is status
    assert reason in reason_of(listing) if reason else reason_of(listing) == ""
    if status is not ListingStatus.LISTED:
        assert listing.weight == 0
        assert listing.text == ""


def test_a_list_without_its_test_entry_names_that_entry() -> None:
    assert MUST in reason_of(listing_of({}))


def test_a_listing_carries_codes_weight_text_and_evidence() -> None:
    listing = listing_of({MUST: "127.0.0.2", ON_PRIVATE: "127.0.0.2 127.0.0.9"})
    assert [code.code for code in listing.codes] == ["127.0.0.2", "127.0.0.9"]
    assert listing.weight == 4
    assert listing.text == "seen in a trap"
    assert listing.role == "source"
    assert {f"dns:A:{ON_PRIVATE}", f"dns:A:{MUST}", f"dns:TXT:{ON_PRIVATE}"} <= set(listing.evidence)


def test_a_missing_txt_leaves_the_listing() -> None:
    def answer(question: Question) -> Answer:
        if question.rtype is RecordType.TXT:
            return Answer(question, Status.TIMEOUT)
        return zone({MUST: "127.0.0.2", ON_PRIVATE: "127.0.0.2"})(question)

    (listing,) = run(look_up(SOURCE, OF_SOURCE, (PRIVATE,)), answer)
    assert (listing.status, listing.text) == (ListingStatus.LISTED, "")


def test_ipv6_on_an_unknown_zone_needs_the_ipv6_test_entry() -> None:
    subject = ip_address("2001:db8::25")
    name = query_name(subject, "bl.lab.example")
    v6_test = query_name(ip_address("::ffff:127.0.0.2"), "bl.lab.example")
    (without,) = run(look_up(subject, OF_SOURCE, (PRIVATE,)), zone({MUST: "127.0.0.2", name: "127.0.0.2"}))
    (within,) = run(look_up(subject, OF_SOURCE, (PRIVATE,)), zone({v6_test: "127.0.0.2", name: "127.0.0.2"}))
    assert without.status is ListingStatus.UNUSABLE
    assert within.status is ListingStatus.LISTED


def test_a_known_list_of_both_families_is_believed_on_its_ipv4_entry() -> None:
    subject = ip_address("2001:db8::25")
    entries = {"2.0.0.127.zen.spamhaus.org": "127.0.0.2"}
    (listing,) = run(look_up(subject, OF_SOURCE, (by_zone("zen.spamhaus.org"),)), zone(entries))
    assert listing.status is ListingStatus.NOT_LISTED


def test_ipv6_is_never_asked_of_a_list_without_ipv6() -> None:
    questions: list[Question] = []
    result = run(
        look_up(ip_address("2001:db8::25"), OF_SOURCE, (by_zone("b.barracudacentral.org"),)),
        zone({}, questions),
    )
    assert (result, questions) == ((), [])


@pytest.mark.parametrize("subject", ["192.0.2.1", "[192.0.2.1]", "2001:db8::1", "localhost"])
def test_a_domain_list_is_never_asked_for_an_address_or_a_single_label(subject: str) -> None:
    questions: list[Question] = []
    result = run(look_up(subject, OF_HELO, (by_zone("dbl.spamhaus.org"),)), zone({}, questions))
    assert (result, questions) == ((), [])


def test_a_name_too_long_for_dns_is_unusable_and_not_asked() -> None:
    questions: list[Question] = []
    long = ".".join(["a" * 60] * 4)
    (listing,) = run(look_up(long, OF_HELO, (by_zone("dbl.spamhaus.org"),)), zone({}, questions))
    assert (listing.status, questions) == (ListingStatus.UNUSABLE, [])


# What the lists' own codes mean


def usable(blocklist: BlockList, subject: str, answer: str) -> Listing:
    value = subject if not subject[0].isdigit() else ip_address(subject)
    who = Subject(value, OF_SOURCE)
    assert who.kind is not None
    tests = blocklist.positive_tests(who.kind)
    entries: dict[str, str | Status] = {query_name(value, blocklist.zone): answer}
    for test in tests:
        value_of_test = ip_address(test) if test[0].isdigit() or test.startswith(":") else test
        entries[query_name(value_of_test, blocklist.zone)] = "127.0.0.2"
    (listing,) = run(look_up_many((who,), (blocklist,)), zone(entries))
    return listing


def test_a_pbl_listing_is_policy_and_weighs_far_less_than_an_sbl_listing() -> None:
    zen = by_zone("zen.spamhaus.org")
    pbl, sbl = usable(zen, "192.0.2.7", "127.0.0.10"), usable(zen, "192.0.2.7", "127.0.0.2")
    assert (pbl.status, pbl.codes[0].kind, sbl.codes[0].kind) == (
        ListingStatus.LISTED,
        "policy",
        "reputation",
    )
    assert pbl.weight <= 2 < 9 <= sbl.weight


def test_the_weight_of_several_codes_is_the_highest() -> None:
    listing = usable(by_zone("zen.spamhaus.org"), "192.0.2.7", "127.0.0.10 127.0.0.4")
    assert listing.weight == 9


def test_a_bitmask_is_read_bit_by_bit() -> None:
    listing = usable(by_zone("multi.surbl.org"), "spam.example", "127.0.0.72")
    assert [code.code for code in listing.codes] == ["127.0.0.72 bit 8", "127.0.0.72 bit 64"]
    assert listing.weight == 8


@pytest.mark.parametrize(
    ("name", "subject", "answer"),
    [
        ("multi.uribl.com", "a.example", "127.0.0.1"),
        ("multi.surbl.org", "a.example", "127.0.0.1"),
        ("dbl.spamhaus.org", "a.example", "127.0.1.255"),
        ("dbl.spamhaus.org", "a.example", "127.255.255.254"),
        ("zen.spamhaus.org", "192.0.2.7", "127.255.255.252"),
        ("zen.spamhaus.org", "192.0.2.7", "127.255.255.254"),
        ("zen.spamhaus.org", "192.0.2.7", "127.255.255.255"),
        ("list.dnswl.org", "192.0.2.7", "127.0.0.255"),
        ("list.dnswl.org", "192.0.2.7", "127.0.10.3"),
        ("bl.score.senderscore.com", "192.0.2.7", "127.255.255.255"),
    ],
)
def test_a_documented_refusal_is_never_a_listing(name: str, subject: str, answer: str) -> None:
    listing = usable(by_zone(name), subject, answer)
    assert listing.status is ListingStatus.REFUSED
    assert answer in reason_of(listing)
    assert listing.codes == ()


@given(st.sampled_from([it for it in all_lists() if it.zone]), st.integers(0, 255))
def test_no_list_takes_the_common_refusal_range_for_a_listing(blocklist: BlockList, last: int) -> None:
    assert not blocklist.read((ip_address(f"127.255.255.{last}"),)).codes


@given(st.sampled_from([it for it in all_lists() if it.zone]), st.ip_addresses())
def test_an_answer_outside_127_is_never_a_listing(blocklist: BlockList, answer: object) -> None:
    address = ip_address(str(answer))
    if address.version == 4 and str(address).startswith("127."):
        return
    assert not blocklist.read((address,)).lists


def test_an_allow_list_entry_counts_in_favour_of_the_sender() -> None:
    listing = usable(by_zone("list.dnswl.org"), "192.0.2.7", "127.0.5.3")
    assert (listing.status, listing.is_allow_list, listing.weight) == (ListingStatus.ALLOWED, True, 5)


def test_hostkarma_is_usable_though_it_answers_for_127_0_0_1() -> None:
    hostkarma = by_zone("hostkarma.junkemailfilter.com")
    entries = {
        "2.0.0.127.hostkarma.junkemailfilter.com": "127.0.0.2",
        "1.0.0.127.hostkarma.junkemailfilter.com": "127.0.0.1",
        "7.2.0.192.hostkarma.junkemailfilter.com": "127.0.0.1",
    }
    (white,) = run(look_up(SOURCE, OF_SOURCE, (hostkarma,)), zone(entries))
    assert (white.status, white.is_allow_list) == (ListingStatus.ALLOWED, True)
    wildcard = {**entries, "1.0.0.127.hostkarma.junkemailfilter.com": "127.0.0.2"}
    (fault,) = run(look_up(SOURCE, OF_SOURCE, (hostkarma,)), zone(wildcard))
    assert fault.status is ListingStatus.UNUSABLE


def test_a_mere_category_is_no_listing() -> None:
    listing = usable(by_zone("hostkarma.junkemailfilter.com"), "192.0.2.7", "127.0.0.3")
    assert (listing.status, listing.weight) == (ListingStatus.NOT_LISTED, 0)
    assert listing.codes[0].kind == "info"


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("dbl.spamhaus.org", "dbltest.com"),
        ("multi.surbl.org", "test.surbl.org"),
        ("multi.uribl.com", "test.uribl.com"),
    ],
)
def test_domain_lists_are_believed_on_their_own_test_entry(name: str, entry: str) -> None:
    entries = {f"{entry}.{name}": "127.0.0.14" if "uribl" in name else "127.0.1.2"}
    if "surbl" in name:
        entries = {f"{entry}.{name}": "127.0.0.254"}
    (listing,) = run(look_up("good.example", OF_DOMAIN, (by_zone(name),)), zone(entries))
    assert listing.status is ListingStatus.NOT_LISTED


def test_silence_of_a_list_without_any_test_entry_proves_nothing() -> None:
    swinog = by_zone("dnsrbl.swinog.ch")
    (silent,) = run(look_up(SOURCE, OF_SOURCE, (swinog,)), zone({}))
    (speaks,) = run(look_up(SOURCE, OF_SOURCE, (swinog,)), zone({"7.2.0.192.dnsrbl.swinog.ch": "127.0.0.3"}))
    assert silent.status is ListingStatus.UNUSABLE
    assert "proves nothing" in reason_of(silent)
    assert speaks.status is ListingStatus.LISTED


def test_a_dead_list_that_is_named_is_tested_and_said_to_be_dead() -> None:
    (sorbs,) = lists_for_zones(["dnsbl.sorbs.net"])
    listing = listing_of({}, sorbs)
    assert listing.status is ListingStatus.UNUSABLE
    assert "recorded as dead: decommissioned on 2024-06-05" in reason_of(listing)
    assert "silent" in reason_of(listing)


# Batches


def drive(
    subjects: tuple[Subject, ...], lists: tuple[BlockList, ...], answer: Callable[[Question], Answer]
) -> list[tuple[Question, ...]]:
    batches: list[tuple[Question, ...]] = []
    resolution = look_up_many(subjects, lists)
    try:
        batch = next(resolution)
        while True:
            batches.append(batch)
            batch = resolution.send(tuple(answer(question) for question in batch))
    except StopIteration:
        return batches


def test_all_lists_subjects_and_test_entries_are_asked_in_one_batch() -> None:
    subjects = (
        Subject(SOURCE, OF_SOURCE),
        Subject("example.com", OF_DOMAIN),
        Subject("mx.example.com", OF_HELO),
    )
    (batch,) = drive(subjects, built_in_lists(), zone({}))
    assert len(batch) == len(set(batch))
    names = {question.name for question in batch}
    assert {"7.2.0.192.zen.spamhaus.org", "1.0.0.127.zen.spamhaus.org", "invalid.dbl.spamhaus.org"} <= names
    assert {"example.com.dbl.spamhaus.org", "mx.example.com.dbl.spamhaus.org"} <= names
    assert all(question.rtype is RecordType.A for question in batch)


def test_txt_is_asked_in_a_second_batch_and_only_of_what_is_listed() -> None:
    other = by_zone("other.lab.example")
    entries = {MUST: "127.0.0.2", ON_PRIVATE: "127.0.0.2", "7.2.0.192.other.lab.example": "127.0.0.2"}
    batches = drive((Subject(SOURCE, OF_SOURCE),), (PRIVATE, other), zone(entries))
    assert len(batches) == 2
    assert batches[1] == (Question(ON_PRIVATE, RecordType.TXT),)


def test_listings_come_by_subject_and_then_by_list() -> None:
    lists = (PRIVATE, by_zone("other.lab.example"))
    subjects = (Subject(SOURCE, OF_SOURCE), Subject(ip_address("192.0.2.8"), OF_SOURCE))
    result = run(look_up_many(subjects, lists), zone({}))
    assert [(it.subject, it.zone) for it in result] == [
        ("192.0.2.7", "bl.lab.example"),
        ("192.0.2.7", "other.lab.example"),
        ("192.0.2.8", "bl.lab.example"),
        ("192.0.2.8", "other.lab.example"),
    ]


def test_nothing_to_ask_asks_nothing() -> None:
    assert drive((), built_in_lists(), zone({})) == []


# Patterns


@pytest.mark.parametrize(
    "text", ["127.0.0", "bit 3", "bit x", "127.0.0.9-4", "127.0.0.256", "127.0.0.-1", "127.0.0.²"]
)
def test_a_wrong_pattern_is_refused(text: str) -> None:
    with pytest.raises(PatternError):
        CodePattern.parse(text)


@given(st.ip_addresses(v=4))
def test_a_pattern_covers_the_addresses_of_its_ranges_and_no_other(address: object) -> None:
    octets = [int(part) for part in str(address).split(".")]
    covered = CodePattern.parse("127.0.2-20.*").covers(ip_address(str(address)))  # type: ignore[arg-type]
    assert covered == (octets[:2] == [127, 0] and 2 <= octets[2] <= 20)


def test_an_undocumented_code_of_a_heavy_list_weighs_no_more_than_a_list_nobody_knows() -> None:
    heavy = replace(by_zone("zen.spamhaus.org"), weight=10)
    assert usable(heavy, "192.0.2.7", "127.0.0.77").weight == 4


def of_unknown_kind(entries: dict[str, str]) -> dict[str, ListingStatus]:
    """What an unknown zone with these entries says of an address and of a domain."""
    subjects = (
        Subject(ip_address("192.0.2.9"), OF_SOURCE),
        Subject("sender.example", OF_DOMAIN),
    )
    result = run(look_up_many(subjects, (by_zone("bl.lab.example"),)), zone(entries))
    return {listing.role: listing.status for listing in result}


def test_an_unknown_zone_is_believed_for_the_kinds_whose_test_entry_it_holds() -> None:
    addresses = {"2.0.0.127.bl.lab.example": "127.0.0.2", "9.2.0.192.bl.lab.example": "127.0.0.2"}
    domains = {"test.bl.lab.example": "127.0.0.2", "sender.example.bl.lab.example": "127.0.0.2"}
    assert of_unknown_kind(addresses) == {"source": ListingStatus.LISTED}
    assert of_unknown_kind(domains) == {"sender_domain": ListingStatus.LISTED}
    assert of_unknown_kind(addresses | domains) == {
        "source": ListingStatus.LISTED,
        "sender_domain": ListingStatus.LISTED,
    }


def test_an_unknown_zone_without_test_entries_is_unusable_once() -> None:
    assert of_unknown_kind({"9.2.0.192.bl.lab.example": "127.0.0.2"}) == {"source": ListingStatus.UNUSABLE}


def _always(address: str) -> Callable[[Question], Answer]:
    """A resolver that has this address for every name."""
    return lambda question: zone({question.name: address})(question)


@pytest.mark.parametrize(
    "answer",
    [
        "127.0.0.1",
        "127.0.0.2",
        "127.0.0.3",
        "127.0.0.5",
        "127.0.0.10",
        "127.0.1.2",
        "127.0.2.3",
        "127.0.0.255",
    ],
)
def test_a_resolver_with_one_answer_for_every_name_makes_no_list_believable(answer: str) -> None:
    """RFC 5782 section 5 asks both ways: one entry must be there, the other must not."""
    subjects = (
        Subject(ip_address("192.0.2.7"), OF_SOURCE),
        Subject("sender.example", OF_DOMAIN),
    )
    for listing in run(look_up_many(subjects, tuple(all_lists())), _always(answer)):
        assert listing.status in (ListingStatus.UNUSABLE, ListingStatus.REFUSED), listing
