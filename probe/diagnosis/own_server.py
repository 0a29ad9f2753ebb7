"""Outcomes that the local mail server decides, independent of the recipient's side."""

from __future__ import annotations

from collections.abc import Mapping

from probe._dataclass import replace
from probe.diagnosis.run_result import Ground, RunResult
from probe.facts.fallback import fallback_sessions, leads_nowhere
from probe.facts.model import Facts
from probe.facts.own_server import is_backup, own_decision_of, uses_one_family
from probe.model.observed import CertificateFault
from probe.model.reason import Reason
from probe.model.reply import Stage
from probe.model.sender_mta import FallbackBy, MtaSoftware
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


def kept_after_refusal(facts: Facts, result: RunResult) -> RunResult:
    """The result; deferred where the server keeps what was refused and tries again (soft_bounce)."""
    is_kept = facts.mta is not None and facts.mta.waits_at_refusal and facts.sending.goes_its_way
    return (
        replace(result, outcome=Outcome.DEFERRED) if is_kept and result.outcome is Outcome.REFUSED else result
    )


OF_FALLBACK = (
    OutcomeReason.OWN_FALLBACK,
    OutcomeReason.OWN_FALLBACK_NOWHERE,
    OutcomeReason.OWN_FALLBACK_SILENT,
)
# What each of them hands on besides a deferral, as real servers did it in the lab (tests/lab/senders.py).
_HANDED_ON: Mapping[FallbackBy, frozenset[Ground]] = {
    FallbackBy.POSTFIX: frozenset(
        {Ground.ROUTE, Ground.DNS_UNKNOWN, Ground.NO_CONNECTION, Ground.NO_REPLY, Ground.TLS}
    ),
    FallbackBy.EXIM: frozenset({Ground.NO_CONNECTION, Ground.NO_REPLY}),
    FallbackBy.SENDMAIL_MX: frozenset(
        {Ground.ROUTE, Ground.DNS_UNKNOWN, Ground.NO_CONNECTION, Ground.NO_REPLY}
    ),
    FallbackBy.SENDMAIL_SMART_HOST: frozenset({Ground.ROUTE, Ground.NO_CONNECTION}),
}
_BY_SOFTWARE = {MtaSoftware.POSTFIX: FallbackBy.POSTFIX, MtaSoftware.EXIM: FallbackBy.EXIM}
_FOR_SENDMAIL = (FallbackBy.SENDMAIL_MX, FallbackBy.SENDMAIL_SMART_HOST)


def handed_on(facts: Facts, result: RunResult) -> RunResult:
    """The result; open where the server hands what it cannot leave there to a relay that gave no answer
    here. A relay without an address leaves the mail in the queue; sendmail sends it back."""
    mta = facts.mta
    if mta is None or not mta.route.fallback or not facts.sending.goes_its_way:
        return result
    by = mta.route.fallback_by or _BY_SOFTWARE.get(mta.software)
    if by is None or not _is_handed_on(facts, result, by):
        return result
    hosts = ", ".join(dict.fromkeys(hop.host for hop in mta.route.fallback))
    sessions = fallback_sessions(facts)
    if not sessions and leads_nowhere(facts):
        outcome = Outcome.REFUSED if by in _FOR_SENDMAIL else Outcome.DEFERRED
        reason = Reason(OutcomeReason.OWN_FALLBACK_NOWHERE, host=hosts)
        return RunResult(outcome, result.stage, Ground.OWN, result.session, reason=reason)
    tag = OutcomeReason.OWN_FALLBACK_SILENT if sessions else OutcomeReason.OWN_FALLBACK
    reason = Reason(tag, host=hosts, end=sessions[-1].end if sessions else None)
    return replace(result, outcome=Outcome.INCONCLUSIVE, ground=Ground.OWN, reason=reason, behind=())


def after_fallback(facts: Facts, before: RunResult, result: RunResult) -> RunResult:
    """The result of the relay in a run of these facts, where the servers before it gave the result `before`.
    sendmail sends back what its FallbackMXhost puts off if no MX host has an address."""
    by = facts.mta.route.fallback_by if facts.mta is not None else None
    is_sent_back = by is FallbackBy.SENDMAIL_MX and before.is_for(OutcomeReason.NO_USABLE_MX)
    if not is_sent_back or result.outcome is not Outcome.DEFERRED:
        return result
    return replace(result, outcome=Outcome.REFUSED)


def _is_handed_on(facts: Facts, result: RunResult, by: FallbackBy) -> bool:
    if result.ground is Ground.OWN or is_backup(facts):
        return False
    if result.is_for(OutcomeReason.LOOPBACK_MX) or (
        result.is_for(OutcomeReason.NULL_MX) and by in _FOR_SENDMAIL
    ):
        return False
    if result.outcome is Outcome.DEFERRED:
        return by is not FallbackBy.SENDMAIL_SMART_HOST
    if result.is_for(OutcomeReason.RELAY_WITHOUT_ADDRESS):
        return by is not FallbackBy.EXIM  # which finds that out before it hands anything to a transport
    is_turned_away = result.outcome is Outcome.REFUSED and result.stage is Stage.GREETING
    return result.ground in _HANDED_ON[by] or (is_turned_away and by is FallbackBy.SENDMAIL_MX)
