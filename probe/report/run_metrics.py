"""The metrics of a run (check, domain, demo, replay). What is not known has no sample: it is never 0."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from probe.model.finding import Severity
from probe.model.listing import ListingStatus
from probe.model.report import Report
from probe.model.report_dns import ReportListing
from probe.model.target import Command
from probe.model.verdict import ExitCode, Outcome
from probe.report import run_measures, view
from probe.report.metric import Labels, Metric, Sample


def build(report: Report) -> tuple[Metric, ...]:
    """All metrics. Each sample names whom the run was about: the files of several runs lie side by side."""
    about = _about(report)
    verdict = report.verdict
    return (
        Metric(
            "info",
            "Version of smtp-probe and of its rules.",
            (Sample(1, (*about, ("version", report.tool.version), ("rules", report.tool.rules))),),
        ),
        Metric(
            "success",
            "Whether nothing stands in the way of mail: exit code 0 of smtp-probe.",
            (Sample(int(verdict.exit_code is ExitCode.ACCEPTED), about),),
        ),
        Metric(
            "outcome",
            "Which outcome the run had: 1 for that one, 0 for the others.",
            tuple(Sample(int(it is verdict.outcome), (*about, ("outcome", it.value))) for it in Outcome),
        ),
        Metric("exit_code", "Exit code of smtp-probe.", (Sample(int(verdict.exit_code), about),)),
        Metric("reply_code", "Code of the reply that decided.", tuple(_reply_code(report, about))),
        Metric(
            "cause_probability_ratio",
            "Probability of the first cause, if the mail was not accepted.",
            tuple(_cause(report, about)),
        ),
        *_times(report, about),
        Metric(
            "certificate_expiry_timestamp_seconds",
            "When the certificate of a mail server ends.",
            tuple(
                Sample(end.timestamp(), (*about, ("host", session.mx_host), ("ip", session.ip)))
                for session, end in run_measures.certificates(report)
            ),
        ),
        *_blocklists(report, about),
        Metric("findings", "Findings by severity.", tuple(_findings(report, about))),
    )


def _about(report: Report) -> Labels:
    target = report.target
    if target.command is Command.DOMAIN:
        return (("domain", target.domain),)
    sender, recipient = target.reverse_path or "<>", target.forward_path or ""
    return (("domain", target.domain), ("sender", sender), ("recipient", recipient))


def _reply_code(report: Report, about: Labels) -> Iterator[Sample]:
    exchange = view.deciding_exchange(report)
    if exchange is not None and exchange.reply_code:
        yield Sample(exchange.reply_code, (*about, ("stage", exchange.stage.value)))


def _cause(report: Report, about: Labels) -> Iterator[Sample]:
    verdict, cause = report.verdict, view.cause_of_failure(report)
    if cause is not None:
        labels = (("cause", cause.id), ("band", verdict.band.value), ("fix_by", verdict.fix_by.value))
        yield Sample(cause.probability, (*about, *labels))


def _times(report: Report, about: Labels) -> Iterator[Metric]:
    began = run_measures.moment(report.started_at)
    yield Metric(
        "start_time_seconds",
        "When the run began.",
        (Sample(began.timestamp(), about),) if began is not None else (),
    )
    yield Metric("duration_seconds", "Time of the whole run.", (Sample(report.elapsed_ms / 1000, about),))
    yield Metric(
        "stage_duration_seconds",
        "Time of DNS, and of each stage of the session that decided.",
        tuple(
            Sample(seconds, (*about, ("stage", stage)))
            for stage, seconds in run_measures.stage_seconds(report).items()
        ),
    )


def _blocklists(report: Report, about: Labels) -> Iterator[Metric]:
    """A list may be asked about several subjects in one role. It is usable if it answered about each."""
    answers: dict[Labels, list[ReportListing]] = {}
    for it in run_measures.listings(report):
        answers.setdefault((*about, ("zone", it.zone), ("role", it.role)), []).append(it)
    usable, listed = list[Sample](), list[Sample]()
    for labels, listings in answers.items():
        is_listed = any(it.status is ListingStatus.LISTED for it in listings)
        is_usable = all(it.status in run_measures.ANSWERS for it in listings)
        usable.append(Sample(int(is_usable), labels))
        if is_listed or is_usable:
            listed.append(Sample(int(is_listed), labels))
    yield Metric(
        "dnsbl_listed",
        "Whether a blocklist lists the sender: its address, domain or EHLO name. No sample: not known.",
        tuple(listed),
    )
    yield Metric("dnsbl_usable", "Whether a blocklist gave an answer that counts.", tuple(usable))


def _findings(report: Report, about: Labels) -> Iterator[Sample]:
    counts = Counter(finding.severity for finding in report.findings)
    for severity in Severity:
        yield Sample(counts[severity], (*about, ("severity", severity.value)))
