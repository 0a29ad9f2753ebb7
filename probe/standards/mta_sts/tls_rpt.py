"""SMTP TLS Reporting: the `_smtp._tls` TXT record (RFC 8460 section 3)."""

from __future__ import annotations

import re

from probe._regex import regex
from probe.model.text import decode
from probe.model.tls_policy import TlsRptProblem, TlsRptWhy
from probe.standards.dns.message import Answer, Question, RecordType
from probe.standards.mta_sts.results import StsStatus, TlsRptResult

_VERSION = regex(rb"v=TLSRPTv1[ \t]*;")
_MAILTO = regex(r"mailto:[^\s@,;!]+@[^\s@,;!]+", re.IGNORECASE)
_HTTPS = regex(r"https://[^\s,;!]+", re.IGNORECASE)


def tls_rpt_question(domain: str) -> Question:
    """Where a domain publishes where it wants TLS reports."""
    return Question(f"_smtp._tls.{domain}", RecordType.TXT)


def judge_tls_rpt(domain: str, answer: Answer) -> TlsRptResult:
    """Judge the answer to `tls_rpt_question`. Never raises."""

    def result(
        status: StsStatus, rua: tuple[str, ...] = (), problems: tuple[TlsRptWhy, ...] = ()
    ) -> TlsRptResult:
        return TlsRptResult(domain, status, rua, problems, (answer.ref,))

    if answer.is_unknown:
        unanswered = TlsRptWhy(TlsRptProblem.UNANSWERED, str(answer.question), answer.failure)
        return result(StsStatus.UNKNOWN, problems=(unanswered,))
    # Section 3: what does not begin with v=TLSRPTv1; is discarded; the rest must be exactly one.
    texts = [txt.data for txt in answer.txts() if _VERSION.match(txt.data)]
    if not texts:
        return result(StsStatus.ABSENT)
    if len(texts) > 1:
        problem = TlsRptWhy(TlsRptProblem.SEVERAL_RECORDS, count=len(texts))
        return result(StsStatus.UNUSABLE, problems=(problem,))
    destinations, problems = _destinations(decode(texts[0]))
    status = StsStatus.VALID if destinations else StsStatus.UNUSABLE
    return result(status, destinations, problems)


def _destinations(text: str) -> tuple[tuple[str, ...], tuple[TlsRptWhy, ...]]:
    """The usable rua URIs, and what is wrong with the rest."""
    fields: dict[str, str] = {}
    for part in text.split(";")[1:]:
        name, _, value = part.strip(" \t").partition("=")
        fields.setdefault(name, value)  # unknown fields are ignored
    if "rua" not in fields:
        return (), (TlsRptWhy(TlsRptProblem.NO_RUA),)
    uris = [uri.strip(" \t") for uri in fields["rua"].split(",")]
    good = tuple(uri for uri in uris if _MAILTO.fullmatch(uri) or _HTTPS.fullmatch(uri))
    bad = [uri for uri in uris if uri not in good]
    return good, tuple(TlsRptWhy(TlsRptProblem.BAD_URI, uri=uri) for uri in bad[:3])
