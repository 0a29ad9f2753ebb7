"""Whatever a policy host or TXT record says, the MTA-STS and TLS-RPT readers answer."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from probe.standards.dns.message import Answer, Question, RecordType, Status, Txt
from probe.standards.mta_sts.match import matches
from probe.standards.mta_sts.policy import parse_policy
from probe.standards.mta_sts.record import read_record
from probe.standards.mta_sts.results import StsStatus
from probe.standards.mta_sts.tls_rpt import judge_tls_rpt

HOST = st.from_regex(r"[a-z]{1,5}(\.[a-z]{1,5}){0,3}", fullmatch=True)


@given(
    st.one_of(
        st.binary(max_size=300),
        st.binary(max_size=80).map(lambda tail: b"version: STSv1\nmode: none\nmax_age: 1\n" + tail),
    )
)
def test_any_octets_are_a_policy_or_have_a_reason(body: bytes) -> None:
    policy, faults = parse_policy(body)
    assert (policy is None) is bool(faults)


@given(st.sampled_from([b"v=STSv1;", b"v=TLSRPTv1;rua=", b""]), st.binary(max_size=100))
def test_any_txt_gets_a_status(head: bytes, tail: bytes) -> None:
    answer = Answer(Question("_x.example.com", RecordType.TXT), Status.ANSWER, (Txt((head + tail,)),))
    record = read_record(answer)
    assert (record.status is StsStatus.VALID) is (record.policy_id is not None)
    reports = judge_tls_rpt("example.com", answer)
    assert (reports.status is StsStatus.VALID) is bool(reports.rua)


@given(HOST, HOST)
def test_a_wildcard_stands_for_exactly_one_label(parent: str, host: str) -> None:
    assert matches(f"*.{parent}", host) is (host.partition(".")[2] == parent)
    assert matches(host, host)
