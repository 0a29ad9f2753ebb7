"""Does the message have the header fields that it must have?

From and Date are required, From exactly once; Message-ID should be there. Messages without them are refused
by large receivers and score badly everywhere. A From field that names several mailboxes needs a Sender field,
and Gmail refuses it all the same.

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


def _of_authors(message: MessageFacts) -> Finding:
    several = len(message.from_domains) > 1
    tag = "message-several-from-domains" if several else "message-several-authors"
    return say(tag, _EVIDENCE, domains=message.from_domains, mailboxes=message.from_mailboxes)


def _faults(message: MessageFacts) -> Iterator[Finding]:
    if not message.from_mailboxes:
        yield say("message-without-from", _EVIDENCE)
    elif message.from_fields > 1:
        yield say("message-several-from-fields", _EVIDENCE, count=message.from_fields)
    elif len(message.from_mailboxes) > 1:
        yield _of_authors(message)
        if not message.has_sender:
            yield say("message-without-sender", _EVIDENCE)
    missing_fields = [
        name for name, has in (("Date", message.has_date), ("Message-ID", message.has_message_id)) if not has
    ]
    if missing_fields:
        yield say("message-without-fields", _EVIDENCE, missing=missing_fields)
