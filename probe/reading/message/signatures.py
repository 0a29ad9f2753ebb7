"""DKIM signatures of a message (RFC 6376), verified by dkimpy over answers of the question protocol."""

from __future__ import annotations

import base64
import re
from typing import Any

from probe.model.address import AddressError
from probe.model.address_parse import parse_domain
from probe.model.signing import SignatureReason, SignatureVerdict, SignatureWhy
from probe.reading.message.abridge import head_of
from probe.reading.message.body_hash import body_hash, body_start
from probe.reading.message.results import SignatureResult
from probe.settings import MESSAGE_HEADER_LIMIT
from probe.standards.dkim.key import parse_key
from probe.standards.dkim.results import KeyStatus
from probe.standards.dns.message import Answer, Question, RecordType, Resolution

SIGNATURE_LIMIT = 10  # signatures verified; RFC 6376 section 6.1 allows a limit
SIGNATURE_SIZE_LIMIT = 8192  # octets of one signature: dkimpy's work grows with the square of a tag's length
_BASE64 = re.compile(rb"[0-9A-Za-z+/]+={0,2}")
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
    message = _SignedMessage(data)
    return tuple(
        _judge(
            message,
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
    values = tuple(dict.fromkeys(question for question in questions if question is not None))
    return (yield values) if values else ()


def _signature_headers(data: bytes) -> list[bytes]:
    """The values of the DKIM-Signature fields, still folded, as dkimpy will count them."""
    head, _ = head_of(data)
    lines = re.split(rb"\r?\n(?![ \t])", head)
    pairs = (line.partition(b":") for line in lines)
    return [value for name, _, value in pairs if name.lower() == b"dkim-signature"][:SIGNATURE_LIMIT]


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
    message: _SignedMessage, index: int, fields: dict[bytes, bytes], answer: Answer | None, *, too_long: bool
) -> SignatureResult:
    def result(
        verdict: SignatureVerdict, problem: SignatureWhy | None, message: tuple[str, ...] = ()
    ) -> SignatureResult:
        return SignatureResult(_text(fields, "d").lower(), _text(fields, "s"), verdict, problem, message)

    if too_long:
        why = SignatureWhy(SignatureReason.HEADER_TOO_LONG, most=SIGNATURE_SIZE_LIMIT)
        return result(SignatureVerdict.FAIL, why)
    if answer is None:
        tag = SignatureReason.NO_NAME_OF_KEY if fields else SignatureReason.NO_TAG_LIST
        return result(SignatureVerdict.FAIL, SignatureWhy(tag))
    if answer.is_unknown:
        why = SignatureWhy(SignatureReason.KEY_NOT_FETCHED, status=answer.status.value)
        return result(SignatureVerdict.UNKNOWN, why)
    if fields.get(b"a", b"").lower() == b"rsa-sha1":
        return result(SignatureVerdict.FAIL, SignatureWhy(SignatureReason.RSA_SHA1))
    keys = [txt.data for txt in answer.txts()]
    if not keys:
        why = SignatureWhy(SignatureReason.NO_KEY, host=answer.question.name)
        return result(SignatureVerdict.FAIL, why)
    if len(message.head) > MESSAGE_HEADER_LIMIT:
        why = SignatureWhy(SignatureReason.HEAD_TOO_LONG, most=MESSAGE_HEADER_LIMIT)
        return result(SignatureVerdict.UNKNOWN, why)
    problem: SignatureWhy | None = None
    for key in keys:
        problem = _verify(message, index, key)
        if problem is None:
            note = SignatureWhy(SignatureReason.UNSIGNED_END) if b"l" in fields else None
            return result(SignatureVerdict.PASS, note, _header_names(fields))
    return result(SignatureVerdict.FAIL, problem)


def _verify(message: _SignedMessage, index: int, key: bytes) -> SignatureWhy | None:
    """None if the signature verifies with this key, else why it does not."""
    import dkim

    if re.search(rb"(?:^|;)\s*p\s*=\s*(?:;|$)", key):
        return SignatureWhy(SignatureReason.KEY_REVOKED)
    log = _LastError()
    try:
        is_valid = _timeless(message, log).verify(index, dnsfunc=lambda name, timeout=5: key)
    except dkim.DKIMException as error:
        return _why_key(key) or _readable(str(error))
    except (ValueError, IndexError, KeyError, TypeError, ArithmeticError):
        # Exceptions of dkimpy for malformed tags and keys; nothing was verified then.
        return _why_key(key) or SignatureWhy(SignatureReason.FORM)
    if is_valid:
        return None
    why = _readable(log.text) if log.text else SignatureWhy(SignatureReason.HEADERS_CHANGED)
    return _why_key(key) or why


# The beginnings of dkimpy's messages, and their meaning.
_COMPLAINTS = {
    "body hash": SignatureReason.BODY_CHANGED,
    "missing ": SignatureReason.MISSING_TAG,
    "unknown signature algorithm": SignatureReason.ALGORITHM,
    "b= value": SignatureReason.SIGNATURE_BASE64,
    "bh= value": SignatureReason.HASH_BASE64,
    "i= domain": SignatureReason.IDENTITY,
    "l= value": SignatureReason.LENGTH,
    "q= value": SignatureReason.QUERY,
    "t= value": SignatureReason.TIME,
    "x= value is less": SignatureReason.EXPIRY_BEFORE_TIME,
    "x= value": SignatureReason.EXPIRY,
    "v= value": SignatureReason.VERSION,
    "invalid c=": SignatureReason.CANONICALIZATION,
    "Unexpected characters": SignatureReason.NO_HEADER_FIELD,
}


def _readable(complaint: str) -> SignatureWhy:
    """The meaning of dkimpy's message; its own words contain octets and Python names."""
    tags = (tag for prefix, tag in _COMPLAINTS.items() if complaint.startswith(prefix))
    return SignatureWhy(next(tags, SignatureReason.FORM))


def _why_key(key: bytes) -> SignatureWhy | None:
    """Why the key record cannot be used by anybody; None when it can."""
    read = parse_key(key)
    if read.status is KeyStatus.VALID:
        return None
    return SignatureWhy(SignatureReason.KEY_UNUSABLE, problems=read.problems)


def _header_names(fields: dict[bytes, bytes]) -> tuple[str, ...]:
    """The names of h=, in lower case."""
    names = fields.get(b"h", b"").decode("ascii", "replace").split(":")
    return tuple(dict.fromkeys(name.strip().lower() for name in names if name.strip()))


class _LastError:
    """A logger for dkimpy that keeps the last message."""

    def __init__(self) -> None:
        self.text = ""

    def error(self, text: str) -> None:
        self.text = text

    def debug(self, text: str) -> None:
        """Not of interest."""

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802
        return False


class _SignedMessage:
    """A message to verify. dkimpy gets only the header section; the body is hashed here in pieces, once for
    all signatures with the same parameters."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._hashes: dict[tuple[bytes, bool, int | None], bytes] = {}
        self.head = data[: body_start(data)]

    def body_hash(self, fields: dict[bytes, bytes]) -> bytes:
        """The body hash for a=, c= and l= of the signature."""
        from dkim.crypto import HASH_ALGORITHMS

        length = int(fields[b"l"]) if b"l" in fields else None
        way = (fields[b"a"], fields.get(b"c", b"").endswith(b"/relaxed"), length)
        if way not in self._hashes:
            algorithm = HASH_ALGORITHMS[fields[b"a"]]
            self._hashes[way] = body_hash(self._data, algorithm, is_relaxed=way[1], length=length)
        return self._hashes[way]


def _check_beside_clock(fields: dict[bytes, bytes]) -> None:
    """The checks that dkimpy makes after the times, and skips if one of them is past or future. Raises its
    ValidationError."""
    import dkim

    if fields[b"v"] != b"1":
        raise dkim.ValidationError("v= value is not 1")
    expiry = fields.get(b"x")
    if expiry is None:
        return
    if not expiry.isdigit():
        raise dkim.ValidationError("x= value is not a decimal integer")
    if b"t" in fields and int(expiry) < int(fields[b"t"]):  # RFC 6376 section 3.5: x= must be greater
        raise dkim.ValidationError("x= value is less than t= value")


def _timeless(message: _SignedMessage, log: _LastError) -> Any:
    """A dkimpy verifier that does not read the clock or the body."""
    import dkim

    class Verifier(dkim.DKIM):  # type: ignore[misc, name-defined, unused-ignore]
        def verify_headerprep(self, idx: int = 0) -> Any:
            try:
                return super().verify_headerprep(idx)
            except dkim.ValidationError as error:
                if not str(error).startswith(("x= value is past", "t= value is in the future")):
                    raise
            fields = self.signature_fields
            _check_beside_clock(fields)
            self.domain, self.selector = fields[b"d"], fields[b"s"]
            names = [name.lower() for name in re.split(rb"\s*:\s*", fields[b"h"])]
            self.include_headers = tuple(names)
            headers = [(name, value) for name, value in self.headers if name.lower() == b"dkim-signature"]
            return fields, names, headers

        def verify_sig_process(self, sig: Any, *rest: Any) -> Any:
            if sig.get(b"c", b"simple/simple").split(b"/")[-1] in (b"simple", b"relaxed"):
                text = re.sub(rb"\s+", b"", sig[b"bh"])
                # dkimpy checks the form of b= where it should check bh=
                if len(text) % 4 or not _BASE64.fullmatch(text):
                    raise dkim.ValidationError("bh= value is not valid base64")
                if message.body_hash(sig) != base64.b64decode(text):
                    raise dkim.ValidationError("body hash mismatch")
            return super().verify_sig_process({tag: sig[tag] for tag in sig if tag != b"bh"}, *rest)

    return Verifier(message.head, logger=log)
