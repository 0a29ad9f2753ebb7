"""DKIM of a message: verified over answers, unknown kept apart from failed."""

from __future__ import annotations

import base64
from functools import cache

import dkim
import nacl.signing
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from probe.model.signing import SignatureReason, SignatureVerdict, SignatureWhy
from probe.reading.message.results import SignatureResult
from probe.reading.message.signatures import SIGNATURE_SIZE_LIMIT, signing_selectors, verify_signatures
from probe.settings import MESSAGE_HEADER_LIMIT
from probe.standards.dns.message import Answer, Question, RecordType, Status, Txt, run
from probe.wording.spoken import spoken
from tests.support.exact_reasons import assert_exact

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
        result = zone.get(question.name)
        if isinstance(result, bytes):
            return Answer(question, Status.ANSWER, (Txt((result[:200], result[200:])),))
        return result or Answer(question, Status.NXDOMAIN)

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
    assert spoken(results[1].problem) == "there is no key at s2._domainkey.example.com"


def test_a_changed_body_fails_and_says_so() -> None:
    (result,) = verify(signed() + b"one more line\r\n", {NAME: rsa_key(2048)[1]})
    assert result.verdict == "fail"
    assert spoken(result.problem) == "the body was changed after signing (body hash differs)"


def test_a_changed_header_fails() -> None:
    (result,) = verify(signed().replace(b"Subject: Hello", b"Subject: Hallo"), {NAME: rsa_key(2048)[1]})
    assert (result.verdict, spoken(result.problem)) == ("fail", "the signature does not match the headers")


@pytest.mark.parametrize("status", [Status.TIMEOUT, Status.SERVFAIL, Status.REFUSED, Status.NOT_ASKED])
def test_a_key_that_could_not_be_fetched_is_unknown_and_no_failure(status: Status) -> None:
    answer = Answer(Question(NAME, RecordType.TXT), status)
    (result,) = verify(signed(), {NAME: answer})
    assert result.verdict == "unknown"
    assert spoken(result.problem) == f"the key could not be fetched ({status})"


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
    assert result.problem is not None
    assert word in spoken(result.problem)


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
    changed = plain.replace(b" t=", b" x=2000; t=1000; n=", 1)
    assert verify(changed, {NAME: rsa_key(2048)[1]})[0].problem == SignatureWhy(
        SignatureReason.HEADERS_CHANGED
    )
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


# What is changed in a good signature, and what is wrong with it then.
BROKEN = [
    (b"a=rsa-sha256", b"a=rsa-sha257", SignatureReason.ALGORITHM, "a= names an algorithm that is not known"),
    (b"a=rsa-sha256", b"a=rsa-sha1", SignatureReason.RSA_SHA1, "rsa-sha1 is no longer accepted (RFC 8301)"),
    (
        b"c=relaxed/simple",
        b"c=plain/simple",
        SignatureReason.CANONICALIZATION,
        "c= names a canonicalization that is not known",
    ),
    (
        b"c=relaxed/simple",
        b"c=",
        SignatureReason.CANONICALIZATION,
        "c= names a canonicalization that is not known",
    ),
    (b"v=1;", b"v=2;", SignatureReason.VERSION, "v= is not 1"),
    (b"q=dns/txt", b"q=dns/any", SignatureReason.QUERY, "q= is not dns/txt"),
    (b" b=", b" b=!", SignatureReason.SIGNATURE_BASE64, "b= is not valid base64"),
    (b" bh=", b" bh=!", SignatureReason.HASH_BASE64, "bh= is not valid base64"),
    (b" bh=", b" bh=A", SignatureReason.HASH_BASE64, "bh= is not valid base64"),
    (b" bh=", b" hb=", SignatureReason.MISSING_TAG, None),
    (
        b"i=@example.com",
        b"i=@example.org",
        SignatureReason.IDENTITY,
        "i= is not at or below the domain of d=",
    ),
    (b"h=from", b"l=many; h=from", SignatureReason.LENGTH, "l= is no number"),
    (b"h=from", b"x=soon; h=from", SignatureReason.EXPIRY, "x= is no time"),
    (b"h=from", b"x=4000000000; h=from", SignatureReason.HEADERS_CHANGED, None),
    (b" t=", b" x=1000; t=2000; n=", SignatureReason.EXPIRY_BEFORE_TIME, "x= is before t="),
    (b" t=", b" x=8000000000; t=9000000000; n=", SignatureReason.EXPIRY_BEFORE_TIME, "x= is before t="),
    (b" t=", b" x=soon; t=9000000000; n=", SignatureReason.EXPIRY, "x= is no time"),
    (b"v=1;", b"v=2; x=1000;", SignatureReason.VERSION, "v= is not 1"),
    (b" t=", b" x=1000; t=1000; n=", SignatureReason.HEADERS_CHANGED, None),
    (b" t=", b" t=now", SignatureReason.TIME, "t= is no time"),
    (b" d=example.com", b" d=ex ample", SignatureReason.NO_NAME_OF_KEY, "s= or d= is missing or unusable"),
    (b" v=1;", b" v=1; v=1;", SignatureReason.NO_TAG_LIST, "the header is not a tag list"),
    (b"From: bob", b"From bob\r\nhello\r\nFrom: bob", SignatureReason.NO_HEADER_FIELD, None),
    (b" t=", b" t=" + b"9" * 5000 + b"; n=", SignatureReason.FORM, None),
]


@pytest.mark.parametrize(("old", "new", "tag", "words"), BROKEN)
def test_a_broken_signature_is_told_in_words_of_our_own(
    old: bytes, new: bytes, tag: SignatureReason, words: str | None
) -> None:
    """No octets as Python writes them, and no names of its exceptions."""
    data = signed()
    assert old in data, data
    (result,) = verify(data.replace(old, new, 1), {NAME: rsa_key(2048)[1]})
    assert result.verdict == "fail"
    assert result.problem is not None and result.problem.tag is tag
    assert words is None or spoken(result.problem) == words


def test_behind_a_time_to_come_the_version_is_looked_at() -> None:
    data = signed().replace(b"v=1;", b"v=2;", 1).replace(b" t=", b" t=9000000000; n=", 1)
    (result,) = verify(data, {NAME: rsa_key(2048)[1]})
    assert (result.verdict, result.problem) == ("fail", SignatureWhy(SignatureReason.VERSION))


def test_every_reason_is_reached_with_the_values_of_its_template() -> None:
    good: dict[str, Answer | bytes] = {NAME: rsa_key(2048)[1]}
    results = [
        *(verify(signed().replace(old, new, 1), good) for old, new, _, _ in BROKEN),
        verify(signed() + b"one more line\r\n", good),
        verify(signed(length=True), good),
        verify(signed(), {}),
        verify(signed(), {NAME: Answer(Question(NAME, RecordType.TXT), Status.TIMEOUT)}),
        verify(signed(), {NAME: b"v=DKIM1; p="}),
        verify(signed(), {NAME: b"v=DKIM2; x; p=AAAA"}),
        verify(signed().replace(b" v=1;", b" v=1; n=" + b"x" * SIGNATURE_SIZE_LIMIT + b";", 1), good),
        verify(signed().replace(b"From:", b"X: " + b"x" * MESSAGE_HEADER_LIMIT + b"\r\nFrom:", 1), good),
    ]
    problems = [result.problem for several in results for result in several]
    assert_exact([problem for problem in problems if problem is not None], SignatureReason)


def test_what_is_wrong_with_the_key_is_told_as_the_reason() -> None:
    (result,) = verify(signed(), {NAME: b"v=DKIM2; x; p=AAAA"})
    assert spoken(result.problem) == (
        "the key cannot be used: part 2 is no tag=value: x; "
        "v= is not exactly DKIM1, so verifiers discard the record"
    )


@pytest.mark.parametrize(
    "record", [b"v=DKIM1; k=RSA; p=%s", b"v=DKIM1;; p=%s", b"v=DKIM1; p=%s; foo", b"v=DKIM1; p=AAAA"]
)
def test_a_key_that_nobody_can_use_is_told_as_the_reason(record: bytes) -> None:
    key = rsa_key(2048)[1].rpartition(b"p=")[2]
    (result,) = verify(signed(), {NAME: record.replace(b"%s", key)})
    assert result.verdict == "fail"
    assert result.problem is not None and result.problem.tag is SignatureReason.KEY_UNUSABLE
