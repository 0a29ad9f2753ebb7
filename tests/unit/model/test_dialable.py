"""Which addresses the probe may connect to."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from probe.model.dialable import why_not_dialable
from tests.support.reasons import spoken


@pytest.mark.parametrize(
    "ip",
    [
        *("8.8.8.8", "198.20.0.1", "2606:4700::1111", "2a00:1450:4010::1b", "64:ff9b::808:808"),
        *("2002:808:808::1", "2606:4700::5efe:8.8.8.8", "2606:4700::200:5efe:8.8.8.8"),
        *("2606:4700::1:5efe:a00:1", "2606:4700::800:5efe:a00:1", "2606:4700::5eff:a00:1"),  # no ISATAP
    ],
)
def test_global_addresses_may_be_dialled(ip: str) -> None:
    assert why_not_dialable(ip_address(ip)) is None


@pytest.mark.parametrize(
    ("ip", "word"),
    [
        ("0.0.0.0", "unspecified"),
        ("0.1.2.3", "this network"),
        ("10.0.0.1", "private"),
        ("100.64.0.1", "carrier-grade"),
        ("127.0.0.1", "loopback"),
        ("127.255.0.1", "loopback"),
        ("169.254.1.1", "link-local"),
        ("169.254.169.254", "credentials"),
        ("100.100.100.200", "credentials"),
        ("168.63.129.16", "credentials"),
        ("fd00:ec2::254", "credentials"),
        ("172.31.255.255", "private"),
        ("192.0.0.8", "IETF"),
        ("192.0.2.1", "documentation"),
        ("192.168.1.1", "private"),
        ("198.18.0.1", "benchmarks"),
        ("198.51.100.1", "documentation"),
        ("203.0.113.1", "documentation"),
        ("224.0.0.1", "multicast"),
        ("240.0.0.1", "reserved"),
        ("255.255.255.255", "broadcast"),
        ("::", "unspecified"),
        ("::1", "loopback"),
        ("::10.0.0.1", "outside"),
        ("64:ff9b::7f00:1", "loopback"),
        ("64:ff9b::a9fe:a9fe", "credentials"),
        ("64:ff9b:1::1", "local NAT64"),
        ("::ffff:127.0.0.1", "loopback"),
        ("::ffff:8.8.8.8", "IPv4-mapped"),
        ("2002:7f00:1::1", "6to4 address around 127.0.0.1"),
        ("2002:c0a8:101::1", "private"),
        ("2001:0:4136:e378::1", "Teredo"),
        ("2001:db8::1", "documentation"),
        ("3fff::1", "documentation"),
        ("3ffe::1", "6bone"),
        ("3ffe:ffff:ffff::1", "6bone"),
        ("2606:4700::5efe:10.0.0.1", "an ISATAP address around 10.0.0.1, a private address"),
        ("2606:4700::200:5efe:192.168.0.1", "an ISATAP address around 192.168.0.1"),
        ("2606:4700:1:2:300:5efe:127.0.0.1", "an ISATAP address around 127.0.0.1, a loopback address"),
        ("2a00:1450::5efe:169.254.169.254", "credentials"),
        ("2a00:1450::100:5efe:0.0.0.0", "unspecified"),
        ("fc00::1", "private"),
        ("fdff::1", "private"),
        ("fe80::1", "link-local"),
        ("fec0::1", "site-local"),
        ("ff02::1", "multicast"),
        ("4000::1", "outside"),
        ("100::1", "discard"),
    ],
)
def test_other_addresses_may_not_and_the_clause_says_why(ip: str, word: str) -> None:
    clause = why_not_dialable(ip_address(ip))
    assert clause is not None
    assert word in spoken(clause)
