"""Can the message be sent unchanged?

Looks for lines of more than 998 octets, bare CR or LF, and header fields with raw 8-bit characters. Servers
break such lines (which breaks a DKIM signature), refuse bare newlines (a smuggling risk), or refuse the
headers.

What to do: encode the body as quoted-printable or base64, end lines with CRLF, and write headers by
RFC 2047.
Source: RFC 5322 sections 2.1.1 and 2.3; RFC 5321 sections 2.3.8 and 4.5.3.1.6; RFC 2047.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.model.target import PairTarget
from probe.reading.message.results import MessageFacts

ID = "message-lines"
STEP = 5
say = Voice(ID, STEP, ("RFC 5322 section 2.1.1", "RFC 5321 section 2.3.8"))

_EVIDENCE = ("message",)
LINE_LIMIT = 998  # RFC 5322 section 2.1.1, without CRLF


def check(facts: Facts) -> Iterator[Finding]:
    """A warning for each fault of form."""
    message = facts.message
    if message is None:
        return
    faults = list(_faults(facts, message))
    yield from faults or [say("message-lines-fit", _EVIDENCE)]


def _faults(facts: Facts, message: MessageFacts) -> Iterator[Finding]:
    if message.longest_line > LINE_LIMIT:
        yield say("message-line-too-long", _EVIDENCE, octets=message.longest_line, limit=LINE_LIMIT)
    if message.has_bare_newlines:
        yield say("message-bare-newlines", _EVIDENCE)
    if message.has_8bit_headers and not _smtputf8(facts):
        yield say("message-8bit-headers", _EVIDENCE)


def _smtputf8(facts: Facts) -> bool:
    """RFC 6532 allows UTF-8 in header fields if the mail needs SMTPUTF8 anyway."""
    target = facts.target
    return isinstance(target, PairTarget) and (
        target.reverse_path.needs_smtputf8 or target.forward_path.needs_smtputf8
    )
