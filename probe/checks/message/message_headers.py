"""Does the message have the header fields that it must have?

From and Date are required, From exactly once; Message-ID should be there. Messages without them are refused
by large receivers and score badly everywhere.

What to do: have the program that writes the message add the field; do not rely on a server on the way.
Source: RFC 5322 sections 3.6, 3.6.1, 3.6.2 and 3.6.4.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.reading.message.results import MessageFacts

ID = "message-headers"
STEP = 5
say = Voice(ID, STEP, ("RFC 5322 section 3.6",))

_EVIDENCE = ("message",)


def check(facts: Facts) -> Iterator[Finding]:
    """An error without From, warnings for the rest."""
    message = facts.message
    if message is None:
        return
    faults = list(_faults(message))
    yield from faults or [say("message-fields-present", _EVIDENCE)]


def _faults(message: MessageFacts) -> Iterator[Finding]:
    if not message.from_mailboxes:
        yield say("message-without-from", _EVIDENCE)
    elif len(message.from_domains) > 1:
        yield say("message-several-from-domains", _EVIDENCE, domains=message.from_domains)
    missing = [
        name for name, has in (("Date", message.has_date), ("Message-ID", message.has_message_id)) if not has
    ]
    if missing:
        yield say("message-without-fields", _EVIDENCE, missing=missing)
