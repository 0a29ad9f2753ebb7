"""Machines with one fault each, made of routes, nftables and mounts: `doctor` names it, and nothing else."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from typing import Any

import pytest

from tests.lab.conftest import REQUIRED
from tests.lab.machine import Machine
from tests.support.machine_dns import OWN_NAME, Trait

pytestmark = pytest.mark.lab

PROGRAMS = ("ip", "nft", "unshare", "sysctl", "faketime")


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    missing = [
        name for name in PROGRAMS if shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin") is None
    ]
    if os.geteuid():
        missing.append("root")
    if missing:
        (pytest.fail if REQUIRED else pytest.skip)(f"there is no {', '.join(missing)}")
    result = Machine()
    try:
        result.create()
        result.serve()
        yield result
    finally:
        result.remove()


@pytest.fixture
def filters(machine: Machine) -> Iterator[Machine]:
    """With the rules of nftables taken away afterwards, wherever they were put."""
    try:
        yield machine
    finally:
        for space in (machine.machine, machine.gateway):
            machine.on(space, "nft", "flush", "ruleset")


def faults(report: dict[str, Any]) -> set[str]:
    return {f"{it['id']}/{it['tag']}" for it in report["tests"] if it["fitness"] in ("unfit", "limited")}


def ready(report: dict[str, Any]) -> dict[str, str]:
    return {it["use"]: it["readiness"] for it in report["uses"]}


def test_a_healthy_machine_is_fit_on_one_screen(machine: Machine) -> None:
    result = machine.doctor()
    lines = result.stdout.splitlines()
    assert result.returncode == 0
    assert [line for line in lines if len(line) > 80] == []
    assert len(lines) < 24
    assert "FIT  for check, domain, bulk, sending" in result.stdout
    named = result.stderr.splitlines()[0]
    assert "mx.gmail.com [203.0.113.10]" in named and "mx.gmx.net [2001:db8:26::30]" in named


def test_every_test_of_a_healthy_machine_is_fit(machine: Machine) -> None:
    report = machine.report()
    assert faults(report) == set()
    assert [it["id"] for it in report["tests"] if it["fitness"] == "not_assessed"] == ["mail-server"]
    assert set(ready(report).values()) == {"fit"}
    assert len(report["connections"]) == 4


_RULES = "table inet shut {{\n chain way {{\n type filter hook {hook} priority filter;\n {rule}\n }}\n}}\n"


@pytest.mark.parametrize(
    ("hook", "rule", "fault"),
    [
        ("forward", "meta nfproto ipv4 tcp dport 25 drop;", "port25-ipv4/silent"),
        ("forward", "meta nfproto ipv6 tcp dport 25 drop;", "port25-ipv6/silent"),
        ("forward", "meta nfproto ipv4 tcp dport 25 reject with tcp reset;", "port25-ipv4/refused"),
        (
            "forward",
            "meta nfproto ipv4 tcp dport 25 reject with icmp admin-prohibited;",
            "port25-ipv4/gateway",
        ),
        ("forward", "tcp dport 53 drop;", "tcp/lost"),
        ("forward", "udp sport 53 meta length > 540 drop;", "edns/large-lost"),
    ],
    ids=lambda it: it if "/" in it else "",
)
def test_a_filter_on_the_way_is_named(filters: Machine, hook: str, rule: str, fault: str) -> None:
    filters.on(filters.gateway, "nft", "-f", "-", text=_RULES.format(hook=hook, rule=rule))
    report = filters.report()
    assert faults(report) == {fault}
    assert report["exit_code"] == 1


def test_a_filter_on_the_machine_itself_is_named_as_its_own(filters: Machine) -> None:
    rule = "meta nfproto ipv4 tcp dport 25 reject with icmp admin-prohibited;"
    filters.on(filters.machine, "nft", "-f", "-", text=_RULES.format(hook="output", rule=rule))
    report = filters.report()
    assert {it.split("/")[0] for it in faults(report)} == {"port25-ipv4"}


def test_the_gateway_that_turns_away_is_named_by_its_address(filters: Machine) -> None:
    filters.on(filters.gateway, "ip", "route", "add", "prohibit", "203.0.113.10/32")
    filters.on(filters.gateway, "ip", "route", "add", "prohibit", "198.51.100.20/32")
    try:
        report = filters.report("-4")
    finally:
        for ip in ("203.0.113.10", "198.51.100.20"):
            filters.on(filters.gateway, "ip", "route", "del", "prohibit", f"{ip}/32")
    assert faults(report) == {"port25-ipv4/gateway"}
    assert "192.0.2.1" in next(it["message"] for it in report["tests"] if it["id"] == "port25-ipv4")


def test_ipv6_without_a_route_is_named_once(machine: Machine) -> None:
    machine.on(machine.machine, "ip", "-6", "route", "del", "default")
    try:
        report = machine.report()
    finally:
        machine.on(machine.machine, "ip", "-6", "route", "add", "default", "via", "2001:db8:1::1")
    assert faults(report) == {"ipv6/no-route"}


@pytest.mark.parametrize("name", ["mail", "localhost"])
def test_a_host_name_of_one_label_is_named(machine: Machine, name: str) -> None:
    report = machine.report(name=name)
    assert {it.split("/")[0] for it in faults(report)} == {"helo"}
    assert ready(report) == {"check": "fit", "domain": "fit", "bulk": "fit", "sending": "unfit"}


def test_a_dead_resolver_before_the_living_one_is_named(machine: Machine) -> None:
    machine.resolvers("192.0.2.1", "198.51.100.53")
    try:
        report = machine.report()
    finally:
        machine.resolvers("198.51.100.53")
    assert faults(report) == {"resolver-answers/one-silent"}
    assert report["exit_code"] == 0


def test_no_resolver_at_all_is_named(machine: Machine) -> None:
    machine.resolvers()
    try:
        report = machine.report()
    finally:
        machine.resolvers("198.51.100.53")
    assert faults(report) == {"resolver-answers/none-named"}
    assert report["connections"] == []


def test_an_empty_store_of_authorities_is_named(machine: Machine) -> None:
    report = machine.report(empty="/etc/ssl/certs/ca-certificates.crt")
    assert faults(report) == {"ca-store/empty"}


@pytest.mark.parametrize("shift", ["+3h", "-3h"])
def test_a_wrong_clock_is_named(machine: Machine, shift: str) -> None:
    report = machine.report(before=("faketime", "-f", shift))
    assert faults(report) == {"clock/off"}


def test_a_resolver_with_a_fault_is_named_as_well(machine: Machine) -> None:
    machine.serve(Trait.SPAMHAUS_REFUSES)
    try:
        report = machine.report()
    finally:
        machine.serve()
    assert faults(report) == {"spamhaus/refused"}


_MASQUERADE = """
table ip nat {
  chain out { type nat hook postrouting priority srcnat; oifname "i1" masquerade; }
}
"""


def test_behind_address_translation_sending_is_not_known_until_the_address_is_given(filters: Machine) -> None:
    filters.on(filters.gateway, "nft", "-f", "-", text=_MASQUERADE)
    _move(filters, "192.0.2.10/24", "192.0.2.1/24", "10.0.0.5/24", "10.0.0.1/24")
    try:
        report = filters.report("-4")
        with_address = filters.report("-4", "--ip", "192.0.2.10")
    finally:
        _move(filters, "10.0.0.5/24", "10.0.0.1/24", "192.0.2.10/24", "192.0.2.1/24")
    assert faults(report) == set()
    assert ready(report) == {"check": "fit", "domain": "fit", "bulk": "fit", "sending": "not_known"}
    assert "--ip" in next(it["fix"] for it in report["tests"] if it["id"] == "source")
    assert faults(with_address) == set()
    assert ready(with_address)["sending"] == "fit"


def _move(machine: Machine, *addresses: str) -> None:
    """Other addresses on the link between machine and gateway: (own, the gateway's) before and after."""
    before, gateway_before, after, gateway_after = addresses
    for space, device, old, new in (
        (machine.gateway, "m1", gateway_before, gateway_after),
        (machine.machine, "m0", before, after),
    ):
        machine.on(space, "ip", "addr", "del", old, "dev", device)
        machine.on(space, "ip", "addr", "add", new, "dev", device)
    machine.on(machine.machine, "ip", "route", "replace", "default", "via", gateway_after.partition("/")[0])


@pytest.mark.parametrize(
    ("settings", "fault", "is_sending"),
    [
        ("", set(), "fit"),
        ("smtp_bind_address = 192.0.2.99", {"mail-server/address-gone"}, "unfit"),
        ("smtp_tls_security_level = sometimes", {"mail-server/tls-invalid"}, "unfit"),
        ("smtp_helo_name = mail", {"helo/no-fqdn"}, "unfit"),
        ("relayhost = [relay.example]:587\nsmtp_helo_name = mail", {"helo/no-fqdn"}, "fit"),
    ],
)
def test_what_the_local_mail_server_is_to_do_is_held_against_the_machine(
    machine: Machine, settings: str, fault: set[str], is_sending: str
) -> None:
    directory = machine.directory / "postfix"
    directory.mkdir(exist_ok=True)
    (directory / "main.cf").write_text(f"compatibility_level = 3.6\nmyhostname = {OWN_NAME}\n{settings}\n")
    shutil.copy("/etc/postfix/master.cf", directory / "master.cf")
    report = machine.report("--mta", "postfix", "--config-dir", str(directory))
    assert faults(report) == fault
    assert ready(report)["sending"] == is_sending
