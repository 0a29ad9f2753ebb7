"""From where mail really leaves: a host behind address translation, and real servers that see its gateway."""

from __future__ import annotations

import pytest

from tests.lab.behind import HOST, OUTSIDE, Behind
from tests.lab.world import RESOLVER, Told, World

pytestmark = pytest.mark.lab

HERE = ("--nameserver", RESOLVER, "--allow-private", "--no-dnsbl", "--selector", "s1")


def ask(world: World, host: str, recipient: str, *further: str) -> Told:
    return world.ask("check", "bob@sender.example", recipient, *HERE, *further, host=host)


def severities(texts: Told) -> dict[str, str]:
    return {finding["tag"]: finding["severity"] for finding in texts.report["findings"]}


def test_a_private_address_that_nobody_names_another_for_is_not_judged(world: World, behind: Behind) -> None:
    """Postfix names nobody in its answer to EHLO."""
    result = ask(world, behind.host, "alice@healthy.example")
    target, tags = result.report["target"], severities(result)
    assert (result.exit_code, target["source_ip"], target["vantage"]["basis"]) == (0, None, "private")
    assert target["vantage"]["bound_ip"] == HOST
    assert {"probe-private", "spf-not-looked-at", "spf-helo-not-looked-at", "ptr-not-looked-at"} <= set(tags)
    assert result.report["dns"]["spf"] is None and result.report["dns"]["ptr"] is None
    assert HOST not in " ".join(finding["remedy"] for finding in result.report["findings"])


def test_what_one_server_says_of_the_address_is_shown_and_is_no_fault(world: World, behind: Behind) -> None:
    """SPF of sender.example does not permit the gateway, and it has no reverse name."""
    result = ask(world, behind.host, "alice@exim.example")
    target, tags = result.report["target"], severities(result)
    assert (result.exit_code, target["source_ip"], target["vantage"]["basis"]) == (0, OUTSIDE, "said")
    assert target["vantage"]["by"] == ["mx.exim.example"]
    assert (tags["probe-said-elsewhere"], tags["spf-fail"], tags["ptr-missing"]) == ("notice",) * 3
    assert (result.report["dns"]["spf"]["ip"], result.report["dns"]["spf"]["result"]) == (OUTSIDE, "fail")


def test_the_address_of_ip_that_the_server_sees_is_judged(world: World, behind: Behind) -> None:
    result = ask(world, behind.host, "alice@exim.example", "--ip", OUTSIDE)
    tags = severities(result)
    assert (result.exit_code, tags["spf-fail"], tags["probe-seen-at-sending-address"]) == (5, "error", "ok")


def test_a_host_that_servers_see_as_it_is_stands_in_no_doubt(world: World) -> None:
    result = ask(world, "", "alice@exim.example", "--bind", "198.51.100.20")
    assert severities(result)["probe-place-agreed"] == "ok"
    assert result.report["target"]["vantage"]["basis"] == "bound"
