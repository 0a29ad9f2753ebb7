"""Holds a certificate chain against TLSA records (RFC 6698 and RFC 7671, as RFC 7672 uses them for SMTP)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from probe._dataclass import replace
from probe.model.tls_policy import TlsaProblem, TlsaWhy
from probe.standards.dns.message import Tlsa
from probe.standards.tls.certificate import (
    load_certificate,
    name_matches,
    read_certificate,
    strangers_certificate,
)
from probe.standards.tls.results import DaneStatus
from probe.standards.tls.trust_path import Anchors, paths, why_not_valid

if TYPE_CHECKING:
    from cryptography import x509

_TRUST_ANCHOR, _END_ENTITY = 2, 3  # DANE-TA and DANE-EE
_WHOLE_CERTIFICATE, _PUBLIC_KEY = 0, 1  # selectors
_FULL = 0  # the matching type that is no digest
_DIGESTS = {1: "sha256", 2: "sha512"}  # by matching type; the higher one is the stronger


def match_tlsa(
    chain: tuple[bytes, ...], records: tuple[Tlsa, ...], names: tuple[str, ...], at: datetime | None = None
) -> tuple[DaneStatus, tuple[TlsaWhy, ...]]:
    """The DANE status of a chain (DER, leaf first) for the reference names of the host: the TLSA base domain
    and the domain whose MX it is (RFC 7672 section 3.2.2), of which DANE-TA wants one in the certificate.

    `at`, when given, is when the chain was seen; DANE-TA then also looks at the dates. The reasons
    say why a record was left out or did not match. ABSENT without records, NOT_SEEN without a chain.
    """
    if not records:
        return DaneStatus.ABSENT, ()
    reasons = {record: why_unusable(record) for record in records}
    problems = [reason for reason in reasons.values() if reason is not None]
    usable = [record for record in records if reasons[record] is None]
    if not usable:
        return DaneStatus.UNUSABLE, tuple(problems)
    if not chain:
        return DaneStatus.NOT_SEEN, tuple(problems)
    anchors = [record for record in usable if record.usage == _TRUST_ANCHOR]
    for record in usable:
        stronger = _stronger(record, usable)
        try:
            problem = _mismatch(record, anchors, chain, names, at)
        except ValueError as error:
            problem = _why(record, TlsaProblem.UNREADABLE, text=str(error))
        if stronger is not None:
            is_match = problem is None
            problem = replace(stronger, tag=TlsaProblem.WEAKER_MATCH) if is_match else stronger
        if problem is None:
            return DaneStatus.MATCHED, tuple(problems)
        problems.append(problem)
    return DaneStatus.MISMATCHED, tuple(problems)


def why_unusable(record: Tlsa) -> TlsaWhy | None:
    """Why an SMTP client must leave the record out; None when it can be used."""
    if record.usage in (0, 1):
        # RFC 7672 section 3.1.3: PKIX-TA and PKIX-EE are not for SMTP
        return _why(record, TlsaProblem.NOT_FOR_SMTP)
    if record.usage not in (_TRUST_ANCHOR, _END_ENTITY):
        return _why(record, TlsaProblem.UNKNOWN_USAGE)
    if record.selector not in (_WHOLE_CERTIFICATE, _PUBLIC_KEY):
        return _why(record, TlsaProblem.UNKNOWN_SELECTOR)
    if record.matching_type not in (_FULL, *_DIGESTS):
        return _why(record, TlsaProblem.UNKNOWN_MATCHING_TYPE)
    digest = _DIGESTS.get(record.matching_type)
    if digest and len(record.data) != len(_digest(digest, b"")):
        return _why(record, TlsaProblem.NO_DIGEST, octets=len(record.data), digest=digest.upper())
    if not record.data:
        return _why(record, TlsaProblem.NO_DATA)
    return _why_unreadable(record) if digest is None else None


def _why_unreadable(record: Tlsa) -> TlsaWhy | None:
    """Why what stands there whole is not what its selector says (RFC 7671 section 4.1: then unusable)."""
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    is_key = record.selector == _PUBLIC_KEY
    try:
        with strangers_certificate():
            load_der_public_key(record.data) if is_key else load_certificate(record.data).public_key()
    except ValueError:
        tag = TlsaProblem.NO_KEY if is_key else TlsaProblem.NO_CERTIFICATE
        return _why(record, tag, octets=len(record.data))
    return None


def _why(
    record: Tlsa,
    tag: TlsaProblem,
    *,
    octets: int = 0,
    digest: str = "",
    names: tuple[str, ...] = (),
    text: str = "",
) -> TlsaWhy:
    return TlsaWhy(
        tag, record.usage, record.selector, record.matching_type, octets, digest, names=names, text=text
    )


def _stronger(record: Tlsa, usable: Iterable[Tlsa]) -> TlsaWhy | None:
    """Why a digest does not count beside a stronger one of the same usage and selector (RFC 7671 section 9);
    None where it counts."""
    best = max(
        it.matching_type for it in usable if (it.usage, it.selector) == (record.usage, record.selector)
    )
    if record.matching_type in (_FULL, best):
        return None
    return _why(record, TlsaProblem.WEAKER, digest=_DIGESTS[best].upper())


def _mismatch(
    record: Tlsa, anchors: list[Tlsa], chain: tuple[bytes, ...], names: tuple[str, ...], at: datetime | None
) -> TlsaWhy | None:
    """Why the chain does not match the record; None when it does. Raises ValueError for a leaf that cannot be
    read."""
    if record.usage == _END_ENTITY:
        # RFC 7672 section 3.1.1: neither the names nor the dates of the leaf are looked at
        is_matching = _selects(record, chain[0])
        return None if is_matching else _why(record, TlsaProblem.OTHER_CERTIFICATE)
    whole = [it for it in anchors if it.matching_type == _FULL and it.selector == _WHOLE_CERTIFICATE]
    is_key_alone = record.matching_type == _FULL and record.selector == _PUBLIC_KEY
    possible = Anchors(
        partial(_selects_certificate, record),
        tuple(it.data for it in whole),
        (record.data,) if is_key_alone else (),
    )
    problem = TlsaProblem.OTHER_ANCHOR
    for path in paths(chain, possible, at):
        fault = why_not_valid(path, at)
        if fault is None and _names_one(chain[0], names):
            return None
        problem = fault or TlsaProblem.OTHER_NAMES
    return _why(record, problem, names=names if problem is TlsaProblem.OTHER_NAMES else ())


def _names_one(leaf: bytes, names: tuple[str, ...]) -> bool:
    # RFC 7672 section 3.2.3: unlike DANE-EE, the name counts
    certificate = read_certificate(leaf)
    return any(name_matches(certificate, name) for name in names)


def _selects_certificate(record: Tlsa, certificate: x509.Certificate) -> bool:
    from cryptography.hazmat.primitives.serialization import Encoding

    try:
        return _selects(record, certificate.public_bytes(Encoding.DER))
    except ValueError:
        return False  # a key of a kind that cannot be read


def _selects(record: Tlsa, der: bytes) -> bool:
    """RFC 6698 section 2.1: selector and matching type applied to one certificate."""
    data = der if record.selector == _WHOLE_CERTIFICATE else public_key_of(der)
    digest = _DIGESTS.get(record.matching_type)
    return (_digest(digest, data) if digest else data) == record.data


def _digest(kind: str, data: bytes) -> bytes:
    import hashlib  # which loads OpenSSL; few runs meet a TLSA record

    return hashlib.new(kind, data).digest()


def public_key_of(der: bytes) -> bytes:
    """The public key of a certificate, as DER. Raises ValueError for what cannot be read."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    certificate = load_certificate(der)
    with strangers_certificate():
        return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
