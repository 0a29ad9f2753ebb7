"""What should one know of the recipient's provider?

Shows what a reader of its answers must know: when it refuses, what its codes stand for, whether an accepted
RCPT is the answer of a filter, who runs it. The provider is recognised by its MX hosts, its domain or its
greeting. It is background and no evidence for a cause: what the server says in this run takes precedence.

What to do: read it beside the server's answer.
Source: the sources named in each finding, as recorded in knowledge/providers.toml and knowledge/mx.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.model.finding import Finding

ID = "provider-notes"
STEP = 3
say = Voice(ID, STEP, ())


def check(facts: Facts) -> Iterator[Finding]:
    """A notice with what is recorded; silent for a provider without notes, and for none."""
    provider = facts.recipient.provider
    if provider is None or not provider.notes:
        return
    yield say.with_sources(provider.source)(
        "provider-note", ("mx-provider",), provider=provider.title, says=provider.notes.rstrip(".")
    )
