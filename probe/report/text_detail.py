"""What -v adds: each session's dialogue, authentication records, blocklists, every DNS answer, the note."""

from __future__ import annotations

from probe.model.report import Report, ReportDkim, ReportDns, ReportListing, ReportSession
from probe.report import run_words, view_session
from probe.report.page import Page

_TIME_COLUMNS = 11


def write(page: Page, report: Report) -> None:
    """All of it, in the order in which a reader digs."""
    write_dialogue(page, report)
    _write_authentication(page, report.dns)
    _write_listings(page, report.dns.dnsbl)
    if report.dns.answers:
        page.heading("DNS answers")
        for answer in report.dns.answers:
            page.text(answer, indent=2)
    if report.contact_note:
        page.heading("Note to the recipient's postmaster")
        for line in report.contact_note.split("\n"):
            page.text(line, indent=2)


def write_dialogue(page: Page, report: Report) -> None:
    """Every session, every line."""
    for number, session in enumerate(report.sessions, 1):
        page.heading(f"Session {number}: {view_session.session_title(session)}")
        _write_session(page, session)


def _write_session(page: Page, session: ReportSession) -> None:
    about = run_words.EXPERIMENTS[session.experiment]
    page.text(f"{about}; {session.reason}" if session.reason else about, indent=2)
    for exchange in session.exchanges:
        if exchange.sent:
            page.text(exchange.sent, lead=f"{'':{_TIME_COLUMNS}}C: ", indent=2)
        time = f"{exchange.elapsed_ms} ms"
        cut_off = f"{exchange.fragment} (the reply ends here)" if exchange.fragment else "(no complete reply)"
        for line in view_session.reply_wire(exchange) or (cut_off,):
            page.text(line, lead=f"{time:>{_TIME_COLUMNS - 2}}  S: ", indent=2)
            time = ""
        for deviation in exchange.deviations:
            page.text(f"breaks the reply grammar: {deviation}", indent=_TIME_COLUMNS + 5)
    if session.tls is not None:
        page.text(view_session.tls_line(session.tls), lead="TLS: ", indent=2)
        certificate = view_session.certificate_line(session.tls)
        if certificate:
            page.text(certificate, lead="Certificate: ", indent=2)
    page.text(view_session.ended(session), lead="Ended: ", indent=2)


def _write_authentication(page: Page, dns: ReportDns) -> None:
    if dns.spf is None and not dns.dkim and dns.dmarc is None:
        return
    page.heading("Authentication")
    if dns.spf is not None:
        spf = dns.spf
        matched = f", matched {spf.matched}" if spf.matched else ""
        page.text(
            f"{spf.result} for {spf.ip or 'no address'} at {spf.domain}{matched}; {spf.lookups} lookups, "
            f"{spf.void_lookups} void",
            lead="SPF    ",
            indent=2,
        )
        for step in spf.trace:
            detail = f" ({step.detail})" if step.detail else ""
            page.text(
                f"{step.term} → {step.outcome}{detail}",
                lead="  " * step.depth + f"{step.domain}: ",
                indent=9,
            )
    _write_keys(page, dns.dkim)
    if dns.dmarc is not None:
        dmarc = dns.dmarc
        state = "unknown" if dmarc.unknown else f"p={dmarc.policy}" if dmarc.policy else "no policy"
        at = f" at {dmarc.domain}" if dmarc.domain else ""
        problems = "".join(f"; {problem}" for problem in dmarc.problems)
        page.text(f"{state}{at} for {dmarc.author_domain}{problems}", lead="DMARC  ", indent=2)


def _write_keys(page: Page, keys: tuple[ReportDkim, ...]) -> None:
    """A guessed selector without a key says nothing (RFC 6376 section 3.1): those are only counted."""
    counted = {"missing": 0, "unknown": 0}
    for key in keys:
        if key.status in counted and key.origin not in {"given", "message"}:
            counted[key.status] += 1
            continue
        strength = " ".join(part for part in (key.key_type, str(key.key_bits or "")) if part)
        status = run_words.KEYS.get(key.status, key.status)
        parts = [status, strength, "testing" if key.testing else "", key.origin, *key.problems]
        page.text(f"{key.selector}: {', '.join(part for part in parts if part)}", lead="DKIM   ", indent=2)
    if any(counted.values()):
        page.text(
            f"of the guessed selectors {counted['missing']} hold no key, {counted['unknown']} got no answer",
            lead="DKIM   ",
            indent=2,
        )


def _write_listings(page: Page, listings: tuple[ReportListing, ...]) -> None:
    if not listings:
        return
    page.heading("Blocklists")
    for listing in listings:
        codes = f" ({', '.join(listing.codes)})" if listing.codes else ""
        more = "; ".join(
            part for part in (*listing.meanings, listing.text, listing.reason, listing.delist_url) if part
        )
        page.text(
            f"{listing.status.replace('_', ' ')}{codes} {listing.subject}{': ' + more if more else ''}",
            lead=f"{listing.zone}: ",
            indent=2,
        )
