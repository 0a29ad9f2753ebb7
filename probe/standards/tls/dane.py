"""Holds a certificate chain against TLSA records (RFC 6698, as RFC 7672 uses it for SMTP)."""

from __future__ import annotations

import hashlib
from datetime import datetime
from itertools import pairwise
from typing import TYPE_CHECKING

from probe.standards.dns.message import Tlsa
from probe.standards.tls.certificate import (
    load_certificate,
    name_matches,
    read_certificate,
    strangers_certificate,
)
from probe.standards.tls.results import DaneStatus

if TYPE_CHECKING:
    from cryptography import x509

_TRUST_ANCHOR, _END_ENTITY = 2, 3  # DANE-TA and DANE-EE
_DIGESTS = {1: "sha256", 2: "sha512"}


def match_tlsa(
    chain: tuple[bytes, ...], records: tuple[Tlsa, ...], host: str, at: datetime | None = None
) -> tuple[DaneStatus, tuple[str, ...]]:
    """The DANE status of a chain (DER, leaf first) for the TLSA base name `host`.

    `at`, when given, is when the chain was seen; DANE-TA then also looks at the dates. The clauses
    say why a record was left out or did not match. ABSENT without records, NOT_SEEN without a chain.
    """
    if not records:
        return DaneStatus.ABSENT, ()
    reasons = {record: unusable_reason(record) for record in records}
    problems = [f"{_label(record)}: {reason}" for record, reason in reasons.items() if reason]
    usable = [record for record in records if not reasons[record]]
    if not usable:
        return DaneStatus.UNUSABLE, tuple(problems)
    if not chain:
        return DaneStatus.NOT_SEEN, tuple(problems)
    for record in usable:
        problem = _mismatch(record, chain, host, at)
        if problem is None:
            return DaneStatus.MATCHED, tuple(problems)
        problems.append(f"{_label(record)}: {problem}")
    return DaneStatus.MISMATCHED, tuple(problems)


def unusable_reason(record: Tlsa) -> str:
    """Why an SMTP client must leave the record out; "" when it can be used."""
    if record.usage in (0, 1):
        # RFC 7672 section 3.1.3: PKIX-TA and PKIX-EE are not for SMTP
        return "usages 0 and 1 are not for SMTP"
    if record.usage not in (_TRUST_ANCHOR, _END_ENTITY):
        return f"unknown usage {record.usage}"
    if record.selector not in (0, 1):
        return f"unknown selector {record.selector}"
    if record.matching_type not in (0, 1, 2):
        return f"unknown matching type {record.matching_type}"
    digest = _DIGESTS.get(record.matching_type)
    if digest and len(record.data) != hashlib.new(digest).digest_size:
        return f"{len(record.data)} octets are no {digest.upper()} digest"
    return "" if record.data else "no data"


def _label(record: Tlsa) -> str:
    return f"TLSA {record.usage} {record.selector} {record.matching_type}"


def _mismatch(record: Tlsa, chain: tuple[bytes, ...], host: str, at: datetime | None) -> str | None:
    """Why the chain does not match the record; None when it does."""
    try:
        if record.usage == _END_ENTITY:
            # RFC 7672 section 3.1.1: neither the names nor the dates of the leaf are looked at
            return None if _selects(record, chain[0]) else "the server's certificate is another one"
        return _trust_anchor_mismatch(record, chain, host, at)
    except ValueError as error:
        return f"unreadable certificate: {error}"


def _trust_anchor_mismatch(
    record: Tlsa, chain: tuple[bytes, ...], host: str, at: datetime | None
) -> str | None:
    # RFC 7672 section 3.1.2: the server must send the trust anchor in its chain
    anchor = next((index for index, der in enumerate(chain) if _selects(record, der)), None)
    if anchor is None:
        return "no certificate of the chain is the published trust anchor"
    path = [load_certificate(der) for der in chain[: anchor + 1]]
    for certificate, issuer in pairwise(path):
        if not _is_issued_by(certificate, issuer):
            return "the chain does not lead to the published trust anchor"
    if at and any(not c.not_valid_before_utc <= at <= c.not_valid_after_utc for c in path):
        return "a certificate of the chain is not valid at that time"
    # RFC 7672 section 3.2.3: unlike DANE-EE, the name counts
    return None if name_matches(read_certificate(chain[0]), host) else f"the certificate does not name {host}"


def _selects(record: Tlsa, der: bytes) -> bool:
    """RFC 6698 section 2.1: selector and matching type applied to one certificate."""
    selected = der if record.selector == 0 else _public_key(der)
    digest = _DIGESTS.get(record.matching_type)
    return (hashlib.new(digest, selected).digest() if digest else selected) == record.data


def _public_key(der: bytes) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    certificate = load_certificate(der)
    with strangers_certificate():
        return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        with strangers_certificate():
            certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError):
        return False
    return True
