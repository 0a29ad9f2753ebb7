"""The addresses of this machine, as the kernel has them in a network namespace of the test's own."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys

import pytest

from probe.net import interfaces
from probe.settings import OWN_ADDRESSES_LIMIT

needs_namespaces = pytest.mark.skipif(
    os.geteuid() != 0 or not shutil.which("unshare") or not shutil.which("ip"),
    reason="only root makes network namespaces, with unshare and ip",
)
_ASK = "from probe.net.interfaces import own_addresses; print(*own_addresses())"


def addresses_in(*commands: str) -> list[str]:
    lines = "; ".join(("ip link set lo up", *commands, f'exec {sys.executable} -c "{_ASK}"'))
    run = subprocess.run(
        ["unshare", "--net", "sh", "-e", "-c", lines], capture_output=True, text=True, check=True
    )
    return run.stdout.split()


@needs_namespaces
def test_what_holds_beyond_a_link_is_named_ipv4_first() -> None:
    assert addresses_in() == []
    assert addresses_in(
        "ip -6 addr add 2001:db8::10/128 dev lo",
        "ip addr add 192.0.2.10/32 dev lo",
        "ip addr add 10.0.0.10/32 dev lo",
        "ip addr add 169.254.1.1/32 dev lo scope link",
        "ip -6 addr add 2001:db8::11/128 dev lo preferred_lft 0",
    ) == ["192.0.2.10", "10.0.0.10", "2001:db8::10"]


@needs_namespaces
def test_many_are_cut() -> None:
    many = (f"ip addr add 192.0.2.{number}/32 dev lo" for number in range(1, OWN_ADDRESSES_LIMIT + 9))
    assert len(addresses_in(*many)) == OWN_ADDRESSES_LIMIT


def test_without_an_answer_of_the_system_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(socket, "AF_NETLINK", raising=False)
    assert interfaces.own_addresses() == ()


@pytest.mark.parametrize(
    "octets", [b"", b"\x02", b"\x02\x20\x00\x00" + b"\0" * 4 + b"\xff\xff\x02\x00ab", b"\0" * 64]
)
def test_odd_octets_are_no_address(octets: bytes) -> None:
    assert list(interfaces._address(octets)) == []
