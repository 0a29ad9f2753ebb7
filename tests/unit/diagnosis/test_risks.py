"""What a provider is known to refuse after DATA is predicted from the sender's facts, with its code."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from probe.checks.catalogue import findings_of
from probe.diagnosis.risks import risks_of
from probe.diagnosis.verdict import diagnose
from probe.facts.model import Facts
from probe.knowledge.causes import causes
from probe.knowledge.requirements import Need
from probe.knowledge.toml_import import HERE, load
from probe.model.listing import ListingStatus
from probe.model.report import Verdict
from probe.model.signing import SignatureVerdict
from probe.model.target import FailOn
from probe.reading.message.results import SignatureResult
from probe.standards.dmarc.results import Alignment
from probe.standards.dns.results import PtrStatus
from probe.standards.dnsbl.results import Listing
from probe.standards.spf.results import SpfVerdict
from tests.support import facts as make

UNSIGNED = make.message(signatures=())
BROKEN = (SignatureResult(make.SENDER.domain, "s1", SignatureVerdict.FAIL),)
MAILING: dict[str, Any] = {"bulk": True, "list_unsubscribe": True, "one_click": True}
SPF_FAILS: dict[str, Any] = {"spf": make.spf(SpfVerdict.FAIL)}
NOTHING_ALIGNS: dict[str, Any] = SPF_FAILS | {"dkim": (), "alignment": Alignment(spf=False, dkim=False)}


def to(
    provider: str, message: object = None, listings: tuple[Listing, ...] | None = None, **sender: Any
) -> Facts:
    """Accepted at RCPT by a provider, from a sender with these faults."""
    result = make.facts(
        recipient=make.recipient_facts(provider=make.provider(id=provider, title="Big")),
        sender=make.sender_facts(**sender),
        message=message,
    )
    return replace(result, listings=listings) if listings is not None else result


def verdict(facts: Facts) -> Verdict:
    return diagnose(facts, findings_of(facts)).verdict


LISTED = (make.listing(ListingStatus.LISTED, weight=9),)
CASES: dict[str, tuple[Facts, str, str]] = {
    "Gmail, SPF fails with -all": (to("google", **SPF_FAILS), "5.7.26", "auth_failed"),
    "Gmail, neither SPF nor DKIM": (to("google", UNSIGNED, **SPF_FAILS), "4.7.26", "auth_failed"),
    "Gmail, p=reject and nothing aligns": (to("google", UNSIGNED, **NOTHING_ALIGNS), "5.7.26", "auth_failed"),
    "Gmail, no reverse name": (to("google", ptr=make.ptr(PtrStatus.MISSING)), "5.7.25", "rdns_helo"),
    "Gmail, mailing without SPF": (
        to("google", make.message(**MAILING), **SPF_FAILS), "5.7.27", "auth_failed",
    ),
    "Gmail, mailing without DKIM": (
        to("google", make.message(**MAILING, signatures=BROKEN)), "5.7.30", "auth_failed",
    ),
    "Gmail, mailing without DMARC": (
        to("google", make.message(**MAILING), dmarc=make.dmarc(None)), "5.7.40", "auth_failed",
    ),
    "Yahoo, neither SPF nor DKIM": (to("yahoo", UNSIGNED, **SPF_FAILS), "550 5.7.9", "auth_failed"),
    "Yahoo, mailing without DKIM": (
        to("yahoo", make.message(**MAILING, signatures=())), "554 5.7.9", "auth_failed",
    ),
    "Outlook.com, mailing without DKIM": (
        to("ms-consumer", make.message(**MAILING, signatures=())), "5.7.515", "auth_failed",
    ),
    "Microsoft 365, p=reject and nothing aligns": (to("m365", UNSIGNED, **NOTHING_ALIGNS), "5.7.509",
                                                   "auth_failed"),
    "Alibaba, address on a blocklist": (to("aliyun-qiye", listings=LISTED), "in reply to DATA",
                                        "ip_blocklisted"),
    "NetEase, From is not the reverse-path": (
        to("netease", make.message(from_mailboxes=("news@brand.example",))), "DT:SUM", "sender_invalid",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_refusal_after_data_is_predicted_with_the_providers_code(name: str) -> None:
    facts, code, cause = CASES[name]
    result = verdict(facts)
    assert (result.outcome, result.exit_code) == ("accepted", 5)
    assert cause in {risk.cause for risk in result.after_data_risks if code in risk.reason}


def test_what_is_asked_of_bulk_senders_is_no_risk_for_others() -> None:
    for provider in ("google", "yahoo", "ms-consumer"):
        result = verdict(to(provider, make.message(), dmarc=make.dmarc(None)))
        assert (result.exit_code, result.after_data_risks) == (0, ())


def test_a_healthy_sender_has_no_risk_at_any_of_them() -> None:
    for provider in ("google", "yahoo", "ms-consumer", "m365", "aliyun-qiye", "netease", "qq"):
        assert verdict(to(provider, make.message(**MAILING))).after_data_risks == ()


def test_the_causes_by_need_are_known() -> None:
    table = load(HERE / "risks.toml")["requirement_causes"]
    assert set(table) <= set(Need)
    assert set(table.values()) <= set(causes())


def test_nothing_is_predicted_where_the_user_wants_no_prediction() -> None:
    facts = CASES["Gmail, SPF fails with -all"][0]
    assert risks_of(findings_of(facts), FailOn.NEVER) == ()
