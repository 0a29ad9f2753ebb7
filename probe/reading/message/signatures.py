"""DKIM signatures of a message (RFC 6376), verified by dkimpy over answers of the question protocol."""

from __future__ import annotations

import base64
import re
from typing import Any

from probe.model.address import AddressError
from probe.model.address_parse import parse_domain
from probe.model.signing import SignatureVerdict
from probe.reading.message.abridge import head_of
from probe.reading.message.body_hash import body_hash, body_start
from probe.reading.message.results import SignatureResult
from probe.settings import MESSAGE_HEADER_LIMIT
from probe.standards.dkim.key import parse_key
from probe.standards.dkim.results import KeyStatus
from probe.standards.dns.message import Answer, Question, RecordType, Resolution

SIGNATURE_LIMIT = 10  # signatures looked at; RFC 6376 section 6.1 lets a verifier bound them
SIGNATURE_SIZE_LIMIT = 8192  # octets of one signature: dkimpy's work grows with the square of a tag's length
_SELECTOR = re.compile(r"[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63}){0,5}")


def signing_selectors(data: bytes) -> tuple[str, ...]:
    """The s= of every readable DKIM-Signature, each once, in order."""
    fields = (_fields(value) for value in _signature_headers(data))
    return tuple(dict.fromkeys(_text(f, "s") for f in fields if _SELECTOR.fullmatch(_text(f, "s"))))


def verify_signatures(data: bytes) -> Resolution[tuple[SignatureResult, ...]]:
    """Ask for every key, then verify every signature. Never raises.

    Expiry (x=) is not judged: a verdict must not depend on when a recording is read.
    """
    headers = _signature_headers(data)
    fields = [_fields(value) for value in headers]
    questions = [_question(field) for field in fields]
    answers = {answer.question: answer for answer in (yield from key_answers(data))}
    signed = _Signed(data)
    return tuple(
        _judge(
            signed,
            index,
            field,
            answers.get(question) if question else None,
            too_long=len(header) > SIGNATURE_SIZE_LIMIT,
        )
        for index, (header, field, question) in enumerate(zip(headers, fields, questions, strict=True))
    )


def key_answers(data: bytes) -> Resolution[tuple[Answer, ...]]:
    """What DNS says of the key of every readable signature, each asked once."""
    questions = (_question(_fields(value)) for value in _signature_headers(data))
    wanted = tuple(dict.fromkeys(question for question in questions if question is not None))
    return (yield wanted) if wanted else ()


def _signature_headers(data: bytes) -> list[bytes]:
    """The values of the DKIM-Signature fields, still folded, as dkimpy will count them."""
    head, _ = head_of(data)
    unfolded = re.split(rb"\r?\n(?![ \t])", head)
    named = (line.partition(b":") for line in unfolded)
    return [value for name, _, value in named if name.lower() == b"dkim-signature"][:SIGNATURE_LIMIT]


def _fields(value: bytes) -> dict[bytes, bytes]:
    from dkim.util import InvalidTagValueList, parse_tag_value

    try:
        tags: dict[bytes, bytes] = parse_tag_value(value)
    except (InvalidTagValueList, IndexError):
        return {}
    return tags


def _text(fields: dict[bytes, bytes], tag: str) -> str:
    return fields.get(tag.encode(), b"").decode("utf-8", "replace")


def _question(fields: dict[bytes, bytes]) -> Question | None:
    """RFC 6376 section 3.6.2.1; an internationalised d= is asked as A-labels (RFC 8616)."""
    selector = _text(fields, "s")
    if not _SELECTOR.fullmatch(selector):
        return None
    try:
        domain, _ = parse_domain(_text(fields, "d"))
    except AddressError:
        return None
    name = f"{selector}._domainkey.{domain}".lower()
    return Question(name, RecordType.TXT) if len(name) <= 253 and not domain.startswith("[") else None


def _judge(
    signed: _Signed, index: int, fields: dict[bytes, bytes], answer: Answer | None, *, too_long: bool
) -> SignatureResult:
    domain, selector = _text(fields, "d").lower(), _text(fields, "s")
    if too_long:
        problem = f"the header is longer than {SIGNATURE_SIZE_LIMIT} octets"
        return SignatureResult(domain, selector, SignatureVerdict.FAIL, problem)
    if answer is None:
        problem = "s= or d= is missing or unusable" if fields else "the header is not a tag list"
        return SignatureResult(domain, selector, SignatureVerdict.FAIL, problem)
    if answer.is_unknown:
        return SignatureResult(
            domain, selector, SignatureVerdict.UNKNOWN, f"the key could not be fetched ({answer.status})"
        )
    if fields.get(b"a", b"").lower() == b"rsa-sha1":
        return SignatureResult(
            domain, selector, SignatureVerdict.FAIL, "rsa-sha1 is no longer accepted (RFC 8301)"
        )
    keys = [txt.data for txt in answer.txts()]
    if not keys:
        return SignatureResult(
            domain, selector, SignatureVerdict.FAIL, f"there is no key at {answer.question.name}"
        )
    if len(signed.head) > MESSAGE_HEADER_LIMIT:
        problem = f"the header section is longer than {MESSAGE_HEADER_LIMIT} octets: not verified"
        return SignatureResult(domain, selector, SignatureVerdict.UNKNOWN, problem)
    problem = ""
    for key in keys:
        problem = _verify(signed, index, key)
        if not problem:
            note = "l= leaves the end of the body unsigned" if b"l" in fields else ""
            return SignatureResult(
                domain, selector, SignatureVerdict.PASS, note, signed=_header_names(fields)
            )
    return SignatureResult(domain, selector, SignatureVerdict.FAIL, problem)


def _verify(signed: _Signed, index: int, key: bytes) -> str:
    """Empty when the signature holds under this key, else why it does not."""
    import dkim

    if re.search(rb"(?:^|;)\s*p\s*=\s*(?:;|$)", key):
        return "the key is revoked (empty p=)"
    log = _LastError()
    try:
        holds = _timeless(signed, log).verify(index, dnsfunc=lambda name, timeout=5: key)
    except dkim.DKIMException as error:
        return _why_key(key) or _readable(str(error))
    except (ValueError, IndexError, KeyError, TypeError, ArithmeticError):
        # What dkimpy lets through on malformed tags and keys; each means that nothing was verified.
        return _why_key(key) or _UNREADABLE
    if holds:
        return ""
    return _why_key(key) or (_readable(log.text) if log.text else "the signature does not match the headers")


_UNREADABLE = "its fields break the form that RFC 6376 section 3.5 gives them"
# How dkimpy's complaints begin, and what they mean; its own words hold octets and names of Python.
_COMPLAINTS = {
    "body hash": "the body was changed after signing (body hash differs)",
    "missing ": "a tag that a signature must have is missing (RFC 6376 section 3.5)",
    "unknown signature algorithm": "a= names an algorithm that is not known",
    "b= value": "b= is not valid base64",
    "bh= value": "bh= is not valid base64",
    "d= value": "d= is no domain",
    "i= domain": "i= is not at or below the domain of d=",
    "l= value": "l= is no number",
    "q= value": "q= is not dns/txt",
    "t= value": "t= is no time",
    "x= value is less": "x= is before t=",
    "x= value": "x= is no time",
    "v= value": "v= is not 1",
    "invalid c=": "c= names a canonicalization that is not known",
    "Unexpected characters": "the header section holds a line that is no header field",
    "public key too small": "the key is shorter than verifiers accept",
    "digest too large": "the key is shorter than verifiers accept",
}


def _readable(complaint: str) -> str:
    """dkimpy's complaint in words of our own."""
    return next((means for begins, means in _COMPLAINTS.items() if complaint.startswith(begins)), _UNREADABLE)


def _why_key(key: bytes) -> str:
    """Why the key record cannot be used by anybody; "" when it can."""
    read = parse_key(key)
    return "" if read.status is KeyStatus.VALID else f"the key cannot be used: {'; '.join(read.problems)}"


def _header_names(fields: dict[bytes, bytes]) -> tuple[str, ...]:
    """The names of h=, in lower case."""
    names = fields.get(b"h", b"").decode("ascii", "replace").split(":")
    return tuple(dict.fromkeys(name.strip().lower() for name in names if name.strip()))


class _LastError:
    """Stands where dkimpy wants a logger, and keeps its last complaint."""

    def __init__(self) -> None:
        self.text = ""

    def error(self, text: str) -> None:
        self.text = text

    def debug(self, text: str) -> None:
        """Not of interest."""

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802
        return False


class _Signed:
    """A message that is verified. dkimpy gets the header section alone; the body is hashed here in pieces,
    once for all signatures that want it the same way."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._hashes: dict[tuple[bytes, bool, int | None], bytes] = {}
        self.head = data[: body_start(data)]

    def body_hash(self, fields: dict[bytes, bytes]) -> bytes:
        """As a=, c= and l= of the signature want it."""
        from dkim.crypto import HASH_ALGORITHMS

        length = int(fields[b"l"]) if b"l" in fields else None
        way = (fields[b"a"], fields.get(b"c", b"").endswith(b"/relaxed"), length)
        if way not in self._hashes:
            algorithm = HASH_ALGORITHMS[fields[b"a"]]
            self._hashes[way] = body_hash(self._data, algorithm, relaxed=way[1], length=length)
        return self._hashes[way]


def _timeless(signed: _Signed, log: _LastError) -> Any:
    """A dkimpy verifier that asks no clock, and sees no body."""
    import dkim

    class Verifier(dkim.DKIM):  # type: ignore[misc, name-defined, unused-ignore]
        def verify_headerprep(self, idx: int = 0) -> Any:
            try:
                return super().verify_headerprep(idx)
            except dkim.ValidationError as error:
                if not str(error).startswith(("x= value is past", "t= value is in the future")):
                    raise
            fields = self.signature_fields
            self.domain, self.selector = fields[b"d"], fields[b"s"]
            names = [name.lower() for name in re.split(rb"\s*:\s*", fields[b"h"])]
            self.include_headers = tuple(names)
            headers = [(name, value) for name, value in self.headers if name.lower() == b"dkim-signature"]
            return fields, names, headers

        def verify_sig_process(self, sig: Any, *rest: Any) -> Any:
            if sig.get(b"c", b"simple/simple").split(b"/")[-1] in (b"simple", b"relaxed"):
                wanted = base64.b64decode(re.sub(rb"\s+", b"", sig[b"bh"]))
                if signed.body_hash(sig) != wanted:
                    raise dkim.ValidationError("body hash mismatch")
            return super().verify_sig_process({tag: sig[tag] for tag in sig if tag != b"bh"}, *rest)

    return Verifier(signed.head, logger=log)
