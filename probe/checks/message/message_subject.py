"""Is the subject honest?

Looks for subjects that filters distrust: none at all, all in capitals, many exclamation marks, stock phrases
of urgency and money, a "Re:" in a message that continues no thread, and characters that hide or reorder text.

What to do: write a subject that says what the message is about, in sentence case.
Source: RFC 5322 section 3.6.5; Alibaba Mail, "How to Handle Email Delivery Failure", step 5; the lists in
knowledge/message.toml.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.reading.message.subject import subject_problems

ID = "message-subject"
STEP = 5
say = Voice(ID, STEP, ("RFC 5322 section 3.6.5",))


def check(facts: Facts) -> Iterator[Finding]:
    """One warning that names everything about the subject that filters distrust."""
    message = facts.message
    if message is None:
        return
    subject = message.subject.strip()
    problems = subject_problems(subject, is_threaded=message.is_threaded)
    if problems:
        yield say("message-subject-distrusted", ("message",), problems=problems, subject=subject)
    else:
        yield say("message-subject-plain", ("message",))
