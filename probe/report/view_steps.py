"""The nine steps in reports: which findings, in which order."""

from __future__ import annotations

from probe._dataclass import dataclass
from probe.knowledge import finding_groups as groups
from probe.model.finding import Finding, Severity
from probe.model.report import ChecklistStep, Report
from probe.model.report_dns import ReportDkim
from probe.model.steps import StepStatus
from probe.report.run_words import key_strength
from probe.report.view import BAD, dns_failures
from probe.standards.dkim.results import KeyStatus
from probe.standards.spf.results import SpfVerdict

FINDINGS_SHOWN = 3
_FOREMOST = {"source-blocklist"}  # if this finding is not assessed, its step is not
DNS_STEP = 2
RETRY_STEP = 9


@dataclass(frozen=True, slots=True)
class StepView:
    """A step with its findings: `problems` worst first, `rest` are ok findings and notices."""

    step: ChecklistStep
    problems: tuple[Finding, ...]
    rest: tuple[Finding, ...]


def steps(report: Report) -> tuple[StepView, ...]:
    """The checklist with its findings."""
    order = list(Severity)
    by_severity = sorted(report.findings, key=lambda finding: order.index(finding.severity))
    views = []
    for step in report.checklist:
        own = [f for f in by_severity if f.step == step.step and (f.id in step.findings or not step.findings)]
        views.append(
            StepView(
                step,
                tuple(f for f in own if f.severity in BAD),
                tuple(f for f in own if f.severity not in BAD),
            )
        )
    return tuple(views)


def waits_for_the_message(views: tuple[StepView, ...]) -> bool:
    """Whether steps 4 and 5 were not assessed because neither message nor size was given."""
    tags = {finding.tag for step_view in views for finding in step_view.rest}
    return tags >= groups.MESSAGE_NOT_GIVEN and not any(
        step_view.problems for step_view in views if step_view.step.step in (4, 5)
    )


def main_findings(step_view: StepView, where_more: str) -> list[str]:
    """The problems, one text each; else what is ok, in one text; else why it was not assessed. `where_more`
    says where to find those without room.

    Empty if the step fails without a finding of its own: then its `do` is the only message.
    """
    problems = list(dict.fromkeys(finding.message for finding in step_view.problems))  # of several sessions
    if problems:
        more = len(problems) - FINDINGS_SHOWN
        return problems if more <= 0 else [*problems[:FINDINGS_SHOWN], f"and {more} more ({where_more})"]
    if step_view.step.status is StepStatus.NOT_ASSESSED:
        unseen = [f for f in step_view.rest if f.severity is Severity.NOT_ASSESSED] or list(step_view.rest)
        unseen.sort(key=lambda finding: finding.id not in _FOREMOST)  # else in the order of the checks
        return [finding.message for finding in unseen[:1]]
    if step_view.step.status is not StepStatus.PASS or step_view.step.step == DNS_STEP:
        return []
    if step_view.step.step == RETRY_STEP:
        return []  # its `do` says all
    right = [f for f in step_view.rest if f.severity is Severity.OK][:1]
    # told as Vantage, with -v, and beside the causes
    elsewhere = {*groups.NOT_THE_SENDING_PLACE, groups.UNUSABLE_LISTS, *groups.DOCUMENTED}
    notices = [f for f in step_view.rest if f.severity is Severity.NOTICE and f.tag not in elsewhere]
    texts = [finding.message.rstrip(".") for finding in (*right, *notices)]
    return [" · ".join(texts[:FINDINGS_SHOWN])] if texts else []


def authentication(report: Report, *, reasons: bool = True) -> list[str]:
    """SPF, DKIM, DMARC and PTR at a glance, in one text; empty when none was looked at. With `reasons`, also
    why any of them is not known."""
    dns = report.dns
    parts = []
    if dns.spf is not None:
        parts.append(f"SPF {dns.spf.result}" + (f" ({dns.spf.matched})" if dns.spf.matched else ""))
    keys = [key for key in dns.dkim if key.status == KeyStatus.VALID]
    if keys:
        parts.append("DKIM " + ", ".join(_key(key) for key in keys[:2]))
    elif any(key.status == KeyStatus.UNKNOWN for key in dns.dkim):
        parts.append("DKIM unknown")
    elif dns.dkim:
        parts.append("DKIM: no usable key at the selectors tried")
    if dns.dmarc is not None:
        policy = "unknown" if dns.dmarc.unknown else f"p={dns.dmarc.policy}" if dns.dmarc.policy else "none"
        spf_carries = dns.spf is not None and dns.spf.result == SpfVerdict.PASS and dns.dmarc.spf_can_align
        aligns = ", can align" if spf_carries or (keys and dns.dmarc.dkim_can_align) else ""
        parts.append(f"DMARC {policy}{aligns}")
    if dns.ptr is not None:
        parts.append(f"PTR {dns.ptr.status}")
    glance = [" · ".join(parts)] if parts else []
    return [*glance, *dns_failures(report).values()] if reasons else glance


def _key(key: ReportDkim) -> str:
    return " ".join(part for part in (key.selector, key_strength(key)) if part)
