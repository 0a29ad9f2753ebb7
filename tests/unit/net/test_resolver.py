"""Which name servers a resolver accepts."""

from __future__ import annotations

from pathlib import Path

import pytest

from probe.model.target import Endpoint
from probe.net import nameservers
from probe.net.nameservers import ResolverConfigError, system_nameservers
from probe.net.resolver import Resolver
from tests.support.reasons import spoken


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "fe80::1%eth0"])
async def test_an_address_is_accepted(host: str) -> None:
    assert Resolver((Endpoint(host, 5353),)).nameservers == (Endpoint(host, 5353),)


@pytest.mark.parametrize("host", ["dns.example", "", "1.2.3", "[::1]"])
async def test_anything_else_is_refused_in_one_line_that_quotes_it(host: str) -> None:
    with pytest.raises(ResolverConfigError) as caught:
        Resolver((Endpoint(host, 53),))
    assert "\n" not in str(caught.value)
    assert repr(host) in str(caught.value)


def _conf(folder: Path, text: str) -> Path:
    path = folder / "resolv.conf"
    path.write_text(text)
    return path


@pytest.mark.parametrize("text", ["", "search example.org\n", "nameserver dns.example\n"])
def test_a_machine_without_name_servers_is_one_clear_line(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nameservers, "_listens", lambda _: False)
    with pytest.raises(ResolverConfigError, match="--nameserver") as caught:
        system_nameservers(_conf(tmp_path, text))
    assert "\n" not in str(caught.value)
    assert [(it.line, it.text) for it in caught.value.passed_over] == [(1, "'dns.example'")] * ("dns" in text)


def test_where_none_is_named_the_one_of_this_machine_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nameservers, "_listens", lambda _: True)
    assert system_nameservers(_conf(tmp_path, "")).servers == (Endpoint("127.0.0.1", 53),)


def test_the_name_servers_of_the_machine_are_used_in_their_order(tmp_path: Path) -> None:
    text = "search example.org\nnameserver 192.0.2.1\nnameserver 2001:db8::1\n"
    result = system_nameservers(_conf(tmp_path, text))
    assert result.servers == (Endpoint("192.0.2.1", 53), Endpoint("2001:db8::1", 53))


async def test_what_is_passed_over_is_known_by_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    result = system_nameservers(_conf(tmp_path, "nameserver 192.0.2.1\nnameserver x\noptions use-vc"))
    monkeypatch.setattr(nameservers, "system_nameservers", lambda: result)
    output = Resolver()
    (reason,) = output.passed_over
    assert (reason.where, reason.line) == ("/etc/resolv.conf", 2)
    assert "'x' is no IP address" in spoken(reason)
