"""DKIM key records: lookup (RFC 6376 section 3.6.2) and syntax (section 3.6.1)."""

from __future__ import annotations

import base64
import binascii
import re

from probe._dataclass import dataclass, replace
from probe._regex import regex
from probe.model.dkim_key import KeyProblem, KeyReason, KeyWhy
from probe.model.near_miss import NearMiss, Place
from probe.model.signing import KeyOrigin
from probe.model.text import decode
from probe.standards.dkim.der import DerError, read_rsa_key
from probe.standards.dkim.results import KeyResult, KeyStatus, key_name
from probe.standards.dkim.tag_list import TagList, parse_tag_list
from probe.standards.dns.message import Answer, Question, RecordType, Resolution
from probe.standards.near_miss import near_miss

MINIMUM_RSA_BITS = 1024  # RFC 8301 section 3.2: verifiers must not accept less
ADVISED_RSA_BITS = 2048  # RFC 8301 section 3.2: signers should use at least this
ED25519_OCTETS = 32  # RFC 8463 section 4.2

_P_TAG = regex(r"(?:^|;)\s*p\s*=")
_NO_BASE64 = regex(r"[^A-Za-z0-9+/=]")


@dataclass(frozen=True, slots=True)
class ParsedKey:
    """One parsed key record: the fields of KeyResult that do not depend on its place in DNS."""

    status: KeyStatus
    key_type: str | None = None
    key_bits: int | None = None
    testing: bool = False
    problems: tuple[KeyProblem, ...] = ()


def look_up_keys(
    domain: str, selectors: tuple[tuple[str, KeyOrigin], ...]
) -> Resolution[tuple[KeyResult, ...]]:
    """Ask for the keys of all selectors at once.

    `selectors` are pairs of selector and origin; a selector named twice is asked
    once, under its first origin. The results are in the order of the selectors.
    """
    origins: dict[str, tuple[str, KeyOrigin]] = {}
    for selector, origin in selectors:
        origins.setdefault(selector.strip(".").lower(), (selector, origin))
    if not origins:
        return ()
    answers = yield tuple(Question(key_name(domain, name), RecordType.TXT) for name in origins)
    return tuple(
        judge_answer(domain, selector, origin, answer)
        for (selector, origin), answer in zip(origins.values(), answers, strict=True)
    )


def judge_answer(domain: str, selector: str, origin: KeyOrigin, answer: Answer) -> KeyResult:
    """The result of one answer for one selector."""

    def result(key: ParsedKey, near: NearMiss | None = None) -> KeyResult:
        return KeyResult(
            selector=selector,
            domain=domain,
            origin=origin,
            status=key.status,
            key_type=key.key_type,
            key_bits=key.key_bits,
            testing=key.testing,
            problems=key.problems,
            near=near,
            aliases=answer.aliases,
            evidence=answer.ref,
        )

    if answer.is_unknown:
        why = KeyWhy(KeyReason.NO_ANSWER, failure=answer.failure)
        return result(ParsedKey(KeyStatus.UNKNOWN, problems=(why,)))
    texts = [record.data for record in answer.txts()]
    candidates = [text for text in texts if looks_like_key(text)]
    if not candidates:
        # A wildcard TXT (SPF, site verification) answers for every name: it is no key.
        return result(ParsedKey(KeyStatus.MISSING), near_miss(Place.DKIM, texts))
    key = parse_key(candidates[0])
    if len(texts) == 1:
        return result(key)
    # RFC 6376 section 3.6.2.2: with more than one record the results are undefined
    tag = KeyReason.SEVERAL_KEYS if len(candidates) > 1 else KeyReason.KEY_AMONG_OTHERS
    return result(replace(key, problems=(*key.problems, KeyWhy(tag, count=len(texts)))))


def looks_like_key(text: bytes) -> bool:
    """Whether a TXT record is meant to be a DKIM key: it says v=DKIM…, or has p= and no other v=."""
    text_record = decode(text)
    tags = parse_tag_list(text_record)
    version = tags.value("v")
    if version is not None:
        return version.casefold().startswith("dkim")
    return _P_TAG.search(text_record) is not None


def parse_key(text: bytes) -> ParsedKey:
    """Read a key record. Never raises."""
    text_record = decode(text)
    tags = parse_tag_list(text_record)
    problems: list[KeyProblem] = [*tags.problems, *_blemishes(tags, is_ascii=text.isascii())]
    testing = "y" in _colon_list(tags.value("t") or "")
    key_type = "rsa" if tags.value("k") is None else tags.value("k") or ""

    def result_of(status: KeyStatus, bits: int | None = None) -> ParsedKey:
        return ParsedKey(status, key_type, bits, testing, tuple(problems))

    fault = _structural_fault(tags, text_record)
    if fault is not None:
        problems.append(KeyWhy(fault))
        return result_of(KeyStatus.MALFORMED)
    # octet for octet: the displayed text has octets above 127 escaped
    raw = parse_tag_list(text.decode("latin-1")).value("p")
    base64_text = re.sub(r"[ \t\r\n]+", "", raw or "")
    if not base64_text:
        return result_of(KeyStatus.REVOKED)  # RFC 6376 section 3.6.1: an empty p= revokes
    public_key, fault = _octets(base64_text)
    if fault is not None:
        problems.append(KeyWhy(fault))
    if public_key is None:
        return result_of(KeyStatus.MALFORMED)
    status, bits = _judge_public_key(key_type, public_key, problems)
    if status is KeyStatus.VALID and (restriction := _restriction(tags)) is not None:
        problems.append(KeyWhy(restriction))
        status = KeyStatus.UNUSABLE
    return result_of(status, bits)


def _octets(base64_text: str) -> tuple[bytes | None, KeyReason | None]:
    """The octets of p= without its white space, and what is wrong with the base64. Characters outside its
    alphabet are left out, as in RFC 2045 section 6.8: OpenDKIM and dkimpy do so, Mail::DKIM does not."""
    inside = _NO_BASE64.sub("", base64_text)
    digits = inside.rstrip("=")
    try:
        octets = base64.b64decode(digits + "=" * (-len(digits) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None, KeyReason.NO_BASE64
    if "PUBLICKEY" in inside:
        return None, KeyReason.PEM
    if not base64_text.isascii():
        return None, KeyReason.NON_ASCII_KEY
    if inside != base64_text:
        return octets, KeyReason.OUTSIDE_BASE64
    if len(base64_text) % 4:
        return octets, KeyReason.PADDING
    return octets, None


def _structural_fault(tags: TagList, text_record: str) -> KeyReason | None:
    """The fault for which verifiers discard the record (RFC 6376 sections 3.2, 3.6.1 and 6.1.2)."""
    version = tags.value("v")
    if _is_quoted(text_record):
        return KeyReason.QUOTED_RECORD
    # RFC 6376 section 3.6.1: v= is exactly DKIM1
    if version is not None and version != "DKIM1":
        return KeyReason.BACKSLASH if version == "DKIM1\\" else KeyReason.VERSION
    if tags.has_duplicates:
        return KeyReason.REPEATED_TAG
    if tags.has_stray:
        return KeyReason.STRAY_PART
    if tags.has_gap:
        return KeyReason.EMPTY_PART
    return KeyReason.NO_PUBLIC_KEY if tags.value("p") is None else None


def _is_quoted(text_record: str) -> bool:
    return len(text_record) > 1 and text_record[0] in "\"\u201c'" and text_record[-1] in "\"\u201d'"


def _judge_public_key(
    key_type: str, public_key: bytes, problems: list[KeyProblem]
) -> tuple[KeyStatus, int | None]:
    if key_type == "ed25519":
        if len(public_key) == ED25519_OCTETS:
            return KeyStatus.VALID, 256
        length = KeyWhy(KeyReason.ED25519_LENGTH, count=len(public_key), least=ED25519_OCTETS)
        problems.append(length)
        return KeyStatus.MALFORMED, None
    if key_type != "rsa":
        is_known = key_type.lower() in ("rsa", "ed25519")
        problems.append(KeyWhy(KeyReason.KEY_TYPE_CASE if is_known else KeyReason.KEY_TYPE))
        return KeyStatus.UNUSABLE, None
    try:
        key = read_rsa_key(public_key)
    except DerError as error:
        problems.append(KeyWhy(error.reason))
        return KeyStatus.MALFORMED, None
    if key.bits < MINIMUM_RSA_BITS:
        problems.append(KeyWhy(KeyReason.SHORT_KEY, count=key.bits, least=MINIMUM_RSA_BITS))
        return KeyStatus.UNUSABLE, key.bits
    if key.bits < ADVISED_RSA_BITS:
        problems.append(KeyWhy(KeyReason.ADVISED_LENGTH, count=key.bits, least=ADVISED_RSA_BITS))
    if key.bare:
        problems.append(KeyWhy(KeyReason.BARE_KEY))
    return KeyStatus.VALID, key.bits


def _restriction(tags: TagList) -> KeyReason | None:
    """Why a valid key cannot verify mail: h= or s= exclude it. g= is historic and ignored. Values are
    case-sensitive (RFC 6376 section 3.2)."""
    hashes = tags.value("h")
    # RFC 8301 section 3.1 leaves sha256 alone
    if hashes is not None and "sha256" not in _colon_list(hashes.lower()):
        return KeyReason.HASHES
    services = tags.value("s")
    if services is not None and not {"*", "email"} & _colon_list(services):
        return KeyReason.SERVICES_CASE if "email" in services.lower() else KeyReason.SERVICES
    return None


def _blemishes(tags: TagList, *, is_ascii: bool) -> list[KeyWhy]:
    """Faults that most verifiers ignore."""
    blemishes = []
    if tags.value("v") is not None and tags.first != "v":
        blemishes.append(KeyWhy(KeyReason.VERSION_NOT_FIRST))
    hashes = tags.value("h") or ""
    if "sha256" not in _colon_list(hashes) and "sha256" in _colon_list(hashes.lower()):
        blemishes.append(KeyWhy(KeyReason.HASH_CASE))
    # g= is historic (IANA, DKIM parameters); Mail::DKIM 1.20230212, which SpamAssassin uses, still obeys it
    if tags.value("g") not in (None, "*"):
        blemishes.append(KeyWhy(KeyReason.GRANULARITY))
    if not is_ascii:
        blemishes.append(KeyWhy(KeyReason.NON_ASCII_RECORD))
    return blemishes


def _colon_list(value: str) -> frozenset[str]:
    return frozenset(item.strip() for item in value.split(":"))
