"""Reverse names and the EHLO name, by what DNS says."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from probe.standards.dns.helo import judge_helo
from probe.standards.dns.message import Status
from probe.standards.dns.ptr import NAMES_LIMIT, confirm_reverse
from probe.standards.dns.results import HeloResult, PtrResult, PtrStatus
from tests.support.dns_zone import Table, Zone

IP = ip_address("192.0.2.10")
PTR = "PTR 10.2.0.192.in-addr.arpa"


def reverse(zone: Zone) -> PtrResult:
    return Table(zone).drive(confirm_reverse(IP))


def helo(zone: Zone, name: str = "mail.example.org", ptr: PtrResult | None = None) -> HeloResult:
    return Table(zone).drive(judge_helo(name, IP, ptr))


def test_a_name_that_leads_back_confirms() -> None:
    result = reverse({PTR: ["mail.example", "other.example"], "A mail.example": ["192.0.2.10"]})
    assert (result.status, result.confirmed) == (PtrStatus.CONFIRMED, ("mail.example",))
    assert result.names == ("mail.example", "other.example")


def test_ipv6_is_confirmed_by_aaaa() -> None:
    ip = ip_address("2001:db8::1")
    name = "1." + "0." * 23 + "8.b.d.0.1.0.0.2.ip6.arpa"
    result = Table({f"PTR {name}": ["six.example"], "AAAA six.example": ["2001:db8::1"]}).drive(
        confirm_reverse(ip)
    )
    assert result.status is PtrStatus.CONFIRMED


def test_a_mapped_address_is_that_ipv4_address() -> None:
    zone = {PTR: ["mail.example"], "A mail.example": ["192.0.2.10"]}
    result = Table(zone).drive(confirm_reverse(ip_address("::ffff:192.0.2.10")))
    assert (result.status, result.ip) == (PtrStatus.CONFIRMED, IP)


def test_no_ptr_is_missing() -> None:
    assert reverse({}).status is PtrStatus.MISSING


def test_a_name_that_leads_elsewhere_or_nowhere_is_a_mismatch() -> None:
    assert reverse({PTR: ["mail.example"], "A mail.example": ["192.0.2.11"]}).status is PtrStatus.MISMATCH
    assert reverse({PTR: ["gone.example"]}).status is PtrStatus.MISMATCH


@pytest.mark.parametrize("status", [Status.SERVFAIL, Status.TIMEOUT, Status.NOT_ASKED])
def test_unanswered_is_unknown_not_missing(status: Status) -> None:
    assert reverse({PTR: status}).status is PtrStatus.UNKNOWN
    assert reverse({PTR: ["mail.example"], "A mail.example": status}).status is PtrStatus.UNKNOWN


def test_one_confirming_name_outweighs_an_unanswered_one() -> None:
    zone: Zone = {
        PTR: ["a.example", "b.example"],
        "A a.example": Status.TIMEOUT,
        "A b.example": ["192.0.2.10"],
    }
    assert reverse(zone).status is PtrStatus.CONFIRMED


def test_a_flood_of_names_is_cut() -> None:
    table = Table({PTR: [f"h{i}.example" for i in range(500)]})
    assert len(table.drive(confirm_reverse(IP)).names) == NAMES_LIMIT
    assert len(table.asked) == 1 + NAMES_LIMIT


def test_a_good_helo_name() -> None:
    ptr = reverse({PTR: ["mail.example.org"], "A mail.example.org": ["192.0.2.10"]})
    result = helo({"A mail.example.org": ["192.0.2.10"]}, ptr=ptr)
    assert (result.is_fqdn, result.resolves, result.matches_source, result.equals_ptr) == (True,) * 4


def test_case_and_trailing_dot_do_not_matter() -> None:
    ptr = reverse({PTR: ["mail.example.org"], "A mail.example.org": ["192.0.2.10"]})
    result = helo({"A mail.example.org": ["192.0.2.10"]}, "MAIL.example.ORG.", ptr)
    assert (result.resolves, result.equals_ptr) == (True, True)


def test_a_name_that_does_not_exist() -> None:
    result = helo({})
    assert (result.is_fqdn, result.resolves, result.matches_source) == (True, False, False)


def test_a_name_that_leads_elsewhere() -> None:
    result = helo({"A mail.example.org": ["192.0.2.99"]})
    assert (result.resolves, result.matches_source) == (True, False)


def test_unanswered_stays_unknown() -> None:
    result = helo({"A mail.example.org": Status.SERVFAIL, "AAAA mail.example.org": Status.SERVFAIL})
    assert (result.resolves, result.matches_source) == (None, None)


def test_the_other_family_unanswered_leaves_the_match_decided() -> None:
    result = helo({"A mail.example.org": ["192.0.2.99"], "AAAA mail.example.org": Status.TIMEOUT})
    assert (result.resolves, result.matches_source) == (True, False)


def test_without_a_source_address_nothing_matches_or_fails() -> None:
    result = Table({"A mail.example.org": ["192.0.2.1"]}).drive(judge_helo("mail.example.org", None, None))
    assert result.matches_source is None


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ({}, None),
        ({PTR: Status.TIMEOUT}, None),
        ({PTR: ["other.example"]}, False),
        ({PTR: ["mail.example.org"]}, True),
    ],
)
def test_agreement_with_the_ptr(zone: Zone, expected: bool | None) -> None:
    assert helo({}, ptr=reverse(zone)).equals_ptr is expected


@pytest.mark.parametrize(
    ("name", "matches"),
    [("[192.0.2.10]", True), ("[192.0.2.11]", False), ("[IPv6:::ffff:c000:20a]", False), ("[oops]", False)],
)
def test_an_address_literal_is_not_looked_up(name: str, matches: bool) -> None:
    table = Table({})
    result = table.drive(judge_helo(name, IP, None))
    assert (result.is_literal, result.is_fqdn, result.matches_source) == (True, False, matches)
    assert table.rounds == []


@pytest.mark.parametrize(
    "name", ["localhost", "my_host.example.org", "-a.example", "1.2.3.4", "a b.example", ""]
)
def test_what_is_no_fqdn(name: str) -> None:
    assert not helo({}, name).is_fqdn


def test_a_name_that_dns_cannot_hold_is_not_asked_and_does_not_resolve() -> None:
    table = Table({})
    result = table.drive(judge_helo("a..example", IP, None))
    assert (result.resolves, result.is_fqdn) == (False, False)
    assert table.rounds == []
