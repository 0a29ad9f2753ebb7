"""Which DKIM selectors are worth a question."""

from __future__ import annotations

from datetime import date

import pytest

from probe.knowledge.providers import all_providers
from probe.knowledge.selectors import (
    BY_VENDOR,
    COMMON,
    OWN_DOMAIN,
    UNGUESSABLE,
    Vendor,
    selectors_for,
    vendors,
)

EACH = pytest.mark.parametrize("vendor", vendors(), ids=lambda it: it.id)


def names(result: tuple[tuple[str, str], ...], origin: str) -> list[str]:
    return [name for name, argument in result if argument == origin]


def test_an_spf_include_brings_the_vendors_selectors_first() -> None:
    selectors = selectors_for("example.com", ["u123.wl.sendgrid.net", "_spf.google.com"], None)
    assert {"google", "gapps", "s1", "s2", "smtpapi", "sendgrid"} == set(names(selectors, "provider"))
    origins = [origin for _, origin in selectors]
    assert origins == sorted(origins, key=["provider", "common"].index)


def test_the_mx_provider_brings_its_selectors() -> None:
    assert names(selectors_for("example.com", [], "m365"), "provider") == ["selector1", "selector2"]


def test_without_a_hint_only_common_selectors_are_asked() -> None:
    selectors = selectors_for("example.com", [], None)
    assert names(selectors, "provider") == []
    assert {"default", "mail", "dkim", "google", "selector1", "s1", "k1"} <= set(names(selectors, "common"))
    assert "gapps" not in dict(selectors)


def test_a_look_alike_include_brings_nothing() -> None:
    assert (
        names(
            selectors_for("example.com", ["evilsendgrid.net", "_spf.google.com.evil.example"], None),
            "provider",
        )
        == []
    )


def test_own_domain_selectors_are_for_the_vendors_own_domains_only() -> None:
    assert "20230601" in names(selectors_for("gmail.com", [], "google"), "provider")
    assert "20230601" not in dict(selectors_for("example.com", ["_spf.google.com"], "google"))
    assert "20230601" not in dict(selectors_for("evilgmail.com", [], None))


def test_names_that_cannot_be_guessed_are_never_asked() -> None:
    unguessable = {it.name for vendor in vendors() for it in vendor.selectors if it.tier == UNGUESSABLE}
    assert unguessable
    selectors = selectors_for("example.com", [suffix for vendor in vendors() for suffix in vendor.spf], None)
    assert not unguessable & set(dict(selectors))
    assert all("<" not in name for name, _ in selectors)


def test_an_unconfirmed_directmail_selector_needs_directmails_include() -> None:
    assert "aliyun-cn-hangzhou" not in dict(selectors_for("example.com", [], "aliyun-qiye"))
    assert "aliyun-cn-hangzhou" in dict(selectors_for("example.com", ["spf1.dm.aliyun.com"], None))


def test_each_name_is_asked_once_and_questions_stay_few() -> None:
    selectors = selectors_for("example.com", [], None)
    assert len(dict(selectors)) == len(selectors) <= 46


@EACH
def test_a_vendor_is_asked_for_beside_its_spf_include_or_its_mx_alone(vendor: Vendor) -> None:
    of_vendor = {it.name for it in vendor.selectors if it.tier in (COMMON, BY_VENDOR)}
    asked_of_all = {it.name for other in vendors() for it in other.selectors if it.tier == COMMON}
    for include in vendor.spf:
        assert of_vendor <= set(dict(selectors_for("example.com", [include], None)))
    for provider in vendor.mx:
        assert of_vendor <= set(dict(selectors_for("example.com", [], provider)))
    assert not (of_vendor - asked_of_all) & set(dict(selectors_for("example.com", [], None)))


def test_a_hoster_that_the_mx_shows_brings_its_selectors() -> None:
    result = names(selectors_for("example.com", ["_spf.strato.com"], "strato"), "provider")
    assert result == ["strato-dkim-0002", "strato-dkim-0003"]


@EACH
def test_every_vendor_is_sourced_dated_and_refers_to_known_providers(vendor: Vendor) -> None:
    assert vendor.source
    assert date.fromisoformat(vendor.checked)
    assert vendor.selectors
    assert set(vendor.mx) <= {it.id for it in all_providers()}
    assert all(it.confirmed in ("yes", "partial", "no") for it in vendor.selectors)
    assert vendor.own_domains or all(it.tier != OWN_DOMAIN for it in vendor.selectors)


def test_every_vendor_can_be_reached() -> None:
    for vendor in vendors():
        reachable = vendor.spf or vendor.mx or vendor.own_domains
        if not reachable and all(it.tier != COMMON for it in vendor.selectors):
            assert vendor.id in {"klaviyo", "kit", "intercom", "gorgias"}  # no SPF include is known for them


def test_vendor_ids_are_unique() -> None:
    assert len({it.id for it in vendors()}) == len(vendors())
