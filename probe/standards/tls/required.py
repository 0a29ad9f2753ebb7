"""Whether a chain is sufficient for a client that requires TLS with an authenticated server."""

from __future__ import annotations

from datetime import datetime

from probe._dataclass import dataclass
from probe._enum import StrEnum
from probe.model.observed import CertificateFault
from probe.model.reason import Reason
from probe.model.trust import Trust
from probe.standards.tls.certificate import name_matches, problems, read_certificate
from probe.standards.tls.dane import match_tlsa, public_key_of
from probe.standards.tls.results import Certificate, DaneStatus, TlsaSet

NO_TLSA = TlsaSet()


class Proof(StrEnum):
    """What a certificate must prove."""

    EITHER = "either"  # a TLSA record that matches, else an authority's word (RFC 7672 section 3.1)
    AUTHORITY = "authority"  # an authority's word and a name
    TLSA = "tlsa"
    FINGERPRINT = "fingerprint"


@dataclass(frozen=True, slots=True)
class CertificateDemand:
    """What a client holds a certificate to. `names`: it must have one of them, `.example.org` standing for
    all below; empty: whatever its name. `tlsas` are the host's, from a secure answer. `fingerprints` are
    those of a certificate or of its public key (hexadecimal, colons between octets) by `digest`. `has_roots`
    False: the client knows no authority, so no certificate is trusted."""

    proof: Proof = Proof.EITHER
    names: tuple[str, ...] = ()
    tlsas: TlsaSet = NO_TLSA
    fingerprints: tuple[str, ...] = ()
    digest: str = "sha256"
    has_roots: bool = True


def why_unverified(
    chain: tuple[bytes, ...], host: str, at: datetime, trust: Reason[Trust], demand: CertificateDemand
) -> tuple[Reason[CertificateFault], ...]:
    """The faults of the chain (DER, leaf first) of a host; empty if there are none. `trust` is the result of
    the trust store; a trust that could not be judged is no fault."""
    try:
        certificate = read_certificate(chain[0]) if chain else None
    except ValueError as error:
        return (Reason(CertificateFault.UNREADABLE, text=str(error)),)
    if certificate is None:
        return (Reason(CertificateFault.NO_CERTIFICATE),)
    return held_to(demand, chain, certificate, problems(certificate, host, at, trust), at)


def held_to(
    demand: CertificateDemand,
    chain: tuple[bytes, ...],
    certificate: Certificate,
    general: tuple[Reason[CertificateFault], ...],
    at: datetime | None,
) -> tuple[Reason[CertificateFault], ...]:
    """The same, where `certificate` has been read, and `general` is what stands against it for the host's own
    name."""
    if demand.proof is Proof.FINGERPRINT:
        return _by_fingerprint(demand, chain[0])
    if demand.proof is not Proof.AUTHORITY:
        status, _ = match_tlsa(chain, demand.tlsas.records, demand.tlsas.names, at)
        if status is DaneStatus.MATCHED:
            return ()
        if demand.proof is Proof.TLSA:
            fault = CertificateFault.OTHER_TLSA if demand.tlsas.records else CertificateFault.NO_TLSA
            return (Reason(fault),)
        return general
    return _by_authority(demand, certificate, general)


def _by_authority(
    demand: CertificateDemand, certificate: Certificate, general: tuple[Reason[CertificateFault], ...]
) -> tuple[Reason[CertificateFault], ...]:
    own_checks = {CertificateFault.OTHER_NAME, CertificateFault.WEAK_KEY}
    if not demand.has_roots:
        own_checks.add(CertificateFault.NOT_TRUSTED)
    faults = [fault for fault in general if fault.tag not in own_checks]
    if demand.names and not any(_is_named(certificate, name) for name in demand.names):
        allowed_names, names = " or ".join(demand.names), ", ".join(certificate.names[:4])
        faults.append(Reason(CertificateFault.OTHER_NAME, host=allowed_names, text=names))
    if not demand.has_roots:
        faults.append(Reason(CertificateFault.NO_ROOTS))
    return tuple(faults)


def _is_named(certificate: Certificate, pattern: str) -> bool:
    """Whether the certificate has the name, or for `.example.org` one below it."""
    if not pattern.startswith("."):
        return name_matches(certificate, pattern)
    suffix = pattern.rstrip(".").lower()
    return any(len(name) > len(suffix) and name.rstrip(".").endswith(suffix) for name in certificate.names)


def _by_fingerprint(demand: CertificateDemand, leaf: bytes) -> tuple[Reason[CertificateFault], ...]:
    import hashlib  # which loads OpenSSL

    try:
        prints = {hashlib.new(demand.digest, octets).hexdigest() for octets in (leaf, public_key_of(leaf))}
    except ValueError as error:  # a digest that this machine has not, or a key that cannot be read
        return (Reason(CertificateFault.UNREADABLE, text=str(error)),)
    fingerprints = {it.replace(":", "").lower() for it in demand.fingerprints}
    if prints & fingerprints:
        return ()
    own = hashlib.new(demand.digest, leaf).hexdigest().upper()
    colons = ":".join(own[at : at + 2] for at in range(0, len(own), 2))
    return (Reason(CertificateFault.OTHER_FINGERPRINT, text=f"{demand.digest} {colons}"),)
