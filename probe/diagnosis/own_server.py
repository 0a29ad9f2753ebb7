"""Outcomes that the local mail server decides, independent of the recipient's side."""

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
    """Its decision before any other server is contacted; None if it sends the mail on."""
    decision = own_decision_of(facts)
    if decision is None:
        return None
    return RunResult(decision.outcome, Stage.INPUT, Ground.OWN, reason=decision.reason)


def by_own_family(facts: Facts) -> RunResult | None:
    """The refusal if the hosts have only addresses of a family that it does not use (OpenSMTPD waits); None
    if an option excluded the family."""
    family = uses_one_family(facts)
    if family is None:
        return None
    reason = Reason(OutcomeReason.OWN_FAMILY, host=facts.recipient.domain, most=family)
    waits = facts.mta is not None and facts.mta.software is MtaSoftware.OPENSMTPD
    return RunResult(Outcome.DEFERRED if waits else Outcome.REFUSED, Stage.DNS, Ground.OWN, reason=reason)


def waits_at(facts: Facts, stage: Stage) -> bool:
    """Whether it tries again later after a refusal at that stage (smtp_skip_5xx_greeting)."""
    return stage is Stage.GREETING and facts.mta is not None and facts.mta.waits_at_greeting


def without_tls(facts: Facts, result: RunResult) -> Outcome:
    """The outcome if the required TLS was not possible: the mail is deferred; but Exim bounces it if there is
    no DNSSEC-signed TLSA record (hosts_require_dane)."""
    has_none = any(reason.tag is CertificateFault.NO_TLSA for reason in result.behind)
    is_exim = facts.mta is not None and facts.mta.software is MtaSoftware.EXIM
    return Outcome.REFUSED if has_none and is_exim else Outcome.DEFERRED
