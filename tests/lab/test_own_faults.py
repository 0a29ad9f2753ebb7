"""What is wrong with this machine, or with its network, is told as theirs: over real routes and servers."""

from __future__ import annotations

import pytest

from tests.lab.behind import GATEWAY, Behind
from tests.lab.namespace import DROPPED
from tests.lab.world import RESOLVER, Told, World

pytestmark = pytest.mark.lab

HERE = ("--allow-private", "--no-dnsbl", "--selector", "s1")


def ask(world: World, behind: Behind, recipient: str, *further: str, nameserver: str = RESOLVER) -> Told:
    here = (*HERE, "--nameserver", nameserver, *further)
    return world.ask("check", "bob@sender.example", recipient, *here, host=behind.host)


def verdict(told: Told) -> tuple[str, str | None, str, int]:
    found = told.verdict
    return found["outcome"], found["cause"], found["fix_by"], told.exit_code


def tags(told: Told) -> set[str]:
    return {finding["tag"] for finding in told.report["findings"]}


def test_the_own_gateway_turns_connections_away(world: World, behind: Behind) -> None:
    """It says so by ICMP: a route that prohibits (13), which stands for a firewall that rejects."""
    behind.on_gateway("ip", "route", "add", "prohibit", "203.0.113.10/32")
    try:
        told = ask(world, behind, "alice@healthy.example")
    finally:
        behind.on_gateway("ip", "route", "del", "prohibit", "203.0.113.10/32")
    assert verdict(told) == ("inconclusive", "connection_failed", "sender_network", 4)
    assert "port-turned-away-by-gateway" in tags(told)
    assert GATEWAY in " ".join(it["message"] for it in told.report["findings"] if it["id"] == "port25")


def test_a_host_without_ipv6_cannot_reach_one_that_has_nothing_else(world: World, behind: Behind) -> None:
    told = ask(world, behind, "alice@six.example")
    assert verdict(told) == ("inconclusive", "connection_failed", "sender", 4)
    assert "port-without-route" in tags(told)


def test_the_family_that_was_chosen_is_the_options_doing(world: World, behind: Behind) -> None:
    told = ask(world, behind, "alice@healthy.example", "-6")
    assert verdict(told) == ("inconclusive", None, "sender", 4)


def test_a_resolver_that_never_answers_is_named(world: World, behind: Behind) -> None:
    told = ask(world, behind, "alice@healthy.example", nameserver=DROPPED)
    assert verdict(told) == ("inconclusive", "dns_failure", "sender_network", 4)
    assert "resolver-silent" in tags(told)
    assert DROPPED in told.verdict["summary"]
    assert [it for it in told.report["dns"]["answers"] if "it was not asked" in it or "no name server" in it]
