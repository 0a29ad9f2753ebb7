"""What stands around the walk of the hypotheses: its heading, where the status comes from, and what is
documented about the domain."""

from __future__ import annotations

from probe.knowledge import finding_groups as groups
from probe.model.reply import Stage
from probe.model.report import Report
from probe.report import view


def unsaid(report: Report) -> str:
    """What the walk is for, as a heading."""
    session, verdict = view.deciding_session(report), report.verdict
    asked = [it for it in session.exchanges if it.stage == verdict.stage] if session is not None else []
    told = [it for it in asked if it.reply_code is not None]
    if not told:
        return "Hypotheses"
    status = (
        told[0] if verdict.stage is Stage.RCPT else told[-1]
    ).enhanced_status  # later RCPTs are controls
    if status is None:
        return "Hypotheses (the reply has no enhanced status)"
    return f"Hypotheses ({status} names no cause)" if status.endswith(".0.0") else "Hypotheses"


def origins(report: Report) -> tuple[str, ...]:
    """Where an x.0.0 comes from, by the reply and by the bounce."""
    return tuple(f.message for f in report.findings if f.tag in groups.ORIGINS_OF_STATUS)


def documented(report: Report) -> tuple[str, ...]:
    """What is publicly known of the recipient's domain, with sources and dates."""
    return tuple(finding.message for finding in report.findings if finding.tag == groups.DOCUMENTED)
