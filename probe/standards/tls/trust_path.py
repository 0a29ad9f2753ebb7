"""Builds the paths from a server's certificate to trust anchors that DNS names (RFC 7671 section 5.2)."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from probe._dataclass import dataclass
from probe.model.tls_policy import TlsaProblem
from probe.standards.tls.certificate import load_certificate, strangers_certificate

if TYPE_CHECKING:
    from cryptography import x509

_MOST = 12  # certificates of a chain that are looked at; real ones have two to four
_Extension = TypeVar("_Extension", bound="x509.ExtensionType")

Path = tuple["x509.Certificate", ...]
IsAnchor = Callable[["x509.Certificate"], bool]


@dataclass(frozen=True, slots=True)
class Anchors:
    """What a path may end at: `names` says of a certificate whether it is published as an anchor;
    `certificates` are anchors that stand whole in DNS, `keys` the public keys of others alone (DER): the
    server need not send those."""

    names: IsAnchor
    certificates: tuple[bytes, ...]
    keys: tuple[bytes, ...]


def paths(chain: tuple[bytes, ...], anchors: Anchors, at: datetime | None) -> Iterator[Path]:
    """Paths from the leaf (DER, the first of the chain) to an anchor: the leaf first, and last the anchor, or
    the certificate that an anchor's key alone has signed. Shorter ones come first, and those
    without certificates that are out of their dates `at` that time; every certificate is passed through once.

    The others of the chain may stand in any order, and more of them than a path needs (RFC 8446 section
    4.4.2). Raises ValueError for a leaf that cannot be read; others that cannot be are left out.
    """
    leaf = load_certificate(chain[0])
    certificates = dict.fromkeys((*chain[1:_MOST], *anchors.certificates[:_MOST]))
    parsed_certificates = (_read(der) for der in certificates if der != chain[0])
    pool = sorted(
        (it for it in parsed_certificates if it is not None), key=lambda it: not _is_in_time(it, at)
    )
    paths: deque[Path] = deque([(leaf,)])
    while paths:
        path = paths.popleft()
        if any(_is_signed_with(path[-1], key) for key in anchors.keys):
            yield path
        for issuer in tuple(pool):
            if not _is_issued_by(path[-1], issuer) or not _may_issue(issuer, len(path) - 1):
                continue
            longer = (*path, issuer)
            if anchors.names(issuer):
                yield longer
            else:
                pool.remove(issuer)
                paths.append(longer)


def leads_to(chain: tuple[bytes, ...], roots: Sequence[x509.Certificate]) -> bool:
    """Whether signatures lead from the leaf, over others of the chain, to one of these; dates are not looked
    at. False for a leaf that cannot be read."""
    from cryptography.hazmat.primitives.serialization import Encoding

    try:
        with strangers_certificate():
            issuers = [it.issuer for der in chain[:_MOST] if (it := _read(der)) is not None]
            root_ders = tuple(root.public_bytes(Encoding.DER) for root in roots if root.subject in issuers)
        return any(True for _ in paths(chain, Anchors(frozenset(roots).__contains__, root_ders, ()), None))
    except ValueError:
        return False


def why_not_valid(path: Path, at: datetime | None) -> TlsaProblem | None:
    """What RFC 5280 section 6 has against a path; None when nothing. `at`: None leaves the dates out."""
    from cryptography import x509

    with strangers_certificate():
        if not all(_is_in_time(certificate, at) for certificate in path):
            return TlsaProblem.NOT_IN_TIME
        extension = _extension(path[0], x509.ExtendedKeyUsage)
    usages = {x509.oid.ExtendedKeyUsageOID.SERVER_AUTH, x509.oid.ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
    if extension is not None and not usages & set(extension):
        return TlsaProblem.NOT_FOR_SERVERS  # by its extended key usage
    return None


def _is_in_time(certificate: x509.Certificate, at: datetime | None) -> bool:
    return at is None or certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc


def _read(der: bytes) -> x509.Certificate | None:
    try:
        return load_certificate(der)
    except ValueError:
        return None


def _is_issued_by(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        with strangers_certificate():
            certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError):
        return False
    return True


def _may_issue(certificate: x509.Certificate, between: int) -> bool:
    """RFC 5280 section 6.1.4 (k) to (n): it is an authority's, and so many may stand below it beside the
    leaf. A self-signed one of version 1, which has no extensions, may be a trust anchor."""
    from cryptography import x509

    try:
        with strangers_certificate():
            constraints = _extension(certificate, x509.BasicConstraints)
            usage = _extension(certificate, x509.KeyUsage)
            if constraints is None:
                is_old = certificate.version is x509.Version.v1
                return is_old and certificate.issuer == certificate.subject
    except ValueError:
        return False
    limit = constraints.path_length
    room = limit is None or between <= limit
    return constraints.ca and room and (usage is None or usage.key_cert_sign)


def _extension(certificate: x509.Certificate, kind: type[_Extension]) -> _Extension | None:
    from cryptography import x509

    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _is_signed_with(certificate: x509.Certificate, key: bytes) -> bool:
    """Whether this public key made the certificate's signature; its name is not known and does not count."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, padding, rsa
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        with strangers_certificate():
            public = load_der_public_key(key)
            how, digest = certificate.signature_algorithm_parameters, certificate.signature_hash_algorithm
            signature, signed_octets = certificate.signature, certificate.tbs_certificate_bytes
            if isinstance(public, ed25519.Ed25519PublicKey | ed448.Ed448PublicKey):
                public.verify(signature, signed_octets)
            elif isinstance(public, ec.EllipticCurvePublicKey) and isinstance(how, ec.ECDSA):
                public.verify(signature, signed_octets, how)
            elif (
                isinstance(public, rsa.RSAPublicKey) and isinstance(how, padding.AsymmetricPadding) and digest
            ):
                public.verify(signature, signed_octets, how, digest)
            else:
                return False
    except (InvalidSignature, ValueError):
        return False
    return True
