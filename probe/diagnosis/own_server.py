"""Outcomes that this host's own mail server brings about, whatever the recipient's side would say."""

from __future__ import annotations

from probe.diagnosis.run_result import Ground, RunResult
from probe.facts.model import Facts
from probe.facts.own_server import own_decision_of, uses_one_family
from probe.model.observed import CertificateFault
from probe.model.reason import Reason
from probe.model.reply import Stage
from probe.model.sender_mta import MtaSoftware
from probe.model.verdict import Outcome, OutcomeReason


def by_own_server(facts: Facts) -> RunResult | None:
    """What it does before any other server is asked; None where it hands the mail on."""
    decision = own_decision_of(facts)
    if decision is None:
        return None
    return RunResult(decision.outcome, Stage.INPUT, Ground.OWN, reason=decision.reason)


def by_own_family(facts: Facts) -> RunResult | None:
    """Its mail comes back where the hosts have addresses of the family alone that it does not use; None where
    that is the options' doing."""
    family = uses_one_family(facts)
    if family is None:
        return None
    reason = Reason(OutcomeReason.OWN_FAMILY, host=facts.recipient.domain, most=family)
    return RunResult(Outcome.REFUSED, Stage.DNS, Ground.OWN, reason=reason)


def waits_at(facts: Facts, stage: Stage) -> bool:
    """Whether a refusal at that stage is to it a reason to try again later (smtp_skip_5xx_greeting)."""
    return stage is Stage.GREETING and facts.mta is not None and facts.mta.waits_at_greeting


def without_tls(facts: Facts, result: RunResult) -> Outcome:
    """What becomes of mail that did not get the TLS which it demands: it waits; but Exim sends it back where
    DNSSEC vouches for no TLSA record (hosts_require_dane)."""
    has_none = any(reason.tag is CertificateFault.NO_TLSA for reason in result.behind)
    is_exim = facts.mta is not None and facts.mta.software is MtaSoftware.EXIM
    return Outcome.REFUSED if has_none and is_exim else Outcome.DEFERRED
