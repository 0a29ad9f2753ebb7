"""Which texts name a name server."""

from __future__ import annotations

import pytest

from probe.model.target import Endpoint
from probe.net.resolver import Resolver, ResolverConfigError, parse_nameserver


@pytest.mark.parametrize(
    ("text", "endpoint"),
    [
        ("192.0.2.1", Endpoint("192.0.2.1", 53)),
        ("127.0.0.1:5353", Endpoint("127.0.0.1", 5353)),
        ("2001:db8::1", Endpoint("2001:db8::1", 53)),
        ("[::1]:53", Endpoint("::1", 53)),
        ("[::1]", Endpoint("::1", 53)),
    ],
)
def test_an_address_with_or_without_port_is_read(text: str, endpoint: Endpoint) -> None:
    assert parse_nameserver(text) == endpoint


@pytest.mark.parametrize(
    "text",
    [
        "",
        "dns.example",
        "192.0.2.1:0",
        "192.0.2.1:65536",
        "192.0.2.1:",
        "192.0.2.1:x",
        "[::1",
        "[::1]x",
        "1.2.3",
        "192.0.2.1:\u0665\u0663",
    ],
)
def test_anything_else_is_refused_in_one_line_that_quotes_it(text: str) -> None:
    with pytest.raises(ResolverConfigError) as caught:
        parse_nameserver(text)
    message = str(caught.value)
    assert "\n" not in message
    assert "no name server" in message


def test_a_resolver_takes_addresses_only() -> None:
    with pytest.raises(ResolverConfigError, match=r"dns\.example"):
        Resolver((Endpoint("dns.example", 53),))
