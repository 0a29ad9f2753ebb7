"""The organizational domain by the public suffix list."""

from __future__ import annotations

import pytest

from probe.standards.public_suffix import organizational_domain


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ("example.com", "example.com"),
        ("a.b.example.com", "example.com"),
        ("Mail.Example.CO.UK.", "example.co.uk"),
        ("_dmarc.example.com", "example.com"),
        ("shop.xn--fiqs8s", "shop.xn--fiqs8s"),
        ("host.unlisted-tld", "host.unlisted-tld"),
        ("com", None),
        ("co.uk", None),
        ("", None),
        ("a..example.com", None),
        ("[192.0.2.1]", None),
        ("192.0.2.1", None),
    ],
)
def test_organizational_domain(domain: str, expected: str | None) -> None:
    assert organizational_domain(domain) == expected
