"""The mail servers of a list are asked: one session an operator (--smtp), or about mailboxes (--rcpt)."""

from __future__ import annotations

import hashlib
import time
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

from probe.bulk.domain import DomainState
from probe.bulk.verdict import GREETS, TAKES_ALL, Verdict, verdict
from probe.cli.bulk_answers import Answers, OpenDomain
from probe.cli.bulk_interview import Interview, Question, verdict_of
from probe.cli.bulk_turns import Turns, Work
from probe.cli.errors import NothingObservedError
from probe.diagnosis.session_reading import SessionReader, SessionReading
from probe.knowledge.operator_signs import networks_of, signs_of
from probe.model.address import IPAddress, Mailbox, ReversePath
from probe.model.address_parse import parse_mailbox
from probe.model.verdict import Extent
from probe.settings import BULK_BATCH, BULK_COURTESY, BULK_SHUT_IN, BULK_SILENT

_UNKNOWN = verdict(DomainState.DNS_UNKNOWN)
_SHUT_IN = (
    f"no mail server of the first {BULK_SHUT_IN} domains could be connected to: outbound port 25 seems to be "
    "closed here ('smtp-probe doctor' looks at it); the same command goes on; --again asks these, too"
)


class Host(Protocol):
    """A mail server and the addresses that may be connected to."""

    @property
    def host(self) -> str: ...
    @property
    def addresses(self) -> tuple[IPAddress, ...]: ...


class VisitLost(Exception):  # noqa: N818 - nothing is wrong with the list
    """Who held the sessions vanished; what was not answered is open."""


class Servers(Protocol):
    """Makes the sessions; as `probe.collect.caller.Caller` has them."""

    async def route(self, domain: str) -> Any: ...
    async def visit(self, target: Any, mx: Any, hosts: Any, sink: Any, on_reply: Any) -> None: ...


class SmtpAsking:
    """Asks the servers of all domains that are open. `sender` None: no mailbox is asked about. `caller` makes
    the sessions, `reader` reads them; `now` gives seconds since 1970."""

    def __init__(
        self,
        answers: Answers,
        caller: Servers,
        reader: SessionReader,
        sender: ReversePath | None,
        parallel: int,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._answers = answers
        self._caller = caller
        self._reader = reader
        self._sender = sender
        self._now = now
        self._unreachable: int | None = 0  # domains so far; None: a server was reached
        self._silent: dict[int, int] = {}  # mailboxes without a reply, one after the other, by domain
        self.turns = Turns(answers, self._visit, parallel, now)

    async def run(self) -> None:
        """Returns when nothing is open."""
        self._answers.load_courtesy(self._now())
        if self._answers.verdicts.has_reached():
            self._unreachable = None
        await self.turns.run()

    async def _visit(self, work: Work) -> None:
        domain = work.first(self._answers)
        if domain is None:
            return
        question = self._next_question(domain)
        if question is None and self._is_done(work, domain):
            return
        route = await self._caller.route(domain.name)
        hosts = [host for host in route.hosts if host.addresses]
        signs = [_signs(host) for host in hosts]
        roots = [self._answers.learn(it) for it in signs]
        root = next((it for it in roots if it not in work.tries), None)
        if root is None:
            self._finish(work, [domain], _UNKNOWN)
            return
        if root != self._answers.lanes.root(work.lane):
            self.turns.add(Work(root, deque([domain]), set(work.tries), is_whole=False))
            work.drop()
            return
        if self._has_verdict(work):
            return
        pace = self._answers.pace(root)
        if pace.holders > 1 or pace.ready_at(self._now()) > self._now():
            return  # another lane became one with this one
        first = roots.index(root)
        interview = Interview(
            self._answers,
            domain,
            pace,
            signs[first][0],
            question,
            self._sender,
            self._next_question,
            self._reader,
            self._now,
        )
        here = [host for host, it in zip(hosts, roots, strict=True) if it == root]
        try:
            await self._caller.visit(interview.target, route, here, interview.sink, interview.on_reply)
        except VisitLost:  # it may go on for a moment where nobody sees it
            self._answers.pace(root).note_end(self._now() + 2 * BULK_COURTESY.session_pause)
            work.queue[0] = interview.domain
            return
        finally:
            with self._answers.commit():
                self._answers.pace(self._answers.lanes.root(root)).note_end(self._now())
                self._answers.keep_traffic(signs[first][0], "session", self._now())
        has_other = any(it not in work.tries and it != root for it in roots)
        self._conclude(work, interview, question, root, has_other=has_other)

    # -- what follows from a visit -----------------------------------------------------------------

    def _conclude(
        self, work: Work, interview: Interview, question: Question | None, root: int, *, has_other: bool
    ) -> None:
        work.queue[0] = interview.domain
        pending = interview.pending
        if interview.has_asked:
            self._unreachable = None
        if pending is not None:
            self._keep_silence(work, interview, pending)
            return
        if interview.has_asked:
            self._silent.pop(interview.domain.id, None)
            if interview.pace.is_given_up:
                self._give_up(work, interview.last or _UNKNOWN)
            return
        reading = interview.read(question)
        self._note_reach(is_connected=reading.is_connected)
        if reading.is_about_guest:
            with self._answers.commit():
                interview.pause(reading)
            if interview.pace.is_given_up:
                self._give_up(work, verdict_of(reading))
        elif not reading.is_connected and has_other:
            work.tries.add(root)
        elif question is not None and question.mailbox.needs_smtputf8 and question.line:
            interview.keep(question, reading)
        elif question is None and reading.is_connected:
            self._finish_lane(work, reading)
        else:
            self._finish(work, [interview.domain], verdict_of(reading))

    def _note_reach(self, *, is_connected: bool) -> None:
        if is_connected:
            self._unreachable = None
        elif self._unreachable is not None:
            self._unreachable += 1
            if self._unreachable >= BULK_SHUT_IN:
                raise NothingObservedError(_SHUT_IN)

    def _keep_silence(self, work: Work, interview: Interview, pending: Question) -> None:
        """A mailbox was asked about, and there was no reply. It is not asked about again."""
        domain = interview.domain
        reading = interview.read(pending)
        interview.keep(pending, reading)
        work.queue[0] = interview.domain
        self._silent[domain.id] = self._silent.get(domain.id, 0) + 1
        if self._silent[domain.id] >= BULK_SILENT:
            del self._silent[domain.id]
            self._finish(work, [domain], verdict_of(reading)._replace(extent=Extent.SERVER))

    def _give_up(self, work: Work, why: Verdict) -> None:
        """The operator has said twice that it does not want to be asked."""
        self._for_all(work, why._replace(extent=Extent.SERVER))

    def _finish_lane(self, work: Work, reading: SessionReading) -> None:
        """Without mailboxes, one session speaks for all servers of an operator."""
        answer = verdict_of(reading)
        where = f"asked at {reading.host}, for all of the operator's domains"
        answer = answer._replace(reason="; ".join(filter(None, (answer.reason, where))))
        if self._sender is not None:  # other domains of the lane have mailboxes to ask about
            self._finish(work, [work.queue[0]], answer)
            return
        with self._answers.commit():
            self._answers.keep_lane(work.lane, answer, self._now())
        self._for_all(work, answer)

    def _for_all(self, work: Work, answer: Verdict) -> None:
        if not work.is_whole:
            self._finish(work, list(work.queue), answer)
            return
        last = 0
        while domains := self._answers.open_domains(work.lane, last, BULK_BATCH):
            last = domains[-1].id
            with self._answers.commit():
                self._answers.finish([it.id for it in domains], answer)
        work.queue.clear()

    def _finish(self, work: Work, domains: list[OpenDomain], answer: Verdict) -> None:
        with self._answers.commit():
            self._answers.finish([it.id for it in domains], answer)
        for _ in domains:
            work.drop()

    # -- what is asked -----------------------------------------------------------------------------

    def _next_question(self, domain: OpenDomain) -> Question | None:
        """The mailbox to ask about next; None where there is none."""
        if self._sender is None or domain.catch_all == 1:
            return None
        if domain.has_accepted and domain.catch_all is None:
            return Question(0, _invent(domain.name, self._answers.seed))
        row = self._answers.next_mailbox(domain.name, domain.after)
        return Question(row[0], parse_mailbox(row[1])) if row is not None else None

    def _is_done(self, work: Work, domain: OpenDomain) -> bool:
        """Whether nothing is left to ask about the domain; then it is finished."""
        if domain.catch_all == 1:
            self._finish(work, [domain], TAKES_ALL)
            return True
        if self._sender is not None and self._answers.has_answers(domain.id):
            self._finish(work, [domain], GREETS)
            return True
        return self._has_verdict(work)

    def _has_verdict(self, work: Work) -> bool:
        """Whether a session with another server of the operator spoke for these domains, too."""
        answer = self._answers.verdict_of_lane(work.lane) if self._sender is None else None
        if answer is not None:
            self._for_all(work, answer)
        return answer is not None


def _signs(host: Host) -> tuple[str, ...]:
    return signs_of(host.host, networks_of(ip.packed for ip in host.addresses))


def _invent(domain: str, seed: int) -> Mailbox:
    """A mailbox that nobody has: 80 bits of the run's seed and the domain."""
    digest = hashlib.sha256(f"smtp-probe {seed} {domain}".encode()).hexdigest()
    return parse_mailbox(f"probe-{digest[:20]}@{domain}")
