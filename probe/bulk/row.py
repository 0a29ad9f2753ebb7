"""One row of the output: what the list said, and what was found out about it."""

from __future__ import annotations

from probe._enum import StrEnum
from probe._named_tuple import NamedTuple
from probe.bulk.decision import Decision, decide
from probe.bulk.domain import DomainState
from probe.bulk.verdict import Verdict, verdict


class RowStatus(StrEnum):
    """What a row of the list is."""

    OK = "ok"
    MALFORMED = "malformed"
    DUPLICATE = "duplicate"  # of an earlier row; it has the same outcome


class DomainFacts(NamedTuple):
    """What is known of a domain, and is the same for all its rows. `provider` is the id of one that is known,
    `operator` that or the registered domain of the first MX host; both are empty where there is none.
    `failure` is what DNS answered instead."""

    state: DomainState
    provider: str = ""
    operator: str = ""
    failure: str = ""

    @property
    def verdict(self) -> Verdict:
        """What its state means."""
        return verdict(self.state)

    @property
    def note(self) -> str:
        """What there is to say of it, or nothing."""
        return "; ".join(filter(None, (self.verdict.reason, self.failure)))


class BulkRow(NamedTuple):
    """`line` and `text` as in the list; `address` and `domain` as in `Entry`; `first` is the line of the row
    that this one repeats (0: none), the case of letters apart; `typo` the domain that may be meant instead
    (empty: none); `facts` is None where nothing was asked; `answer` is what mail servers said (None: not
    asked); `catch_all` whether they take every recipient of the domain (None: not known)."""

    line: int
    text: str
    address: str | None
    domain: str | None
    entry_note: str
    first: int
    typo: str
    facts: DomainFacts | None
    answer: Verdict | None = None
    catch_all: bool | None = None

    @property
    def status(self) -> RowStatus:
        """What it is."""
        if self.domain is None:
            return RowStatus.MALFORMED
        return RowStatus.DUPLICATE if self.first else RowStatus.OK

    @property
    def decision(self) -> Decision | None:
        """What to do with it; None where nothing was asked."""
        if self.domain is None:
            return Decision.CORRECT
        if self.first:
            return Decision.SKIP
        if self.facts is None:
            return Decision.CORRECT if self.typo else None
        return decide(self.answer or self.facts.verdict, is_slip=self.typo != "")

    @property
    def note(self) -> str:
        """All that there is to say of it."""
        again = f"the same as line {self.first}" if self.first else ""
        slip = f"looks like a slip for {self.typo}" if self.typo else ""
        is_literal = self.facts is not None and self.facts.state is DomainState.LITERAL
        is_silent = is_literal and self.answer is not None  # its note says that nothing was asked
        of_domain = self.facts.note if self.facts is not None and not is_silent else ""
        of_server = self.answer.reason if self.answer is not None else ""
        parts = (self.entry_note, again, of_domain, of_server, slip)
        return "; ".join(filter(None, parts))
