"""TLSA records held against chains as OpenSSL does it, which is what Postfix and Exim match with.

Each case is a chain that a server on loopback shows, and TLSA records; `openssl s_client` is given the same
records, and must come to the same end.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from probe.standards.dns.message import Tlsa
from probe.standards.tls.dane import match_tlsa
from probe.standards.tls.results import DaneStatus
from tests.support.certificates import IssuedCertificate, authority, issue, server_context
from tests.support.patience import PATIENCE

OPENSSL = shutil.which("openssl")
pytestmark = pytest.mark.skipif(OPENSSL is None, reason="openssl is not installed")
HOST = "mx.test"
NOW = datetime.now(UTC)


def intermediate(
    name: str,
    by: IssuedCertificate,
    *,
    ca: bool = True,
    room: int | None = None,
    days: tuple[int, int] = (-9, 900),
    key: ec.EllipticCurvePrivateKey | None = None,
) -> IssuedCertificate:
    """An authority below another one; without `ca` one that may not issue."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    builder = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(x509.oid.NameOID.COMMON_NAME, name)]))
        .issuer_name(by.certificate.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + timedelta(days=days[0]))
        .not_valid_after(NOW + timedelta(days=days[1]))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=room if ca else None), critical=True)
    )
    return IssuedCertificate(builder.sign(by.key, hashes.SHA256()), key)


ROOT = authority("DANE Root")
MIDDLE = intermediate("Middle", ROOT)
LEAF = issue(HOST, by=MIDDLE)
STRANGER = issue("stranger.test")
OWN = issue(HOST)
NAMED_OTHERWISE = issue("other.test", by=MIDDLE)
OLD = issue(HOST, by=MIDDLE, days=(-9, -2))
NO_AUTHORITY = intermediate("No authority", ROOT, ca=False)
BY_NO_AUTHORITY = issue(HOST, by=NO_AUTHORITY)
NARROW = intermediate("Narrow", ROOT, room=0)
BELOW_NARROW = intermediate("Below narrow", NARROW)
TOO_LOW = issue(HOST, by=BELOW_NARROW)
EXPIRED_MIDDLE = intermediate("Middle", ROOT, days=(-30, -3), key=MIDDLE.key)  # type: ignore[arg-type]
CHAIN = (LEAF, MIDDLE, ROOT)


def tlsa(usage: int, selector: int, matching: int, issued: IssuedCertificate) -> Tlsa:
    public = issued.certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    data = public if selector else issued.der
    return Tlsa(usage, selector, matching, _digest(matching, data))


def _digest(matching: int, data: bytes) -> bytes:
    return {0: data, 1: hashlib.sha256(data).digest(), 2: hashlib.sha512(data).digest()}[matching]


@dataclass(frozen=True)
class Case:
    about: str
    chain: tuple[IssuedCertificate, ...]
    records: tuple[Tlsa, ...]
    status: DaneStatus


YES, NO, NONE = DaneStatus.MATCHED, DaneStatus.MISMATCHED, DaneStatus.UNUSABLE
_EVERY = [(selector, matching) for selector in (0, 1) for matching in (0, 1, 2)]
CASES = [
    *(Case(f"3 {s} {m}", CHAIN, (tlsa(3, s, m, LEAF),), YES) for s, m in _EVERY),
    *(Case(f"2 {s} {m}", CHAIN, (tlsa(2, s, m, ROOT),), YES) for s, m in _EVERY),
    *(Case(f"2 {s} {m} of the middle", CHAIN, (tlsa(2, s, m, MIDDLE),), YES) for s, m in _EVERY),
    Case("another key", CHAIN, (tlsa(3, 1, 1, STRANGER),), NO),
    Case("one of two", CHAIN, (tlsa(3, 1, 1, STRANGER), tlsa(3, 1, 1, LEAF)), YES),
    # RFC 7671 section 9: only the strongest digest of a usage and selector counts
    Case("a stale stronger digest", CHAIN, (tlsa(3, 1, 1, LEAF), tlsa(3, 1, 2, STRANGER)), NO),
    Case("a stale weaker digest", CHAIN, (tlsa(3, 1, 2, LEAF), tlsa(3, 1, 1, STRANGER)), YES),
    Case("a stale digest of another selector", CHAIN, (tlsa(3, 1, 1, LEAF), tlsa(3, 0, 2, STRANGER)), YES),
    Case("a stale digest of another usage", CHAIN, (tlsa(3, 1, 1, LEAF), tlsa(2, 1, 2, STRANGER)), YES),
    Case("no digest beside a stale one", CHAIN, (tlsa(3, 1, 0, LEAF), tlsa(3, 1, 2, STRANGER)), YES),
    Case("a stronger digest cut short", CHAIN, (tlsa(3, 1, 1, LEAF), Tlsa(3, 1, 2, b"x" * 32)), YES),
    Case("stale middle, stronger", CHAIN, (tlsa(2, 1, 1, MIDDLE), tlsa(2, 1, 2, STRANGER)), NO),
    # RFC 7671 section 5.2: a trust anchor issues
    *(Case(f"2 {s} {m} names the leaf", CHAIN, (tlsa(2, s, m, LEAF),), NO) for s, m in _EVERY),
    *(Case(f"2 {s} {m} names a self-signed leaf", (OWN,), (tlsa(2, s, m, OWN),), NO) for s, m in _EVERY if m),
    Case("3 names the middle", CHAIN, (tlsa(3, 1, 1, MIDDLE),), NO),
    # RFC 8446 section 4.4.2: certificates beyond the path, and in any order
    Case("out of order", (LEAF, ROOT, MIDDLE), (tlsa(2, 1, 1, ROOT),), YES),
    Case("a stranger first", (LEAF, STRANGER, MIDDLE, ROOT), (tlsa(2, 1, 1, ROOT),), YES),
    Case("the leaf twice", (LEAF, LEAF, MIDDLE, ROOT), (tlsa(2, 0, 1, ROOT),), YES),
    Case("the middle twice", (LEAF, MIDDLE, MIDDLE), (tlsa(2, 0, 1, MIDDLE),), YES),
    Case("a stranger that is named", (LEAF, MIDDLE, STRANGER), (tlsa(2, 0, 1, STRANGER),), NO),
    # RFC 7671 section 5.2.2: what stands whole in DNS need not be sent
    Case("2 0 0 not sent", (LEAF, MIDDLE), (tlsa(2, 0, 0, ROOT),), YES),
    Case("2 1 0 not sent", (LEAF, MIDDLE), (tlsa(2, 1, 0, ROOT),), YES),
    Case("2 0 0 of the middle, leaf alone", (LEAF,), (tlsa(2, 0, 0, MIDDLE),), YES),
    Case("2 1 0 of the middle, leaf alone", (LEAF,), (tlsa(2, 1, 0, MIDDLE),), YES),
    Case("2 0 0 of the root, leaf alone", (LEAF,), (tlsa(2, 0, 0, ROOT),), NO),
    Case("2 1 0 of a stranger", (LEAF,), (tlsa(2, 1, 0, STRANGER),), NO),
    Case("2 0 1 not sent", (LEAF, MIDDLE), (tlsa(2, 0, 1, ROOT),), NO),
    Case("middle from DNS, root by digest", (LEAF, ROOT), (tlsa(2, 0, 0, MIDDLE),), YES),
    # names, dates and constraints
    Case("3 of another name", (NAMED_OTHERWISE,), (tlsa(3, 1, 1, NAMED_OTHERWISE),), YES),
    Case("2 of another name", (NAMED_OTHERWISE, MIDDLE), (tlsa(2, 1, 1, MIDDLE),), NO),
    Case("3 of an old one", (OLD,), (tlsa(3, 1, 1, OLD),), YES),
    Case("2 of an old one", (OLD, MIDDLE), (tlsa(2, 1, 1, MIDDLE),), NO),
    Case("issued by no authority", (BY_NO_AUTHORITY, NO_AUTHORITY, ROOT), (tlsa(2, 1, 1, ROOT),), NO),
    Case("too far below", (TOO_LOW, BELOW_NARROW, NARROW, ROOT), (tlsa(2, 1, 1, ROOT),), NO),
    Case("near enough", (TOO_LOW, BELOW_NARROW, NARROW), (tlsa(2, 1, 1, BELOW_NARROW),), YES),
    Case("an expired twin of the middle", (LEAF, MIDDLE, EXPIRED_MIDDLE, ROOT), (tlsa(2, 1, 1, ROOT),), YES),
    # RFC 7671 section 4.1: what cannot be used is as if it were not there
    Case("no certificate", CHAIN, (Tlsa(3, 0, 0, b"\x30\x03\x02\x01\x01"),), NONE),
    Case("no key", CHAIN, (Tlsa(3, 1, 0, b"no key"),), NONE),
    Case("no key of an authority", CHAIN, (Tlsa(2, 1, 0, b"no key"),), NONE),
    Case("a certificate where a key belongs", CHAIN, (Tlsa(3, 1, 0, LEAF.der),), NONE),
    Case("a certificate with something behind it", CHAIN, (Tlsa(3, 0, 0, LEAF.der + b"\0"),), NONE),
    Case("no certificate beside a good one", CHAIN, (Tlsa(3, 0, 0, b"no"), tlsa(3, 1, 1, LEAF)), YES),
    Case("no certificate beside a stale one", CHAIN, (Tlsa(3, 0, 0, b"no"), tlsa(3, 1, 1, OWN)), NO),
]


@contextmanager
def shown(folder: Path, chain: tuple[IssuedCertificate, ...]) -> Iterator[int]:
    """A server that shows the chain to one client; its port."""
    context = server_context(folder, *chain)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            # a client that does not like the chain breaks off
            with suppress(OSError), context.wrap_socket(listening.accept()[0], server_side=True) as tls:
                tls.recv(1)

        server = threading.Thread(target=serve, daemon=True)
        server.start()
        yield listening.getsockname()[1]
        with suppress(OSError):
            socket.create_connection(listening.getsockname(), timeout=1).close()  # where none has come
        server.join(10)


def by_openssl(folder: Path, case: Case) -> DaneStatus:
    assert OPENSSL is not None
    argument = [
        word
        for it in case.records
        for word in ("-dane_tlsa_rrdata", f"{it.usage} {it.selector} {it.matching_type} {it.data.hex()}")
    ]
    with shown(folder, case.chain) as port:
        # RFC 7672 section 3.1.1 has no name checks for usage 3, nor have mail servers
        options = ("-dane_tlsa_domain", HOST, "-dane_ee_no_namechecks", *argument)
        client = (OPENSSL, "s_client", "-connect", f"127.0.0.1:{port}", *options)
        run = subprocess.run(client, input="", capture_output=True, text=True, timeout=PATIENCE, check=False)
    if "Failed to import any TLSA records" in run.stderr:
        return DaneStatus.UNUSABLE
    code = re.search(r"Verify return code: (\d+)", run.stdout)
    assert code is not None, run.stdout + run.stderr
    return DaneStatus.MATCHED if code[1] == "0" else DaneStatus.MISMATCHED


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.about)
def test_openssl_comes_to_the_same(tmp_path: Path, case: Case) -> None:
    chain = tuple(issued.der for issued in case.chain)
    result, problems = match_tlsa(chain, case.records, (HOST,), datetime.now(UTC))
    assert result is case.status, problems
    assert by_openssl(tmp_path, case) is case.status, ssl.OPENSSL_VERSION
