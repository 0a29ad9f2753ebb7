"""Does the recipient look like an address that a test-data generator made?

Mockaroo makes addresses of a first initial, a surname and the row number in base 36, at domains taken from a
fixed pool (tmall.com, taobao.com, qq.com and others). Nobody ever had such a mailbox. The shape counts only
at domains of that pool, because elsewhere a person may have such a name; at domains where people have
mailboxes too (qq.com), a plain number at the end is only a notice. A row number without a digit looks like a
part of the surname, so another shape proves nothing.

What to do: ask where the list came from; an address out of a test file belongs on no list.
Source: public MOCK_DATA.json files, all of whose rows have the shape; knowledge/test_data.toml.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.knowledge.test_data import generated_shape, generators
from probe.model.finding import Finding
from probe.model.target import PairTarget

ID = "recipient-test-data"
STEP = 3
say = Voice(ID, STEP, ())


def check(facts: Facts) -> Iterator[Finding]:
    """A warning or a notice for the shape, ok for another shape; silent at any other domain."""
    target = facts.target
    if not isinstance(target, PairTarget):
        return
    mailbox = target.forward_path
    shape = generated_shape(mailbox.local_part, mailbox.domain)
    if shape is not None:
        yield say.with_sources(shape.generator.source)(
            "test-data-telling" if shape.telling else "test-data-possible",
            ("input:recipient",),
            mailbox=mailbox,
            generator=shape.generator.title,
            shape=shape.generator.says,
        )
    elif any(facts.recipient.domain.lower() in generator.domains for generator in generators()):
        yield say("test-data-not-seen")
