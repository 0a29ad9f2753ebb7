"""The checks of the recipient's side in DNS and TLS (step 2)."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address
from typing import Any

from probe.facts.model import Facts
from probe.model.finding import Severity
from probe.model.session import EndReason
from probe.model.target import Options
from probe.recording.events import OpinionGiven
from probe.standards.dns.message import RecordType, Status
from probe.standards.dns.results import MxHost, RouteKind
from probe.standards.mta_sts.results import StsPolicy, StsStatus, TlsRptResult
from probe.standards.tls.results import DaneStatus
from tests.support import facts as make
from tests.support.check_cases import Case, assert_case, parametrize

OK, NOTICE, WARNING = Severity.OK, Severity.NOTICE, Severity.WARNING
ERROR, FATAL, UNSEEN = Severity.ERROR, Severity.FATAL, Severity.NOT_ASSESSED


def recipient(**changes: Any) -> Facts:
    return make.facts(recipient=make.recipient_facts(**changes))


def routed(kind: RouteKind, *hosts: MxHost, **changes: Any) -> Facts:
    return recipient(mx=make.mx_result(kind, *hosts, **changes))


def seen_tls(**changes: Any) -> Facts:
    return make.facts(sessions=(make.session(tls=make.tls(**changes)),))


def under(facts: Facts, **recipient_changes: Any) -> Facts:
    return replace(facts, recipient=make.recipient_facts(**recipient_changes))


def dangling(host: str) -> MxHost:
    denied = make.answer(host, RecordType.A, status=Status.NXDOMAIN)
    return MxHost(10, host, (), (denied,))


def opinion(errors: tuple[str, ...] = (), warnings: tuple[str, ...] = (), error: str = "") -> Facts:
    return make.facts(opinions=(
        OpinionGiven(1, "spf", "sender.example", "checkdmarc 6", errors, warnings, error),))  # fmt: skip


SLOW_HOST = MxHost(10, "mx1.recipient.example", (), (
    make.answer("mx1.recipient.example", RecordType.A, status=Status.TIMEOUT),))  # fmt: skip
LITERAL = MxHost(10, "9.9.9.9", (ip_address("9.9.9.9"),), (), is_literal=True)
NOT_OFFERED = make.facts(sessions=(
    make.session(tls=make.tls(offered=False, established=False, certificate=None)),))  # fmt: skip
SELF_SIGNED = seen_tls(trusted=False, problems=("self-signed",))
HANDSHAKE = seen_tls(established=False, certificate=None, error="no shared cipher")
ENFORCED = make.sts()
UNCOVERED = make.sts(uncovered=("mx1.recipient.example",))

CASES = (
    Case("recipient-domain-exists", "exists", make.facts(), (OK,)),
    Case("recipient-domain-exists", "NXDOMAIN", routed(RouteKind.NO_DOMAIN), (FATAL,), ("NXDOMAIN",)),
    Case("recipient-domain-exists", "timeout is not no", make.facts_unknown(), (UNSEEN,),
         ("no answer in time",)),
    Case("recipient-domain-exists", "literal", routed(RouteKind.ADDRESS_LITERAL, answers=()), (UNSEEN,)),
    Case("recipient-domain-exists", "--mx", routed(RouteKind.FIXED), (UNSEEN,)),
    Case("recipient-mx", "right", make.facts(), (OK,), ("mx1.recipient.example (10)",)),
    Case("recipient-mx", "null MX", routed(RouteKind.NULL_MX), (FATAL,), ("null MX",)),
    Case("recipient-mx", "no mail host", routed(RouteKind.NO_MAIL_HOST), (FATAL,)),
    Case("recipient-mx", "no domain", routed(RouteKind.NO_DOMAIN), (FATAL,)),
    Case("recipient-mx", "unknown", make.facts_unknown(), (UNSEEN,)),
    Case("recipient-mx", "implicit", routed(RouteKind.IMPLICIT_MX), (NOTICE,), ("implicit",)),
    Case("recipient-mx", "all dangling", routed(RouteKind.MX, dangling("a.example"), dangling("b.example")),
         (FATAL,), ("a.example and b.example",)),
    Case("recipient-mx", "one dangling", routed(RouteKind.MX, make.mx_host(), dangling("b.example")),
         (WARNING,)),
    Case("recipient-mx", "addresses unknown", routed(RouteKind.MX, SLOW_HOST), (UNSEEN,),
         ("no answer in time",)),
    Case("recipient-mx", "alias", routed(RouteKind.MX, make.mx_host(is_alias=True)), (WARNING,), ("CNAME",)),
    Case("recipient-mx", "a literal beside a host", routed(RouteKind.MX, make.mx_host(), LITERAL),
         (WARNING,)),
    Case("recipient-mx", "nothing but a literal", routed(RouteKind.MX, LITERAL), (FATAL, WARNING)),
    Case("recipient-mx", "null MX among others", routed(RouteKind.MX, has_null_mx_among_others=True),
         (WARNING,)),
    Case("recipient-mx", "too many", routed(RouteKind.MX, dropped=7), (NOTICE,), ("7",)),
    Case("recipient-mx", "--mx", routed(RouteKind.FIXED), (UNSEEN,)),
    Case("recipient-mx-reachable", "connected", make.facts(), (OK,)),
    Case("recipient-mx-reachable", "one of two", make.facts(sessions=(
        make.failed_session(EndReason.TIMEOUT), make.session(2))), (WARNING,), ("timed out",)),
    Case("recipient-mx-reachable", "all refused",
         make.facts(sessions=(make.failed_session(EndReason.REFUSED),)), (ERROR,)),
    Case("recipient-mx-reachable", "all timed out may be this network",
         make.facts(sessions=(make.failed_session(EndReason.TIMEOUT),)), (UNSEEN,)),
    Case("recipient-mx-reachable", "not dialled",
         make.facts(sessions=(make.failed_session(EndReason.NOT_DIALLED),)), (UNSEEN,), ("--allow-private",)),
    Case("recipient-mx-reachable", "--no-smtp", make.facts(options=Options(smtp=False), sessions=()),
         (UNSEEN,),
         ("--no-smtp",)),
    Case("recipient-mx-reachable", "private addresses only", replace(
        routed(RouteKind.MX, make.mx_host("mx", ip_address("10.0.0.1"))), sessions=()), (FATAL, UNSEEN),
        ("10.0.0.1",)),
    Case("recipient-mx-reachable", "private and public", routed(
        RouteKind.MX, make.mx_host("mx", ip_address("127.0.0.1"), make.MX_IP)), (WARNING, OK)),
    Case("recipient-mx-reachable", "private on purpose", replace(
        routed(RouteKind.MX, make.mx_host("mx", ip_address("10.0.0.1"))),
        options=Options(allow_private=True)), (OK,)),
    Case("starttls-offered", "offered", make.facts(), (OK,)),
    Case("starttls-offered", "not offered", NOT_OFFERED, (WARNING,)),
    Case("starttls-offered", "not offered though enforced", under(NOT_OFFERED, mta_sts=ENFORCED), (ERROR,),
         ("MTA-STS",)),
    Case("starttls-offered", "not offered, policy testing",
         under(NOT_OFFERED, mta_sts=make.sts(mode="testing")),
         (WARNING,)),
    Case("starttls-offered", "no EHLO response", make.facts(sessions=()), (UNSEEN,)),
    Case("tls-handshake", "established", make.facts(), (OK,), ("TLSv1.3",)),
    Case("tls-handshake", "failed", HANDSHAKE, (WARNING,), ("no shared cipher",)),
    Case("tls-handshake", "failed though DANE asks", under(HANDSHAKE, dane=(make.dane(DaneStatus.NOT_SEEN),)),
         (ERROR,)),
    Case("tls-handshake", "TLS 1.0", seen_tls(version="TLSv1"), (WARNING,), ("TLSv1",)),
    Case("tls-handshake", "none made", NOT_OFFERED, (UNSEEN,)),
    Case("certificate", "verifies", make.facts(), (OK,)),
    Case("certificate", "self-signed", SELF_SIGNED, (WARNING,), ("self-signed",)),
    Case("certificate", "untrusted without detail", seen_tls(trusted=False), (WARNING,), ("chain",)),
    Case("certificate", "names another host", seen_tls(name_matches=False), (WARNING,), ("another host",)),
    Case("certificate", "self-signed in testing mode", under(SELF_SIGNED, mta_sts=make.sts(mode="testing")),
         (WARNING,)),
    Case("certificate", "self-signed though enforced", under(SELF_SIGNED, mta_sts=ENFORCED), (ERROR,)),
    Case("certificate", "DANE vouches", under(SELF_SIGNED, mta_sts=ENFORCED, dane=(make.dane(),)), (NOTICE,)),
    Case("certificate", "trust not judged is no fault", seen_tls(trusted=None, name_matches=None), (OK,)),
    Case("certificate", "dropped by redaction", seen_tls(certificate=None, trusted=None, name_matches=None),
         (UNSEEN,), ("not in the recording",)),
    Case("certificate", "none seen", NOT_OFFERED, (UNSEEN,)),
    Case("mta-sts", "enforced and covering", recipient(mta_sts=ENFORCED), (OK,), ("enforce",)),
    Case("mta-sts", "absent", make.facts(), (NOTICE,)),
    Case("mta-sts", "no host covered in enforce", recipient(mta_sts=UNCOVERED), (ERROR,)),
    Case("mta-sts", "one of two not covered", recipient(mta_sts=UNCOVERED, mx=make.mx_result(
        RouteKind.MX, make.mx_host(), make.mx_host("mx2.recipient.example"))), (WARNING,)),
    Case("mta-sts", "not covered in testing", recipient(
        mta_sts=make.sts(mode="testing", uncovered=("mx1.recipient.example",))), (NOTICE,)),
    Case("mta-sts", "mode none covers nobody and harms nobody", recipient(mta_sts=make.sts(
        mode="none", uncovered=("mx1.recipient.example",))), (OK,)),
    Case("mta-sts", "policy with a blemish", recipient(mta_sts=make.sts(
        policy=StsPolicy("enforce", ("*.recipient.example",), 60, ("max_age is short",)))), (NOTICE,)),
    Case("mta-sts", "unusable", recipient(mta_sts=make.sts(StsStatus.UNUSABLE, problems=("404",))),
         (WARNING,),
         ("404",)),
    Case("mta-sts", "unknown", make.facts_unknown(), (UNSEEN,)),
    Case("tls-rpt", "there", make.facts(), (OK,)),
    Case("tls-rpt", "absent", recipient(tls_rpt=TlsRptResult("r.example", StsStatus.ABSENT)), (NOTICE,)),
    Case("tls-rpt", "unusable", recipient(tls_rpt=TlsRptResult(
        "r.example", StsStatus.UNUSABLE, problems=("no rua",))), (NOTICE,), ("no rua",)),
    Case("tls-rpt", "unknown", make.facts_unknown(), (UNSEEN,)),
    Case("dane", "absent", make.facts(), (OK,)),
    Case("dane", "matched", recipient(dane=(make.dane(),)), (OK,)),
    Case("dane", "mismatched", recipient(dane=(make.dane(DaneStatus.MISMATCHED),)), (ERROR,)),
    Case("dane", "unusable", recipient(dane=(make.dane(DaneStatus.UNUSABLE, problems=("usage 0",)),)),
         (WARNING,),
         ("usage 0",)),
    Case("dane", "no certificate seen", recipient(dane=(make.dane(DaneStatus.NOT_SEEN),)), (UNSEEN,)),
    Case("dane", "not signed", recipient(dane=(make.dane(DaneStatus.INSECURE),)), (UNSEEN,)),
    Case("dane", "DNS silent", recipient(dane=(make.dane(DaneStatus.UNKNOWN),)), (UNSEEN,)),
    Case("dane", "no host", recipient(dane=()), (UNSEEN,)),
    Case("second-opinion", "not asked", make.facts(), (UNSEEN,)),
    Case("second-opinion", "content", opinion(), (OK,)),
    Case("second-opinion", "errors and warnings in its words", opinion(("bad",), ("odd",)), (WARNING, NOTICE),
         ("checkdmarc on SPF of sender.example: bad",)),
    Case("second-opinion", "it timed out", opinion(error="timeout"), (UNSEEN,), ("timeout",)),
)  # fmt: skip


@parametrize(CASES)
def test_check(case: Case) -> None:
    assert_case(case)
