"""Which name the probe introduces itself by, when DNS and the machine offer names that nobody can look up."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from probe.model.address_parse import parse_mailbox
from probe.model.target import Options, PairTarget
from probe.recording import events as ev
from probe.run import observe
from tests.support.dns_server import DnsServer, Fault

PAIR = PairTarget(parse_mailbox("bob@sender.example"), parse_mailbox("alice@recipient.example"))
HERE = ip_address("127.0.0.1")
REVERSE = "PTR 1.0.0.127.in-addr.arpa"


async def said(zone: dict[str, list[str]], faults: dict[str, Fault] | None = None) -> ev.Vantage:
    async with DnsServer(zone, faults) as server:
        options = Options(
            nameservers=(server.endpoint,),
            bind=HERE,
            smtp=False,
            dnsbl_enabled=False,
            allow_private=True,
            timeout=10,
        )
        recording = await observe(PAIR, options)
    vantage = recording.last(ev.Vantage)
    assert vantage is not None
    return vantage


@pytest.mark.parametrize(
    "name",
    ["box.local", "box.localdomain", "box.internal", "box.home.arpa", "a.b.LOCAL", "box.lan", "box.Corp"],
)
@pytest.mark.parametrize("where", ["in DNS", "of the machine"])
async def test_a_name_of_the_local_network_is_never_said(
    name: str, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither one that leads back, nor the machine's own."""
    hostname = name if where == "of the machine" else "box"
    monkeypatch.setattr("probe.collect.vantage.full_host_name", lambda: hostname.lower())
    zone = {REVERSE: [f"{name}."], f"A {name}": ["127.0.0.1"]} if where == "in DNS" else {}
    vantage = await said(zone)
    assert vantage.helo == "[127.0.0.1]"


async def test_of_several_names_the_first_that_others_know_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("probe.collect.vantage.full_host_name", lambda: "box.local")
    zone = {
        REVERSE: ["box.local.", "out.sender.example."],
        "A box.local": ["127.0.0.1"],
        "A out.sender.example": ["127.0.0.1"],
    }
    assert (await said(zone)).helo == "out.sender.example"


async def test_a_name_that_only_the_stub_confirms_is_not_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("probe.collect.vantage.full_host_name", lambda: "box")
    zone = {REVERSE: ["made.sender.example."], "A made.sender.example": ["127.0.0.1"]}
    vantage = await said(zone, {"1.0.0.127.in-addr.arpa": Fault.LOCAL, "made.sender.example": Fault.LOCAL})
    assert vantage.helo == "[127.0.0.1]"
