"""Where mail for a domain goes, by what DNS says."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from probe.model.target import Endpoint
from probe.settings import MX_ADDRESS_LIMIT, MX_LIMIT
from probe.standards.dns.message import Mx, RecordType, Status
from probe.standards.dns.mx import fixed_route, in_order_of_trying, literal_route, resolve_mx
from probe.standards.dns.results import MxResult, RouteKind
from tests.support.dns_zone import Table, Zone


def route(zone: Zone, domain: str = "example.org", **choices: object) -> MxResult:
    return Table(zone).drive(resolve_mx(domain, **choices))  # type: ignore[arg-type]


def test_hosts_come_by_preference_whatever_the_order_of_the_answer() -> None:
    zone = {"MX example.org": ["30 c.example", "10 a.example", "20 b.example"]}
    assert [host.host for host in route(zone).hosts] == ["a.example", "b.example", "c.example"]


def test_equal_preferences_are_ordered_by_the_seed_alone() -> None:
    records = [Mx(10, f"mx{i}.example") for i in range(6)]
    first = in_order_of_trying(records, 1)
    assert in_order_of_trying(reversed(records), 1) == first
    assert any(in_order_of_trying(records, seed) != first for seed in range(2, 8))
    assert sorted(first, key=str) == sorted(records, key=str)


def test_the_seed_never_mixes_preferences() -> None:
    records = [Mx(10, "a.example"), Mx(10, "b.example"), Mx(20, "c.example")]
    assert all(in_order_of_trying(records, seed)[2].exchange == "c.example" for seed in range(20))


def test_a_host_named_twice_is_tried_once_at_its_best_place() -> None:
    zone = {"MX example.org": ["20 a.example", "10 A.example.", "15 b.example"]}
    assert [(h.preference, h.host) for h in route(zone).hosts] == [(10, "a.example"), (15, "b.example")]


def test_null_mx() -> None:
    result = route({"MX example.org": ["0 ."], "A example.org": ["192.0.2.1"]})
    assert (result.kind, result.hosts) == (RouteKind.NULL_MX, ())
    assert not result.has_null_mx_among_others


@pytest.mark.parametrize("preference", [0, 10])
def test_null_mx_among_others_is_flagged_and_no_mail_goes_there(preference: int) -> None:
    """As with Postfix (dns_lookup.c) and sendmail; the lab holds it against both."""
    table = Table({"MX example.org": [f"{preference} .", "20 a.example"], "A a.example": ["192.0.2.1"]})
    result = table.drive(resolve_mx("example.org"))
    assert (result.kind, result.hosts) == (RouteKind.NULL_MX, ())
    assert result.has_null_mx_among_others
    assert result.null_mx_preference == preference
    assert len(table.rounds) == 1


def test_exim_and_opensmtpd_use_the_hosts_beside_a_null_mx() -> None:
    table = Table({"MX example.org": ["0 .", "20 a.example"], "A a.example": ["192.0.2.1"]})
    result = table.drive(resolve_mx("example.org", ignores_root=True))
    assert (result.kind, [host.host for host in result.hosts]) == (RouteKind.MX, ["a.example"])
    assert result.has_null_mx_among_others


def test_a_null_mx_alone_stands_for_them_too() -> None:
    table = Table({"MX example.org": ["0 ."], "A example.org": ["192.0.2.1"]})
    assert table.drive(resolve_mx("example.org", ignores_root=True)).kind is RouteKind.NULL_MX


def test_the_root_with_a_preference_is_no_mail_host_either() -> None:
    result = route({"MX example.org": ["10 ."], "A example.org": ["192.0.2.1"]})
    assert (result.kind, result.null_mx_preference) == (RouteKind.NULL_MX, 10)
    assert not result.has_null_mx_among_others


def test_without_mx_the_address_of_the_domain_is_its_mx() -> None:
    table = Table({"A example.org": ["192.0.2.1"]})
    result = table.drive(resolve_mx("example.org"))
    assert result.kind is RouteKind.IMPLICIT_MX
    assert [(h.host, h.addresses) for h in result.hosts] == [("example.org", (ip_address("192.0.2.1"),))]
    assert len(table.rounds) == 2


def test_an_ipv6_address_alone_is_an_implicit_mx_too() -> None:
    result = route({"AAAA example.org": ["2001:db8::1"]})
    assert result.kind is RouteKind.IMPLICIT_MX


def test_an_existing_mx_that_dangles_is_not_replaced_by_the_implicit_one() -> None:
    result = route({"MX example.org": ["10 gone.example"], "A example.org": ["192.0.2.1"]})
    assert result.kind is RouteKind.MX
    assert result.hosts[0].is_dangling


def test_no_such_domain() -> None:
    table = Table({})
    assert table.drive(resolve_mx("example.org")).kind is RouteKind.NO_DOMAIN
    assert len(table.asked) == 1


def test_a_name_without_mx_and_address_takes_no_mail() -> None:
    assert route({"TXT example.org": ["x"]}).kind is RouteKind.NO_MAIL_HOST


@pytest.mark.parametrize(
    "status",
    [
        Status.SERVFAIL,
        Status.TIMEOUT,
        Status.REFUSED,
        Status.UNREACHABLE,
        Status.MALFORMED,
        Status.NOT_ASKED,
        Status.CNAME_LOOP,
    ],
)
def test_unanswered_mx_concludes_nothing(status: Status) -> None:
    result = route({"MX example.org": status, "A example.org": ["192.0.2.1"]})
    assert (result.kind, result.hosts) == (RouteKind.UNKNOWN, ())


@pytest.mark.parametrize(
    "zone",
    [
        {"A example.org": Status.SERVFAIL, "TXT example.org": ["x"]},
        {"AAAA example.org": Status.TIMEOUT, "TXT example.org": ["x"]},
    ],
)
def test_no_mx_and_an_unanswered_address_concludes_nothing(zone: Zone) -> None:
    assert route(zone).kind is RouteKind.UNKNOWN


def test_a_host_whose_addresses_are_not_answered_stays_and_does_not_dangle() -> None:
    zone: Zone = {
        "MX example.org": ["10 a.example", "20 b.example"],
        "A a.example": Status.SERVFAIL,
        "A b.example": ["192.0.2.2"],
    }
    first, second = route(zone).hosts
    assert (first.addresses, first.is_dangling) == ((), False)
    assert second.addresses == (ip_address("192.0.2.2"),)


def test_a_cname_at_the_domain_is_followed() -> None:
    zone = {"CNAME example.org": ["other.example"], "MX other.example": ["10 a.example"]}
    result = route(zone)
    assert result.kind is RouteKind.MX
    assert result.answers[0].aliases == ("other.example",)


def test_a_cname_at_the_mx_target_is_flagged_and_followed() -> None:
    zone = {
        "MX example.org": ["10 a.example"],
        "CNAME a.example": ["b.example"],
        "A b.example": ["192.0.2.3"],
    }
    (host,) = route(zone).hosts
    assert (host.is_alias, host.host, host.addresses) == (True, "a.example", (ip_address("192.0.2.3"),))


@pytest.mark.parametrize("target", ["192.0.2.7", "192.0.2.7.", "[192.0.2.7]"])
def test_an_address_as_mx_target_is_noted_and_not_looked_up(target: str) -> None:
    table = Table({"MX example.org": [f"10 {target}"]})
    (host,) = table.drive(resolve_mx("example.org")).hosts
    assert (host.is_literal, host.addresses) == (True, (ip_address("192.0.2.7"),))
    assert len(table.asked) == 1


def test_families_alternate_in_the_wanted_order() -> None:
    zone = {
        "MX example.org": ["10 a.example"],
        "A a.example": ["192.0.2.1", "192.0.2.2", "192.0.2.3"],
        "AAAA a.example": ["2001:db8::1"],
    }
    four_first = [str(ip) for ip in route(zone).hosts[0].addresses]
    six_first = [str(ip) for ip in route(zone, families=(6, 4)).hosts[0].addresses]
    only_six = [str(ip) for ip in route(zone, families=(6,)).hosts[0].addresses]
    assert four_first == ["192.0.2.1", "2001:db8::1", "192.0.2.2", "192.0.2.3"]
    assert six_first == ["2001:db8::1", "192.0.2.1", "192.0.2.2", "192.0.2.3"]
    assert only_six == ["2001:db8::1"]


def test_one_family_only_does_not_make_a_host_of_the_other_dangle() -> None:
    zone = {"MX example.org": ["10 a.example"], "AAAA a.example": ["2001:db8::1"]}
    (host,) = route(zone, families=(4,)).hosts
    assert (host.addresses, host.is_dangling) == ((), False)


def test_all_addresses_are_asked_in_one_round() -> None:
    table = Table({"MX example.org": [f"{i} mx{i}.example" for i in range(5)]})
    table.drive(resolve_mx("example.org"))
    assert [len(batch) for batch in table.rounds] == [1, 10]


def test_hosts_and_addresses_are_capped_and_the_rest_counted() -> None:
    zone = {
        "MX example.org": [f"{i} mx{i}.example" for i in range(MX_LIMIT + 7)],
        "A mx0.example": [f"192.0.2.{i}" for i in range(200)],
    }
    result = route(zone)
    assert (len(result.hosts), result.dropped) == (MX_LIMIT, 7)
    assert len(result.hosts[0].addresses) == MX_ADDRESS_LIMIT


def test_secure_needs_the_ad_bit_on_every_address_answer() -> None:
    zone = {"MX example.org": ["10 a.example"], "A a.example": ["192.0.2.1"]}
    secure = Table(zone, secure=True).drive(resolve_mx("example.org"))
    insecure = Table(zone).drive(resolve_mx("example.org"))
    half = Table(zone, secure=frozenset({RecordType.MX, RecordType.A})).drive(resolve_mx("example.org"))
    assert (secure.secure, secure.hosts[0].secure) == (True, True)
    assert (insecure.secure, insecure.hosts[0].secure) == (False, False)
    assert (half.secure, half.hosts[0].secure) == (True, False)


@pytest.mark.parametrize(
    ("ip", "literal"), [("192.0.2.1", "[192.0.2.1]"), ("2001:db8::1", "[IPv6:2001:db8::1]")]
)
def test_the_route_of_an_address_literal_asks_nothing(ip: str, literal: str) -> None:
    table = Table({})
    result = table.drive(literal_route(ip_address(ip)))
    assert (result.kind, result.hosts[0].addresses) == (RouteKind.ADDRESS_LITERAL, (ip_address(ip),))
    assert (result.domain, result.hosts[0].host) == (literal, literal)
    assert table.rounds == []


def test_a_fixed_host_is_looked_up_by_name() -> None:
    table = Table({"A mx.example": ["192.0.2.1"]})
    result = table.drive(fixed_route(Endpoint("MX.example.", 2525), families=(4,)))
    assert (result.kind, result.hosts[0].host) == (RouteKind.FIXED, "mx.example")
    assert result.hosts[0].addresses == (ip_address("192.0.2.1"),)
    assert {question.rtype for question in table.asked} == {RecordType.A, RecordType.AAAA}


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "[::1]"])
def test_a_fixed_address_is_taken_as_it_is(host: str) -> None:
    table = Table({})
    result = table.drive(fixed_route(Endpoint(host, 25)))
    assert result.hosts[0].addresses == (ip_address(host.strip("[]")),)
    assert table.rounds == []
