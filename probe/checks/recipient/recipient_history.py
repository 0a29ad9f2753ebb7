"""What is publicly known about the recipient's domain?

Shows dated, public observations of mail to this domain, such as the tests that others made at tmall.com. They
are history: what DNS and the server say in this run takes precedence, and they are not evidence for a cause.
Nothing is shown once the recipient was accepted.

What to do: read them beside the server's answer, and ask where the address came from.
Source: the sources named in each finding, as recorded in knowledge/providers.toml.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging import dialogue
from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.knowledge.providers import domain_notes
from probe.model.finding import Finding

ID = "recipient-history"
STEP = 3
say = Voice(ID, STEP, ())


def check(facts: Facts) -> Iterator[Finding]:
    """A notice for each note, oldest first; silent for a domain without any."""
    if dialogue.was_accepted(facts):
        return
    for note in domain_notes(facts.recipient.domain):
        yield say.with_sources(note.source)(
            "domain-note",
            ("domain-note",),
            says=note.says.rstrip("."),
            source=note.source,
            date="" if note.date in note.source else note.date,
        )
