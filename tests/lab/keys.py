"""The lab's certificate authority, its server certificate, and a DKIM key."""

from __future__ import annotations

import base64
import datetime
import hashlib
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = datetime.timedelta(days=1)
NAMES = (
    *("mx.healthy.example", "mx.secure.test", "mx.danefail.test", "mx.tls.example", "mx.six.example"),
    *("mx.exim.example", "mx.opensmtpd.example", "mx.sts.example", "mta-sts.sts.example"),
    *("mx.mute-exim.example", "mx.rate-exim.example", "mx.family-exim.example"),
    "nexthop.test",
)


@dataclass(frozen=True)
class Keys:
    """`tlsa` is the SHA-256 of the server's public key, `tlsa_root` of the authority's; `dkim` the text of
    the key record."""

    authority: Path
    tlsa: str
    tlsa_root: str
    dkim: str


def make_keys(directory: Path) -> Keys:
    """Write authority.pem, server.pem and server.key to `directory`."""
    directory.mkdir()
    root_key = ec.generate_private_key(ec.SECP256R1())
    root_name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Lab authority")])
    root = _certificate(root_name, root_name, root_key.public_key(), root_key, None)
    # RSA: OpenSMTPD 6.8 cannot use an EC key with OpenSSL 3
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAMES[0])])
    server = _certificate(name, root_name, key.public_key(), root_key, NAMES)
    pem = serialization.Encoding.PEM
    (directory / "authority.pem").write_bytes(root.public_bytes(pem))
    (directory / "server.pem").write_bytes(server.public_bytes(pem) + root.public_bytes(pem))
    private = key.private_bytes(
        pem, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    (directory / "server.key").write_bytes(private)
    (directory / "server.key").chmod(0o600)
    der = serialization.Encoding.DER
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    tlsa = hashlib.sha256(key.public_key().public_bytes(der, spki)).hexdigest()
    of_root = hashlib.sha256(root_key.public_key().public_bytes(der, spki)).hexdigest()
    signing = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    record = "v=DKIM1; k=rsa; p=" + base64.b64encode(signing.public_bytes(der, spki)).decode()
    dkim = " ".join(f'"{record[at : at + 200]}"' for at in range(0, len(record), 200))
    return Keys(directory / "authority.pem", tlsa, of_root, dkim)


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
    signer: ec.EllipticCurvePrivateKey,
    names: tuple[str, ...] | None,
) -> x509.Certificate:
    now = datetime.datetime.now(datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + 30 * DAY)
        .add_extension(x509.BasicConstraints(ca=names is None, path_length=None), critical=True)
        # RFC 5280 sections 4.2.1.1 to 4.2.1.3 and 4.2.1.12: what a strict reader of chains demands
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False
        )
        .add_extension(_usage(signs=names is None), critical=True)
    )
    if names is not None:
        alternative = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        server_only = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        builder = builder.add_extension(alternative, critical=False).add_extension(
            server_only, critical=False
        )
    return builder.sign(signer, hashes.SHA256())


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )
