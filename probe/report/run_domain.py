"""The sections of `smtp-probe domain`."""

from __future__ import annotations

from collections.abc import Iterator

from probe.model.finding import Severity
from probe.model.reply import Stage
from probe.model.report import Report, ReportSession
from probe.model.report_dns import ReportDns, ReportMx
from probe.model.text import size
from probe.report import document as doc
from probe.report import run_steps, run_words, view, view_session
from probe.report.detail import Detail
from probe.report.line import Line, Raw


def sections(report: Report, detail: Detail) -> Iterator[doc.Section]:
    """Mail servers, the session, transport security, and the findings."""
    facts = [
        doc.Fact("Route", ((run_words.ROUTES[report.dns.route],),)),
        doc.Fact("Provider", ((Raw(report.target.provider or "none that this program knows"),),)),
    ]
    if report.dns.mx:
        facts.append(doc.Fact("MX hosts", tuple(map(_mx, report.dns.mx))))
    yield doc.Section(("Recipient domain",), (doc.Facts(tuple(facts)),))
    for session in report.sessions:
        heading = ("Session with ", Raw(view_session.session_title(session)))
        yield doc.Section(heading, (doc.Facts(tuple(_session(session))),))
    yield doc.Section(("Transport security",), (doc.Facts(tuple(_policies(report.dns))),))
    yield from run_steps.section(report, (*view.BAD, Severity.NOTICE), detail)


def _mx(mx: ReportMx) -> Line:
    addresses = ", ".join(mx.addresses) or "no usable address"
    problems = "".join(f"; {problem}" for problem in mx.problems)
    return (f"{mx.preference} ", Raw(mx.host), ": ", Raw(addresses), Raw(problems))


def _session(session: ReportSession) -> Iterator[doc.Fact]:
    greetings = [it for it in session.exchanges if it.stage is Stage.GREETING]
    if greetings:
        yield doc.Fact("Greeting", tuple((Raw(view_session.reply_text(it)),) for it in greetings))
    yield doc.Fact("Extensions", ((Raw(", ".join(session.extensions) or "none seen"),),))
    yield doc.Fact("Size", ((_size(session),),))
    yield doc.Fact("STARTTLS", ((Raw(view_session.tls_line(session.tls)),),))
    if session.tls is not None and (certificate := view_session.certificate_line(session.tls)):
        yield doc.Fact("Certificate", ((Raw(certificate),),))
    yield doc.Fact("Ended", ((Raw(view_session.end_text(session)),),))


def _size(session: ReportSession) -> str:
    if session.size_limit is None:
        is_heard = any(it.stage is Stage.EHLO and it.reply_code == 250 for it in session.exchanges)
        return "no limit announced" if is_heard else "not seen"
    # RFC 1870 section 4: SIZE 0 means that there is no fixed maximum
    return f"takes {size(session.size_limit)}" if session.size_limit else "no fixed limit"


def _policies(dns: ReportDns) -> Iterator[doc.Fact]:
    sts = dns.mta_sts
    uncovered = f"does not cover {', '.join(sts.uncovered)}" if sts.uncovered else ""
    mode = f"mode {sts.mode}" if sts.mode else ""
    yield doc.Fact("MTA-STS", (_tlsa(sts.status, mode, uncovered, *sts.problems),))
    lines = tuple(
        (
            Raw(dane.host),
            ": ",
            *_listing(
                run_words.DANE[dane.status],
                f"{len(dane.records)} TLSA" if dane.records else "",
                *dane.problems,
            ),
        )
        for dane in dns.dane
    )
    yield doc.Fact("DANE", lines or (("not looked at",),))
    yield doc.Fact("TLS-RPT", (_tlsa(dns.tls_rpt.status, ", ".join(dns.tls_rpt.rua), *dns.tls_rpt.problems),))


def _tlsa(status: str, *more: str) -> Line:
    return _listing(run_words.PUBLISHED.get(status, status), *more)


def _listing(state: str, *more: str) -> Line:
    """The status in words, and further remarks."""
    return (state, Raw("".join(f"; {part}" for part in more if part)))
