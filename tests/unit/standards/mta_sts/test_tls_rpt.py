"""TLS-RPT records (RFC 8460 section 3)."""

from __future__ import annotations

import pytest

from probe.standards.dns.message import Answer, Status, Txt
from probe.standards.mta_sts.results import StsStatus, TlsRptResult
from probe.standards.mta_sts.tls_rpt import judge_tls_rpt, tls_rpt_question
from probe.wording.spoken import spoken


def judged(*texts: bytes, status: Status = Status.ANSWER) -> TlsRptResult:
    question = tls_rpt_question("example.com")
    return judge_tls_rpt("example.com", Answer(question, status, tuple(Txt((text,)) for text in texts)))


def test_the_examples_of_the_rfc() -> None:
    assert tls_rpt_question("example.com").name == "_smtp._tls.example.com"
    by_mail = judged(b"v=TLSRPTv1;rua=mailto:reports@example.com")
    assert (by_mail.status, by_mail.rua) == (StsStatus.VALID, ("mailto:reports@example.com",))
    by_https = judged(b"v=TLSRPTv1; rua=https://reporting.example.com/v1/tlsrpt")
    assert by_https.rua == ("https://reporting.example.com/v1/tlsrpt",)


def test_several_destinations_and_unknown_fields() -> None:
    result = judged(b"v=TLSRPTv1; x=1; rua=mailto:a@example.com , https://b.example/;")
    assert result.rua == ("mailto:a@example.com", "https://b.example/")
    assert not result.problems


@pytest.mark.parametrize(
    ("texts", "status"),
    [
        ((b"v=TLSRPTv1; rua=mailto:a@example.com", b"v=spf1 -all"), StsStatus.VALID),
        ((b"v=TLSRPTv1; rua=mailto:a@example.com,ftp://x",), StsStatus.VALID),
        ((b"v=spf1 -all",), StsStatus.ABSENT),
        ((b"v=TLSRPTv1",), StsStatus.ABSENT),
        ((b"v=TLSRPTv1; rua=a@example.com",), StsStatus.UNUSABLE),
        ((b"v=TLSRPTv1; rua=",), StsStatus.UNUSABLE),
        ((b"v=TLSRPTv1; x=1",), StsStatus.UNUSABLE),
        ((b"v=TLSRPTv1; rua=mailto:a@b", b"v=TLSRPTv1; rua=mailto:c@d"), StsStatus.UNUSABLE),
    ],
)
def test_records(texts: tuple[bytes, ...], status: StsStatus) -> None:
    assert judged(*texts).status is status


def test_unusable_records_say_why() -> None:
    (problem,) = judged(b"v=TLSRPTv1; rua=a@example.com").problems
    assert spoken(problem) == "rua= a@example.com is no mailto: or https: URI"


def test_denied_is_absent_and_unanswered_is_unknown() -> None:
    assert judged(status=Status.NXDOMAIN).status is StsStatus.ABSENT
    assert judged(status=Status.NODATA).status is StsStatus.ABSENT
    assert judged(status=Status.SERVFAIL).status is StsStatus.UNKNOWN
    assert judged(status=Status.NOT_ASKED).status is StsStatus.UNKNOWN
