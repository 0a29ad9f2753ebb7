"""Can a mailing be unsubscribed with one click?

For messages that look like a mailing: the List-Unsubscribe field, and List-Unsubscribe-Post for one click,
both covered by a DKIM signature that verifies. Google and Yahoo demand both of bulk senders for marketing
mail; without them people press "spam" instead.

What to do: add "List-Unsubscribe: <https://...>" and "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
and cover both with the DKIM signature.
Source: RFC 8058 sections 3.1 and 4; RFC 2369 section 3.2; Google and Yahoo sender requirements of 2024.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.unsubscribe import one_click_counts
from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.model.finding import Finding

ID = "message-list-unsubscribe"
STEP = 5
say = Voice(ID, STEP, ("RFC 8058 section 3.1",))


def check(facts: Facts) -> Iterator[Finding]:
    """A warning for a mailing without one-click; a personal message needs neither field."""
    message = facts.message
    if message is None:
        return
    if not message.bulk:
        yield say("unsubscribe-not-needed", ("message",))
    elif not message.list_unsubscribe:
        yield say("unsubscribe-missing", ("message",))
    elif not message.one_click:
        yield say("unsubscribe-not-one-click", ("message",))
    else:
        yield say(_OF_SIGNED[one_click_counts(message)], ("message",))


_OF_SIGNED = {
    True: "unsubscribe-one-click",
    False: "unsubscribe-not-signed",
    None: "unsubscribe-signature-unknown",
}
