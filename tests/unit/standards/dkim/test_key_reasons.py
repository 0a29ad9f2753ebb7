"""Each reason why a DKIM key cannot be used, or not by everybody: a record that has it, and what it says."""

from __future__ import annotations

import base64

import pytest

from probe.model.dkim_key import KeyProblem, KeyReason, KeyWhy
from probe.model.near_miss import NearMissReason
from probe.model.signing import KeyOrigin
from probe.model.tag_list import TagListReason
from probe.standards.dkim.key import judge_answer, parse_key
from probe.standards.dkim.results import KeyResult, KeyStatus
from probe.standards.dns.message import Answer, Question, RecordType, Status, Txt
from probe.wording.spoken import clauses, spoken
from tests.support.exact_reasons import assert_exact
from tests.unit.standards.dkim.test_key import rsa_public_key

KEY = rsa_public_key(2048)
RSA = "06092a864886f70d010101"  # the OID rsaEncryption


def der(octets: str) -> str:
    """Octets in base64, as p= has them."""
    return base64.b64encode(bytes.fromhex(octets)).decode()


M, U, V = KeyStatus.MALFORMED, KeyStatus.UNUSABLE, KeyStatus.VALID
# The record, what becomes of the key, and all that is wrong with it.
CASES: list[tuple[str, KeyStatus, tuple[KeyReason | TagListReason, ...], tuple[str, ...]]] = [
    (f"v=DKIM1; g=*; p={KEY}", V, (), ()),
    *(
        (
            f"v=DKIM1; g={only}; p={KEY}",
            V,
            (KeyReason.GRANULARITY,),
            (
                "g= is no longer in use and may go: verifiers that still obey it (SpamAssassin's) then find"
                " no key for the address",
            ),
        )
        for only in ("", "sales")
    ),
    (f'"v=DKIM1; p={KEY}"', M, (TagListReason.TAG_NAME, KeyReason.QUOTED_RECORD), ()),
    (
        f"v=DKIM1\\; p={KEY}",
        M,
        (KeyReason.BACKSLASH,),
        ("a backslash stands before the semicolons, so verifiers discard the record",),
    ),
    (
        f"v=DKIM2; p={KEY}",
        M,
        (KeyReason.VERSION,),
        ("v= is not exactly DKIM1, so verifiers discard the record",),
    ),
    (f"v=dkim1; p={KEY}", M, (KeyReason.VERSION,), ()),
    (
        f"p={KEY}; v=DKIM1",
        V,
        (KeyReason.VERSION_NOT_FIRST,),
        ("v=DKIM1 is not the first tag, as it must be",),
    ),
    (
        f"v=DKIM1; p={KEY}; p={KEY}",
        M,
        (TagListReason.SECOND_VALUE, KeyReason.REPEATED_TAG),
        (
            "p= occurs more than once; the first was read",
            "a tag occurs more than once, which makes the record invalid",
        ),
    ),
    (
        f"v=DKIM1; hello; p={KEY}",
        M,
        (TagListReason.NO_TAG_VALUE, KeyReason.STRAY_PART),
        (
            "part 2 is no tag=value: hello",
            "a part of the record is no tag=value, which makes the record invalid",
        ),
    ),
    (
        f"v=DKIM1; 1x={'y' * 38}; p={KEY}",
        V,
        (TagListReason.TAG_NAME,),
        (f"part 2 has no valid tag name: 1x={'y' * 36}…",),
    ),
    (
        f"v=DKIM1;; p={KEY}",
        M,
        (KeyReason.EMPTY_PART,),
        ("nothing stands between two semicolons, or before the first: some verifiers discard the record",),
    ),
    (
        f"v=DKIM1; n=ü; p={KEY}",
        V,
        (KeyReason.NON_ASCII_RECORD,),
        ("it holds characters that are not ASCII, for which some verifiers discard the record",),
    ),
    ("v=DKIM1; k=rsa", M, (KeyReason.NO_PUBLIC_KEY,), ("p=, the public key, is missing",)),
    ("v=DKIM1; p=AAAAA", M, (KeyReason.NO_BASE64,), ("p= is not valid base64",)),
    (
        f"v=DKIM1; p={KEY[:9]}-{KEY[9:]}",
        V,
        (KeyReason.OUTSIDE_BASE64,),
        ("p= holds characters outside base64, which some verifiers refuse",),
    ),
    (
        f"v=DKIM1; p={KEY}=",
        V,
        (KeyReason.PADDING,),
        ("the base64 of p= has too many or too few = at its end, which some verifiers refuse",),
    ),
    (
        f"v=DKIM1; p=-----BEGIN PUBLIC KEY-----{KEY}-----END PUBLIC KEY-----",
        M,
        (KeyReason.PEM,),
        ("p= holds the BEGIN and END lines of a PEM file, which do not belong there",),
    ),
    (f"v=DKIM1; p={KEY}ü", M, (KeyReason.NON_ASCII_RECORD, KeyReason.NON_ASCII_KEY), ()),
    (
        f"v=DKIM1; p={der('3003040100')}",
        M,
        (KeyReason.NEITHER_FORM,),
        ("p= holds no RSA key: it is neither a SubjectPublicKeyInfo nor an RSAPublicKey",),
    ),
    (
        f"v=DKIM1; p={rsa_public_key(2048, oid='2a8648ce3d0201')}",
        M,
        (KeyReason.OTHER_ALGORITHM,),
        ("p= holds no RSA key: the key inside is not an RSA key",),
    ),
    (
        f"v=DKIM1; p={der('3010300b' + RSA + '040100')}",
        M,
        (KeyReason.BIT_STRING,),
        ("p= holds no RSA key: the key is not in a BIT STRING of whole octets",),
    ),
    (
        f"v=DKIM1; p={der('3006020101040100')}",
        M,
        (KeyReason.NO_MODULUS,),
        ("p= holds no RSA key: modulus or exponent is missing",),
    ),
    (
        "v=DKIM1; p=AAAA",
        M,
        (KeyReason.NO_SEQUENCE,),
        ("p= holds no RSA key: it does not begin with a SEQUENCE",),
    ),
    (
        f"v=DKIM1; p={der('3000ff')}",
        M,
        (KeyReason.TRAILING_OCTETS,),
        ("p= holds no RSA key: something follows the key",),
    ),
    (f"v=DKIM1; p={der('30')}", M, (KeyReason.CUT_SHORT,), ("p= holds no RSA key: it ends too early",)),
    (f"v=DKIM1; p={der('300502')}", M, (KeyReason.CUT_SHORT,), ()),
    (
        f"v=DKIM1; p={der('3085000000')}",
        M,
        (KeyReason.DER_LENGTH,),
        ("p= holds no RSA key: a length is malformed",),
    ),
    (
        f"v=DKIM1; p={rsa_public_key(2048, bare=True)}",
        V,
        (KeyReason.BARE_KEY,),
        ("the key is a bare RSAPublicKey, which most verifiers cannot read",),
    ),
    (
        f"v=DKIM1; p={rsa_public_key(1023)}",
        U,
        (KeyReason.SHORT_KEY,),
        ("RSA 1023 bits: verifiers must not accept less than 1024",),
    ),
    (
        f"v=DKIM1; p={rsa_public_key(2047)}",
        V,
        (KeyReason.ADVISED_LENGTH,),
        ("RSA 2047 bits: 2048 or more are advised",),
    ),
    (
        "v=DKIM1; k=ed25519; p=AAAA",
        M,
        (KeyReason.ED25519_LENGTH,),
        ("an Ed25519 key is 32 octets, this one is 3",),
    ),
    (
        "v=DKIM1; k=mldsa; p=AAAA",
        U,
        (KeyReason.KEY_TYPE,),
        ("k= names a key type that verifiers do not know",),
    ),
    (
        f"v=DKIM1; k=RSA; p={KEY}",
        U,
        (KeyReason.KEY_TYPE_CASE,),
        ("k= names a key type that verifiers do not know; it is written in lower case",),
    ),
    (
        f"v=DKIM1; h=sha1; p={KEY}",
        U,
        (KeyReason.HASHES,),
        ("h= does not allow sha256, the only hash still in use",),
    ),
    (
        f"v=DKIM1; h=SHA256; p={KEY}",
        V,
        (KeyReason.HASH_CASE,),
        ("h= is not in lower case, which some verifiers do not know",),
    ),
    (f"v=DKIM1; s=tlsrpt; p={KEY}", U, (KeyReason.SERVICES,), ("s= does not allow the key for email",)),
    (
        f"v=DKIM1; s=EMAIL; p={KEY}",
        U,
        (KeyReason.SERVICES_CASE,),
        ("s= does not allow the key for email; it is written in lower case",),
    ),
]
# What stands at one name, and what that means.
NAMES: list[tuple[tuple[str, ...], KeyReason, str]] = [
    (
        (f"v=DKIM1; p={KEY}", "v=DKIM1; p=", "hello"),
        KeyReason.SEVERAL_KEYS,
        "3 key records at one name: which one a verifier takes is undefined",
    ),
    (
        (f"v=DKIM1; p={KEY}", "hello"),
        KeyReason.KEY_AMONG_OTHERS,
        "2 TXT records, one of them a key, at one name: which one a verifier takes is undefined",
    ),
]


def at_name(texts: tuple[str, ...], status: Status = Status.ANSWER) -> KeyResult:
    records = tuple(Txt((text.encode(),)) for text in texts)
    answer = Answer(Question("s1._domainkey.example.com", RecordType.TXT), status, records)
    return judge_answer("example.com", "s1", KeyOrigin.GIVEN, answer)


@pytest.mark.parametrize(("text", "status", "tags", "words"), CASES, ids=lambda it: str(it)[:30])
def test_a_record_is_told_with_all_that_is_wrong(
    text: str, status: KeyStatus, tags: tuple[KeyReason | TagListReason, ...], words: tuple[str, ...]
) -> None:
    key = parse_key(text.encode())
    assert (key.status, tuple(it.tag for it in key.problems)) == (status, tags)
    assert not words or clauses(key.problems) == words


@pytest.mark.parametrize(("texts", "tag", "words"), NAMES)
def test_several_records_at_one_name_are_told(texts: tuple[str, ...], tag: KeyReason, words: str) -> None:
    problem = at_name(texts).problems[-1]
    assert (problem.tag, spoken(problem)) == (tag, words)


def test_an_unanswered_question_is_reported_with_what_came_instead() -> None:
    key = at_name((), Status.TIMEOUT)
    assert key.whys == key.problems and [it.tag for it in key.problems] == [KeyReason.NO_ANSWER]
    assert clauses(key.problems) == ("no answer in time",)


def test_what_stands_there_instead_of_a_key_is_among_its_reasons() -> None:
    key = at_name(("v=spf1 -all",))
    assert not key.problems and [it.tag for it in key.whys] == [NearMissReason.OTHER_RECORD]


def test_every_reason_is_reached_with_the_values_of_its_template() -> None:
    problems: list[KeyProblem] = [it for text, _, _, _ in CASES for it in parse_key(text.encode()).problems]
    problems += [it for texts, _, _ in NAMES for it in at_name(texts).problems]
    problems += at_name((), Status.TIMEOUT).problems
    assert_exact([it for it in problems if isinstance(it, KeyWhy)], KeyReason)
    assert_exact([it for it in problems if not isinstance(it, KeyWhy)], TagListReason)


def test_the_tags_of_one_list_of_problems_are_told_apart() -> None:
    tags = [it.value for vocabulary in (KeyReason, TagListReason, NearMissReason) for it in vocabulary]
    assert len(set(tags)) == len(tags)
