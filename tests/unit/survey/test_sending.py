"""What was given stands; this host's mail server fills the rest."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

import pytest

from probe.model.mta_reason import MtaReason, MtaWhy
from probe.model.sender_mta import Families, Hop, HopKind, Route, RouteChoice, TextFact, TlsLevel, TlsPolicy
from probe.model.target import Endpoint, Options, TlsMode
from probe.standards.dns.results import MxHost, RouteKind
from probe.survey.sending import in_order, route_as, sending
from tests.support.dns_zone import Table
from tests.unit.checks.vantage.test_sender_mta import MTA

RELAY = Hop("relay.example.org", 587)
RELAYING = replace(MTA, route=Route(HopKind.RELAY, "smtp", "postconf relayhost", (RELAY,), True))


def test_without_a_server_the_options_are_as_given() -> None:
    result = Options(helo="x.example")
    how = sending(result, None)
    assert (how.options, how.mta, how.relay) == (result, None, ())
    assert (how.source(4), how.port, how.logs_in) == (None, 25, False)


def test_the_server_fills_what_was_left_open() -> None:
    only_four = replace(MTA, families=replace(MTA.families, usable=(4,)))
    how = sending(Options(), only_four)
    assert (how.options.helo, how.options.families) == ("mail.example.org", (4,))
    assert (how.source(4), how.source(6)) == (ip_address("192.0.2.10"), None)


def test_what_was_given_stands() -> None:
    result = Options(helo="x.example", families=(6,), bind=ip_address("2001:db8::1"), tls=TlsMode.NEVER)
    how = sending(result, replace(MTA, tls=TlsPolicy(TlsLevel.ENCRYPT, "s")))
    assert how.options == result
    assert how.source(6) == ip_address("2001:db8::1")


def test_a_name_that_is_not_known_is_left_open() -> None:
    assert (
        sending(Options(), replace(MTA, helo=TextFact(None, "s", MtaWhy(MtaReason.NOT_SET)))).options.helo
        is None
    )


@pytest.mark.parametrize(
    ("level", "mode"),
    [
        (TlsLevel.NONE, TlsMode.NEVER),
        (TlsLevel.MAY, TlsMode.AUTO),
        (TlsLevel.ENCRYPT, TlsMode.ENCRYPT),
        (TlsLevel.FINGERPRINT, TlsMode.REQUIRE),
        (TlsLevel.DANE, TlsMode.DANE),
        (TlsLevel.DANE_ONLY, TlsMode.REQUIRE),
        (TlsLevel.VERIFY, TlsMode.REQUIRE),
        (TlsLevel.SECURE, TlsMode.REQUIRE),
        (None, TlsMode.AUTO),
    ],
)
def test_every_level_of_tls_has_its_mode(level: TlsLevel | None, mode: TlsMode) -> None:
    assert sending(Options(), replace(MTA, tls=TlsPolicy(level, "s"))).options.tls is mode


def test_a_relay_is_asked_on_its_own_port() -> None:
    how = sending(Options(), RELAYING)
    assert (how.relay, how.port, how.logs_in) == ((RELAY,), 587, True)


def test_the_mx_may_be_asked_in_the_place_of_the_relay_without_its_demand_of_tls() -> None:
    demanding = replace(RELAYING, tls=TlsPolicy(TlsLevel.ENCRYPT, "s"))
    for each in (Options(route=RouteChoice.MX), Options(mx=Endpoint("mx.example.net", 25))):
        how = sending(each, demanding)
        assert (how.relay, how.port, how.logs_in, how.options.tls) == ((), 25, False, TlsMode.AUTO)
    assert sending(Options(), demanding).options.tls is TlsMode.ENCRYPT


def test_a_relay_that_speaks_tls_from_the_first_octet_is_not_asked() -> None:
    assert (
        sending(Options(), replace(RELAYING, tls=TlsPolicy(TlsLevel.ENCRYPT, "s", wrapped=True))).relay == ()
    )


def test_hosts_of_another_port_are_left_out() -> None:
    hops = (RELAY, Hop("b.example.org", 25), Hop("c.example.org", 587))
    how = sending(Options(), replace(RELAYING, route=replace(RELAYING.route, hops=hops)))
    assert [hop.host for hop in how.relay] == ["relay.example.org", "c.example.org"]


def test_the_route_to_a_relay_is_by_name_by_address_or_by_its_own_mx() -> None:
    ip = ip_address("192.0.2.7")
    hops = (
        Hop("relay.example.org", 25),
        Hop("192.0.2.7", 25, False, (ip,)),
        Hop("pool.example.org", 25, True),
    )
    how = sending(Options(), replace(RELAYING, route=replace(RELAYING.route, hops=hops)))
    zone = Table(
        {
            "A relay.example.org": ["192.0.2.1"],
            "MX pool.example.org": ["10 mx.pool.example.org."],
            "A mx.pool.example.org": ["192.0.2.3"],
        }
    )
    result = zone.drive(route_as("example.net", how))
    assert result.kind is RouteKind.FIXED
    assert [(host.host, [str(it) for it in host.addresses]) for host in result.hosts] == [
        ("relay.example.org", ["192.0.2.1"]),
        ("192.0.2.7", ["192.0.2.7"]),
        ("mx.pool.example.org", ["192.0.2.3"]),
    ]


def hosts(*named: tuple[int, str, tuple[str, ...]]) -> tuple[MxHost, ...]:
    return tuple(MxHost(preference, name, tuple(map(ip_address, ips)), ()) for preference, name, ips in named)


BOTH = hosts(
    (10, "a", ("192.0.2.1", "2001:db8::1")),
    (10, "b", ("192.0.2.2", "2001:db8::2")),
    (20, "c", ("192.0.2.3",)),
)


@pytest.mark.parametrize(
    ("preferred", "most", "is_balanced", "order"),
    [
        (None, None, True, "192.0.2.1 2001:db8::1 192.0.2.2 2001:db8::2 192.0.2.3"),
        (6, None, True, "2001:db8::1 2001:db8::2 192.0.2.1 192.0.2.2 192.0.2.3"),
        (4, None, True, "192.0.2.1 192.0.2.2 2001:db8::1 2001:db8::2 192.0.2.3"),
        (6, 1, True, "2001:db8::1"),
        (6, 2, True, "2001:db8::1 192.0.2.1"),
        (6, 2, False, "2001:db8::1 2001:db8::2"),
        (6, 3, False, "2001:db8::1 2001:db8::2 192.0.2.1"),
    ],
)
def test_addresses_are_tried_in_the_order_of_the_server(
    preferred: int | None, most: int | None, is_balanced: bool, order: str
) -> None:
    families = Families((4, 6), preferred, "s", most, is_balanced)
    how = sending(Options(), replace(MTA, families=families))
    assert " ".join(str(ip) for host in in_order(how, BOTH) for ip in host.addresses) == order


def test_without_a_server_the_order_of_the_hosts_stands() -> None:
    assert in_order(sending(Options(), None), BOTH) == BOTH
    only = replace(MTA, families=Families((4, 6), 6, "s"))
    assert in_order(sending(Options(families=(4,)), only), BOTH) == BOTH
