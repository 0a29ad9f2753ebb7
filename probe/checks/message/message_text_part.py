"""Has the message a plain-text version?

HTML without a text/plain alternative is typical of carelessly made mailings, and filters count it against the
message; some people cannot read it.

What to do: send multipart/alternative with a text/plain part that says the same.
Source: RFC 2046 section 5.1.4; Alibaba Mail, "How to Handle Email Delivery Failure", step 5.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.model.finding import Finding

ID = "message-text-part"
STEP = 5
say = Voice(ID, STEP, ("RFC 2046 section 5.1.4",))


def check(facts: Facts) -> Iterator[Finding]:
    """A warning for HTML alone, or for no readable part at all."""
    message = facts.message
    if message is None:
        return
    if message.has_text_part:
        yield say("message-with-text", ("message",))
    else:
        yield say("message-only-html" if message.has_html_part else "message-without-text", ("message",))
