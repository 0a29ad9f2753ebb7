"""The body of `smtp-probe domain`: what a sender meets before a send."""

from __future__ import annotations

from probe.model.finding import Severity
from probe.model.reply import Stage
from probe.model.report import Report, ReportDns, ReportSession
from probe.report import run_words, view_session, words
from probe.report.page import Page

_LABEL = 13


def write(page: Page, report: Report) -> None:
    """Mail servers, the session, transport security, and the findings."""
    page.heading("Recipient domain")
    _fact(page, "Route", run_words.ROUTES[report.dns.route])
    _fact(page, "Provider", report.target.provider or "none that this program knows")
    for index, mx in enumerate(report.dns.mx):
        addresses = ", ".join(mx.addresses) or "no usable address"
        problems = "".join(f"; {problem}" for problem in mx.problems)
        _fact(page, "" if index else "MX hosts", f"{mx.preference} {mx.host}: {addresses}{problems}")
    for session in report.sessions:
        _write_session(page, session)
    _write_policies(page, report.dns)
    _write_findings(page, report)


def _fact(page: Page, label: str, text: str) -> None:
    page.text(text, lead=f"{label:{_LABEL}}", indent=2)


def _write_session(page: Page, session: ReportSession) -> None:
    page.heading(f"Session with {view_session.session_title(session)}")
    for exchange in session.exchanges:
        if exchange.stage is Stage.GREETING:
            _fact(page, "Greeting", view_session.reply_text(exchange))
    _fact(page, "Extensions", ", ".join(session.extensions) or "none seen")
    if session.size_limit is None:
        answered = any(e.stage is Stage.EHLO and e.reply_code == 250 for e in session.exchanges)
        _fact(page, "Size", "no limit announced" if answered else "not seen")
    else:
        # RFC 1870 section 4: SIZE 0 means that there is no fixed maximum
        _fact(
            page,
            "Size",
            f"takes {words.size(session.size_limit)}" if session.size_limit else "no fixed limit",
        )
    _fact(page, "STARTTLS", view_session.tls_line(session.tls))
    if session.tls is not None:
        certificate = view_session.certificate_line(session.tls)
        if certificate:
            _fact(page, "Certificate", certificate)
    _fact(page, "Ended", view_session.ended(session))


def _write_policies(page: Page, dns: ReportDns) -> None:
    page.heading("Transport security")
    sts = dns.mta_sts
    parts = [run_words.PUBLISHED.get(sts.status, sts.status), f"mode {sts.mode}" if sts.mode else ""]
    parts.append("does not cover " + ", ".join(sts.uncovered) if sts.uncovered else "")
    _fact(page, "MTA-STS", "; ".join(part for part in (*parts, *sts.problems) if part))
    for index, dane in enumerate(dns.dane):
        records = f"{len(dane.records)} TLSA" if dane.records else ""
        text = "; ".join(part for part in (run_words.DANE[dane.status], records, *dane.problems) if part)
        _fact(page, "" if index else "DANE", f"{dane.host}: {text}")
    if not dns.dane:
        _fact(page, "DANE", "not looked at")
    rpt = dns.tls_rpt
    status = run_words.PUBLISHED.get(rpt.status, rpt.status)
    _fact(page, "TLS-RPT", "; ".join(part for part in (status, ", ".join(rpt.rua), *rpt.problems) if part))


def _write_findings(page: Page, report: Report) -> None:
    worth = [f for f in report.findings if f.severity not in {Severity.OK, Severity.NOT_ASSESSED}]
    order = list(Severity)
    if not worth:
        return
    page.heading("Findings")
    for finding in sorted(worth, key=lambda f: order.index(f.severity)):
        page.text(finding.message, lead=f"{finding.severity.value:8}", indent=2)
        if finding.remedy:
            page.text(finding.remedy, lead="→ ", indent=10)
