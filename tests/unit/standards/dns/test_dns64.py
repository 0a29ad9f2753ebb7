"""Addresses that DNS64 made under a prefix of the network's own (RFC 6052, RFC 7050)."""

from __future__ import annotations

from ipaddress import IPv4Address, ip_address, ip_network

import pytest

from probe.checks.catalogue import findings_of
from probe.facts.build import facts_of
from probe.model.target import Options, PairTarget
from probe.recording import events as ev
from probe.recording.journal import Recording
from probe.standards.dns.dns64 import IPV4_ONLY, inner_address, made_addresses, prefixes_of
from probe.standards.dns.message import Answer, Mx, Question, Record, RecordType, Status, run
from probe.standards.dns.mx import resolve_mx
from probe.standards.dns.provenance import Provenance
from tests.support.recordings import RECIPIENT, SENDER, STARTED_AT, dns

INNER = IPv4Address("192.0.2.33")


def shows(*texts: str) -> Answer:
    return Answer(IPV4_ONLY, Status.ANSWER, tuple(map(ip_address, texts)))


@pytest.mark.parametrize(
    ("prefix", "of_ipv4_only", "text"),
    [
        # the examples of RFC 6052 section 2.4
        ("2001:db8::/32", "2001:db8:c000:aa::", "2001:db8:c000:221::"),
        ("2001:db8:100::/40", "2001:db8:1c0:0:aa::", "2001:db8:1c0:2:21::"),
        ("2001:db8:122::/48", "2001:db8:122:c000:0:aa00::", "2001:db8:122:c000:2:2100::"),
        ("2001:db8:122:300::/56", "2001:db8:122:3c0:0:aa::", "2001:db8:122:3c0:0:221::"),
        ("2001:db8:122:344::/64", "2001:db8:122:344:c0:0:aa00:0", "2001:db8:122:344:c0:2:2100::"),
        ("2001:db8:122:344::/96", "2001:db8:122:344::192.0.0.170", "2001:db8:122:344::192.0.2.33"),
    ],
)
def test_the_prefix_is_found_wherever_the_address_stands(prefix: str, of_ipv4_only: str, text: str) -> None:
    prefixes = prefixes_of(shows(of_ipv4_only))
    assert ip_network(prefix) in prefixes
    assert inner_address(ip_address(text), prefixes) == INNER


def test_other_addresses_were_not_made() -> None:
    prefixes = prefixes_of(shows("2001:db8:64::c000:aa", "2001:db8:64::c000:ab"))
    assert prefixes == (ip_network("2001:db8:64::/96"),)
    assert inner_address(ip_address("2001:db8:65::c000:221"), prefixes) is None
    assert inner_address(INNER, prefixes) is None
    assert inner_address(ip_address("64:ff9b::c000:221"), ()) == INNER
    assert prefixes_of(Answer(IPV4_ONLY, Status.NODATA)) == ()


def zone(six: str) -> dict[Question, Answer]:
    result = Provenance("192.0.2.53", recursive=True)
    rows: dict[Question, tuple[Record, ...]] = {
        Question("d.example", RecordType.MX): (Mx(10, "mx.d.example"),),
        Question("mx.d.example", RecordType.A): (INNER,),
        Question("mx.d.example", RecordType.AAAA): (ip_address(six),),
        IPV4_ONLY: (ip_address("2001:db8:64::c000:aa"),),
    }
    return {
        question: Answer(question, Status.ANSWER, records, provenance=result)
        for question, records in rows.items()
    }


@pytest.mark.parametrize(
    ("six", "queries"),
    [
        ("2001:db8:64::c000:221", True),
        ("2001:db8:122:344:c0:2:2100::", True),
        ("2001:db8:64::1", False),
        ("64:ff9b::c000:221", False),  # it is known by itself
    ],
)
def test_the_name_is_asked_for_only_where_an_address_holds_the_other(six: str, queries: bool) -> None:
    answers = zone(six)
    questions: list[Question] = []

    def lookup(question: Question) -> Answer:
        questions.append(question)
        return answers[question]

    run(made_addresses(run(resolve_mx("d.example"), answers.__getitem__)), lookup)
    assert questions == ([IPV4_ONLY] if queries else [])


@pytest.mark.parametrize(
    ("answers", "is_told"),
    [
        ((dns("ipv4only.arpa", RecordType.AAAA, ip_address("2001:db8:64::c000:aa")),), True),
        ((dns("ipv4only.arpa", RecordType.AAAA),), False),
        ((), False),
    ],
)
def test_a_report_names_what_was_made_and_not_how_it_was_found(
    answers: tuple[ev.DnsAnswered, ...], is_told: bool
) -> None:
    started = ev.Started(
        ev.FORMAT_VERSION, "0.1", STARTED_AT, PairTarget(SENDER, RECIPIENT), Options(dnsbl_enabled=False)
    )
    result = dns("mx.d.example", RecordType.AAAA, ip_address("2001:db8:64::c000:221"))
    output = findings_of(facts_of(Recording.of([started, result, *answers])))
    messages = [it.message for it in output if it.id == "resolver-answers"]
    assert [("192.0.2.33" in it, "ipv4only" in it) for it in messages] == ([(True, False)] if is_told else [])
