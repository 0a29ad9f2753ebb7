"""Odd key records as verifiers take them, and what is said of them.

What no verifier objects to is a key without a word; what one of them refuses is said, and what two or more
refuse, or RFC 6376 makes invalid, is no key.
"""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from probe.standards.dkim.key import parse_key
from probe.standards.dkim.results import KeyStatus
from probe.wording.spoken import clauses
from tests.support.dkim_verifiers import verifiers

MESSAGE = (
    b"From: bob@d.test\r\nTo: alice@example.net\r\nSubject: Hello\r\n"
    b"Date: Sat, 21 Nov 2026 08:00:00 +0000\r\nMessage-ID: <1@d.test>\r\n\r\nHi Alice\r\n"
)
NAME = "s._domainkey.d.test"
ALL = frozenset({"dkimpy", "OpenDKIM", "Mail::DKIM"})
GOOD, MALFORMED, UNUSABLE = KeyStatus.VALID, KeyStatus.MALFORMED, KeyStatus.UNUSABLE


@dataclass(frozen=True)
class Case:
    """`{p}` is the key, `{1}` and `{2}` its halves; `says` a part of what is said of it, empty: nothing."""

    record: str
    status: KeyStatus
    says: str
    taken_by: frozenset[str] = ALL


def but(*names: str) -> frozenset[str]:
    assert set(names) <= ALL
    return ALL - set(names)


def only(*names: str) -> frozenset[str]:
    return ALL & frozenset(names)


CASES = [
    Case("v=DKIM1; k=rsa; p={p}", GOOD, ""),
    Case(" v = DKIM1 ;\tk = rsa ; p = {1} {2} ;", GOOD, ""),
    Case("k=rsa; p={p}", GOOD, ""),
    Case("p={p}", GOOD, ""),
    Case("v=DKIM1; t=; n=; p={p}", GOOD, ""),
    Case("v=DKIM1; K=rsa; p={p}", GOOD, ""),
    # RFC 6376 section 3.2: a tag-list is tag-specs with one semicolon between them
    Case("v=DKIM1; k=rsa; p={p}; foo", MALFORMED, "part 4 is no tag=value: foo", only()),
    Case("v=DKIM1; foo; k=rsa; p={p}", MALFORMED, "makes the record invalid", only()),
    Case("v=DKIM1;; k=rsa; p={p}", MALFORMED, "nothing stands between", only("Mail::DKIM")),
    Case("v=DKIM1; k=rsa; p={p};;", MALFORMED, "nothing stands between", only("Mail::DKIM")),
    Case("v=DKIM1; ; p={p}", MALFORMED, "nothing stands between", only("Mail::DKIM")),
    Case("; v=DKIM1; p={p}", MALFORMED, "nothing stands between", only("Mail::DKIM")),
    Case("v=DKIM1; p={p}; p={p}", MALFORMED, "more than once", but("dkimpy")),
    Case("v=DKIM1; k=rsa; k=rsa; p={p}", MALFORMED, "more than once", but("dkimpy")),
    Case("v=DKIM1; x-y=1; p={p}", GOOD, "no valid tag name"),
    Case("v=DKIM1; 2x=1; p={p}", GOOD, "no valid tag name", but("dkimpy")),
    # section 3.6.1
    Case("v=dkim1; p={p}", MALFORMED, "exactly DKIM1", only()),
    Case("v=DKIM1 k=rsa p={p}", MALFORMED, "exactly DKIM1", only()),
    Case("v=DKIM1, k=rsa, p={p}", MALFORMED, "exactly DKIM1", only()),
    Case(r"v=DKIM1\; k=rsa\; p={p}", MALFORMED, "a backslash", only()),
    Case('"v=DKIM1; k=rsa; p={p}"', MALFORMED, "quotation marks", only("Mail::DKIM")),
    Case("p={p}; v=DKIM1", GOOD, "not the first tag"),
    Case("v=DKIM1; P={p}", MALFORMED, "p=, the public key, is missing", only()),
    # values keep their case (section 3.2)
    Case("v=DKIM1; k=RSA; p={p}", UNUSABLE, "written in lower case", only("OpenDKIM")),
    Case("v=DKIM1; k=; p={p}", UNUSABLE, "k= names a key type", only("Mail::DKIM")),
    Case("v=DKIM1; s=Email; p={p}", UNUSABLE, "written in lower case", only("OpenDKIM")),
    Case("v=DKIM1; h=SHA256; p={p}", GOOD, "h= is not in lower case", but("Mail::DKIM")),
    Case("v=DKIM1; h=sha-256; p={p}", UNUSABLE, "h= does not allow sha256", only("dkimpy")),
    # base64 (RFC 2045 section 6.8)
    Case("v=DKIM1; p={p}!", GOOD, "outside base64", but("Mail::DKIM")),
    Case("v=DKIM1; p={1}-{2}", GOOD, "outside base64", but("Mail::DKIM")),
    Case('v=DKIM1; p={1}"{2}', GOOD, "outside base64"),
    Case(r"v=DKIM1; p={1}\{2}", GOOD, "outside base64", but("Mail::DKIM")),
    Case('v=DKIM1; p="{p}"', GOOD, "outside base64"),
    Case("v=DKIM1; p={p}=", GOOD, "too many or too few =", but("Mail::DKIM")),
    Case("v=DKIM1; p={1}\xa0{2}", MALFORMED, "not ASCII", only("dkimpy")),
    Case("v=DKIM1; n=caf\xe9; p={p}", GOOD, "not ASCII", but("OpenDKIM")),
    Case("v=DKIM1; p={1}", MALFORMED, "holds no RSA key", only()),
    Case("v=DKIM1; p=-----BEGIN PUBLIC KEY-----{p}-----END PUBLIC KEY-----", MALFORMED, "PEM", only()),
]


@cache
def signed() -> tuple[bytes, str]:
    """A signed message, and the key as it stands in p=."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption())
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    header = dkim.sign(MESSAGE, b"s", b"d.test", pem, include_headers=[b"From", b"To", b"Subject"])
    return header + MESSAGE, base64.b64encode(public).decode()


def record_of(case: Case) -> bytes:
    key = signed()[1]
    text = case.record.replace("{p}", key).replace("{1}", key[:100]).replace("{2}", key[100:])
    return text.encode("latin-1")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.record)
def test_what_is_said_of_a_key(case: Case) -> None:
    read = parse_key(record_of(case))
    text = "; ".join(clauses(read.problems))
    assert read.status is case.status, text
    assert (case.says in text) if case.says else not text, text
    if len(ALL - case.taken_by) > 1:
        assert read.status is not KeyStatus.VALID
    if case.taken_by != ALL:
        assert text


@pytest.mark.parametrize("name", sorted(ALL))
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.record)
def test_verifiers_take_it_so(tmp_path: Path, case: Case, name: str) -> None:
    verify = verifiers()[name]
    if verify is None:
        say = pytest.fail if os.environ.get("PROBE_LAB") == "required" else pytest.skip
        say(f"{name} is not installed")
    assert verify(signed()[0], NAME, record_of(case), tmp_path) is (name in case.taken_by)
