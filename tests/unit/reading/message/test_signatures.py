"""DKIM of a message: verified over answers, unknown kept apart from failed."""

from __future__ import annotations

import base64
import re
from functools import cache

import dkim
import nacl.signing
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from probe.model.signing import SignatureVerdict
from probe.reading.message.results import SignatureResult
from probe.reading.message.signatures import signing_selectors, verify_signatures
from probe.standards.dns.message import Answer, Question, RecordType, Status, Txt, run

MESSAGE = (
    b"From: bob@example.com\r\nTo: alice@example.net\r\nSubject: Hello\r\n"
    b"Date: Sat, 21 Nov 2026 08:00:00 +0000\r\n\r\nHi Alice\r\n"
)


@cache
def rsa_key(bits: int) -> tuple[bytes, bytes]:
    """The private key in PEM and the TXT record."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=bits)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return pem, b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)


@cache
def ed25519_key() -> tuple[bytes, bytes]:
    key = nacl.signing.SigningKey.generate()
    return base64.b64encode(key.encode()), b"v=DKIM1; k=ed25519; p=" + base64.b64encode(
        key.verify_key.encode()
    )


def signed(data: bytes = MESSAGE, selector: bytes = b"s1", bits: int = 2048, **options: object) -> bytes:
    header: bytes = dkim.sign(data, selector, b"example.com", rsa_key(bits)[0], **options)
    return header + data


def verify(data: bytes, zone: dict[str, Answer | bytes]) -> tuple[SignatureResult, ...]:
    def lookup(question: Question) -> Answer:
        found = zone.get(question.name)
        if isinstance(found, bytes):
            return Answer(question, Status.ANSWER, (Txt((found[:200], found[200:])),))
        return found or Answer(question, Status.NXDOMAIN)

    return run(verify_signatures(data), lookup)


NAME = "s1._domainkey.example.com"


def test_a_good_rsa_signature_passes() -> None:
    assert verify(signed(), {NAME: rsa_key(2048)[1]}) == (
        SignatureResult("example.com", "s1", SignatureVerdict.PASS, signed=("from", "to", "subject", "date")),
    )


def test_a_file_with_unix_line_ends_passes() -> None:
    assert verify(signed().replace(b"\r\n", b"\n"), {NAME: rsa_key(2048)[1]})[0].verdict == "pass"


def test_a_good_ed25519_signature_passes() -> None:
    private, record = ed25519_key()
    header = dkim.sign(MESSAGE, b"ed", b"example.com", private, signature_algorithm=b"ed25519-sha256")
    assert verify(header + MESSAGE, {"ed._domainkey.example.com": record})[0].verdict == "pass"


def test_every_signature_is_judged_with_its_own_key() -> None:
    twice = signed(signed(selector=b"s2"))
    results = verify(twice, {NAME: rsa_key(2048)[1]})
    assert [(r.selector, r.verdict) for r in results] == [("s1", "pass"), ("s2", "fail")]
    assert "no key at s2._domainkey.example.com" in results[1].problem


def test_a_changed_body_fails_and_says_so() -> None:
    (result,) = verify(signed() + b"one more line\r\n", {NAME: rsa_key(2048)[1]})
    assert result.verdict == "fail"
    assert "body" in result.problem


def test_a_changed_header_fails() -> None:
    (result,) = verify(signed().replace(b"Subject: Hello", b"Subject: Hallo"), {NAME: rsa_key(2048)[1]})
    assert (result.verdict, result.problem) == ("fail", "the signature does not match the headers")


@pytest.mark.parametrize("status", [Status.TIMEOUT, Status.SERVFAIL, Status.REFUSED, Status.NOT_ASKED])
def test_a_key_that_could_not_be_fetched_is_unknown_and_no_failure(status: Status) -> None:
    answer = Answer(Question(NAME, RecordType.TXT), status)
    (result,) = verify(signed(), {NAME: answer})
    assert result.verdict == "unknown"
    assert status in result.problem


@pytest.mark.parametrize(
    ("record", "word"),
    [
        (b"v=DKIM1; p=", "revoked"),
        (b"v=DKIM1; k=rsa; p=AAAA", ""),
        (b"v=DKIM1; k=dsa; p=AAAA", ""),
        (b"v=DKIM2; p=AAAA", ""),
        (b"\xff\xfe;=;", ""),
        (b"v=DKIM1; k=ed25519; p=AAAA", ""),
        (b"hello", ""),
    ],
)
def test_a_bad_key_fails_with_a_reason(record: bytes, word: str) -> None:
    (result,) = verify(signed(), {NAME: record})
    assert result.verdict == "fail"
    assert result.problem
    assert word in result.problem


def test_a_key_too_short_for_anyone_fails() -> None:
    pem, record = rsa_key(1024)
    assert verify(signed(bits=1024), {NAME: record})[0].verdict == "pass"
    assert "BEGIN" in pem.decode()


def test_the_right_key_among_several_records_passes() -> None:
    records = (Txt((b"v=DKIM1; p=",)), Txt((rsa_key(2048)[1],)))
    answer = Answer(Question(NAME, RecordType.TXT), Status.ANSWER, records)
    assert verify(signed(), {NAME: answer})[0].verdict == "pass"


def test_expiry_is_not_judged_by_the_clock_of_the_reader() -> None:
    plain = signed()
    assert verify(plain.replace(b"v=1;", b"v=1; x=1000;", 1), {NAME: rsa_key(2048)[1]})[0].problem != ""
    expired = resigned_with_expiry()
    assert verify(expired, {NAME: rsa_key(2048)[1]})[0].verdict == "pass"


def resigned_with_expiry() -> bytes:
    """A signature whose x= lies in the past, made by dkimpy's own steps."""

    class Signer(dkim.DKIM):  # type: ignore[misc]
        def gen_header(self, fields: list[tuple[bytes, bytes]], *rest: object, **named: object) -> object:
            fields[:] = [(b"t", b"500") if name == b"t" else (name, value) for name, value in fields]
            fields.insert(1, (b"x", b"1000"))
            return super().gen_header(fields, *rest, **named)

    header: bytes = Signer(MESSAGE).sign(b"s1", b"example.com", rsa_key(2048)[0])
    assert b"x=1000" in header
    return header + MESSAGE


@pytest.mark.parametrize(
    "header",
    [
        b"DKIM-Signature: \r\n",
        b"DKIM-Signature: v=1\r\n",
        b"DKIM-Signature: ;;;\r\n",
        b"DKIM-Signature: v=1; s=..; d=example.com\r\n",
        b"DKIM-Signature: v=1; s=s1; d=ex ample\r\n",
        b"DKIM-Signature: v=1; s=s1; d=example.com\r\n",
        b"DKIM-Signature: v=1; a=rsa-sha256; s=s1; d=example.com; h=; b=A; bh=A\r\n",
        b"DKIM-Signature: v=1; a=rsa-sha256; c=x/y; s=s1; d=example.com; h=from; b=AAAA; bh=AAAA\r\n",
        b"DKIM-Signature: v=1; a=rsa-sha256; l=9999999; s=s1; d=example.com; h=from; b=AAAA; bh=AAAA\r\n",
        b"DKIM-Signature: v=1; a=rsa-sha1; s=s1; d=example.com; h=from; b=AAAA; bh=AAAA\r\n",
        b"DKIM-Signature: s=s1; s=s1; d=example.com\r\n",
        b"DKIM-Signature: \xff=\xff; s=\xff; d=\xff\r\n",
    ],
)
def test_a_broken_signature_fails_with_a_reason(header: bytes) -> None:
    (result,) = verify(header + MESSAGE, {NAME: rsa_key(2048)[1]})
    assert result.verdict == "fail"
    assert result.problem


def test_an_unsigned_message_asks_nothing() -> None:
    assert verify(MESSAGE, {}) == ()
    with pytest.raises(StopIteration):
        next(verify_signatures(MESSAGE))


def test_signatures_beyond_the_cap_are_not_looked_at() -> None:
    header = b"DKIM-Signature: v=1; s=s1; d=example.com\r\n"
    assert len(verify(header * 50 + MESSAGE, {})) == 10


def test_the_signing_selectors_are_named_once_each() -> None:
    assert signing_selectors(signed(signed(signed(selector=b"s2")))) == ("s1", "s2")
    assert signing_selectors(MESSAGE) == ()
    assert signing_selectors(b"DKIM-Signature: s=a b; d=x\r\n\r\n") == ()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"a=rsa-sha256", b"a=rsa-sha257"),
        (b"c=relaxed/simple", b"c=plain/simple"),
        (b"v=1;", b"v=2;"),
        (b"q=dns/txt", b"q=dns/any"),
        (b" bh=", b" bh=!"),
        (b" b=", b" b=!"),
        (b"i=@example.com", b"i=@example.org"),
        (b"h=from", b"x=1; h=from"),
        (b"h=from", b"l=many; h=from"),
        (b"h=from", b"x=soon; h=from"),
        (b" bh=", b" hb="),
        (b"c=relaxed/simple", b"c="),
    ],
)
def test_a_broken_signature_is_told_in_words_of_our_own(old: bytes, new: bytes) -> None:
    """No octets as Python writes them, and no names of its exceptions."""
    data = signed()
    assert old in data, data
    (result,) = verify(data.replace(old, new, 1), {NAME: rsa_key(2048)[1]})
    assert result.verdict == "fail" or b"x=1" in new
    assert not re.search(r"b'|Error|Exception|\(", result.problem) or "RFC 6376" in result.problem
    assert "b'" not in result.problem


@pytest.mark.parametrize(
    "record", [b"v=DKIM1; k=RSA; p=%s", b"v=DKIM1;; p=%s", b"v=DKIM1; p=%s; foo", b"v=DKIM1; p=AAAA"]
)
def test_a_key_that_nobody_can_use_is_told_as_the_reason(record: bytes) -> None:
    key = rsa_key(2048)[1].rpartition(b"p=")[2]
    (result,) = verify(signed(), {NAME: record.replace(b"%s", key)})
    assert (result.verdict, result.problem.partition(":")[0]) == ("fail", "the key cannot be used")
