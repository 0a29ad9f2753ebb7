"""Reads and judges a server's certificate (RFC 5280, RFC 9525), from DER and given times only."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from probe.model.observed import CertificateFault
from probe.model.reason import Reason
from probe.model.trust import Trust
from probe.standards.tls.results import Certificate

if TYPE_CHECKING:
    from cryptography import x509

_TIME = "%Y-%m-%dT%H:%M:%SZ"
_WEAK_RSA_BITS = 2048  # CA/Browser Forum baseline requirements, section 6.1.5


@contextmanager
def strangers_certificate() -> Iterator[None]:
    """A context that turns all exceptions of the library about a certificate into ValueError, and suppresses
    warnings.

    It reads most fields only when they are asked for, and has half a dozen exceptions without a
    common parent for what may be wrong with one.
    """
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm

    odd = (TypeError, x509.InvalidVersion, x509.DuplicateExtension, x509.UnsupportedGeneralNameType)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except (*odd, UnsupportedAlgorithm) as error:
            raise ValueError(str(error) or type(error).__name__) from None


def load_certificate(der: bytes) -> x509.Certificate:
    """Parse DER. Raises ValueError; says nothing on stderr about oddities of a stranger's certificate."""
    from cryptography import x509

    with strangers_certificate():
        return x509.load_der_x509_certificate(der)


def read_certificate(der: bytes) -> Certificate:
    """Read one certificate. Raises ValueError when it is not DER of a certificate.

    Names are lower-case; a name that cannot be read is left out, never an error.
    """
    from cryptography.hazmat.primitives import hashes

    certificate = load_certificate(der)
    with strangers_certificate():
        return Certificate(
            subject=_name(certificate, "subject"),
            issuer=_name(certificate, "issuer"),
            names=_dns_names(certificate),
            not_before=_time(certificate.not_valid_before_utc),
            not_after=_time(certificate.not_valid_after_utc),
            key=_key(certificate),
            sha256=certificate.fingerprint(hashes.SHA256()).hex(),
        )


def _time(moment: datetime) -> str:
    # strftime writes the year 999 with three digits, and strptime does not read that back
    return f"{moment:%Y}".zfill(4) + f"{moment:{_TIME.removeprefix('%Y')}}"


def name_matches(certificate: Certificate, host: str) -> bool:
    """Whether a name of the certificate covers the host (RFC 9525 section 6.3).

    "*" stands for exactly one label and only as the whole left-most one.
    """
    labels = host.rstrip(".").lower().split(".")
    return any(_covers(name.rstrip(".").lower().split("."), labels) for name in certificate.names)


def _covers(pattern: list[str], labels: list[str]) -> bool:
    if len(pattern) != len(labels) or "" in labels:
        return False
    if pattern[0] == "*" and len(pattern) > 2:
        return pattern[1:] == labels[1:]
    return pattern == labels


def holds_at(certificate: Certificate, at: datetime) -> bool:
    """Whether its dates hold at that time."""
    not_before = datetime.strptime(certificate.not_before, _TIME).replace(tzinfo=UTC)
    not_after = datetime.strptime(certificate.not_after, _TIME).replace(tzinfo=UTC)
    return not_before <= at <= not_after


def problems(
    certificate: Certificate, host: str, at: datetime | None, trust: Reason[Trust]
) -> tuple[Reason[CertificateFault], ...]:
    """What is wrong with it; empty when nothing is.

    `at` is when it was seen (None: not known, then dates are not judged); `trust` what the trust store said
    then.
    """
    faults: list[Reason[CertificateFault]] = []
    not_before = datetime.strptime(certificate.not_before, _TIME).replace(tzinfo=UTC)
    not_after = datetime.strptime(certificate.not_after, _TIME).replace(tzinfo=UTC)
    # a certificate out of its dates is never trusted: one fault, said once
    is_in_time = at is None or not_before <= at <= not_after
    if at is not None and at > not_after:
        faults.append(Reason(CertificateFault.EXPIRED, text=certificate.not_after[:10]))
    elif at is not None and at < not_before:
        faults.append(Reason(CertificateFault.NOT_YET_VALID, text=certificate.not_before[:10]))
    if not name_matches(certificate, host):
        faults.append(Reason(CertificateFault.OTHER_NAME, host=host, text=", ".join(certificate.names[:4])))
    if trust.tag is not Trust.TRUSTED and trust.tag.is_judged and is_in_time:
        faults.append(Reason(CertificateFault.NOT_TRUSTED, trust=trust.tag, text=trust.text))
    kind, _, bits = certificate.key.partition(" ")
    if kind == "RSA" and bits.isdigit() and int(bits) < _WEAK_RSA_BITS:
        faults.append(Reason(CertificateFault.WEAK_KEY, text=certificate.key))
    return tuple(faults)


def _name(certificate: x509.Certificate, which: str) -> str:
    try:
        with strangers_certificate():
            name: x509.Name = getattr(certificate, which)
            return name.rfc4514_string()
    except ValueError:
        return ""


def _dns_names(certificate: x509.Certificate) -> tuple[str, ...]:
    from cryptography import x509

    try:
        with strangers_certificate():
            extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
            return tuple(name.lower() for name in extension.value.get_values_for_type(x509.DNSName))
    except x509.ExtensionNotFound:
        return _common_name(certificate)
    except ValueError:
        return ()


def _common_name(certificate: x509.Certificate) -> tuple[str, ...]:
    # RFC 9525 section 2 no longer looks at it; MX hosts with nothing else still exist
    from cryptography import x509

    try:
        with strangers_certificate():
            common = certificate.subject.get_attributes_for_oid(x509.oid.NameOID.COMMON_NAME)
    except ValueError:
        return ()
    return tuple(str(attribute.value).lower() for attribute in common[:1])


def _key(certificate: x509.Certificate) -> str:
    from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa

    try:
        with strangers_certificate():
            key = certificate.public_key()
    except ValueError:
        return "unknown"
    if isinstance(key, rsa.RSAPublicKey):
        return f"RSA {key.key_size}"
    if isinstance(key, ec.EllipticCurvePublicKey):
        return f"EC {key.key_size}"
    if isinstance(key, dsa.DSAPublicKey):
        return f"DSA {key.key_size}"
    if isinstance(key, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
        return "Ed25519" if isinstance(key, ed25519.Ed25519PublicKey) else "Ed448"
    return "unknown"
