"""DMARC policy records (RFC 9989 sections 4.7 and 4.8)."""

from __future__ import annotations

import pytest

from probe.model.dmarc_record import DmarcReason, DmarcWhy
from probe.standards.dmarc.record import InvalidRecord, is_dmarc_record, parse_record
from probe.standards.dmarc.results import DmarcRecord
from probe.wording.spoken import spoken


def parsed(text: str) -> DmarcRecord:
    record = parse_record(text.encode(), "example.com")
    assert isinstance(record, DmarcRecord)
    return record


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"v=DMARC1; p=none", True),
        (b"V = DMARC1 ;p=none", True),
        (b"v=DMARC1", True),
        (b"v=dmarc1; p=none", False),
        (b"v=DMARC10; p=none", False),
        (b" v=DMARC1; p=none", False),
        (b"p=none; v=DMARC1", False),
        (b"v=spf1 -all", False),
        (b"", False),
    ],
)
def test_the_version_tag_comes_first_and_is_exact(text: bytes, expected: bool) -> None:
    assert is_dmarc_record(text) is expected


def test_a_full_record_is_read() -> None:
    record = parsed(
        "v=DMARC1; p=Reject; sp=quarantine; np=reject; adkim=s; aspf=r; t=y; psd=n; rua=mailto:d@example.com"
    )
    assert (record.policy, record.subdomain_policy, record.nonexistent_policy) == (
        "reject",
        "quarantine",
        "reject",
    )
    assert (record.adkim, record.aspf, record.testing, record.psd) == ("s", "r", True, "n")
    assert ("rua", "mailto:d@example.com") in record.tags
    assert not record.problems


def test_defaults() -> None:
    record = parsed("v=DMARC1;p=quarantine;")
    assert (record.adkim, record.aspf, record.testing, record.psd) == ("r", "r", False, "u")
    assert record.subdomain_policy is None


def test_unknown_tags_are_ignored_and_kept() -> None:
    record = parsed("v=DMARC1; p=none; x=1")
    assert ("x", "1") in record.tags
    assert not record.problems


def test_a_missing_p_is_none_and_said() -> None:
    record = parsed("v=DMARC1; rua=mailto:d@example.com")
    assert record.policy == "none"
    assert "p= is missing" in spoken(record.problems[0])


@pytest.mark.parametrize("rest", ["", "; rua=d@example.com", "; sp=reject", "; p="])
def test_a_missing_p_without_a_report_address_is_no_dmarc(rest: str) -> None:
    """RFC 9989 section 4.10.1, as RFC 7489 section 6.6.3."""
    record = parse_record(f"v=DMARC1{rest}".encode(), "example.com")
    assert isinstance(record, InvalidRecord)
    assert "p=" in spoken(record.problem) and "rua=" in spoken(record.problem)


@pytest.mark.parametrize(("tags", "last"), [("p=none; p=reject", "reject"), ("p=reject; p=none", "none")])
def test_two_p_make_no_record_and_what_older_receivers_do_is_said(tags: str, last: str) -> None:
    record = parse_record(f"v=DMARC1; {tags}; rua=mailto:d@example.com".encode(), "example.com")
    assert isinstance(record, InvalidRecord)
    assert "RFC 9989 discard" in spoken(record.problem)
    assert spoken(record.problem).endswith(f"take the last (OpenDMARC), which is {last}")


@pytest.mark.parametrize("tag", ["p=rejct", "p=none; sp=rejct", "p=reject; np=x"])
def test_a_bad_policy_with_a_report_address_is_none(tag: str) -> None:
    record = parsed(f"v=DMARC1; {tag}; rua=mailto:d@example.com")
    assert (record.policy, record.subdomain_policy, record.nonexistent_policy) == ("none", None, None)
    assert record.problems


def test_a_bad_policy_without_a_report_address_is_no_dmarc() -> None:
    assert isinstance(parse_record(b"v=DMARC1; p=rejct", "example.com"), InvalidRecord)
    assert isinstance(parse_record(b"v=DMARC1; p=rejct; rua=d@example.com", "example.com"), InvalidRecord)


def test_bad_values_fall_back_to_the_default() -> None:
    record = parsed("v=DMARC1; p=reject; adkim=strict; aspf=x; t=yes; psd=maybe")
    assert (record.adkim, record.aspf, record.testing, record.psd) == ("r", "r", False, "u")
    assert len(record.problems) == 4


def test_a_report_address_without_mailto_is_a_problem() -> None:
    assert parsed("v=DMARC1; p=none; rua=d@example.com").problems == (DmarcWhy(DmarcReason.NO_REPORT_URI),)
    assert not parsed("v=DMARC1; p=none; rua=mailto:d@example.com!10m").problems


def test_pct_is_historic() -> None:
    assert parsed("v=DMARC1; p=reject; pct=25").problems == (DmarcWhy(DmarcReason.PERCENTAGE),)
    assert not parsed("v=DMARC1; p=reject; pct=100").problems


def test_hostile_text_is_kept_raw_and_does_not_raise() -> None:
    record = parse_record(b"v=DMARC1; p=reject; \xff\x1b[31m=\x00;;=;=;", "example.com")
    assert isinstance(record, DmarcRecord)
    assert record.policy == "reject"
