"""The report for a ticket: verdict, causes, nine steps, dialogue, the note to the postmaster."""

from __future__ import annotations

import re
from collections.abc import Sequence

from probe.model.report import Report
from probe.model.target import Command
from probe.model.verdict import Outcome
from probe.report import hypotheses, run_words, view, view_session, view_steps, words
from probe.report.cause_rows import NEGLIGIBLE
from probe.report.clean import printable_report
from probe.report.markdown_text import markdown_code, markdown_fence, markdown_text

__all__ = ["markdown_text", "to_markdown"]


_PLAIN = re.compile(r"[A-Za-z0-9_.:-]+")


def to_markdown(report: Report) -> str:
    """CommonMark with GFM tables, with a final line break; a stranger's text is always literal."""
    report = printable_report(report)
    blocks = [
        *_verdict(report),
        *_causes(report),
        *_hypotheses(report),
        *_findings(report),
        *_steps(report),
        *_domain(report),
        *_dialogue(report),
        *_note(report),
        _colophon(report),
    ]
    return "\n\n".join(blocks) + "\n"


def _colophon(report: Report) -> str:
    return (
        f"Made by smtp-probe {markdown_code(report.tool.version)}, started "
        f"{markdown_text(report.started_at)}, exit code {report.verdict.exit_code}. "
        "The dialogue stops before DATA: nothing was delivered."
    )


def _verdict(report: Report) -> list[str]:
    verdict = report.verdict
    blocks = [f"# {markdown_code(view.route_line(report))}"]
    lab = view.lab_line(report)
    if lab:
        blocks.append(f"**{markdown_text(lab)}**")
    head = run_words.headline(verdict, report.target.command)
    blocks.append(f"**{head}** {markdown_text(view.where(report))}")
    if verdict.reply:
        blocks.append(markdown_code(verdict.reply))
    if view.summary(report):
        blocks.append(markdown_text(view.summary(report)))
    facts = [f"- **Who acts:** {markdown_text(words.FIX_BY[verdict.fix_by])}"]
    if action := view.action(report):
        facts[-1] += f": {markdown_text(action)}"
    rows = view.cause_rows(report)
    if rows and verdict.outcome is not Outcome.ACCEPTED:
        facts.insert(
            0, f"- **Cause:** {markdown_text(rows[0].title)} ({_share(rows[0].share)}, {rows[0].band})"
        )
    if view.vantage(report):
        facts.insert(0, f"- **Vantage:** {markdown_text(view.vantage(report))}")
    if verdict.outcome is not Outcome.ACCEPTED:
        facts.append(f"- **Retry:** {markdown_text(view.retry(report))}")
    if report.next_test is not None:
        facts.append(f"- **Settle it:** {markdown_text(report.next_test.text)}")
        if report.next_test.command:
            facts[-1] += f" {markdown_code(report.next_test.command)}"
    for risk in verdict.after_data_risks:
        title = markdown_text(view.cause_title(risk.cause))
        why = markdown_text(risk.reason) + _rule(risk.rule)
        facts.append(f"- **After DATA (predicted):** {title}: {why}")
    for item in report.not_reached:
        part = markdown_text(view.not_reached_part(item))
        facts.append(f"- **Not reached:** {part}: {markdown_text(item.reason)}")
    for finding in view.internal(report):
        told = f"{markdown_text(finding.message)}. {markdown_text(finding.remedy)}"
        facts.append(f"- **Internal error:** {told}")
    return [*blocks, "\n".join(facts)]


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _share(percent: str) -> str:
    """`< 1 %` in a cell."""
    return percent.replace("<", "&lt;").replace(">", "&gt;")


def _rule(identity: str) -> str:
    """The id behind a sentence, for `smtp-probe rules ID`."""
    if not identity:
        return ""
    # a code span has no place in a table cell unless nothing in it could end either
    return f" {markdown_code(identity)}" if _PLAIN.fullmatch(identity) else f" {markdown_text(identity)}"


def _causes(report: Report) -> list[str]:
    if not report.causes:
        return []
    rows: list[tuple[str, ...]] = []
    for cause in report.causes:
        if cause.probability < NEGLIGIBLE and rows:
            continue
        sides: dict[str, list[str]] = {"for": [], "against": [], "neutral": []}
        for argument in view.arguments(cause):
            text = markdown_text(argument.evidence.text) + _rule(argument.evidence.rule)
            sides[argument.side].append(f"{text} ({argument.weight})")
        rows.append(
            (
                f"{markdown_text(cause.title)} ({markdown_text(cause.id)})",
                _share(words.percent(cause.probability)),
                "<br>".join(sides["for"]),
                "<br>".join(sides["against"]),
            )
        )
    band = markdown_text(report.verdict.band)
    return [
        "## Causes",
        f"The first is *{band}*. Weights are in decibans: +10 makes a cause ten times likelier. "
        "`smtp-probe rules ID` tells what a rule reads and its source.",
        _table(("Cause", "Share", "For", "Against"), rows),
    ]


def _hypotheses(report: Report) -> list[str]:
    blocks: list[str] = []
    walked = report.hypotheses
    if walked:
        rows = [
            (
                markdown_text(it.title),
                _share(words.percent(it.probability)),
                markdown_text(it.fact)
                + (f" ({words.decibans(it.weight_db)})" if it.weight_db is not None else ""),
            )
            for it in walked
        ]
        blocks += [
            f"## {markdown_text(hypotheses.unsaid(report))}",
            *(markdown_text(text) for text in hypotheses.origins(report)),
            _table(("Hypothesis", "Share", "What speaks most for or against it"), rows),
        ]
    documented = hypotheses.documented(report)
    if documented:
        blocks.append(f"## Documented about {markdown_text(report.target.domain)}")
        blocks.append("\n".join(f"- {markdown_text(text)}" for text in documented))
    return blocks


def _findings(report: Report) -> list[str]:
    bad = [finding for finding in report.findings if finding.severity in view.BAD]
    if not bad:
        return []
    lines = []
    for finding in bad:
        remedy = f" → {markdown_text(finding.remedy)}" if finding.remedy else ""
        lines.append(
            f"- **{finding.severity.value}** ({markdown_text(finding.id)}): "
            f"{markdown_text(finding.message)}{remedy}"
        )
    return ["## Findings", "\n".join(lines)]


def _steps(report: Report) -> list[str]:
    if not report.checklist or report.target.command is Command.DOMAIN:
        return []
    rows: list[tuple[str, ...]] = []
    for step_view in view_steps.steps(report):
        step = step_view.step
        found = view_steps.authentication(report) if step.step == view_steps.DNS_STEP else []
        found += view_steps.main_findings(step_view)
        rows.append(
            (
                str(step.step),
                markdown_text(step.title),
                words.STEP_STATUS[step.status],
                "<br>".join(markdown_text(message) for message in found),
                markdown_text(step.do),
            )
        )
    return ["## Nine steps", _table(("Step", "", "Status", "Found", "Do"), rows)]


def _domain(report: Report) -> list[str]:
    if report.target.command is not Command.DOMAIN:
        return []
    dns = report.dns
    rows: list[tuple[str, ...]] = [
        ("Route", markdown_text(run_words.ROUTES[dns.route])),
        ("Provider", markdown_text(report.target.provider or "none that this program knows")),
        (
            "MTA-STS",
            markdown_text(_published(dns.mta_sts.status, dns.mta_sts.mode or "", dns.mta_sts.problems)),
        ),
        ("TLS-RPT", markdown_text(_published(dns.tls_rpt.status, "", dns.tls_rpt.problems))),
    ]
    for mx in dns.mx:
        text = "; ".join((", ".join(mx.addresses) or "no usable address", *mx.problems))
        rows.append((f"MX {mx.preference}", markdown_text(f"{mx.host}: {text}")))
    for dane in dns.dane:
        text = "; ".join((run_words.DANE[dane.status], *dane.problems))
        rows.append(("DANE", markdown_text(f"{dane.host}: {text}")))
    for session in report.sessions:
        rows.append(
            ("EHLO", markdown_text(f"{view_session.session_title(session)}: {', '.join(session.extensions)}"))
        )
        rows.append(("STARTTLS", markdown_text(view_session.tls_line(session.tls))))
        if session.tls is not None:
            rows.append(("Certificate", markdown_text(view_session.certificate_line(session.tls))))
    return ["## Recipient domain", _table(("What", "Seen"), rows)]


def _published(status: str, mode: str, problems: tuple[str, ...]) -> str:
    state = run_words.PUBLISHED.get(status, status)
    return "; ".join(part for part in (state, f"mode {mode}" if mode else "", *problems) if part)


def _dialogue(report: Report) -> list[str]:
    if not report.sessions:
        return []
    lines: list[str] = []
    for session in report.sessions:
        if lines:
            lines.append("")
        about = run_words.EXPERIMENTS[session.experiment]
        lines.append(f"# {view_session.session_title(session)}, {about}")
        for exchange in session.exchanges:
            if exchange.sent:
                lines.append(f"C: {exchange.sent}")
            lines += [f"S: {line}" for line in view_session.reply_wire(exchange)]
            if exchange.reply_code is None:
                lines.append("S: (no complete reply)")
        lines.append(f"# ended: {view_session.ended(session)}")
    return ["## Dialogue", "\n".join(markdown_fence(lines))]


def _note(report: Report) -> list[str]:
    if not report.contact_note:
        return []
    return [
        "## Note to the recipient's postmaster",
        "\n".join(markdown_fence(report.contact_note.rstrip("\n").split("\n"))),
    ]
