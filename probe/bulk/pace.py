"""How fast one operator may be asked: the courtesy of a list, and how far it is used up.

There is no clock in it: times are seconds since 1970, which the caller gives.
"""

from __future__ import annotations

from collections import deque

from probe._dataclass import dataclass, field
from probe.settings import BULK_COURTESY, ListCourtesy

_HOUR = 3600.0


@dataclass(slots=True)
class Pace:
    """What one lane has seen. `last_end` is when its last session ended, `paused_until` until when it pauses
    and `why`, `in_vain` how many pauses in a row brought no answer; `questions` are the times of RCPT in the
    last hour; `holders` counts those that hold a session, or are about to: one, but for lanes that became one
    meanwhile."""

    courtesy: ListCourtesy = BULK_COURTESY
    last_end: float = 0.0
    paused_until: float = 0.0
    why: str = ""
    in_vain: int = 0
    questions: deque[float] = field(default_factory=deque)
    holders: int = 0

    def ready_at(self, now: float) -> float:
        """From when on a session may begin; not later than `now` means at once."""
        self._forget(now)
        over = len(self.questions) - self.courtesy.mailboxes_an_hour
        by_cap = self.questions[over] + _HOUR if over >= 0 else 0.0
        after_last = self.last_end + self.courtesy.session_pause if self.last_end else 0.0
        return max(after_last, self.paused_until, by_cap)

    def room(self, now: float) -> int:
        """About how many mailboxes a session that begins now may ask."""
        self._forget(now)
        left = self.courtesy.mailboxes_an_hour - len(self.questions)
        return max(min(self.courtesy.rcpt_a_session, left), 0)

    def note_question(self, now: float) -> None:
        """An RCPT was sent."""
        self.questions.append(now)

    def note_end(self, now: float) -> None:
        """A session ended, or an attempt at one."""
        self.last_end = max(self.last_end, now)

    def note_answer(self) -> None:
        """There was an answer about a recipient, so the guest is welcome again."""
        self.in_vain = 0

    def pause(self, now: float, why: str) -> None:
        """The server spoke about the guest: wait."""
        self.paused_until = now + self.courtesy.guest_pause
        self.why = why
        self.in_vain += 1

    @property
    def is_given_up(self) -> bool:
        """Whether so many pauses brought nothing that no more is asked."""
        return self.in_vain >= self.courtesy.pauses_in_vain

    def is_past(self, now: float) -> bool:
        """Whether it is as that of an operator that nobody has asked."""
        return self.ready_at(now) <= now and not (self.holders or self.questions or self.in_vain)

    def join(self, other: Pace) -> None:
        """The two lanes are one from now on: what either has seen counts."""
        if other.paused_until > self.paused_until:
            self.paused_until, self.why = other.paused_until, other.why
        self.last_end = max(self.last_end, other.last_end)
        self.in_vain = max(self.in_vain, other.in_vain)
        self.holders += other.holders
        self.questions = deque(sorted((*self.questions, *other.questions)))

    def _forget(self, now: float) -> None:
        while self.questions and self.questions[0] <= now - _HOUR:
            self.questions.popleft()
