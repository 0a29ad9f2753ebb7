"""The lab's own certificate authority, made at the start and gone at the end."""

from __future__ import annotations

import ssl
import warnings
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from probe._dataclass import dataclass
from probe.lab.scenario import Tls

_DAY = timedelta(days=1)
_LIFE = 10 * 365 * _DAY


@dataclass(frozen=True, slots=True)
class IssuedCertificate:
    """A certificate with its private key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        """The certificate alone."""
        return self.certificate.public_bytes(Encoding.PEM)

    @property
    def public_key_digest(self) -> str:
        """SHA-256 of SubjectPublicKeyInfo in hex: what a TLSA record "3 1 1" holds (RFC 6698)."""
        public_key = self.key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        digest = hashes.Hash(hashes.SHA256())
        digest.update(public_key)
        return digest.finalize().hex()


def authority() -> IssuedCertificate:
    """A new root, valid for ten years, trusted only in this lab."""
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    name = _name("smtp-probe lab root")
    builder = (
        _builder(name, name, key, now - _LIFE, now + _LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return IssuedCertificate(builder.sign(key, hashes.SHA256()), key)


def issue(kind: Tls, names: tuple[str, ...], by: IssuedCertificate) -> IssuedCertificate:
    """A server's certificate for the names, valid or with the fault that `kind` names."""
    if kind is Tls.OTHER_NAME:
        names = ("other.invalid",)
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.now(UTC)
    not_before, not_after = (-60 * _DAY, -3 * _DAY) if kind is Tls.EXPIRED else (-_DAY, 60 * _DAY)
    is_own = kind is Tls.SELF_SIGNED
    subject = _name(names[0])
    signer = key if is_own else by.key
    builder = (
        _builder(
            subject, subject if is_own else by.certificate.subject, key, now + not_before, now + not_after
        )
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
    )
    return IssuedCertificate(builder.sign(signer, hashes.SHA256()), key)


def server_context(leaf: IssuedCertificate, folder: Path, *, outdated: bool = False) -> ssl.SSLContext:
    """A server's context. The key is in `folder` only while it is read (Python's ssl needs files)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    file = folder / "server.pem"
    try:
        file.touch(mode=0o600)
        key = leaf.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file.write_bytes(key + leaf.pem)
        context.load_cert_chain(file)
    finally:
        file.unlink(missing_ok=True)
    if outdated:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # this context is deliberately outdated
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = ssl.TLSVersion.TLSv1
    return context


def trusting_context(root: IssuedCertificate) -> ssl.SSLContext:
    """A client's context that trusts the lab's root and nothing else."""
    return ssl.create_default_context(cadata=root.pem.decode())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    not_before: datetime,
    not_after: datetime,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
    )


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
