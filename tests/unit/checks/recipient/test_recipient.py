"""The checks of the recipient's side in DNS and TLS (step 2)."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address
from typing import Any

from probe.facts.model import Facts
from probe.facts.opinion import Opinion
from probe.model.observed import CertificateFault, HandshakeFault, OpinionFault, OpinionSubject
from probe.model.reason import Reason
from probe.model.session import EndReason
from probe.model.target import Options, PairTarget, TlsMode
from probe.model.tls_policy import StsProblem, StsWhy, TlsRptProblem, TlsRptWhy
from probe.model.trust import Trust
from probe.recording.events import OpinionGiven
from probe.standards.dns.message import Mx, RecordType, Status
from probe.standards.dns.results import MxHost, RouteKind
from probe.standards.mta_sts.results import StsMode, StsPolicy, StsStatus, TlsRptResult
from probe.standards.tls.results import DaneStatus
from tests.support import facts as make
from tests.support.check_cases import Case, assert_case, parametrize
from tests.support.reasons import broken, other


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
    fault = other(OpinionFault, error) if error else None
    result = OpinionGiven(1, OpinionSubject.SPF, "sender.example", "checkdmarc 6", errors, warnings, fault)
    return make.facts(opinions=(Opinion(result),))


SLOW_HOST = MxHost(10, "mx1.recipient.example", (), (
    make.answer("mx1.recipient.example", RecordType.A, status=Status.TIMEOUT),))  # fmt: skip
LITERAL = MxHost(10, "9.9.9.9", (ip_address("9.9.9.9"),), (), is_literal=True)
NOT_OFFERED = make.facts(sessions=(
    make.session(tls=make.tls(offered=False, established=False, certificate=None)),))  # fmt: skip
SELF_SIGNED = seen_tls(
    trusted=False, problems=(Reason(CertificateFault.NOT_TRUSTED, trust=Trust.SELF_SIGNED),)
)
HANDSHAKE = seen_tls(established=False, certificate=None, fault=broken("no shared cipher"))
ENFORCED = make.sts()
OUT_OF_TIME = make.facts(sessions=(replace(
    seen_tls(established=False, certificate=None, fault=Reason(HandshakeFault.ENDED)).sessions[0],
    end=EndReason.DEADLINE,
),))  # fmt: skip
UNCOVERED = make.sts(uncovered=("mx1.recipient.example",))
HALF_KNOWN = replace(make.mx_host(), answers=(
    make.answer("mx1.recipient.example", RecordType.AAAA, status=Status.TIMEOUT),))  # fmt: skip

SIX = ip_address("2606:4700::1111")
SHORT_AGE = StsWhy(StsProblem.SHORT_MAX_AGE, seconds=60)
NO_POLICY = StsWhy(StsProblem.OTHER_STATUS, status=404)
NO_RUA = TlsRptWhy(TlsRptProblem.NO_RUA)
CASES = (
    Case("recipient-domain-exists", "exists", make.facts(), ("ok recipient-domain-exists",)),
    Case("recipient-domain-exists", "NXDOMAIN", routed(RouteKind.NO_DOMAIN),
         ("fatal recipient-domain-missing",), ("NXDOMAIN",)),
    Case("recipient-domain-exists", "timeout is not no", make.facts_unknown(),
         ("not_assessed recipient-domain-unanswered",), ("no answer in time",)),
    Case("recipient-domain-exists", "literal", routed(RouteKind.ADDRESS_LITERAL, answers=()),
         ("not_assessed recipient-domain-literal",)),
    Case("recipient-domain-exists", "--mx", routed(RouteKind.FIXED),
         ("not_assessed recipient-domain-not-asked",)),
    Case("recipient-mx", "right", make.facts(), ("ok recipient-mx-named",), ("mx1.recipient.example (10)",)),
    Case("recipient-mx", "null MX", routed(RouteKind.NULL_MX), ("fatal recipient-null-mx",), ("null MX",)),
    Case("recipient-mx", "no mail host", routed(RouteKind.NO_MAIL_HOST), ("fatal recipient-no-mail-host",)),
    Case("recipient-mx", "no domain", routed(RouteKind.NO_DOMAIN), ("fatal recipient-mx-of-missing-domain",)),
    Case("recipient-mx", "unknown", make.facts_unknown(), ("not_assessed recipient-mx-unanswered",)),
    Case("recipient-mx", "implicit", routed(RouteKind.IMPLICIT_MX), ("notice recipient-implicit-mx",),
         ("implicit",)),
    Case("recipient-mx", "all dangling", routed(RouteKind.MX, dangling("a.example"), dangling("b.example")),
         ("fatal recipient-mx-all-dangling",), ("a.example and b.example",)),
    Case("recipient-mx", "one dangling", routed(RouteKind.MX, make.mx_host(), dangling("b.example")),
         ("warning recipient-mx-dangling",)),
    Case("recipient-mx", "addresses unknown", routed(RouteKind.MX, SLOW_HOST),
         ("not_assessed recipient-mx-addresses-unanswered",), ("no answer in time",)),
    Case("recipient-mx", "alias", routed(RouteKind.MX, make.mx_host(is_alias=True)),
         ("warning recipient-mx-alias",), ("CNAME",)),
    Case("recipient-mx", "a literal beside a host", routed(RouteKind.MX, make.mx_host(), LITERAL),
         ("warning recipient-mx-address",)),
    Case("recipient-mx", "nothing but a literal", routed(RouteKind.MX, LITERAL),
         ("fatal recipient-mx-all-dangling", "warning recipient-mx-address")),
    Case("recipient-mx", "null MX among others", routed(RouteKind.NULL_MX, has_null_mx_among_others=True),
         ("fatal recipient-null-mx-among-others",), ("RFC 7505",)),
    Case("recipient-mx", "null MX among others that the own mail server uses",
         routed(RouteKind.MX, make.mx_host(), has_null_mx_among_others=True),
         ("warning recipient-null-mx-ignored",), ("RFC 7505",)),
    Case("recipient-mx", "the root with a preference", routed(RouteKind.NULL_MX, answers=(
        make.answer("recipient.example", RecordType.MX, Mx(10, "")),)),
         ("fatal recipient-null-mx-preferred",), ('"10 ."',)),
    Case("recipient-mx", "first host unanswered, second good", routed(
        RouteKind.MX, SLOW_HOST, make.mx_host()),
         ("ok recipient-mx-named", "not_assessed recipient-mx-partly-unanswered")),
    Case("recipient-mx", "too many", routed(RouteKind.MX, dropped=7),
         ("notice recipient-mx-not-all-looked-at",), ("7",)),
    Case("recipient-mx", "--mx", routed(RouteKind.FIXED), ("not_assessed recipient-mx-not-used",)),
    Case("recipient-mx-reachable", "connected", make.facts(), ("ok connections-made",)),
    Case("recipient-mx-reachable", "IPv6 not tried", make.facts(recipient=make.recipient_facts(
        mx=make.mx_result(RouteKind.MX, make.mx_host(make.MX_NAME, make.MX_IP, SIX)))),
         ("ok connections-made", "notice connections-family-not-tried")),
    Case("recipient-mx-reachable", "IPv6 tried, and failed", make.facts(
        recipient=make.recipient_facts(
            mx=make.mx_result(RouteKind.MX, make.mx_host(make.MX_NAME, make.MX_IP, SIX))),
        sessions=(make.failed_session(EndReason.TIMEOUT, ip=SIX), make.session(2))),
         ("warning connections-partly-made",)),
    Case("starttls-offered", "missing though unusable TLSA asks", under(
        NOT_OFFERED, dane=(make.dane(DaneStatus.UNUSABLE),)), ("error starttls-missing-demanded",)),
    Case("recipient-mx-reachable", "one of two", make.facts(sessions=(
        make.failed_session(EndReason.TIMEOUT), make.session(2))), ("warning connections-partly-made",),
         ("timed out",)),
    Case("recipient-mx-reachable", "one that was under way when the run was stopped", make.facts(sessions=(
        make.session(1), make.failed_session(EndReason.INTERRUPTED, 2),
        replace(make.failed_session(EndReason.TIMEOUT, 3), end=None))), ("ok connections-made",)),
    Case("recipient-mx-reachable", "the only one was under way", make.facts(sessions=(
        make.failed_session(EndReason.INTERRUPTED),)), ("not_assessed connections-not-made",)),
    Case("recipient-mx-reachable", "all refused",
         make.facts(sessions=(make.failed_session(EndReason.REFUSED),)), ("error connections-refused",)),
    Case("recipient-mx-reachable", "all timed out may be this network",
         make.facts(sessions=(make.failed_session(EndReason.TIMEOUT),)),
         ("not_assessed connections-failed",)),
    Case("recipient-mx-reachable", "not dialled",
         make.facts(sessions=(make.failed_session(EndReason.NOT_DIALLED),)),
         ("not_assessed connections-not-dialled",), ("--allow-private",)),
    Case("recipient-mx-reachable", "--no-smtp", make.facts(options=Options(smtp=False), sessions=()),
         ("not_assessed connections-not-made",), ("--no-smtp",)),
    Case("recipient-mx-reachable", "private addresses only", replace(
        routed(RouteKind.MX, make.mx_host("mx", ip_address("10.0.0.1"))), sessions=()),
         ("fatal recipient-hosts-not-public", "not_assessed connections-not-made"), ("10.0.0.1",)),
    Case("recipient-mx-reachable", "private and public", routed(
        RouteKind.MX, make.mx_host("mx", ip_address("127.0.0.1"), make.MX_IP)),
         ("warning recipient-host-not-public", "ok connections-made")),
    Case("recipient-mx-reachable", "private on purpose", replace(
        routed(RouteKind.MX, make.mx_host("mx", ip_address("10.0.0.1"))),
        options=Options(allow_private=True)), ("ok connections-made",)),
    Case("starttls-offered", "offered", make.facts(), ("ok starttls-offered",)),
    Case("starttls-offered", "not offered", NOT_OFFERED, ("warning starttls-missing",)),
    Case("starttls-offered", "not offered though enforced", under(NOT_OFFERED, mta_sts=ENFORCED),
         ("error starttls-missing-demanded",), ("MTA-STS",)),
    Case("starttls-offered", "not offered, policy testing",
         under(NOT_OFFERED, mta_sts=make.sts(mode="testing")), ("warning starttls-missing",)),
    Case("starttls-offered", "no EHLO response", make.facts(sessions=()),
         ("not_assessed starttls-not-seen",)),
    Case("tls-handshake", "established", make.facts(), ("ok tls-established",), ("TLSv1.3",)),
    Case("tls-handshake", "failed", HANDSHAKE, ("warning tls-failed",), ("no shared cipher",)),
    Case("tls-handshake", "failed though DANE asks", under(HANDSHAKE, dane=(make.dane(DaneStatus.NOT_SEEN),)),
         ("error tls-failed-demanded",)),
    Case("tls-handshake", "the run was over before it, though enforced", under(OUT_OF_TIME, mta_sts=ENFORCED),
         ("not_assessed tls-not-finished",)),
    Case("tls-handshake", "TLS 1.0", seen_tls(version="TLSv1"), ("warning tls-deprecated",), ("TLSv1",)),
    Case("tls-handshake", "none made", NOT_OFFERED, ("not_assessed tls-not-tried",)),
    Case("certificate", "verifies", make.facts(), ("ok certificate-verified",)),
    Case("certificate", "self-signed", SELF_SIGNED, ("notice certificate-not-verified",), ("self-signed",)),
    Case("certificate", "untrusted without detail", seen_tls(trusted=False),
         ("notice certificate-not-verified",), ("chain",)),
    Case("certificate", "names another host", seen_tls(name_matches=False),
         ("notice certificate-not-verified",), ("another host",)),
    Case("certificate", "self-signed in testing mode", under(SELF_SIGNED, mta_sts=make.sts(mode="testing")),
         ("notice certificate-not-verified",)),
    Case("certificate", "self-signed though enforced", under(SELF_SIGNED, mta_sts=ENFORCED),
         ("error certificate-not-verified-demanded",)),
    Case("certificate", "self-signed though the sender demands that it verifies",
         replace(SELF_SIGNED, options=Options(tls=TlsMode.REQUIRE)),
         ("error certificate-not-verified-required",)),
    Case("certificate", "DANE vouches", under(SELF_SIGNED, mta_sts=ENFORCED, dane=(make.dane(),)),
         ("notice certificate-vouched-for",)),
    Case("certificate", "trust not judged is no fault", seen_tls(
        trusted=None, trust=Reason(Trust.NO_STORE)),
         ("not_assessed certificate-not-judged",), ("no trust store",)),
    Case("certificate", "dropped by redaction", seen_tls(certificate=None, trusted=None, name_matches=None),
         ("not_assessed certificate-not-recorded",), ("not in the recording",)),
    Case("certificate", "none seen", NOT_OFFERED, ("not_assessed certificate-not-seen",)),
    Case("mta-sts", "enforced and covering", recipient(mta_sts=ENFORCED), ("ok mta-sts-covers",),
         ("enforce",)),
    Case("mta-sts", "absent", make.facts(), ("notice mta-sts-absent",)),
    Case("mta-sts", "no host covered in enforce", recipient(mta_sts=UNCOVERED),
         ("error mta-sts-covers-no-host",)),
    Case("mta-sts", "one of two not covered", recipient(mta_sts=UNCOVERED, mx=make.mx_result(
        RouteKind.MX, make.mx_host(), make.mx_host("mx2.recipient.example"))),
         ("warning mta-sts-covers-not-all",)),
    Case("mta-sts", "not covered in testing", recipient(
        mta_sts=make.sts(mode="testing", uncovered=("mx1.recipient.example",))),
         ("notice mta-sts-covers-not-all-unenforced",)),
    Case("mta-sts", "mode none covers nobody and harms nobody", recipient(mta_sts=make.sts(
        mode="none", uncovered=("mx1.recipient.example",))), ("notice mta-sts-none",), ("asks for nothing",)),
    Case("mta-sts", "policy with a blemish", recipient(mta_sts=make.sts(
        policy=StsPolicy(StsMode.ENFORCE, ("*.recipient.example",), 60, (SHORT_AGE,)))),
         ("notice mta-sts-faulty",)),
    Case("mta-sts", "unusable", recipient(mta_sts=make.sts(StsStatus.UNUSABLE, problems=(NO_POLICY,))),
         ("warning mta-sts-unusable",), ("404",)),
    Case("mta-sts", "unknown", make.facts_unknown(), ("not_assessed mta-sts-unanswered",)),
    Case("tls-rpt", "there", make.facts(), ("ok tls-rpt-published",)),
    Case("tls-rpt", "absent", recipient(tls_rpt=TlsRptResult("r.example", StsStatus.ABSENT)),
         ("notice tls-rpt-absent",)),
    Case("tls-rpt", "unusable", recipient(tls_rpt=TlsRptResult(
        "r.example", StsStatus.UNUSABLE, problems=(NO_RUA,))), ("notice tls-rpt-unusable",), ("no rua",)),
    Case("tls-rpt", "unknown", make.facts_unknown(), ("not_assessed tls-rpt-unanswered",)),
    Case("local-part-length", "short", make.facts(), ()),
    Case("local-part-length", "long", replace(make.facts(), target=PairTarget(
        make.SENDER, replace(make.RECIPIENT, local_part="x" * 65))),
         ("notice local-part-long",), ("65 octets", "must take 64")),
    Case("dane", "absent", make.facts(), ("ok dane-absent",)),
    Case("dane", "matched", recipient(dane=(make.dane(),)), ("ok dane-matched",)),
    Case("dane", "mismatched", recipient(dane=(make.dane(DaneStatus.MISMATCHED),)),
         ("error dane-mismatched",)),
    Case("dane", "unusable", recipient(dane=(make.dane(DaneStatus.UNUSABLE, problems=("usage 0",)),)),
         ("warning dane-unusable",), ("usage 0",)),
    Case("dane", "no certificate seen", recipient(dane=(make.dane(DaneStatus.NOT_SEEN),)),
         ("not_assessed dane-not-seen",)),
    Case("dane", "not signed", recipient(dane=(make.dane(DaneStatus.INSECURE),)),
         ("not_assessed dane-without-dnssec",)),
    Case("dane", "DNS silent", recipient(dane=(make.dane(DaneStatus.UNKNOWN),)),
         ("not_assessed dane-unanswered",)),
    Case("dane", "DNS silent about one of two", recipient(dane=(make.dane(),
         make.dane(DaneStatus.UNKNOWN, "mx2.recipient.example"))), ("ok dane-matched",
         "not_assessed dane-unanswered")),
    Case("dane", "at the end of a CNAME", recipient(dane=(make.dane(base="end.vendor.example"),)),
         ("ok dane-matched",), ("at end.vendor.example",)),
    Case("dane", "not asked", recipient(dane=(make.dane(DaneStatus.NOT_ASKED),)),
         ("not_assessed dane-not-asked",)),
    Case("dane", "no host", recipient(dane=()), ("not_assessed dane-not-looked-at",)),
    Case("second-opinion", "not asked", make.facts(), ("not_assessed second-opinion-not-asked",)),
    Case("second-opinion", "content", opinion(), ("ok second-opinion-content",)),
    Case("second-opinion", "errors and warnings in its words", opinion(("bad",), ("odd",)),
         ("warning second-opinion-error", "notice second-opinion-warning"),
         ("checkdmarc on SPF of sender.example: bad",)),
    Case("second-opinion", "it timed out", opinion(error="timeout"), ("not_assessed second-opinion-failed",),
         ("timeout",)),

    Case("recipient-mx", "one family of an address unanswered", routed(RouteKind.MX, HALF_KNOWN),
         ("ok recipient-mx-named", "not_assessed recipient-mx-partly-unanswered")),
    Case("recipient-mx", "a name that is none of a host",
         routed(RouteKind.MX, make.mx_host("mail_1.example")), ("warning recipient-mx-no-host-name",),
         ("mail_1.example", "letters, digits and hyphens")),
    Case("second-opinion", "more remarks than are repeated", opinion(tuple(f"no {n}" for n in range(21))),
         (*["warning second-opinion-error"] * 20, "notice second-opinion-more")),
)  # fmt: skip


@parametrize(CASES)
def test_check(case: Case) -> None:
    assert_case(case)
