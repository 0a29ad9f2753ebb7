"""Which name servers a resolver accepts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import dns.resolver
import pytest

from probe.model.target import Endpoint
from probe.net.resolver import Resolver, ResolverConfigError


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "fe80::1%eth0"])
async def test_an_address_is_accepted(host: str) -> None:
    assert Resolver((Endpoint(host, 5353),)).nameservers == (Endpoint(host, 5353),)


@pytest.mark.parametrize("host", ["dns.example", "", "1.2.3", "[::1]"])
async def test_anything_else_is_refused_in_one_line_that_quotes_it(host: str) -> None:
    with pytest.raises(ResolverConfigError) as caught:
        Resolver((Endpoint(host, 53),))
    assert "\n" not in str(caught.value)
    assert repr(host) in str(caught.value)


@pytest.mark.parametrize("text", ["", "search example.org\n"])
async def test_a_machine_without_name_servers_is_one_clear_line(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dns.resolver.Resolver.read_resolv_conf", _reading(tmp_path, text))
    with pytest.raises(ResolverConfigError, match="--nameserver"):
        Resolver()


async def test_the_name_servers_of_the_machine_are_used_in_their_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "search example.org\nnameserver 192.0.2.1\nnameserver 2001:db8::1\n"
    monkeypatch.setattr("dns.resolver.Resolver.read_resolv_conf", _reading(tmp_path, text))
    assert Resolver().nameservers == (Endpoint("192.0.2.1", 53), Endpoint("2001:db8::1", 53))


def _reading(folder: Path, text: str) -> Callable[[dns.resolver.Resolver, object], None]:
    """dnspython reads this text in the place of /etc/resolv.conf."""
    original = dns.resolver.Resolver.read_resolv_conf
    path = folder / "resolv.conf"
    path.write_text(text)
    return lambda resolver, _: original(resolver, str(path))
