"""TLS with an MX host: the handshake observes, it does not enforce.

An untrusted certificate must be reported, too, so the handshake accepts any certificate and the chain is
judged afterwards: trust here, at the time of the observation and with this machine's trust store; names and
dates later, from the recorded chain alone.
"""

from __future__ import annotations

import contextlib
import errno
import re
import ssl
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from probe import settings
from probe._dataclass import dataclass
from probe.model.exhaustion import shortage
from probe.model.reason import Reason
from probe.model.trust import Trust
from probe.standards.tls.certificate import load_certificate, strangers_certificate
from probe.standards.tls.trust_path import leads_to

if TYPE_CHECKING:
    from cryptography import x509

_PEM = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
_HASHED = re.compile(r"[0-9a-f]{8}\.\d+")
_LABEL = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?")


@dataclass(frozen=True, slots=True)
class HandshakeResult:
    """The result of a handshake. `chain` is DER, leaf first; `chain_complete` is False if this Python gave
    only the leaf."""

    version: str
    cipher: str
    chain: tuple[bytes, ...]
    chain_complete: bool


@lru_cache(maxsize=1)
def handshake_context() -> ssl.SSLContext:
    """The shared context (creating one takes tens of milliseconds); accepts any certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_2  # RFC 8996 deprecates what is older
    return context


def prepare() -> None:
    """Read the trust store before the first handshake; this takes tens of milliseconds."""
    from cryptography.x509 import verification  # noqa: F401

    handshake_context()
    with contextlib.suppress(OSError):  # the handshake will report it
        _trust_store(_store_path())


def server_name(mx_host: str) -> str | None:
    """The name for SNI (RFC 6066 section 3): a host name, never an address or a broken name."""
    labels = mx_host.rstrip(".").split(".")
    if not all(_LABEL.fullmatch(label) for label in labels) or labels[-1].isdigit():
        return None
    return ".".join(labels)


def observe(ssl_object: ssl.SSLObject) -> HandshakeResult:
    """Read version, cipher and chain of an established connection."""
    cipher = ssl_object.cipher()
    leaf = ssl_object.getpeercert(binary_form=True)
    chain = _unverified_chain(ssl_object)
    return HandshakeResult(
        version=ssl_object.version() or "",
        cipher=cipher[0] if cipher else "",
        chain=chain or ((leaf,) if leaf else ()),
        chain_complete=bool(chain),
    )


def _unverified_chain(ssl_object: ssl.SSLObject) -> tuple[bytes, ...]:
    """Leaf first. Public in Python 3.13; in 3.10 to 3.12 only on the inner object."""
    public = getattr(ssl_object, "get_unverified_chain", None)
    if public is not None:
        return tuple(public())
    inner: Any = getattr(ssl_object, "_sslobj", None)
    read = getattr(inner, "get_unverified_chain", None)
    if read is None:
        return ()
    return tuple(ssl.PEM_cert_to_DER_cert(certificate.public_bytes()) for certificate in read() or ())


def trust_of(handshake: HandshakeResult, at: datetime, roots_file: str | None = None) -> Reason[Trust]:
    """Check the chain with this machine's trust store. The name is not checked.

    `roots_file` is a PEM file, or a directory of such, to trust instead of this machine's store. Without a
    trust store, and with only the leaf of the chain, the result is not known (`Trust.is_judged`).
    """
    if not handshake.chain:
        return Reason(Trust.NO_CERTIFICATE)
    try:
        roots = _trust_store(Path(roots_file) if roots_file else _store_path())
    except OSError as unreadable:
        resource = shortage(unreadable)
        if resource is not None:
            return Reason(Trust.SHORTAGE, shortage=resource)
        name = errno.errorcode.get(unreadable.errno or 0, "")
        return Reason(Trust.STORE_UNREADABLE, error=name, text=unreadable.strerror or "")
    if not roots:
        return Reason(Trust.NO_STORE)
    reason = _verify(handshake.chain, roots, at)
    if reason.tag is not Trust.TRUSTED and not handshake.chain_complete:
        return Reason(Trust.LEAF_ONLY)
    return reason


def _verify(chain: tuple[bytes, ...], roots: tuple[x509.Certificate, ...], at: datetime) -> Reason[Trust]:
    from cryptography import x509
    from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

    try:
        with strangers_certificate():
            leaf, *others = (load_certificate(der) for der in chain)
            names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            # the verifier needs a name; with one of the certificate's own names only the trust is checked
            name = next(iter(names.get_values_for_type(x509.DNSName)), None)
            own_issuer = leaf.issuer == leaf.subject
    except x509.ExtensionNotFound:
        return Reason(Trust.NO_ALT_NAME)
    except ValueError as error:
        return Reason(Trust.UNREADABLE, text=str(error))
    if name is None:
        return Reason(Trust.NO_DNS_NAME)
    if own_issuer and leaf not in roots:
        return Reason(Trust.SELF_SIGNED)
    try:
        with strangers_certificate():
            subject = x509.DNSName(name.replace("*", "any", 1))
            verifier = PolicyBuilder().store(Store(list(roots))).time(at).build_server_verifier(subject)
            verifier.verify(leaf, others)
    except (VerificationError, ValueError) as error:
        if not leads_to(chain, roots):
            return Reason(Trust.NOT_ISSUED)
        return Reason(Trust.REFUSED, text=str(error).removeprefix("validation failed: "))
    return Reason(Trust.TRUSTED)


def trust_store() -> tuple[str, int, bool]:
    """Where this machine's roots are, how many of them can be read, and whether they are certifi's, because
    the system has none. Takes tens of milliseconds."""
    path = _store_path()
    try:
        return str(path or ""), len(_trust_store(path)), path is not None and path == _certifi()
    except OSError:
        return str(path), 0, False


def _store_path() -> Path | None:
    paths = ssl.get_default_verify_paths()
    for candidate in (paths.cafile, paths.openssl_cafile):
        if candidate and Path(candidate).is_file():
            return Path(candidate)
    bundle = Path("/etc/ssl/certs/ca-certificates.crt")
    return bundle if bundle.is_file() else _certifi()


def _certifi() -> Path | None:
    try:
        import certifi
    except ImportError:
        return None
    return Path(certifi.where())


@lru_cache(maxsize=2)
def _trust_store(path: Path | None) -> tuple[x509.Certificate, ...]:
    if path is None:
        return ()
    roots = []
    try:
        text = _directory(path) if path.is_dir() else path.read_text("ascii", "replace")
    except OSError:  # no permission: as if it did not exist
        return ()
    for pem in _PEM.findall(text):
        try:
            roots.append(load_certificate(ssl.PEM_cert_to_DER_cert(pem)))
        except ValueError:
            continue  # an unreadable root does not affect the others
    return tuple(roots)


def _directory(path: Path) -> str:
    """The files that OpenSSL reads in a directory: those named by a hash (openssl-rehash(1))."""
    places = sorted(it for it in path.iterdir() if _HASHED.fullmatch(it.name))[: settings.MOST_ROOTS]
    return "\n".join(it.read_text("ascii", "replace") for it in places)
