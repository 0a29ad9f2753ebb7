"""What receivers ask of senders, as data."""

from __future__ import annotations

import re
from datetime import date

import pytest

from probe.knowledge.providers import all_providers
from probe.knowledge.requirements import Need, Requirement, all_requirements, for_provider

EACH = pytest.mark.parametrize("entry", all_requirements(), ids=lambda it: it.id)


@EACH
def test_every_requirement_is_complete_and_sourced(entry: Requirement) -> None:
    assert entry.says.endswith(".")
    assert entry.needs
    assert entry.source
    assert entry.confirmed in ("yes", "partial", "no")
    assert entry.applies_to in ("all", "bulk", "ipv6")
    assert entry.phase in ("", "greeting", "ehlo", "mail", "rcpt", "data", "end-of-data")
    assert date.fromisoformat(entry.checked)
    assert entry.since == "" or date.fromisoformat(entry.since)
    assert all(re.match(r"[45]\d\d( |$)", code) for code in entry.codes)


@EACH
def test_every_provider_that_is_named_exists(entry: Requirement) -> None:
    assert entry.providers
    assert set(entry.providers) <= {it.id for it in all_providers()}


def test_ids_are_unique() -> None:
    assert len({it.id for it in all_requirements()}) == len(all_requirements())


def needs(provider: str, applies_to: str) -> set[Need]:
    return {need for it in for_provider(provider) if it.applies_to == applies_to for need in it.needs}


def test_gmail_asks_every_sender_for_spf_or_dkim_and_only_bulk_senders_for_all_three() -> None:
    everyone = needs("google", "all")
    assert {Need.SPF_OR_DKIM, Need.FCRDNS, Need.TLS} <= everyone
    assert not everyone & {Need.SPF, Need.DKIM, Need.DMARC, Need.ONE_CLICK}
    assert {Need.SPF, Need.DKIM, Need.DMARC, Need.ALIGNED, Need.ONE_CLICK} <= needs("google", "bulk")


def test_yahoo_asks_every_sender_for_dkim_and_only_bulk_senders_for_all_three() -> None:
    assert {Need.SPF_OR_DKIM, Need.DKIM} <= needs("yahoo", "all")
    assert not needs("yahoo", "all") & {Need.SPF, Need.DMARC}
    assert {Need.SPF, Need.DKIM, Need.DMARC} <= needs("yahoo", "bulk")


def test_alibaba_shows_spf_before_data_and_blocklists_only_after_it() -> None:
    phases = {it.id: it.phase for it in for_provider("aliyun-qiye")}
    assert phases["alibaba-spf"] == "rcpt"
    assert phases["alibaba-not-listed"] == "data"


def test_netease_refuses_the_null_reverse_path() -> None:
    assert Need.NON_NULL_SENDER in needs("netease", "all")


def test_an_unknown_provider_asks_nothing_that_is_known() -> None:
    assert for_provider("nobody") == ()


def test_every_need_is_used() -> None:
    assert {need for it in all_requirements() for need in it.needs} == set(Need)
