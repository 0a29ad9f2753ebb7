"""--bind of one family judges as -4 and -6 do: what this machine leaves out is no fault of the recipient."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from probe.model.report import Report
from probe.model.target import Endpoint
from tests.support.dns_server import DnsServer
from tests.support.hostile_report import HEALTHY, options, whole_run
from tests.support.hostile_server import HostileServer
from tests.support.smtp_server import SmtpServer

POLITE = HostileServer("polite", "", "polite")
V4, V6 = ip_address("127.0.0.1"), ip_address("::1")

HOSTS: dict[str, dict[str, list[str]]] = {
    "loopback of IPv6": {"A mx.example.net": [], "AAAA mx.example.net": ["::1"]},
    "loopback of both": {"A mx.example.net": ["127.0.0.1"], "AAAA mx.example.net": ["::1"]},
    "a public address of IPv6": {"A mx.example.net": [], "AAAA mx.example.net": ["2001:db8:25::1"]},
    "link-local": {"A mx.example.net": [], "AAAA mx.example.net": ["fe80::1"]},
    "IPv4 alone": {"A mx.example.net": ["127.0.0.1"], "AAAA mx.example.net": []},
    "no MX, an address of IPv6": {"MX example.net": [], "AAAA example.net": ["::1"]},
}


async def _reported(folder: Path, records: dict[str, list[str]], **changes: Any) -> Report:
    zone = {key: texts for key, texts in {**HEALTHY, **records}.items() if texts}
    async with DnsServer(zone) as dns, SmtpServer(*POLITE.scripts(folder)) as smtp:
        chosen = replace(options(smtp.port, (dns.endpoint,)), **changes)
        return (await whole_run(chosen, folder)).report


@pytest.mark.parametrize("records", HOSTS.values(), ids=HOSTS.keys())
@pytest.mark.parametrize("allow_private", [False, True])
@pytest.mark.parametrize("bind", [V4, V6], ids=["IPv4", "IPv6"])
async def test_bind_judges_as_the_family_does(
    bind: Any, allow_private: bool, records: dict[str, list[str]], tmp_path: Path
) -> None:
    bound = await _reported(tmp_path, records, bind=bind, allow_private=allow_private)
    chosen = await _reported(tmp_path, records, families=(bind.version,), allow_private=allow_private)
    for name in ("outcome", "stage", "cause", "exit_code", "fix_by", "retry"):
        assert getattr(bound.verdict, name) == getattr(chosen.verdict, name), name


async def test_a_loopback_mx_of_the_other_family_is_not_told_as_a_refusal(tmp_path: Path) -> None:
    report = await _reported(tmp_path, HOSTS["loopback of IPv6"], bind=V4, allow_private=False)
    assert (report.verdict.outcome, report.verdict.exit_code) == ("inconclusive", 4)
    assert "no address of the family of 127.0.0.1, which was given with --bind" in report.verdict.summary
    assert report.next_test is not None
    assert report.next_test.text == "ask in both address families, without --bind"
    assert "--bind" not in str(report.next_test.command)


@pytest.mark.parametrize("changes", [{"bind": V4}, {"families": (4,)}], ids=["--bind", "-4"])
async def test_a_host_of_the_other_family_given_with_mx_is_told_as_that(
    changes: dict[str, Any], tmp_path: Path
) -> None:
    text = "has no address of the family"
    for host in ("::1", "mx.example.net"):
        mx = Endpoint(host, 25)
        report = await _reported(tmp_path, HOSTS["loopback of IPv6"], mx=mx, allow_private=True, **changes)
        assert (report.verdict.outcome, report.verdict.exit_code) == ("inconclusive", 4)
        assert text in report.verdict.summary
