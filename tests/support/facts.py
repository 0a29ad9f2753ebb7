"""Facts for tests: a healthy pair by default, and variations by `dataclasses.replace`."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from probe.facts.model import Facts, RecipientFacts, SenderFacts, VantageFacts
from probe.model.address import NullReversePath
from probe.model.answer_fault import AnswerFault, AnswerWhy
from probe.model.listing import ListingStatus
from probe.model.observed import HeloReason
from probe.model.reason import Reason
from probe.model.session import Experiment
from probe.model.spf import SpfReason, SpfWhy
from probe.model.target import DomainTarget, Options, PairTarget
from probe.standards.dkim.results import KeyStatus
from probe.standards.dmarc.results import Alignment
from probe.standards.dns.message import RecordType, Status
from probe.standards.dns.results import PtrStatus, RouteKind
from probe.standards.mta_sts.results import StsStatus, TlsRptResult
from probe.standards.spf.results import SpfVerdict
from probe.standards.tls.results import DaneStatus
from tests.support.fact_parts import (
    MX_IP,
    MX_NAME,
    RECIPIENT,
    SENDER,
    SOURCE,
    answer,
    certificate,
    dane,
    dmarc,
    dmarc_record,
    exchange,
    exchanges,
    extensions,
    failed_session,
    helo,
    key,
    listing,
    message,
    mx_host,
    mx_result,
    provider,
    ptr,
    reply,
    session,
    spf,
    sts,
    tls,
)

__all__ = [
    "MX_IP",
    "MX_NAME",
    "RECIPIENT",
    "SENDER",
    "SOURCE",
    "answer",
    "certificate",
    "dane",
    "dmarc",
    "dmarc_record",
    "exchange",
    "exchanges",
    "extensions",
    "facts",
    "facts_null_sender",
    "facts_of_domain",
    "facts_unknown",
    "facts_without_address",
    "failed_session",
    "helo",
    "key",
    "listing",
    "message",
    "mx_host",
    "mx_result",
    "provider",
    "ptr",
    "recipient_facts",
    "reply",
    "sender_facts",
    "session",
    "spf",
    "sts",
    "tls",
    "vantage",
]


def recipient_facts(**changes: Any) -> RecipientFacts:
    """A healthy recipient domain."""
    result = RecipientFacts(
        domain=RECIPIENT.domain,
        mx=mx_result(),
        provider=None,
        mta_sts=sts(StsStatus.ABSENT),
        tls_rpt=TlsRptResult(RECIPIENT.domain, StsStatus.VALID, ("mailto:tls@recipient.example",)),
        dane=(dane(DaneStatus.ABSENT),),
        typo_of=None,
    )
    return replace(result, **changes)


def sender_facts(**changes: Any) -> SenderFacts:
    """A healthy sender."""
    result = SenderFacts(
        domain=SENDER.domain,
        author_domain=SENDER.domain,
        spf=spf(),
        spf_helo=spf(identity="helo", domain="mail.sender.example"),
        dkim=(key(),),
        dmarc=dmarc(),
        alignment=Alignment(spf=True, dkim=True),
        ptr=ptr(),
        helo=helo(),
        mail=mx_result(RouteKind.MX, mx_host("mx.sender.example"), domain=SENDER.domain),
        typo_of=None,
    )
    return replace(result, **changes)


def vantage(**changes: Any) -> VantageFacts:
    """A probe that stands at the sending address."""
    result = VantageFacts(
        source_ip=SOURCE,
        probe_ip=SOURCE,
        is_sending_address=True,
        hostname="mail.sender.example",
        helo="mail.sender.example",
        helo_reason=Reason(HeloReason.PTR),
        outside_ip=SOURCE,
    )
    return replace(result, **changes)


def facts(**changes: Any) -> Facts:
    """A healthy pair: everything right, RCPT accepted. Keywords replace fields of Facts."""
    result = Facts(
        target=PairTarget(SENDER, RECIPIENT),
        options=Options(ip=SOURCE),
        vantage=vantage(),
        recipient=recipient_facts(),
        sender=sender_facts(),
        listings=(listing(),),
        sessions=(session(),),
        message=None,
        opinions=(),
        not_reached=(),
        started_at="2026-11-21T08:00:00Z",
        elapsed_ms=1500,
        complete=True,
    )
    return replace(result, **changes)


def facts_null_sender() -> Facts:
    """A notification: the reverse-path is `<>`, so there is no sender domain."""
    return facts(
        target=PairTarget(NullReversePath(), RECIPIENT),
        sender=sender_facts(
            domain=None, author_domain=None, spf=None, dkim=(), dmarc=None, mail=None,
            alignment=Alignment(None, None),
        ),
    )  # fmt: skip


def facts_of_domain() -> Facts:
    """A `domain` run: EHLO at most, and no sender at all."""
    return facts(
        target=DomainTarget(RECIPIENT.domain),
        sender=sender_facts(
            domain=None, author_domain=None, spf=None, spf_helo=None, dkim=(), dmarc=None,
            alignment=Alignment(None, None), ptr=None, mail=None,
        ),
        listings=(),
        sessions=(session(experiment=Experiment.DOMAIN, exchanges=exchanges()[:3]),),
    )  # fmt: skip


NO_ANSWER = AnswerWhy(AnswerFault.TIMEOUT)
SPF_UNANSWERED = SpfWhy(SpfReason.UNANSWERED, host="sender.example", rtype="TXT", failure=NO_ANSWER)


def facts_unknown() -> Facts:
    """A run to which nothing answered: DNS timed out, no address, no session, no message."""
    silent = mx_result(
        RouteKind.UNKNOWN, answers=(answer(RECIPIENT.domain, RecordType.MX, status=Status.TIMEOUT),)
    )
    unreachable = ptr(PtrStatus.UNKNOWN, names=(), confirmed=())
    return facts(
        options=Options(),
        vantage=vantage(is_sending_address=None),
        recipient=recipient_facts(
            mx=silent,
            mta_sts=sts(StsStatus.UNKNOWN),
            tls_rpt=TlsRptResult(RECIPIENT.domain, StsStatus.UNKNOWN),
            dane=(),
        ),
        sender=sender_facts(
            spf=spf(SpfVerdict.TEMPERROR, record=None, matched=None, problem=SPF_UNANSWERED),
            spf_helo=spf(SpfVerdict.TEMPERROR, record=None, matched=None, identity="helo"),
            dkim=(key(status=KeyStatus.UNKNOWN),),
            dmarc=dmarc(None, unknown=True),
            alignment=Alignment(None, None),
            ptr=unreachable,
            helo=helo(resolves=None, matches_source=None, equals_ptr=None, addresses=()),
            mail=mx_result(RouteKind.UNKNOWN, domain=SENDER.domain),
        ),
        listings=(listing(ListingStatus.TIMEOUT),),
        sessions=(),
    )


def facts_without_address() -> Facts:
    """A pair on a machine without a route: no address, so nothing that belongs to one."""
    return facts(
        options=Options(),
        vantage=vantage(source_ip=None, probe_ip=None, is_sending_address=None),
        sender=sender_facts(spf=None, spf_helo=None, ptr=None, helo=None, alignment=Alignment(None, True)),
        listings=(),
        sessions=(),
    )
