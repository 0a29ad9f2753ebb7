"""A run (check, domain, demo, replay) in short: the fields of a line, and the note for a ticket."""

from __future__ import annotations

from probe.model.report import Report
from probe.report import run_words, view, words
from probe.report.line import plain

_EVIDENCE = 2  # pieces of evidence for the first cause that a note has


def fields(report: Report) -> tuple[tuple[str, str], ...]:
    """The keys are always these, in this order; what there is none of is empty."""
    verdict, target = report.verdict, report.target
    exchange = view.deciding_exchange(report)
    session = view.deciding_session(report)
    cause = view.cause_of_failure(report)
    after = verdict.retry_after_s
    return (
        ("outcome", verdict.outcome.value),
        ("exit", str(int(verdict.exit_code))),
        ("stage", verdict.stage.value),
        ("asked", verdict.extent.value),
        ("code", str(exchange.reply_code or "") if exchange is not None else ""),
        ("enhanced", (exchange.enhanced_status or "") if exchange is not None else ""),
        ("cause", cause.id if cause is not None else ""),
        ("band", verdict.band.value if cause is not None else ""),
        ("probability", f"{cause.probability:.2f}" if cause is not None else ""),
        ("fix_by", verdict.fix_by.value),
        ("retry", verdict.retry.value),
        ("retry_after_s", str(after) if after is not None else ""),
        ("risks", ",".join(it.cause for it in verdict.after_data_risks)),
        ("command", target.command.value),
        ("domain", target.domain),
        ("sender", "<>" if target.forward_path and not target.reverse_path else target.reverse_path or ""),
        ("recipient", target.forward_path or ""),
        ("source_ip", target.source_ip or ""),
        ("mx", session.mx_host if session is not None else ""),
        ("mx_ip", session.ip if session is not None else ""),
        ("at", report.started_at),
        ("elapsed_ms", str(report.elapsed_ms)),
        ("version", report.tool.version),
        ("reply", verdict.reply or ""),
    )


def note(report: Report) -> tuple[tuple[str, str], ...]:
    """Ten lines for a ticket."""
    verdict = report.verdict
    head = run_words.headline(report)
    return (
        ("About", view.about_line(report)),
        ("Verdict", f"{head} {plain(view.where(report))}"),
        ("Reply", verdict.reply or verdict.summary),
        ("Cause", _causes(report)),
        ("Evidence", _evidence(report)),
        ("Who acts", words.FIX_BY[verdict.fix_by]),
        ("Act", view.action(report)),
        ("Retry", view.retry(report)),
        ("When", f"{report.started_at}; {view.effort_line(report)}"),
        ("Tool", f"smtp-probe {report.tool.version}, rules {report.tool.rules}, exit {verdict.exit_code}"),
    )


def _causes(report: Report) -> str:
    verdict, cause = report.verdict, view.cause_of_failure(report)
    if cause is None:
        risks = (f"{view.cause_title(it.cause)}: {it.reason}" for it in verdict.after_data_risks)
        text = "; ".join(risks)
        return f"after DATA, predicted: {text}" if text else ""
    others = [it for it in report.causes if it is not cause][:1]
    second = "".join(f"; else {it.title} ({words.percent(it.probability)})" for it in others)
    return f"{cause.title} ({words.percent(cause.probability)}, {verdict.band.value}){second}"


def _evidence(report: Report) -> str:
    cause = view.cause_of_failure(report)
    if cause is None:
        return ""
    pieces = sorted(cause.evidence_for, key=lambda it: -it.weight_db)[:_EVIDENCE]
    against = sorted(cause.evidence_against, key=lambda it: it.weight_db)[:1]
    return "; ".join((*(it.text for it in pieces), *(f"against it: {it.text}" for it in against)))
