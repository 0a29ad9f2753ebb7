"""TLSA records held against a chain (RFC 7672)."""

import hashlib
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from probe.standards.dns.message import Tlsa
from probe.standards.tls.dane import match_tlsa, why_unusable
from probe.standards.tls.results import DaneStatus
from probe.wording.spoken import spoken
from tests.support.certificates import IssuedCertificate, authority, issue

ROOT = authority("DANE Root")
LEAF = issue("mx.test", by=ROOT)
CHAIN = (LEAF.der, ROOT.der)
NAMES = ("mx.test",)


def key_of(issued: IssuedCertificate) -> bytes:
    return issued.certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def record(usage: int, selector: int, matching: int, issued: IssuedCertificate) -> Tlsa:
    data = issued.der if selector == 0 else key_of(issued)
    digests = {0: data, 1: hashlib.sha256(data).digest(), 2: hashlib.sha512(data).digest()}
    return Tlsa(usage, selector, matching, digests[matching])


@pytest.mark.parametrize("selector", [0, 1])
@pytest.mark.parametrize("matching", [0, 1, 2])
@pytest.mark.parametrize(("usage", "issued"), [(3, LEAF), (2, ROOT)])
def test_every_selector_and_matching_type(
    usage: int, issued: IssuedCertificate, selector: int, matching: int
) -> None:
    status, problems = match_tlsa(CHAIN, (record(usage, selector, matching, issued),), NAMES)
    assert (status, problems) == (DaneStatus.MATCHED, ())


def test_end_entity_looks_at_neither_name_nor_dates() -> None:
    old = issue("other.test", days=(-9, -2))
    assert match_tlsa((old.der,), (record(3, 1, 1, old),), NAMES, datetime.now(UTC))[0] is DaneStatus.MATCHED


def test_trust_anchor_looks_at_the_name() -> None:
    status, problems = match_tlsa(CHAIN, (record(2, 0, 1, ROOT),), ("other.test",))
    assert status is DaneStatus.MISMATCHED and "does not name other.test" in spoken(problems[0])


def test_trust_anchor_looks_at_the_dates_when_the_time_is_known() -> None:
    old = issue("mx.test", by=ROOT, days=(-9, -2))
    chain, records = (old.der, ROOT.der), (record(2, 0, 1, ROOT),)
    assert match_tlsa(chain, records, NAMES, datetime.now(UTC))[0] is DaneStatus.MISMATCHED
    assert match_tlsa(chain, records, NAMES)[0] is DaneStatus.MATCHED


def test_a_trust_anchor_that_did_not_issue_the_leaf_proves_nothing() -> None:
    stranger = issue("mx.test")
    status, problems = match_tlsa((stranger.der, ROOT.der), (record(2, 0, 1, ROOT),), NAMES)
    assert status is DaneStatus.MISMATCHED and "does not lead" in spoken(problems[0])


def test_the_leaf_of_another_key_does_not_match() -> None:
    status, problems = match_tlsa(CHAIN, (record(3, 1, 1, issue("mx.test")),), NAMES)
    assert status is DaneStatus.MISMATCHED and spoken(problems[0]).startswith("TLSA 3 1 1: ")


def test_one_match_is_enough() -> None:
    records = (record(3, 1, 1, issue("mx.test")), record(3, 1, 1, LEAF))
    assert match_tlsa(CHAIN, records, NAMES)[0] is DaneStatus.MATCHED


@pytest.mark.parametrize("bad", [(0, 0, 1), (1, 0, 1), (4, 0, 1), (3, 2, 1), (3, 0, 3)])
def test_records_that_smtp_must_leave_out(bad: tuple[int, int, int]) -> None:
    records = (Tlsa(*bad, b"x" * 32),)
    assert why_unusable(records[0])
    assert match_tlsa(CHAIN, records, NAMES)[0] is DaneStatus.UNUSABLE


@pytest.mark.parametrize("data", [b"", b"x" * 31])
def test_a_digest_of_the_wrong_length_is_unusable(data: bytes) -> None:
    assert why_unusable(Tlsa(3, 1, 1, data))
    assert spoken(why_unusable(Tlsa(3, 1, 0, b""))) == "TLSA 3 1 0: no data"


def test_nothing_published_and_nothing_seen() -> None:
    assert match_tlsa(CHAIN, (), NAMES)[0] is DaneStatus.ABSENT
    assert match_tlsa((), (record(3, 1, 1, LEAF),), NAMES)[0] is DaneStatus.NOT_SEEN


def test_an_unreadable_certificate_is_a_mismatch_with_its_reason() -> None:
    status, problems = match_tlsa((b"junk",), (record(3, 1, 1, LEAF),), NAMES)
    assert status is DaneStatus.MISMATCHED and "unreadable" in spoken(problems[0])


@pytest.mark.parametrize(("issued", "clause"), [(LEAF, ": it matches, but only"), (ROOT, ": only")])
def test_a_digest_beside_a_stale_stronger_one_does_not_count_and_is_told_if_it_matches(
    issued: IssuedCertificate, clause: str
) -> None:
    records = (record(3, 1, 1, issued), record(3, 1, 2, issue("mx.test")))
    status, problems = match_tlsa(CHAIN, records, NAMES)
    assert status is DaneStatus.MISMATCHED
    assert f"TLSA 3 1 1{clause} the stronger SHA512" in spoken(problems[0])
    assert "another one" in spoken(problems[1])
