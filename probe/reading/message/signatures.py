"""DKIM signatures of a message (RFC 6376), verified by dkimpy over answers of the question protocol."""

from __future__ import annotations

import re
from typing import Any

from probe.model.address import AddressError
from probe.model.address_parse import parse_domain
from probe.reading.message.abridge import head_of
from probe.reading.message.results import SignatureResult
from probe.standards.dns.message import Answer, Question, RecordType, Resolution

SIGNATURE_LIMIT = 10  # signatures looked at; RFC 6376 section 6.1 lets a verifier bound them
SIGNATURE_SIZE_LIMIT = 8192  # octets of one signature: dkimpy's work grows with the square of a tag's length
LINES_LIMIT = 700_000  # lines of a message that is verified: dkimpy holds each; 32 MiB of base64 are 450 000
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
    wanted = tuple(dict.fromkeys(question for question in questions if question is not None))
    answers = dict(zip(wanted, (yield wanted), strict=True)) if wanted else {}
    return tuple(
        _judge(
            data,
            index,
            field,
            answers.get(question) if question else None,
            too_long=len(header) > SIGNATURE_SIZE_LIMIT,
        )
        for index, (header, field, question) in enumerate(zip(headers, fields, questions, strict=True))
    )


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
    data: bytes, index: int, fields: dict[bytes, bytes], answer: Answer | None, *, too_long: bool
) -> SignatureResult:
    domain, selector = _text(fields, "d").lower(), _text(fields, "s")
    if too_long:
        problem = f"the header is longer than {SIGNATURE_SIZE_LIMIT} octets"
        return SignatureResult(domain, selector, "fail", problem)
    if answer is None:
        problem = "s= or d= is missing or unusable" if fields else "the header is not a tag list"
        return SignatureResult(domain, selector, "fail", problem)
    if answer.is_unknown:
        return SignatureResult(domain, selector, "unknown", f"the key could not be fetched ({answer.status})")
    if fields.get(b"a", b"").lower() == b"rsa-sha1":
        return SignatureResult(domain, selector, "fail", "rsa-sha1 is no longer accepted (RFC 8301)")
    keys = [txt.data for txt in answer.txts()]
    if not keys:
        return SignatureResult(domain, selector, "fail", f"there is no key at {answer.question.name}")
    if data.count(b"\n") > LINES_LIMIT:
        return SignatureResult(domain, selector, "unknown", f"more than {LINES_LIMIT} lines: not verified")
    problem = ""
    for key in keys:
        problem = _verify(data, index, key)
        if not problem:
            note = "l= leaves the end of the body unsigned" if b"l" in fields else ""
            return SignatureResult(domain, selector, "pass", note)
    return SignatureResult(domain, selector, "fail", problem)


def _verify(data: bytes, index: int, key: bytes) -> str:
    """Empty when the signature holds under this key, else why it does not."""
    import dkim

    if re.search(rb"(?:^|;)\s*p\s*=\s*(?:;|$)", key):
        return "the key is revoked (empty p=)"
    log = _LastError()
    try:
        holds = _timeless(data, log).verify(index, dnsfunc=lambda name, timeout=5: key)
    except dkim.DKIMException as error:
        return _readable(error)
    except (ValueError, IndexError, KeyError, TypeError, ArithmeticError) as error:
        # What dkimpy lets through on malformed tags and keys; each means that nothing was verified.
        return f"the signature or key cannot be read ({type(error).__name__})"
    return "" if holds else (log.text or "the signature does not match the headers")


def _readable(error: Exception) -> str:
    text = str(error)
    return "the body was changed after signing (body hash differs)" if text.startswith("body hash") else text


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


def _timeless(data: bytes, log: _LastError) -> Any:
    """A dkimpy verifier that asks no clock."""
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
            signed = [name.lower() for name in re.split(rb"\s*:\s*", fields[b"h"])]
            self.include_headers = tuple(signed)
            headers = [(name, value) for name, value in self.headers if name.lower() == b"dkim-signature"]
            return fields, signed, headers

    return Verifier(data, logger=log)
