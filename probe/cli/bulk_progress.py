"""How far `bulk` is, on stderr: a line that is rewritten, a line now and then, or JSON Lines."""

from __future__ import annotations

import contextlib
import sys
import time
from types import TracebackType

from probe._enum import StrEnum
from probe.cli.errors import complain
from probe.cli.progress import ProgressLine
from probe.model.text import duration, thousands
from probe.report.json_text import json_text
from probe.settings import BULK_PROGRESS


class ProgressForm(StrEnum):
    """What --progress takes."""

    AUTO = "auto"
    JSONL = "jsonl"
    NONE = "none"


_TICK = 0.5  # seconds between two looks


class BulkProgress:
    """Told of each step; says it where it is time to. A context manager."""

    def __init__(self, form: ProgressForm) -> None:
        self._form = form
        self._line = ProgressLine(is_wanted=form is ProgressForm.AUTO)
        self._is_terminal = sys.stderr.isatty()
        self._last = time.monotonic()
        self._phase = ""
        self._since = self._last
        self._at_first = 0

    def __enter__(self) -> BulkProgress:
        self._line.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._line.__exit__(kind, error, trace)

    def erase(self) -> None:
        """The line goes: other output follows."""
        self._line.erase()

    def __call__(
        self,
        phase: str,
        count: int,
        total: int | None,
        waits_for: str = "",
        mailboxes: int | None = None,
    ) -> None:
        """`count` of `total` (None: not known) in `phase`; `waits_for` what is not there yet; `mailboxes` how
        many were asked about (None: that is not the matter)."""
        now = time.monotonic()
        if phase != self._phase:
            self._phase, self._since, self._at_first = phase, now, count
        if self._form is ProgressForm.NONE or now - self._last < self._pause:
            return
        self._last = now
        rate = (count - self._at_first) / max(now - self._since, 0.001)
        # what is waited for comes in its own time, and of mailboxes an operator takes so many an hour
        is_steady = total is not None and rate > 0 and not waits_for and mailboxes is None
        left = round((total - count) / rate) if total is not None and is_steady else None
        if self._form is ProgressForm.JSONL:
            facts = {"phase": phase, "done": count, "total": total, "per_second": round(rate, 1)}
            facts |= {"seconds_left": left, "waits_for": waits_for or None, "mailboxes": mailboxes}
            with contextlib.suppress(OSError):
                print(
                    json_text(facts),
                    file=sys.stderr,
                    flush=True,
                )
            return
        parts = [
            f"{thousands(mailboxes)} mailbox{'es' if mailboxes > 1 else ''} asked about" if mailboxes else "",
            f"{phase}: {thousands(count)}{f' of {thousands(total)}' if total is not None else ''}",
            f"{thousands(rate)} a second" if rate >= 1 else "",
            f"{duration(left)} left" if left is not None else "",
            f"waits for {waits_for}" if waits_for else "",
        ]
        text = ", ".join(filter(None, parts))
        if self._is_terminal:
            self._line(text)
        else:
            complain(text)

    @property
    def _pause(self) -> float:
        if self._form is ProgressForm.JSONL:
            return 1.0
        return _TICK if self._is_terminal else BULK_PROGRESS
