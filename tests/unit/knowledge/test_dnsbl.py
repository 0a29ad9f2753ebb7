"""dnsbl.toml is complete, sourced and consistent."""

from __future__ import annotations

from datetime import date
from ipaddress import ip_address

import pytest

from probe.knowledge.dnsbl import BlockList, all_lists, built_in_lists, by_id, by_zone, lists_for_zones
from probe.model.listing import CodeKind
from probe.standards.dnsbl.blocklist import SubjectKind, Use

EACH = pytest.mark.parametrize("entry", all_lists(), ids=lambda it: it.id)


def test_ids_and_zones_are_unique() -> None:
    lists = all_lists()
    zones = [zone for it in lists for zone in (it.zone, *it.other_zones) if zone]
    assert len({it.id for it in lists}) == len(lists)
    assert len(set(zones)) == len(zones)


@EACH
def test_every_list_has_a_source_a_date_and_a_word_of_confirmation(entry: BlockList) -> None:
    assert entry.title
    assert entry.source
    assert date.fromisoformat(entry.checked) <= date(2026, 12, 31)
    assert entry.confirmed in ("yes", "partial", "no")
    assert entry.status in ("alive", "unconfirmed", "private", "dead")
    assert entry.status == "alive" or entry.status_note


@EACH
def test_weights_are_within_bounds_and_no_code_outweighs_a_ten(entry: BlockList) -> None:
    assert 0 <= entry.weight <= 10
    assert all(0 <= code.weight <= 10 and code.meaning for code in entry.codes)
    assert all(code.weight == 0 for code in entry.codes if code.kind is CodeKind.INFO)
    assert all(code.weight <= 2 for code in entry.codes if code.kind is CodeKind.POLICY)
    assert entry.is_allow_list == (bool(entry.codes) and all(it.kind is CodeKind.ALLOW for it in entry.codes))


@EACH
def test_zones_are_plain_lower_case_names_and_links_are_links(entry: BlockList) -> None:
    for zone in (entry.zone, entry.key_zone, *entry.other_zones):
        assert zone == zone.lower().strip(".")
        assert "<" not in zone
    assert entry.delist_url == "" or entry.delist_url.startswith(("https://", "http://"))


@EACH
def test_a_list_that_is_asked_has_a_zone_subjects_codes_and_is_not_dead(entry: BlockList) -> None:
    if entry.use in (Use.ON, Use.INFO):
        assert entry.zone
        assert entry.subjects
        assert entry.codes
        assert not entry.is_dead
        assert entry.key_zone != entry.zone
    assert entry.is_dead == (entry.use is Use.NEVER)


@EACH
def test_no_refusal_is_also_a_code_that_could_be_read_as_a_listing(entry: BlockList) -> None:
    for rule in entry.refusals:
        low = ip_address(".".join(str(first) for first, _ in rule.pattern.octets))
        if rule.pattern.bit:
            low += rule.pattern.bit
        assert entry.read((low,)).codes == ()


@EACH
def test_every_code_that_is_described_reads_as_it_is_described(entry: BlockList) -> None:
    for rule in entry.codes:
        lowest = ip_address(".".join(str(low) for low, _ in rule.pattern.octets))
        answer = lowest + rule.pattern.bit
        result = entry.read((answer,)).codes
        assert rule.meaning in {code.meaning for code in result}


@EACH
def test_a_list_without_a_public_way_out_says_so_and_a_way_out_is_a_sentence(entry: BlockList) -> None:
    assert entry.removal == "" or (entry.removal.endswith(".") and entry.delist_url)


@EACH
def test_what_is_not_confirmed_weighs_less(entry: BlockList) -> None:
    most = {"yes": 10, "partial": 7, "no": 4}[entry.confirmed]
    assert max([entry.weight, *(code.weight for code in entry.codes)]) <= most


def read(list_id: str, answer: str) -> list[str]:
    result = by_id(list_id)
    assert result is not None
    reading = result.read((ip_address(answer),))
    return [reading.sight.value, *(code.meaning for code in reading.codes)]


@pytest.mark.parametrize(
    ("list_id", "answer", "expected"),
    [
        ("dnswl", "127.0.10.0", ["answered", "known as a mail server, trust: none"]),  # its own test entry
        ("dnswl", "127.0.10.3", ["refused"]),
        ("dnswl", "127.0.0.255", ["refused"]),
        ("validity-rpbl", "127.0.0.1", ["answered", "a bot"]),
        ("0spam", "127.0.0.1", ["answered", "general spam, to spam traps"]),
        ("abusix", "127.0.0.200", ["answered", "black: a network that is listed as a whole"]),
        ("mailspike-wl", "127.0.0.17", ["answered", "H2: rather good reputation"]),
    ],
)
def test_answers_that_were_once_misread(list_id: str, answer: str, expected: list[str]) -> None:
    assert read(list_id, answer) == expected


def test_dead_lists_are_never_asked_by_default() -> None:
    questions = {it.zone for it in built_in_lists()}
    assert not questions & {
        "db.wpbl.info",
        "dnsbl.sorbs.net",
        "dnsbl.ahbl.org",
        "bl.nszones.com",
        "ix.dnsbl.manitu.net",
    }
    assert len(questions) == len(built_in_lists()) >= 25


def test_kinds_are_kept_apart() -> None:
    questions = {kind: {it.zone for it in built_in_lists() if kind in it.subjects} for kind in SubjectKind}
    assert {"zen.spamhaus.org", "b.barracudacentral.org"} <= questions[SubjectKind.IPV4]
    assert "b.barracudacentral.org" not in questions[SubjectKind.IPV6]
    assert {"dbl.spamhaus.org", "multi.surbl.org"} <= questions[SubjectKind.DOMAIN]
    assert "zen.spamhaus.org" not in questions[SubjectKind.DOMAIN]


def test_a_known_zone_is_found_whatever_its_case_and_final_dot() -> None:
    assert by_zone("ZEN.Spamhaus.org.").id == "spamhaus-zen"
    assert by_zone("ubl.lashback.com").id == "lashback"
    assert by_zone("ubl.lashback.com").zone == "ubl.lashback.com"


def test_a_customer_key_leads_to_the_list_behind_it() -> None:
    keyed = by_zone("abc123.zen.dq.spamhaus.net")
    assert (keyed.id, keyed.zone) == ("spamhaus-zen", "abc123.zen.dq.spamhaus.net")
    assert by_zone("zen.dq.spamhaus.net.evil.example").id == "zen.dq.spamhaus.net.evil.example"


def test_an_unknown_zone_may_take_anything_and_weighs_four() -> None:
    unknown = by_zone("bl.lab.example")
    assert [str(kind) for kind in unknown.subjects] == ["ipv4", "ipv6", "domain"]
    assert unknown.kinds_are_guessed
    assert unknown.read((ip_address("127.0.0.2"),)).codes[0].weight == 4


def test_a_zone_given_twice_is_used_once() -> None:
    assert [it.zone for it in lists_for_zones(["b.example", "a.example", "B.example."])] == [
        "b.example",
        "a.example",
    ]
