"""The organizational domain by the public suffix list."""

from __future__ import annotations

from pathlib import Path

import pytest
from publicsuffixlist import PSLFILE, PublicSuffixList

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
        ("a.b.ck", "a.b.ck"),  # a rule for all below it,
        ("a.www.ck", "www.ck"),  # and an exception
        ("ck", None),
        ("a.b.xn--fiqs8s", "b.xn--fiqs8s"),
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


def test_each_rule_of_the_list_is_followed() -> None:
    """As the package itself does with the whole list."""
    whole = PublicSuffixList()
    lines = Path(PSLFILE).read_text("utf-8").splitlines()
    rules = [line.split()[0].lstrip("!") for line in lines if line.strip() and not line.startswith("//")]
    for suffix in (rule.replace("*", "all").encode("idna").decode() for rule in rules[::7]):
        for name in (suffix, f"a.{suffix}", f"b.a.{suffix}"):
            assert organizational_domain(name) == whole.privatesuffix(name)
