"""Which mail servers are one operator's: by name, by registered domain, by network; in whatever order."""

from __future__ import annotations

import random
import sqlite3
from ipaddress import ip_address

import pytest

from probe.bulk.lanes import DisjointSet
from probe.cli.bulk_lanes import Routes, join_lanes
from probe.cli.bulk_tables import TABLES
from probe.knowledge.operator_signs import network, signs_of

HERE = (network(ip_address("192.0.2.7").packed),)
THERE = (network(ip_address("198.51.100.7").packed),)


def lanes_of(*servers: tuple[str, tuple[bytes, ...]]) -> list[int]:
    """The lane of each server, in the order of the servers."""
    base = sqlite3.connect("", isolation_level=None)
    base.executescript(TABLES)
    routes = Routes(base)
    ids = [routes.id_of(signs_of(*server)) for server in servers]
    join_lanes(base)
    return [base.execute("select lane from routes where id = ?", (it,)).fetchone()[0] for it in ids]


def test_networks_are_24_of_ipv4_and_48_of_ipv6() -> None:
    one, other, far = (network(ip_address(it).packed) for it in ("192.0.2.1", "192.0.2.255", "192.0.3.1"))
    assert one == other != far
    one, other, far = (
        network(ip_address(it).packed) for it in ("2001:db8:1::1", "2001:db8:1:ff::2", "2001:db8:2::1")
    )
    assert one == other != far


def test_vanity_names_of_one_hoster_are_one_lane() -> None:
    a, b, c = lanes_of(("mx.shop.example", HERE), ("mail.bakery.test", HERE), ("mx.other.example", THERE))
    assert a == b != c


def test_a_registered_domain_and_a_provider_join_what_no_network_does() -> None:
    mx1, mx2 = lanes_of(("mx1.hoster.example", HERE), ("mx2.hoster.example", THERE))
    assert mx1 == mx2
    google, domains = lanes_of(("aspmx.l.google.com", HERE), ("alt1.gmail-smtp-in.l.google.com", THERE))
    assert google == domains


def test_a_third_server_joins_two_others() -> None:
    servers = [("mx.a.example", HERE), ("mx.b.example", THERE)]
    assert len(set(lanes_of(*servers))) == 2
    assert len(set(lanes_of(*servers, ("mx.c.example", HERE + THERE)))) == 1


@pytest.mark.parametrize("seed", range(20))
def test_the_lanes_do_not_depend_on_the_order_of_answers(seed: int) -> None:
    lots = random.Random(seed)
    servers = [
        (f"mx.d{lots.randrange(12)}.example", (bytes([192, 0, lots.randrange(12)]),)) for _ in range(20)
    ]
    before = lanes_of(*servers)
    order = lots.sample(range(len(servers)), len(servers))
    after = lanes_of(*(servers[place] for place in order))
    for one in range(len(servers)):
        for other in range(len(servers)):
            is_joined = before[order[one]] == before[order[other]]
            assert is_joined == (after[one] == after[other])


def test_what_is_joined_later_is_one_from_then_on() -> None:
    numbers = DisjointSet(4)
    assert numbers.join([2, 3]) == 2
    assert numbers.find(3) == 2 != numbers.find(1)
    assert numbers.join([3, 1]) == 1
    assert [numbers.find(it) for it in range(4)] == [0, 1, 1, 1]
