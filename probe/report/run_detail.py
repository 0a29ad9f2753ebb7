"""The details of a run: each session, authentication records, blocklists, every DNS answer, the note."""

from __future__ import annotations

from collections.abc import Iterator

from probe.model.report import Report, ReportExchange, ReportSession
from probe.model.report_dns import ReportDkim, ReportDmarc, ReportDns, ReportListing, ReportSpf
from probe.model.signing import KeyOrigin
from probe.model.text import amount
from probe.report import document as doc
from probe.report import run_words, view_session
from probe.report.detail import Detail
from probe.report.line import Line, Raw


def glance(report: Report) -> Iterator[doc.Section]:
    """Each session in two lines, if there are others than the deciding one."""
    if len(report.sessions) > 1:
        entries = (
            doc.Entry(
                (Raw(view_session.session_title(it)), f"  {run_words.EXPERIMENTS[it.experiment]}"),
                ((Raw(view_session.session_path(it)),),),
            )
            for it in report.sessions
        )
        yield doc.Section(("Dialogue",), (doc.Entries(tuple(entries)),))


def all_sections(report: Report) -> Iterator[doc.Section]:
    """All sections, the most useful first."""
    for number, session in enumerate(report.sessions, 1):
        heading = (f"Session {number}: ", Raw(view_session.session_title(session)))
        yield doc.Section(heading, (doc.Dialogue((_transcript(session, Detail.FULL),)),))
    yield from _records(report)


def for_page(report: Report) -> Iterator[doc.Section]:
    """The same, with all sessions in one section."""
    if report.sessions:
        sessions = tuple(_transcript(session, Detail.FULL) for session in report.sessions)
        yield doc.Section(("Dialogue",), (doc.Dialogue(sessions),))
    yield from _records(report)


def _records(report: Report) -> Iterator[doc.Section]:
    """What DNS said, and the note to the recipient's postmaster."""
    yield from _authentication(report.dns)
    if report.dns.dnsbl:
        yield doc.Section(("Blocklists",), (doc.Notes(tuple(map(_listing, report.dns.dnsbl))),))
    if report.dns.answers:
        answers = tuple(doc.Entry((Raw(answer),)) for answer in report.dns.answers)
        yield doc.Section(("DNS answers",), (doc.Entries(answers),))
    yield from _note(report)


def for_others(report: Report) -> Iterator[doc.Section]:
    """The sections for a ticket: the dialogue, and the note with its addressee."""
    if report.sessions:
        sessions = tuple(_transcript(session, Detail.TICKET) for session in report.sessions)
        yield doc.Section(("Dialogue",), (doc.Dialogue(sessions),))
    yield from _note(report)


def _note(report: Report) -> Iterator[doc.Section]:
    if report.contact_note:
        lines = tuple(report.contact_note.rstrip("\n").split("\n"))
        yield doc.Section(("Note to the recipient's postmaster",), (doc.Quote(lines),))


def _transcript(session: ReportSession, detail: Detail) -> doc.Transcript:
    reason: Line = ("; ", Raw(session.reason)) if session.reason else ()
    return doc.Transcript(
        (Raw(view_session.session_title(session)),),
        (run_words.EXPERIMENTS[session.experiment], *reason),
        tuple(_turn(exchange, detail) for exchange in session.exchanges),
        tuple(_session_notes(session)),
    )


def _turn(exchange: ReportExchange, detail: Detail) -> doc.Turn:
    cut_off: Line = (Raw(exchange.fragment), " (the reply ends here)") if exchange.fragment else ()
    return doc.Turn(
        exchange.sent,
        view_session.reply_wire(exchange),
        cut_off or ("(no complete reply)",),
        exchange.elapsed_ms if detail is Detail.FULL else None,
        tuple(("breaks the reply grammar: ", Raw(it)) for it in exchange.deviations),
    )


def _session_notes(session: ReportSession) -> Iterator[doc.Note]:
    if session.tls is not None:
        yield doc.Note(("TLS",), (Raw(view_session.tls_line(session.tls)),))
        if certificate := view_session.certificate_line(session.tls):
            yield doc.Note(("Certificate",), (Raw(certificate),))
    yield doc.Note(("Ended",), (Raw(view_session.end_text(session)),))


def _authentication(dns: ReportDns) -> Iterator[doc.Section]:
    facts: list[doc.Fact] = []
    if dns.spf is not None:
        facts.append(doc.Fact("SPF", tuple(_spf(dns.spf))))
    if dns.dkim:
        facts.append(doc.Fact("DKIM", tuple(_keys(dns.dkim))))
    if dns.dmarc is not None:
        facts.append(doc.Fact("DMARC", (_dmarc(dns.dmarc),)))
    if facts:
        yield doc.Section(("Authentication",), (doc.Facts(tuple(facts)),))


def _spf(spf: ReportSpf) -> Iterator[Line]:
    matched: Line = (", matched ", Raw(spf.matched)) if spf.matched else ()
    lookups = f"; {amount(spf.lookups, 'lookup')}, {spf.void_lookups} void"
    yield (f"{spf.result} for ", Raw(spf.ip or "no address"), " at ", Raw(spf.domain), *matched, lookups)
    for step in spf.trace:
        detail: Line = (" (", Raw(step.detail), ")") if step.detail else ()
        yield (
            "  " * step.depth,
            Raw(step.domain),
            ": ",
            Raw(step.term),
            " → ",
            Raw(step.outcome),
            *detail,
        )


def _keys(keys: tuple[ReportDkim, ...]) -> Iterator[Line]:
    """A guessed selector without a key says nothing (RFC 6376 section 3.1): those are only counted."""
    counts = {"missing": 0, "unknown": 0}
    for key in keys:
        if key.status in counts and not KeyOrigin(key.origin).is_named:
            counts[key.status] += 1
            continue
        status = run_words.KEYS.get(key.status, key.status)
        parts = [status, run_words.key_strength(key), "testing" if key.testing else "", key.origin]
        text = ", ".join(part for part in (*parts, *key.problems) if part)
        yield (Raw(key.selector), ": ", Raw(text))
    if any(counts.values()):
        yield (
            f"of the guessed selectors {counts['missing']} hold no key, {counts['unknown']} got no answer",
        )


def _dmarc(dmarc: ReportDmarc) -> Line:
    policy: Line = ("p=", Raw(dmarc.policy)) if dmarc.policy else ("no policy",)
    at: Line = (" at ", Raw(dmarc.domain)) if dmarc.domain else ()
    problems = "".join(f"; {problem}" for problem in dmarc.problems)
    return (
        *(("unknown",) if dmarc.unknown else policy),
        *at,
        " for ",
        Raw(dmarc.author_domain),
        Raw(problems),
    )


def _listing(listing: ReportListing) -> doc.Note:
    codes: Line = (" (", Raw(", ".join(listing.codes)), ")") if listing.codes else ()
    parts = (*listing.meanings, listing.text, listing.reason, listing.delist_url)
    more = "; ".join(part for part in parts if part)
    status = listing.status.replace("_", " ")
    return doc.Note(
        (Raw(listing.zone),),
        (status, *codes, " ", Raw(listing.subject), *((": ", Raw(more)) if more else ())),
    )
