"""What could still happen after DATA: predictions from the sender's facts, named as predictions."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from probe.knowledge.toml_import import load
from probe.model.evidence import Evidence, Facet, RankedCause
from probe.model.finding import Finding, Severity
from probe.model.report import AfterDataRisk
from probe.model.target import FailOn


@dataclass(frozen=True, slots=True)
class Risk:
    """One finding that makes a refusal after DATA likely, with its weight in decibans."""

    cause: str
    finding: Finding
    weight: float


_EVEN = 10.0  # decibans at which a receiver is as likely to refuse as to take the mail


@cache
def _table() -> dict[str, tuple[str, float]]:
    table = load(files("probe.knowledge") / "risks.toml")
    return {entry["finding"]: (entry["cause"], float(entry["weight"])) for entry in table["risk"]}


_COUNTED = {
    FailOn.ERROR: (Severity.ERROR, Severity.FATAL),
    FailOn.WARNING: (Severity.ERROR, Severity.FATAL, Severity.WARNING),
    FailOn.NEVER: (),
}


def risks_of(findings: tuple[Finding, ...], fail_on: FailOn) -> tuple[Risk, ...]:
    """The findings that count by --fail-on and predict a refusal, likeliest first."""
    found = [
        Risk(*_table()[finding.id][:1], finding, _table()[finding.id][1])
        for finding in findings
        if finding.severity in _COUNTED[fail_on] and finding.id in _table()
    ]
    return tuple(sorted(found, key=lambda risk: -risk.weight))


def likelihood(risk: Risk) -> float:
    """How likely a refusal after DATA is by this risk alone: even at 10 decibans, three in four at 15."""
    return round(1 / (1 + 10 ** ((_EVEN - risk.weight) / 10)), 3)


def as_report(risks: tuple[Risk, ...]) -> tuple[AfterDataRisk, ...]:
    """For the report: each with the finding's own sentence as its reason."""
    return tuple(AfterDataRisk(risk.cause, risk.finding.message) for risk in risks)


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
    ref = risk.finding.evidence[0] if risk.finding.evidence else f"finding:{risk.finding.id}"
    weights = {risk.cause: risk.weight}
    return Evidence(f"risk.{risk.finding.id}", Facet.AUTHENTICATION, weights, risk.finding.message, ref)
