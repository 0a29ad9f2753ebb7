"""Can a mailing be unsubscribed with one click?

For messages that look like a mailing: the List-Unsubscribe field, and List-Unsubscribe-Post for one click.
Google and Yahoo demand both of bulk senders for marketing mail; without them people press "spam" instead.

What to do: add "List-Unsubscribe: <https://...>" and "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
and cover both with the DKIM signature.
Source: RFC 8058 sections 3.1 and 4; RFC 2369 section 3.2; Google and Yahoo sender requirements of 2024.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.model.finding import Finding

ID = "message-list-unsubscribe"
STEP = 5
say = Voice(ID, STEP, ("RFC 8058 section 3.1",))

_REMEDY = (
    "Add List-Unsubscribe with an https address and List-Unsubscribe-Post: List-Unsubscribe=One-Click, "
    "both signed by DKIM."
)


def check(facts: Facts) -> Iterator[Finding]:
    """A warning for a mailing without one-click; a personal message needs neither field."""
    message = facts.message
    if message is None:
        return
    if not message.bulk:
        yield say.ok(
            "the message does not look like a mailing, so it needs no List-Unsubscribe", ("message",)
        )
    elif not message.list_unsubscribe:
        yield say.warning("the mailing has no List-Unsubscribe field", ("message",), _REMEDY)
    elif not message.one_click:
        yield say.warning("the mailing cannot be unsubscribed with one click", ("message",), _REMEDY)
    else:
        yield say.ok("the mailing can be unsubscribed with one click", ("message",))
