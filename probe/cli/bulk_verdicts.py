"""What mail servers said, in the state of `bulk`: each verdict once, by its id."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator

from probe.bulk.verdict import Verdict
from probe.model.verdict import Extent, Outcome

UNDECIDED = 2  # in domains.catch_all: asked, and neither yes (1) nor no (0)
_MOST = 4096  # verdicts in memory
_NO_MAILBOX = frozenset({"user_unknown", "mailbox_disabled", "recipient_refused"})


class Verdicts:
    """The verdicts of a state."""

    def __init__(self, base: sqlite3.Connection) -> None:
        self._base = base
        self._by_id: dict[int, Verdict] = {}

    def id_of(self, verdict: Verdict) -> int:
        """Its id; one that is new is put in."""
        text = json.dumps(verdict.cells)
        self._base.execute("insert or ignore into verdicts (cells) values (?)", (text,))
        (number,) = self._base.execute("select id from verdicts where cells = ?", (text,)).fetchone()
        return int(number)

    def get(self, number: int | None) -> Verdict | None:
        """The verdict with this id; None for none."""
        if number is None:
            return None
        verdict = self._by_id.get(number)
        if verdict is None:
            (text,) = self._base.execute("select cells from verdicts where id = ?", (number,)).fetchone()
            if len(self._by_id) >= _MOST:
                self._by_id.clear()
            verdict = self._by_id[number] = Verdict.of(json.loads(text))
        return verdict

    def items(self) -> Iterator[tuple[int, Verdict]]:
        """All, with their ids."""
        for number, text in self._base.execute("select id, cells from verdicts"):
            yield number, Verdict.of(json.loads(text))

    def has_reached(self) -> bool | None:
        """Whether a mail server could be connected to, in this process or an earlier one; None where nothing
        is known of any."""
        result = None
        for _, verdict in self.items():
            if verdict.extent is not Extent.DNS:
                return True
            result = False
        return result

    @staticmethod
    def is_open(answer: Verdict | None, of_all: int | None) -> bool:
        """Whether the row cannot be written yet: a mailbox was accepted, and it is not known whether every
        other is, too."""
        return answer is None or (answer.outcome is Outcome.ACCEPTED and of_all is None)

    @staticmethod
    def catch_all(answer: Verdict | None, of_all: int | None, *, is_own: bool) -> bool | None:
        """Whether the domain takes every recipient, as far as this row can say; it does not depend on what
        was asked when."""
        if answer is None or (is_own and answer.extent is not Extent.MAILBOX):
            return None
        if answer.outcome is Outcome.ACCEPTED:
            return None if of_all in (None, UNDECIDED) else bool(of_all)
        is_no = answer.outcome is Outcome.REFUSED and answer.cause in _NO_MAILBOX
        return False if is_own and is_no else None
