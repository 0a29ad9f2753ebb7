"""A minimal DER parser (ITU-T X.690) for the length of a public RSA key."""

from __future__ import annotations

from probe._dataclass import dataclass
from probe.model.dkim_key import KeyReason

_INTEGER = 0x02
_BIT_STRING = 0x03
_OID = 0x06
_SEQUENCE = 0x30

_RSA_ENCRYPTION = bytes.fromhex("2a864886f70d010101")  # 1.2.840.113549.1.1.1, RFC 8017 appendix C


class DerError(ValueError):
    """Octets that are not the DER that was expected; `reason` says why."""

    def __init__(self, reason: KeyReason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class RsaKey:
    """The modulus length of an RSA key in bits; `bare` when it is an RSAPublicKey (RFC 8017
    appendix A.1.1) without the SubjectPublicKeyInfo (RFC 5280 section 4.1) around it."""

    bits: int
    bare: bool


def read_rsa_key(der: bytes) -> RsaKey:
    """Read a SubjectPublicKeyInfo or RSAPublicKey; DerError when it is neither."""
    outer = _whole(der, _SEQUENCE)
    tag, body, rest = _element(outer)
    if tag == _INTEGER:
        return RsaKey(_modulus_bits(outer), bare=True)
    if tag != _SEQUENCE:
        raise DerError(KeyReason.NEITHER_FORM)
    oid_tag, oid, _ = _element(body)
    if oid_tag != _OID or oid != _RSA_ENCRYPTION:
        raise DerError(KeyReason.OTHER_ALGORITHM)
    bits_tag, bits, _ = _element(rest)
    if bits_tag != _BIT_STRING or bits[:1] != b"\0":
        raise DerError(KeyReason.BIT_STRING)
    return RsaKey(_modulus_bits(_whole(bits[1:], _SEQUENCE)), bare=False)


def _modulus_bits(sequence: bytes) -> int:
    tag, modulus, rest = _element(sequence)
    exponent_tag, _, _ = _element(rest)
    if tag != _INTEGER or exponent_tag != _INTEGER:
        raise DerError(KeyReason.NO_MODULUS)
    return int.from_bytes(modulus, "big").bit_length()


def _whole(der: bytes, expected_tag: int) -> bytes:
    tag, body, rest = _element(der)
    if tag != expected_tag:
        raise DerError(KeyReason.NO_SEQUENCE)
    if rest:
        raise DerError(KeyReason.TRAILING_OCTETS)
    return body


def _element(der: bytes) -> tuple[int, bytes, bytes]:
    """The tag and content of the first element, and what follows it."""
    if len(der) < 2:
        raise DerError(KeyReason.CUT_SHORT)
    tag, length, start = der[0], der[1], 2
    if length & 0x80:
        octets = length & 0x7F
        if not 1 <= octets <= 4 or len(der) < 2 + octets:
            raise DerError(KeyReason.DER_LENGTH)
        length = int.from_bytes(der[2 : 2 + octets], "big")
        start = 2 + octets
    if len(der) < start + length:
        raise DerError(KeyReason.CUT_SHORT)
    return tag, der[start : start + length], der[start + length :]
