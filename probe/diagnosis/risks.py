"""Predicted refusals after DATA, from the facts about the sender; marked as predictions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from probe._dataclass import dataclass
from probe.facts.model import Facts
from probe.knowledge import finding_groups as groups
from probe.knowledge.requirements import all_requirements
from probe.knowledge.risks import RiskRule, requirement_causes, rules_by_tag
from probe.model.evidence import Evidence, Facet, RankedCause
from probe.model.finding import Finding, Severity
from probe.model.report import AfterDataRisk
from probe.model.target import FailOn, TlsMode
from probe.standards.tls.results import DaneStatus


@dataclass(frozen=True, slots=True)
class Risk:
    """One finding that makes a refusal after DATA likely as `cause`, by `rule`."""

    cause: str
    finding: Finding
    rule: RiskRule

    @property
    def weight(self) -> float:
        """In decibans."""
        return self.rule.weight

    @property
    def is_sender_side(self) -> bool:
        """False: the recipient's domain has it wrong."""
        return self.rule.is_sender_side

    @property
    def is_tls_policy(self) -> bool:
        """The recipient's DANE or MTA-STS fails: a sender that enforces it does not deliver."""
        return self.finding.tag in groups.TLS_POLICY_FAILS

    def is_relevant(self, tls: TlsMode) -> bool:
        """Whether it applies to this sender: its own fault, or a policy that it is known to enforce."""
        return self.is_sender_side or (self.is_tls_policy and tls is TlsMode.REQUIRE)

    @property
    def ref(self) -> str:
        """The reference of the prediction: the broken requirement or other evidence, else the finding."""
        return self.finding.evidence[0] if self.finding.evidence else f"finding:{self.finding.id}"


_EVEN = 10.0  # decibans at which a receiver is as likely to refuse as to take the mail


@cache
def _requirement_causes() -> Mapping[str, str]:
    """The cause for each requirement that has its own, by its name."""
    by_need = requirement_causes()
    return {
        f"requirement:{it.id}": by_need[it.needs[0]]
        for it in all_requirements()
        if len(it.needs) == 1 and it.needs[0] in by_need
    }


def cause_of(rule: RiskRule, finding: Finding) -> str:
    """The cause of the predicted refusal: that of the broken requirement, else that of the rule."""
    by_requirement = _requirement_causes()
    return next((by_requirement[ref] for ref in finding.evidence if ref in by_requirement), rule.cause)


# TLSA records that a sender with DANE uses (RFC 7672 section 2.2); MTA-STS then does not count
_PUBLISHED = (DaneStatus.MATCHED, DaneStatus.MISMATCHED, DaneStatus.NOT_SEEN, DaneStatus.UNUSABLE)
_COUNTED = {
    FailOn.ERROR: (Severity.ERROR, Severity.FATAL),
    FailOn.WARNING: (Severity.ERROR, Severity.FATAL, Severity.WARNING),
    FailOn.NEVER: (),
}


def risks_of(findings: tuple[Finding, ...], fail_on: FailOn) -> tuple[Risk, ...]:
    """The findings that count by --fail-on and predict a refusal, most likely first."""
    risks = [
        Risk(cause_of(rule, finding), finding, rule)
        for finding in findings
        if finding.severity in _COUNTED[fail_on] and (rule := rules_by_tag().get(finding.tag)) is not None
    ]
    return tuple(sorted(risks, key=lambda risk: -risk.weight))


def relevant(risks: tuple[Risk, ...], facts: Facts) -> tuple[Risk, ...]:
    """The risks that apply to this sender."""
    tls = facts.options.tls
    if facts.tls_policy is not None:
        tls = TlsMode.AUTO  # the requirements of the local mail server were met in the session
    elif tls is TlsMode.DANE:
        has_tlsa = any(dane.status in _PUBLISHED for dane in facts.recipient.dane)
        tls = TlsMode.REQUIRE if has_tlsa else TlsMode.AUTO
    return tuple(risk for risk in risks if risk.is_relevant(tls))


def likelihood(risk: Risk) -> float:
    """How likely a refusal after DATA is by this risk alone: even at 10 decibans, three in four at 15."""
    return round(1 / (1 + 10 ** ((_EVEN - risk.weight) / 10)), 3)


def as_report(risks: tuple[Risk, ...]) -> tuple[AfterDataRisk, ...]:
    """For the report: each with the finding's own sentence as its reason."""
    return tuple(AfterDataRisk(risk.cause, risk.finding.message, risk.rule.id, risk.ref) for risk in risks)


def as_causes(risks: tuple[Risk, ...]) -> tuple[RankedCause, ...]:
    """The predicted causes as a ranking that sums to 1; risks of one cause do not add up, because
    they come from the same posture."""
    best: dict[str, Risk] = {}
    for risk in risks:
        if risk.cause not in best or risk.weight > best[risk.cause].weight:
            best[risk.cause] = risk
    total = sum(10 ** (risk.weight / 10) for risk in best.values())
    return tuple(
        RankedCause(cause, 10 ** (risk.weight / 10) / total, ((_evidence(risk), risk.weight),), ())
        for cause, risk in best.items()
    )


def _evidence(risk: Risk) -> Evidence:
    weights = {risk.cause: risk.weight}
    return Evidence(risk.rule.id, Facet.AUTHENTICATION, weights, risk.finding.message, risk.ref)
