"""A recipient's DANE or MTA-STS that fails: what follows for who enforces it, and for who does not."""

from __future__ import annotations

from typing import Any

import pytest

from probe.checks.catalogue import findings_of
from probe.diagnosis.checklist import checklist
from probe.diagnosis.verdict import diagnose
from probe.model.target import Options, TlsMode
from probe.standards.tls.results import DaneStatus
from tests.support import facts as make
from tests.support.reasons import broken

POLICY_FAILS: dict[str, dict[str, Any]] = {
    "DANE": {"recipient": make.recipient_facts(dane=(make.dane(DaneStatus.MISMATCHED),))},
    "MTA-STS": {"recipient": make.recipient_facts(mta_sts=make.sts(uncovered=(make.MX_NAME,)))},
    "no STARTTLS under MTA-STS": {
        "recipient": make.recipient_facts(mta_sts=make.sts()),
        "sessions": (make.session(tls=make.tls(offered=False, established=False)),),
    },
    "no STARTTLS under unusable TLSA": {
        "recipient": make.recipient_facts(dane=(make.dane(DaneStatus.UNUSABLE),)),
        "sessions": (make.session(tls=make.tls(offered=False, established=False)),),
    },
    "no handshake under DANE": {
        "recipient": make.recipient_facts(dane=(make.dane(DaneStatus.NOT_SEEN),)),
        "sessions": (make.session(tls=make.tls(established=False, certificate=None, fault=broken("bad"))),),
    },
}


@pytest.mark.parametrize("name", POLICY_FAILS)
def test_a_failing_policy_for_tls_is_a_risk_for_who_enforces_it(name: str) -> None:
    """Never "nothing stood in its way" (RFC 7672 section 2.2, RFC 8461 section 5)."""
    facts = make.facts(**POLICY_FAILS[name])
    findings = findings_of(facts)
    diagnosis = diagnose(facts, findings)
    verdict = diagnosis.verdict
    assert (verdict.exit_code, verdict.cause, verdict.fix_by) == (0, None, "recipient_admin")
    assert {risk.cause for risk in verdict.after_data_risks} == {"tls_problem"}
    assert "a sender that enforces it does not deliver" in verdict.summary
    contact, last = checklist(diagnosis, findings)[-2:]
    assert contact.status == "manual" and "postmaster that the domain's DANE or MTA-STS fails" in contact.do
    assert last.status == "warn" and "enforces DANE or MTA-STS" in last.do


@pytest.mark.parametrize("name", POLICY_FAILS)
def test_a_sender_that_requires_tls_is_held_by_the_policy(name: str) -> None:
    options = Options(ip=make.SOURCE, tls=TlsMode.REQUIRE)
    facts = make.facts(options=options, **POLICY_FAILS[name])
    result = diagnose(facts, findings_of(facts)).verdict
    if result.outcome == "accepted":  # the dialogue may have ended at STARTTLS
        assert (result.exit_code, result.cause, result.fix_by) == (5, "tls_problem", "recipient_admin")
        assert "this sender does not deliver" in result.summary
