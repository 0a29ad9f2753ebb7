"""Words that only the report of a run needs; `explain` must not load their vocabularies."""

from __future__ import annotations

from collections.abc import Mapping

from probe.model.finding import Severity
from probe.model.report import Report
from probe.model.report_dns import ReportDkim
from probe.model.session import Experiment
from probe.model.target import Command
from probe.model.verdict import ExitCode, Extent, Outcome
from probe.standards.dns.results import RouteKind
from probe.standards.tls.results import DaneStatus

EXPERIMENTS = {
    Experiment.TARGET: "the recipient",
    Experiment.POSTMASTER: "control: postmaster, then a made-up mailbox",
    Experiment.RANDOM: "control: made-up mailbox",
    Experiment.NULL_SENDER: "control: null reverse-path",
    Experiment.OTHER_MX: "control: another MX host",
    Experiment.OTHER_FAMILY: "control: the other address family",
    Experiment.WITHOUT_TLS: "control: without TLS",
    Experiment.DOMAIN: "the domain",
    Experiment.FALLBACK: "the fallback relay",
}

ROUTES: Mapping[str, str] = {
    RouteKind.MX: "MX records",
    RouteKind.IMPLICIT_MX: "no MX record; its own address is used (implicit MX)",
    RouteKind.NULL_MX: "a null MX: the domain declares that it takes no mail (RFC 7505)",
    RouteKind.ADDRESS_LITERAL: "an address literal",
    RouteKind.FIXED: "the host that was named, by --mx or by this host's mail server",
    RouteKind.NO_DOMAIN: "NXDOMAIN: DNS does not know the domain",
    RouteKind.NO_MAIL_HOST: "neither MX nor address records",
    RouteKind.UNKNOWN: "DNS gave no usable answer",
}

KEYS = {"valid": "usable key"}

PUBLISHED = {"valid": "published", "absent": "none published", "unusable": "unusable", "unknown": "unknown"}

DANE: Mapping[str, str] = {
    DaneStatus.UNKNOWN: "unknown",
    DaneStatus.NOT_ASKED: "not asked",
    DaneStatus.ABSENT: "no TLSA record",
    DaneStatus.INSECURE: "not in use: the DNS answers carry no DNSSEC proof",
    DaneStatus.MATCHED: "a TLSA record matches the certificate",
    DaneStatus.MISMATCHED: "no TLSA record matches the certificate",
    DaneStatus.UNUSABLE: "TLSA records, none that can be used",
    DaneStatus.NOT_SEEN: "TLSA records, but no certificate was seen to hold against them",
    DaneStatus.NOT_ASKED: "not asked for in this run",
}


def key_strength(key: ReportDkim) -> str:
    """Type and size of a DKIM key: `RSA 2048`."""
    kind = "RSA" if key.key_type == "rsa" else key.key_type
    return " ".join(part for part in (kind, str(key.key_bits or "")) if part)


def headline(report: Report) -> str:
    """The verdict in capitals: only what was observed."""
    verdict = report.verdict
    match verdict.outcome:
        case Outcome.REFUSED:
            return "REFUSED FOR GOOD"
        case Outcome.DEFERRED:
            return "DEFERRED"
        case Outcome.INCONCLUSIVE:
            return "INCONCLUSIVE"
        case Outcome.ACCEPTED:
            return _accepted(report)


def _accepted(report: Report) -> str:
    is_clear = report.verdict.exit_code is ExitCode.ACCEPTED
    if report.verdict.extent is Extent.DNS:
        if not is_clear:
            return "DNS SHOWS A FAULT, LIKELY TO BE REFUSED"
        has_faults = any(f.severity in (Severity.ERROR, Severity.FATAL) for f in report.findings)
        return "DNS HAS FAULTS" if has_faults else "DNS IN ORDER"
    if report.target.command is Command.DOMAIN:
        return "SERVER ANSWERS" if is_clear else "SERVER ANSWERS, WITH FAULTS"
    return "ACCEPTED AT RCPT" if is_clear else "ACCEPTED AT RCPT, LIKELY TO BE REFUSED LATER"
