"""Hints at mistyped provider domains: likely slips only, never somebody's real domain."""

from __future__ import annotations

import pytest

from probe.knowledge.toml_import import HERE, load
from probe.knowledge.typo import likely_typo_of
from probe.model.address_parse import parse_domain

DATA = load(HERE / "mail_domains.toml")
PROVIDERS = [domain for provider in DATA["provider"] for domain in provider["domains"]]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("gmial.com", "gmail.com"),
        ("gmai.com", "gmail.com"),
        ("gmaill.com", "gmail.com"),
        ("gnail.com", "gmail.com"),
        ("gmail.con", "gmail.com"),
        ("gmail.co", "gmail.com"),
        ("gmial.con", "gmail.com"),
        ("hotmial.com", "hotmail.com"),
        ("outlok.com", "outlook.com"),
        ("yaho.co.uk", "yahoo.co.uk"),
        ("iclod.com", "icloud.com"),
        ("mali.ru", "mail.ru"),
        ("163.con", "163.com"),
        ("qq.cmo", "qq.com"),
        ("tmal.com", "tmall.com"),
        ("yadnex.ru", "yandex.ru"),
    ],
)
def test_one_slip_is_hinted_at(text: str, words: str) -> None:
    assert likely_typo_of(text) == words


@pytest.mark.parametrize("domain", [*PROVIDERS, *DATA["lookalikes"]["domains"]])
def test_a_real_domain_is_no_typo(domain: str) -> None:
    assert likely_typo_of(domain) is None


@pytest.mark.parametrize(
    "domain",
    ["example.com", "qa.com", "162.com", "q.com", "sol.com", "line.com", "me.co", "mymail.ru", "[192.0.2.1]"],
)
def test_short_and_distant_names_are_left_alone(domain: str) -> None:
    assert likely_typo_of(domain) is None


def test_two_slips_in_the_name_are_no_hint() -> None:
    assert likely_typo_of("gmsil.org") is None
    assert likely_typo_of("gmiail.com") == "gmail.com"
    assert likely_typo_of("gmxxl.com") is None


def test_the_data_is_well_formed() -> None:
    assert len(PROVIDERS) == len(set(PROVIDERS))
    assert not set(PROVIDERS) & set(DATA["lookalikes"]["domains"])
    for domain in [*PROVIDERS, *DATA["lookalikes"]["domains"]]:
        assert parse_domain(domain)[0] == domain
    assert all(provider["source"] for provider in DATA["provider"])
    assert DATA["lookalikes"]["source"]
    assert DATA["tld"]["source"]
