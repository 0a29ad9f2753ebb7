"""DKIM key records (RFC 6376 section 3.6.1, RFC 8301, RFC 8463)."""

from __future__ import annotations

import base64

import pytest

from probe.model.dkim_key import KeyReason, KeyWhy
from probe.model.signing import KeyOrigin
from probe.standards.dkim.key import look_up_keys, looks_like_key, parse_key
from probe.standards.dkim.results import KeyStatus
from probe.standards.dns.message import Answer, Question, RecordType, Status, Txt, run
from probe.wording.spoken import clauses
from tests.support.dns_zone import Table

# RFC 6376 appendix C
RFC6376_KEY = (
    b"v=DKIM1; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDwIRP/UC3SBsEmGqZ9ZJW3/DkMoGeLnQg1fWn7/zYt"
    b"IxN2SnFCjxOCKG9v3b4jYfcTNh5ijSsq631uBItLa7od+v/RtdC2UzJ1lWT947qR+Rcac2gbto/NMqJ0fzfVjH4OuKhi"
    b"tdY9tf6mcwGjaNBcWToIMmPSPDdQPNUYckcQ2QIDAQAB"
)
# RFC 8463 appendix A.2
RFC8463_KEY = b"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="


def _der(tag: int, body: bytes) -> bytes:
    if len(body) < 128:
        return bytes([tag, len(body)]) + body
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + body


def _integer(value: int) -> bytes:
    return _der(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def rsa_public_key(bits: int, *, bare: bool = False, oid: str = "2a864886f70d010101") -> str:
    """An RSA key of the wanted length (no real one: its modulus is not a product of primes)."""
    key = _der(0x30, _integer((1 << (bits - 1)) + 1) + _integer(65537))
    if not bare:
        algorithm = _der(0x30, _der(0x06, bytes.fromhex(oid)) + b"\x05\x00")
        key = _der(0x30, algorithm + _der(0x03, b"\0" + key))
    return base64.b64encode(key).decode()


def test_the_example_of_rfc_6376_is_rsa_1024_and_advised_against() -> None:
    key = parse_key(RFC6376_KEY)
    assert (key.status, key.key_type, key.key_bits) == (KeyStatus.VALID, "rsa", 1024)
    assert clauses(key.problems) == ("RSA 1024 bits: 2048 or more are advised",)


def test_the_example_of_rfc_8463_is_ed25519() -> None:
    key = parse_key(RFC8463_KEY)
    assert (key.status, key.key_type, key.key_bits) == (KeyStatus.VALID, "ed25519", 256)
    assert not key.problems


@pytest.mark.parametrize("bits", [1024, 1536, 2048, 4096])
def test_key_length_is_read_from_der(bits: int) -> None:
    key = parse_key(f"v=DKIM1; k=rsa; p={rsa_public_key(bits)}".encode())
    assert (key.status, key.key_bits) == (KeyStatus.VALID, bits)


def test_an_rsa_key_below_1024_bits_is_unusable() -> None:
    key = parse_key(f"p={rsa_public_key(512)}".encode())
    assert (key.status, key.key_bits) == (KeyStatus.UNUSABLE, 512)


def test_a_bare_rsa_public_key_is_read_and_remarked() -> None:
    key = parse_key(f"v=DKIM1; p={rsa_public_key(2048, bare=True)}".encode())
    assert (key.status, key.key_bits) == (KeyStatus.VALID, 2048)
    assert key.problems == (KeyWhy(KeyReason.BARE_KEY),)


def test_an_empty_p_revokes() -> None:
    assert parse_key(b"v=DKIM1; p=").status is KeyStatus.REVOKED
    assert parse_key(b"v=DKIM1; k=rsa; t=y; p= ;").status is KeyStatus.REVOKED


def test_white_space_inside_base64_is_ignored() -> None:
    text = rsa_public_key(2048)
    spread = " ".join(text[i : i + 40] for i in range(0, len(text), 40))
    assert parse_key(f"v=DKIM1;\tp = {spread} ;".encode()).key_bits == 2048


def test_flags_and_restrictions() -> None:
    key = rsa_public_key(2048)
    assert parse_key(f"v=DKIM1; t=y:s; p={key}".encode()).testing
    assert not parse_key(f"v=DKIM1; t=s; p={key}".encode()).testing
    assert parse_key(f"v=DKIM1; h=sha1; p={key}".encode()).status is KeyStatus.UNUSABLE
    assert parse_key(f"v=DKIM1; h=sha1:sha256; p={key}".encode()).status is KeyStatus.VALID
    assert parse_key(f"v=DKIM1; s=other; p={key}".encode()).status is KeyStatus.UNUSABLE
    assert parse_key(f"v=DKIM1; s=email; g=; n=note; p={key}".encode()).status is KeyStatus.VALID


def test_an_unknown_key_type_is_unusable_and_not_malformed() -> None:
    key = parse_key(b"v=DKIM1; k=mldsa; p=AAAA")
    assert (key.status, key.key_type) == (KeyStatus.UNUSABLE, "mldsa")


def test_a_key_of_another_algorithm_in_rsa_clothes_is_malformed() -> None:
    key = parse_key(f"v=DKIM1; k=rsa; p={rsa_public_key(2048, oid='2a8648ce3d0201')}".encode())
    assert key.status is KeyStatus.MALFORMED


@pytest.mark.parametrize(
    ("text", "is_key"),
    [
        (b"v=DKIM1; k=rsa", True),
        (b"p=", True),
        (b"k=rsa; p=abc", True),
        (b"v=spf1 ip4:192.0.2.1 -all", False),
        (b"v=DMARC1; p=reject", False),
        (b"google-site-verification=abc", False),
        (b"", False),
    ],
)
def test_what_looks_like_a_key(text: bytes, is_key: bool) -> None:
    assert looks_like_key(text) is is_key


def _one(answer_records: tuple[bytes, ...], status: Status = Status.ANSWER) -> KeyStatus:
    def lookup(question: Question) -> Answer:
        return Answer(question, status, tuple(Txt((text,)) for text in answer_records))

    return run(look_up_keys("example.com", (("s1", KeyOrigin.GIVEN),)), lookup)[0].status


def test_a_wildcard_txt_at_every_name_is_a_missing_key() -> None:
    assert _one((b"v=spf1 -all",)) is KeyStatus.MISSING
    assert _one((b"v=spf1 -all", b"some-site-verification=1")) is KeyStatus.MISSING


@pytest.mark.parametrize(
    "status", [s for s in Status if s not in (Status.ANSWER, Status.NODATA, Status.NXDOMAIN)]
)
def test_unanswered_dns_is_unknown_and_never_missing(status: Status) -> None:
    assert _one((), status) is KeyStatus.UNKNOWN


@pytest.mark.parametrize("status", [Status.NODATA, Status.NXDOMAIN])
def test_denied_names_are_missing(status: Status) -> None:
    assert _one((), status) is KeyStatus.MISSING


def test_two_key_records_at_one_name_are_a_problem() -> None:
    zone = {"TXT s1._domainkey.example.com": [RFC6376_KEY.decode(), RFC8463_KEY.decode()]}
    (key,) = Table(zone).drive(look_up_keys("example.com", (("s1", KeyOrigin.GIVEN),)))
    assert "2 key records at one name: which one a verifier takes is undefined" in clauses(key.problems)


def test_all_selectors_are_asked_in_one_batch_and_each_name_once() -> None:
    table = Table({"TXT s2._domainkey.example.com": [RFC8463_KEY.decode()]})
    selectors = (
        ("s1", KeyOrigin.GIVEN),
        ("S2", KeyOrigin.PROVIDER),
        ("s2", KeyOrigin.COMMON),
        ("s3", KeyOrigin.COMMON),
    )
    keys = table.drive(look_up_keys("example.com", selectors))
    assert [[q.name for q in batch] for batch in table.rounds] == [
        [f"s{n}._domainkey.example.com" for n in (1, 2, 3)]
    ]
    assert [(k.selector, k.origin, k.status) for k in keys] == [
        ("s1", "given", KeyStatus.MISSING),
        ("S2", "provider", KeyStatus.VALID),
        ("s3", "common", KeyStatus.MISSING),
    ]


def test_no_selector_asks_nothing() -> None:
    table = Table({})
    assert table.drive(look_up_keys("example.com", ())) == ()
    assert not table.asked


def test_the_alias_of_a_key_is_kept() -> None:
    zone = {
        "CNAME s1._domainkey.example.com": ["s1.dkim.vendor.example"],
        "TXT s1.dkim.vendor.example": [RFC8463_KEY.decode()],
    }
    (key,) = Table(zone).drive(look_up_keys("example.com", (("s1", KeyOrigin.GIVEN),)))
    assert key.aliases == ("s1.dkim.vendor.example",)
    assert key.evidence == f"dns:{RecordType.TXT}:s1._domainkey.example.com"
