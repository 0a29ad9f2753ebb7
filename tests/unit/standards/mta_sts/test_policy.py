"""MTA-STS records, policies and their judgement (RFC 8461)."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from probe.checks.judging.wording import mta_sts_problems
from probe.model.observed import FetchFault
from probe.model.reason import Reason
from probe.standards.dns.message import Answer, Status, Txt
from probe.standards.mta_sts.judge import judge
from probe.standards.mta_sts.match import matches, uncovered_hosts
from probe.standards.mta_sts.policy import is_policy_media_type, parse_policy, policy_url
from probe.standards.mta_sts.record import read_record, record_question
from probe.standards.mta_sts.results import StsResult, StsStatus
from probe.wording.spoken import spoken

# RFC 8461 section 3.2
RFC_POLICY = (
    b"version: STSv1\r\nmode: enforce\r\nmx: mail.example.com\r\nmx: *.example.net\r\n"
    b"mx: backupmx.example.com\r\nmax_age: 604800\r\n"
)


def answer(*texts: bytes, status: Status = Status.ANSWER) -> Answer:
    return Answer(record_question("example.com"), status, tuple(Txt((text,)) for text in texts))


RFC_RECORD = answer(b"v=STSv1; id=20160831085700Z;")


@dataclass(frozen=True)
class Response:
    status: int | None = 200
    content_type: str = "text/plain"
    body: bytes = RFC_POLICY
    fault: Reason[FetchFault] | None = None


def judged(fetched: Response | None, *hosts: str, record: Answer = RFC_RECORD) -> StsResult:
    return judge("example.com", record, fetched, hosts or ("mail.example.com",))


def test_names() -> None:
    assert record_question("example.com").name == "_mta-sts.example.com"
    assert policy_url("example.com") == "https://mta-sts.example.com/.well-known/mta-sts.txt"


def test_the_record_of_the_rfc() -> None:
    record = read_record(RFC_RECORD)
    assert (record.status, record.policy_id, record.problems) == (StsStatus.VALID, "20160831085700Z", ())


def test_the_strings_of_a_record_are_joined() -> None:
    split = Answer(record_question("example.com"), Status.ANSWER, (Txt((b"v=STSv1; i", b"d=1")),))
    assert read_record(split).policy_id == "1"


@pytest.mark.parametrize(
    ("texts", "status"),
    [
        ((b"v=STSv1; id=1", b"v=spf1 -all"), StsStatus.VALID),
        ((b"v=STSv1; id=1; ext=x",), StsStatus.VALID),
        ((b"v=STSv1 ;\tid=1;",), StsStatus.VALID),
        ((b"v=spf1 -all",), StsStatus.ABSENT),
        ((b"v=STSv1",), StsStatus.ABSENT),
        ((b"V=STSV1; id=1",), StsStatus.ABSENT),
        ((b"v=STSv1; id=1", b"v=STSv1; id=2"), StsStatus.UNUSABLE),
        ((b"v=STSv1;",), StsStatus.UNUSABLE),
        ((b"v=STSv1; id=2024-01-01",), StsStatus.UNUSABLE),
        ((b"v=STSv1; id=" + b"1" * 33,), StsStatus.UNUSABLE),
        ((b"v=STSv1; id = 1",), StsStatus.UNUSABLE),
        ((b"v=STSv1; id=1; \xff",), StsStatus.UNUSABLE),
        # RFC 8461 section 3.1: a field between any two delimiters, and one delimiter may end the record
        ((b"v=STSv1; id=a;;",), StsStatus.UNUSABLE),
        ((b"v=STSv1;; id=a",), StsStatus.UNUSABLE),
        ((b"v=STSv1; id=a; ;",), StsStatus.UNUSABLE),
        ((b"v=STSv1; id=a; ",), StsStatus.VALID),
    ],
)
def test_records(texts: tuple[bytes, ...], status: StsStatus) -> None:
    record = read_record(answer(*texts))
    assert record.status is status
    assert (record.policy_id is not None) is (status is StsStatus.VALID)
    assert bool(record.problems) is (status is StsStatus.UNUSABLE)


@pytest.mark.parametrize("status", [Status.NODATA, Status.NXDOMAIN])
def test_a_denied_record_is_absent(status: Status) -> None:
    assert read_record(answer(status=status)).status is StsStatus.ABSENT


@pytest.mark.parametrize("status", [Status.TIMEOUT, Status.SERVFAIL, Status.NOT_ASKED, Status.REFUSED])
def test_an_unanswered_record_is_unknown(status: Status) -> None:
    assert read_record(answer(status=status)).status is StsStatus.UNKNOWN


def test_the_policy_of_the_rfc() -> None:
    policy, faults = parse_policy(RFC_POLICY)
    assert policy is not None
    assert (policy.mode, policy.max_age) == ("enforce", 604800)
    assert policy.mx_patterns == ("mail.example.com", "*.example.net", "backupmx.example.com")
    assert not faults
    assert not policy.problems


def test_lf_and_mixed_line_ends_trailing_blanks_and_unknown_keys() -> None:
    body = b"version:STSv1 \nmode: testing\r\nfuture: x:y\n\nmax_age:  86400\t\nmx: mx.example.com"
    policy, _ = parse_policy(body)
    assert policy is not None
    assert (policy.mode, policy.max_age, policy.mx_patterns) == ("testing", 86400, ("mx.example.com",))


def test_of_a_repeated_key_the_first_counts() -> None:
    policy, _ = parse_policy(RFC_POLICY + b"mode: none\r\n")
    assert policy is not None
    assert policy.mode == "enforce"
    assert spoken(policy.problems[0]).startswith("mode occurs more than once")


def test_mode_none_needs_no_mx() -> None:
    policy, faults = parse_policy(b"version: STSv1\nmode: none\nmax_age: 0\n")
    assert policy is not None
    assert not faults
    assert not policy.problems


def test_a_short_max_age_is_a_problem_not_a_fault() -> None:
    policy, _ = parse_policy(RFC_POLICY.replace(b"604800", b"600"))
    assert policy is not None
    assert "600 s" in spoken(policy.problems[0])


@pytest.mark.parametrize(
    ("old", "new", "clause"),
    [
        (b"version: STSv1\r\n", b"", "no version"),
        (b"STSv1", b"STSv2", "no version"),
        (b"mode: enforce\r\n", b"", "no mode"),
        (b"enforce", b"Enforce", "no mode"),
        (b"max_age: 604800\r\n", b"", "no max_age"),
        (b"604800", b"1_000", "no max_age"),
        (b"604800", b"-1", "no max_age"),
        (b"604800", b"31557601", "above 31557600"),
        (b"*.example.net", b"mx.*.example.net", "mx mx.*.example.net"),
        (b"mail.example.com", b"not a host", "mx not a host"),
        (b"mode: enforce", b"mode enforce", "line 2"),
        (b"mode:", b" mode:", "line 2"),
    ],
)
def test_faulty_policies_are_refused_with_the_reason(old: bytes, new: bytes, clause: str) -> None:
    policy, faults = parse_policy(RFC_POLICY.replace(old, new, 1))
    assert policy is None
    assert any(clause in spoken(fault) for fault in faults), faults


def test_enforce_without_mx_is_refused() -> None:
    policy, faults = parse_policy(b"version: STSv1\nmode: enforce\nmax_age: 604800\n")
    assert policy is None
    assert [spoken(it) for it in faults] == ["the policy names no mx"]


def test_an_html_page_is_no_policy() -> None:
    assert parse_policy(b"<!doctype html>\n<html></html>")[0] is None


@pytest.mark.parametrize(
    ("pattern", "host", "covered"),
    [
        ("mail.example.com", "mail.example.com", True),
        ("Mail.Example.Com", "mail.example.com.", True),
        ("mail.example.com", "evil-mail.example.com", False),
        ("*.example.com", "mx1.example.com", True),
        ("*.example.com", "example.com", False),
        ("*.example.com", "a.b.example.com", False),
        ("*.example.com", ".example.com", False),
        ("example.com", "mx.example.com", False),
    ],
)
def test_mx_patterns(pattern: str, host: str, covered: bool) -> None:
    assert matches(pattern, host) is covered


def test_uncovered_hosts_keep_their_order_and_come_once() -> None:
    hosts = ("z.other.example", "mail.example.com", "a.other.example", "z.other.example")
    assert uncovered_hosts(("mail.example.com",), hosts) == ("z.other.example", "a.other.example")


@pytest.mark.parametrize(
    ("content_type", "is_text"),
    [
        ("text/plain", True),
        ("Text/Plain; charset=utf-8", True),
        ("text/plain ;charset=utf-8", True),
        ("text/html", False),
        ("text/plainish", False),
        ("", False),
    ],
)
def test_the_media_type(content_type: str, is_text: bool) -> None:
    assert is_policy_media_type(content_type) is is_text


def test_a_valid_policy_names_the_hosts_it_leaves_out() -> None:
    result = judged(Response(), "mail.example.com", "mx.example.net", "mx.other.example")
    assert result.status is StsStatus.VALID
    assert result.policy is not None
    assert result.uncovered == ("mx.other.example",)
    assert result.policy_id == "20160831085700Z"


def test_mode_none_covers_nothing_and_misses_nothing() -> None:
    result = judged(Response(body=b"version: STSv1\nmode: none\nmax_age: 86400\n"), "mx.other.example")
    assert (result.status, result.uncovered) == (StsStatus.VALID, ())


@pytest.mark.parametrize(
    ("fetched", "status", "clause"),
    [
        (None, StsStatus.UNKNOWN, "not fetched"),
        (Response(None, fault=Reason(FetchFault.LATE, seconds=10.0)), StsStatus.UNKNOWN, "timed out"),
        (Response(None, fault=Reason(FetchFault.REFUSED)), StsStatus.UNKNOWN, "connection refused"),
        (
            Response(None, fault=Reason(FetchFault.CERTIFICATE, text="certificate has expired")),
            StsStatus.UNUSABLE,
            "expired",
        ),
        (Response(301), StsStatus.UNUSABLE, "status 301: redirects are not followed"),
        (Response(404), StsStatus.UNUSABLE, "status 404"),
        (Response(204), StsStatus.UNUSABLE, "status 204"),
        (Response(503), StsStatus.UNKNOWN, "status 503"),
        (Response(content_type="text/html"), StsStatus.UNUSABLE, "content type is text/html"),
        (Response(content_type=""), StsStatus.UNUSABLE, "content type is missing"),
        (Response(fault=Reason(FetchFault.TOO_LARGE, most=65536)), StsStatus.UNUSABLE, "larger than"),
        (Response(fault=Reason(FetchFault.LATE, seconds=10.0)), StsStatus.UNKNOWN, "timed out"),
        (Response(fault=Reason(FetchFault.CUT_SHORT)), StsStatus.UNKNOWN, "ends too early"),
        (Response(body=b""), StsStatus.UNUSABLE, "no version"),
    ],
)
def test_a_policy_that_did_not_come_is_judged_by_why(
    fetched: Response | None, status: StsStatus, clause: str
) -> None:
    result = judged(fetched)
    assert (result.status, result.policy) == (status, None)
    assert clause in spoken(mta_sts_problems(result)[0])


def test_without_a_record_the_policy_does_not_matter() -> None:
    result = judged(Response(), record=answer(status=Status.NXDOMAIN))
    assert (result.status, result.policy) == (StsStatus.ABSENT, None)
