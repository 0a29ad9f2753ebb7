"""One visit to the mail servers of a domain: which mailbox is asked about next, and what each reply means."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from probe._named_tuple import NamedTuple
from probe.bulk.pace import Pace
from probe.bulk.verdict import Verdict
from probe.cli.bulk_answers import Answers, OpenDomain
from probe.diagnosis.session_reading import SessionReader, SessionReading
from probe.model.address import Mailbox, ReversePath
from probe.model.reply import Stage
from probe.model.target import DomainTarget, PairTarget, Target
from probe.model.verdict import Outcome
from probe.recording import events as ev


class Question(NamedTuple):
    """One mailbox of a domain; `line` 0 for an invented one."""

    line: int
    mailbox: Mailbox


class Exchange(Protocol):
    """A command and its reply, as far as an interview looks at it."""

    @property
    def stage(self) -> Stage: ...


def verdict_of(reading: SessionReading) -> Verdict:
    """As a row has it. The note quotes the reply, which is a stranger's text."""
    verdict = reading.verdict
    reason = ""
    if verdict.outcome is not Outcome.ACCEPTED:
        words = f"{reading.host} at {reading.stage.words}: {reading.reply}"
        reason = words if reading.reply is not None and verdict.reply is not None else verdict.summary
    return Verdict(
        *(verdict.outcome, verdict.cause, verdict.band, verdict.fix_by, verdict.retry),
        reason=reason,
        action=reading.action,
        extent=verdict.extent,
    )


class Interview:
    """Listens to the sessions of one visit. `next_question` gives what to ask after a reply; `sign` is one of
    the servers'."""

    def __init__(
        self,
        answers: Answers,
        domain: OpenDomain,
        pace: Pace,
        sign: str,
        first: Question | None,
        sender: ReversePath | None,
        next_question: Callable[[OpenDomain], Question | None],
        reader: SessionReader,
        now: Callable[[], float],
    ) -> None:
        """`first` None: the servers alone are asked."""
        self.domain = domain
        self.pace = pace
        self.last: Verdict | None = None
        self._answers = answers
        self._sign = sign
        self._questions = [first] if first is not None else []
        self._sender = sender
        self._next = next_question
        self._reader = reader
        self._now = now
        self._room = pace.room(now())
        self._started_at = datetime.fromtimestamp(now(), UTC).isoformat(timespec="milliseconds")
        self._events: list[tuple[ev.Event, Question | None]] = []
        self._count = 0  # RCPTs of the session
        self.pending: Question | None = None
        self.has_asked = False

    @property
    def target(self) -> Target:
        """What the first session is about."""
        if not self._questions or self._sender is None:
            return DomainTarget(self.domain.name)
        return PairTarget(self._sender, self._questions[0].mailbox)

    def sink(self, event: ev.Event) -> None:
        """Keep an event, with the mailbox that it is about."""
        about: Question | None = None
        if isinstance(event, ev.SessionOpened):
            self._count, self.pending = 0, None
        elif isinstance(event, ev.Sent) and event.data.startswith(b"RCPT "):
            self.pending = about = self._questions[self._count]
            self._count += 1
            self.has_asked = True
            self.pace.note_question(self._now())
        elif not isinstance(event, ev.SessionClosed) and self._count:
            about = self._questions[self._count - 1]
        self._events.append((event, about))

    def on_reply(self, entry: Exchange) -> tuple[Mailbox, ...] | None:
        """A reply came: one about a mailbox is kept, and lasting before the next one is asked about."""
        if entry.stage is not Stage.RCPT or self.pending is None:
            return None
        question, self.pending = self.pending, None
        reading = self.read(question)
        self.keep(question, reading)
        paths = [it.mailbox for it in self._questions[: self._count]]
        if reading.is_about_guest or self._count >= self._room:
            return tuple(paths)
        further = self._next(self.domain)
        if further is None or further.mailbox.needs_smtputf8 != question.mailbox.needs_smtputf8:
            return tuple(paths)
        self._questions[self._count :] = [further]
        return (*paths, further.mailbox)

    def read(self, question: Question | None = None) -> SessionReading:
        """What the sessions so far mean for one mailbox; without one, for what they were to be about."""
        target = self.target
        if question is not None and self._sender is not None:
            target = PairTarget(self._sender, question.mailbox)
        events = (it for it, about in self._events if about is None or about is question)
        return self._reader.read(target, events, self._started_at)

    def keep(self, question: Question, reading: SessionReading) -> None:
        """Keep what was said about a mailbox."""
        answers, now = self._answers, self._now()
        verdict = self.last = verdict_of(reading)
        is_accepted = verdict.outcome is Outcome.ACCEPTED
        with answers.commit():
            answers.keep_traffic(self._sign, "rcpt", now)
            if question.line:
                answers.keep_mailbox(question.line, self.domain.id, verdict, now)
                has_accepted = self.domain.has_accepted or is_accepted
                self.domain = self.domain._replace(has_accepted=has_accepted, after=question.line)
            else:
                is_decided = is_accepted or verdict.outcome is Outcome.REFUSED
                self.domain = self.domain._replace(
                    catch_all=answers.keep_catch_all(
                        self.domain.id, is_accepted=is_accepted if is_decided else None
                    )
                )
            if reading.is_about_guest:
                self.pause(reading)
            elif reading.reply is not None and self.pace.in_vain:
                self.pace.note_answer()
                answers.forget_pauses(self._sign)

    def pause(self, reading: SessionReading) -> None:
        """The server spoke about the guest, and not about a recipient."""
        reply = reading.reply
        code = reply.code if reply is not None else 0
        self.pace.pause(self._now(), f"after {code}" if code != 421 else "after a 421")
        self._answers.keep_pause(self._sign, self.pace)
