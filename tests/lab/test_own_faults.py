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


def verdict(texts: Told) -> tuple[str, str | None, str, int]:
    result = texts.verdict
    return result["outcome"], result["cause"], result["fix_by"], texts.exit_code


def tags(texts: Told) -> set[str]:
    return {finding["tag"] for finding in texts.report["findings"]}


def test_the_own_gateway_turns_connections_away(world: World, behind: Behind) -> None:
    """It says so by ICMP: a route that prohibits (13), which stands for a firewall that rejects."""
    behind.on_gateway("ip", "route", "add", "prohibit", "203.0.113.10/32")
    try:
        result = ask(world, behind, "alice@healthy.example")
    finally:
        behind.on_gateway("ip", "route", "del", "prohibit", "203.0.113.10/32")
    assert verdict(result) == ("inconclusive", "connection_failed", "sender_network", 4)
    assert "port-turned-away-by-gateway" in tags(result)
    assert GATEWAY in " ".join(it["message"] for it in result.report["findings"] if it["id"] == "port25")


def test_a_host_without_ipv6_cannot_reach_one_that_has_nothing_else(world: World, behind: Behind) -> None:
    result = ask(world, behind, "alice@six.example")
    assert verdict(result) == ("inconclusive", "connection_failed", "sender", 4)
    assert "port-without-route" in tags(result)


def test_the_family_that_was_chosen_is_the_options_doing(world: World, behind: Behind) -> None:
    result = ask(world, behind, "alice@healthy.example", "-6")
    assert verdict(result) == ("inconclusive", None, "sender", 4)


_DROPS_PORT_25 = """
table ip shut {
  chain out { type filter hook forward priority filter; tcp dport 25 drop; }
}
"""


def test_port_25_that_is_silent_over_several_networks_is_shut_here(world: World, behind: Behind) -> None:
    behind.on_gateway("nft", "-f", "-", text=_DROPS_PORT_25)
    try:
        result = ask(world, behind, "alice@twonets.example", "--timeout", "40")
    finally:
        behind.on_gateway("nft", "delete", "table", "ip", "shut")
    assert verdict(result) == ("inconclusive", "connection_failed", "sender_network", 4)
    assert "port-silent-everywhere" in tags(result)
    assert not [it for it in result.report["causes"] if it["family"] == "recipient" and it["for"]]


@pytest.mark.parametrize(
    ("shift", "recipient", "tag"),
    [
        ("+3h", "alice@dated.example", "clock-off"),
        ("-3h", "alice@dated.example", "clock-off"),
        ("+3h", "alice@exim.example", "clock-differs"),
        ("+1m", "alice@exim.example", "clock-right"),
    ],
)
def test_a_wrong_clock_is_found_by_the_dates_of_greetings(
    world: World, shift: str, recipient: str, tag: str
) -> None:
    """Exim greets with its date; the probe's own clock is shifted. The word of one server alone is a
    notice."""
    here = (*HERE, "--nameserver", RESOLVER, "--bind", "198.51.100.10", "--controls", "always")
    result = world.ask("check", "bob@sender.example", recipient, *here, before=("faketime", "-f", shift))
    assert tag in tags(result), result.errors


def test_a_resolver_that_never_answers_is_named(world: World, behind: Behind) -> None:
    result = ask(world, behind, "alice@healthy.example", nameserver=DROPPED)
    assert verdict(result) == ("inconclusive", "dns_failure", "sender_network", 4)
    assert "resolver-silent" in tags(result)
    assert DROPPED in result.verdict["summary"]
    assert [
        it for it in result.report["dns"]["answers"] if "it was not asked" in it or "no name server" in it
    ]
