"""What can be counted of a run: seconds of each stage, the days of a certificate, blocklists. Nothing that is
not known is a number."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime

from probe.model.listing import ListingRole, ListingStatus
from probe.model.report import Report, ReportSession
from probe.model.report_dns import ReportListing
from probe.model.session import Experiment
from probe.model.timeline import SpanKind
from probe.report import view

_DAY = 86400
ANSWERS = frozenset({ListingStatus.LISTED, ListingStatus.NOT_LISTED, ListingStatus.ALLOWED})


def stage_seconds(report: Report) -> Mapping[str, float]:
    """The seconds of DNS and of each stage of the session that decided, by its name; of stages that were
    reached. A command that was sent more than once (EHLO) counts in sum, RCPT only for the recipient."""
    session = view.deciding_session(report)
    number = report.sessions.index(session) + 1 if session is not None else None
    times: dict[str, int] = {}
    for span in report.timeline:
        if span.session not in (None, number) or (span.kind is SpanKind.RCPT and span.kind in times):
            continue
        times[span.kind] = times.get(span.kind, 0) + span.elapsed_ms
    return {str(kind): elapsed_ms / 1000 for kind, elapsed_ms in times.items()}


def certificates(report: Report) -> Iterator[tuple[ReportSession, datetime]]:
    """The end of the certificate of each server of the recipient that showed one."""
    places = set[tuple[str, str]]()
    for session in report.sessions:
        is_own = session.experiment in (Experiment.TARGET, Experiment.DOMAIN, Experiment.OTHER_MX)
        if not is_own or session.tls is None or session.tls.not_after is None:
            continue
        place = (session.mx_host, session.ip)
        end = moment(session.tls.not_after)
        if end is not None and place not in places:
            places.add(place)
            yield session, end


def certificate_days(report: Report) -> float | None:
    """Days from the run to the end of the certificate that ends first; negative after it."""
    began = moment(report.started_at)
    ends = [end for _, end in certificates(report)]
    if began is None or not ends:
        return None
    return (min(ends) - began).total_seconds() / _DAY


def moment(text: str) -> datetime | None:
    """A time of RFC 3339 (`2027-01-02T00:00:00Z`) with its offset; None for anything else."""
    try:
        result = datetime.fromisoformat(text)
    except ValueError:
        return None
    return result if result.tzinfo is not None else None


def listings(report: Report) -> tuple[ReportListing, ...]:
    """The blocklists' answers about the sender's address, domain and EHLO name; not about links."""
    return tuple(it for it in report.dns.dnsbl if it.role != ListingRole.LINK)
