"""The live resolver: asks recursive name servers, each question once, within the run's deadline.

No search list is ever applied: a name is asked as it stands. All state belongs to the instance.

An answer that a server made itself (`Answer.doubt`) is no reason to stop: the next server is asked, and
behind the stub of systemd-resolved those that it asks itself. PTR questions go to these at once, because
the stub makes up the reverse names of its machine.
"""

from __future__ import annotations

import asyncio
import math
import socket
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from types import TracebackType

from probe.model.answer_fault import AnswerFault, AnswerWhy
from probe.model.observed import Gap
from probe.model.reason import Reason
from probe.model.target import Endpoint
from probe.net.answers import Answers
from probe.net.dns_exchange import exchange
from probe.net.dns_liveness import Liveness
from probe.net.dns_schedule import RunQuestions, Turn, schedule
from probe.net.dns_wire import Reply
from probe.net.resolv_conf import LOCAL, SYSTEM, ResolverConfiguration, read
from probe.net.stub import servers_behind
from probe.net.witness import is_own_word, means_this_machine, most_telling
from probe.settings import (
    CNAME_LIMIT,
    CNAME_QUERIES,
    DNS_LIFETIME,
    DNS_MAX_QUERIES,
    DNS_PARALLEL,
    DNS_QUERY_TIMEOUT,
)
from probe.standards.dns import names
from probe.standards.dns.health import CONTROL
from probe.standards.dns.message import Answer, Question, RecordType, Status

FINAL = (Status.ANSWER, Status.NODATA, Status.NXDOMAIN, Status.CNAME_LOOP)


class ResolverConfigError(Exception):
    """There is no usable name server; the message is one line for the user. `passed_over` says why the lines
    of the system's file name none."""

    def __init__(self, message: str, passed_over: tuple[Reason[Gap], ...] = ()) -> None:
        super().__init__(message)
        self.passed_over = passed_over


def system_nameservers(path: Path = SYSTEM) -> ResolverConfiguration:
    """The name servers of this machine, in their order. Where none is named, the one on this machine, if one
    listens there, as glibc has it. Raises ResolverConfigError when there are none."""
    configuration = read(path)
    if configuration.servers:
        return configuration
    if _listens(LOCAL):
        return replace(configuration, servers=(LOCAL,))
    raise ResolverConfigError(
        f"this machine names no DNS resolver; give one with --nameserver IP (no line of {path} names one, "
        f"and nothing listens at {LOCAL.host})",
        configuration.passed_over,
    )


def _listens(server: Endpoint) -> bool:
    """Whether a server of this machine takes connections; nothing is said to it."""
    try:
        socket.create_connection((server.host, server.port), timeout=1).close()
        return True
    except OSError:
        return False


def _check(server: Endpoint) -> Endpoint:
    try:
        ip_address(server.host)
    except ValueError:
        raise ResolverConfigError(
            f"{server.host!r} is no name server: an IP address is needed, not a name"
        ) from None
    return server


class Resolver:
    """Asks `nameservers` (empty: the system's) in order, the next one when one fails; `passed_over` are the
    lines of the system's file that are not heeded, each with the reason.

    `seconds_left` gives the seconds left of the run; `on_answer` receives each answer once, when it is known;
    what `shared` holds of other runs is not asked again. Used as an async context manager, it cancels what is
    still open on the way out.
    """

    def __init__(
        self,
        nameservers: tuple[Endpoint, ...] = (),
        *,
        on_answer: Callable[[Answer], None] | None = None,
        on_silence: Callable[[Endpoint, Status], None] | None = None,
        seconds_left: Callable[[], float] = lambda: math.inf,
        query_timeout: float = DNS_QUERY_TIMEOUT,
        lifetime: float = DNS_LIFETIME,
        parallel: int = DNS_PARALLEL,
        max_queries: int = DNS_MAX_QUERIES,
        shared_answers: Answers | None = None,
    ) -> None:
        """Raises ResolverConfigError when there is no usable name server."""
        configuration = (
            ResolverConfiguration(tuple(map(_check, nameservers))) if nameservers else system_nameservers()
        )
        self.nameservers = configuration.servers
        self._behind = servers_behind(self.nameservers)
        self.passed_over = tuple(replace(it, where=str(SYSTEM)) for it in configuration.passed_over)
        self.only_tcp = configuration.tcp
        self._on_answer = on_answer
        self._seconds_left = seconds_left
        self._query_timeout = query_timeout
        self._lifetime = lifetime
        self._max_queries = max_queries
        self._queries_left = max_queries
        self._questions = RunQuestions(parallel)
        self._shared_answers = shared_answers or Answers()
        self._answers: dict[Question, asyncio.Future[Answer]] = {}
        self._tasks: set[asyncio.Task[Answer]] = set()
        self._liveness = Liveness(on_silence)
        self._watch: asyncio.TimerHandle | None = None
        self._edns: dict[Endpoint, bool] = {}  # whether a server answers to EDNS, as far as that was seen

    async def __aenter__(self) -> Resolver:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Stop questions that are still under way; they stay without an answer."""
        schedule().withdraw(self._questions)
        if self._watch is not None:
            self._watch.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for answer in self._answers.values():
            answer.cancel()

    async def ask(self, questions: tuple[Question, ...]) -> tuple[Answer, ...]:
        """The answers in the order of the questions, asked at once; never raises for what DNS said. What was
        asked before in this run is answered from memory, and what is under way is waited for."""
        for question in questions:
            self._ask_for(question)
        answers = [self._answers[question] for question in questions]
        for answer in answers:
            if not answer.done():
                await asyncio.shield(answer)  # another caller may wait for it, too
        return tuple(answer.result() for answer in answers)

    def _ask_for(self, question: Question) -> None:
        if question not in self._answers:
            self._answers[question] = asyncio.get_running_loop().create_future()
            self._ask(question)

    def _ask(self, question: Question) -> None:
        bad = names.why_bad_name(question.name)
        bad_name_answer = Answer(question, Status.BAD_NAME, why=bad) if bad else None
        answer = (
            bad_name_answer
            or self._unasked(question)
            or self._shared_answers.recall(self.nameservers, question)
        )
        if answer is not None:
            self._answers[question].set_result(answer)
            self._tell(answer)
        elif question == CONTROL:
            self._begin(question, None)  # those that wait for it hold all turns, perhaps
        else:
            schedule().add(self._questions, partial(self._begin, question))

    def _unasked(self, question: Question) -> Answer | None:
        """Once nobody has answered for a name that every resolver knows, nothing more is asked."""
        if not self._liveness.is_dead:
            return None
        names = " and ".join(server.as_name_server for server in self.nameservers)
        return Answer(question, Status.NOT_ASKED, why=AnswerWhy(AnswerFault.NO_LIVE_SERVER, server=names))

    def _begin(self, question: Question, turn: Turn | None) -> None:
        if self._watch is None:
            # the longest that a try may take: whoever is heard of by then is at work
            self._watch = asyncio.get_running_loop().call_later(self._query_timeout, self._look_around)
        task = asyncio.get_running_loop().create_task(self._answer(question))
        self._tasks.add(task)
        task.add_done_callback(partial(self._finish, question, turn))

    def _look_around(self) -> None:
        """Nobody was heard in time: ask for what every resolver knows, while the others still wait."""
        if self._liveness.is_silent:
            self._ask_for(CONTROL)

    async def _answer(self, question: Question) -> Answer:
        answer = self._unasked(question) or await self._resolve(question)
        if question == CONTROL:
            self._liveness.conclude(answer.status)
        elif self._liveness.is_in_doubt(answer.status) and self._seconds_left() > 0:
            await self.ask((CONTROL,))
        self._shared_answers.keep(self.nameservers, answer)
        self._tell(answer)
        return answer

    def _finish(self, question: Question, turn: Turn | None, task: asyncio.Task[Answer]) -> None:
        if turn is not None:
            turn.end()
        self._tasks.discard(task)
        if task.cancelled():
            self._answers[question].cancel()
        elif (error := task.exception()) is not None:
            self._answers[question].set_exception(error)
        else:
            self._answers[question].set_result(task.result())

    def _tell(self, answer: Answer) -> None:
        if self._on_answer is not None:
            self._on_answer(answer)

    async def _resolve(self, question: Question) -> Answer:
        """Ask, and ask on where a CNAME chain was left open, a bounded number of times."""
        began = time.monotonic()
        seconds_left = self._seconds_left()
        # nobody is waited for longer than for the question that made it doubtful
        lifetime = max(self._lifetime - self._query_timeout, 0.0) if question == CONTROL else self._lifetime
        until = began + min(lifetime, seconds_left)
        reply = await self._first_good(question, until)
        aliases, secure, asked_on = reply.aliases, reply.authenticated, 0
        while (end := reply.open_end) is not None:
            asked_on += 1
            too_many = asked_on > CNAME_QUERIES or len(aliases) > CNAME_LIMIT
            if too_many or end in (question.name, *aliases[:-1]):
                reply = Reply(Status.CNAME_LOOP, why=AnswerWhy(AnswerFault.CNAME_OPEN, name=end))
                break
            reply = await self._first_good(replace(question, name=end), until)
            aliases += reply.aliases
            secure = secure and reply.authenticated
        if reply.status is Status.TIMEOUT and reply.why is not None and seconds_left < self._lifetime:
            reply = replace(reply, why=replace(reply.why, is_late=True))
        elapsed_ms = round((time.monotonic() - began) * 1000)
        return replace(reply, aliases=aliases, authenticated=secure).answer_to(question, elapsed_ms)

    async def _first_good(self, question: Question, until: float) -> Reply:
        """The first conclusive reply that is not a server's own word, else the first that is; the most
        telling failure when no server gives one by `ends`."""
        replies: list[Reply] = []
        groups = self._order(question)
        for number, servers in enumerate(groups, 1):
            reply = await self._first_final(question, servers, until, patient=number == len(groups))
            if reply.status in FINAL and not self._is_own_word(question, reply):
                return reply
            replies.append(reply)
        own = next((reply for reply in replies if reply.status in FINAL), None)
        return own or most_telling(replies) or _not_asked(AnswerFault.NO_SERVER)

    def _is_own_word(self, question: Question, reply: Reply) -> bool:
        return is_own_word(question, reply, is_stub=bool(self._behind))

    def _order(self, question: Question) -> tuple[tuple[Endpoint, ...], ...]:
        """The groups of servers to ask one after the other."""
        if not self._behind or means_this_machine(question):
            return (self.nameservers,)
        if question.rtype is RecordType.PTR:
            return (self._behind, self.nameservers)
        return (self.nameservers, self._behind)

    async def _first_final(
        self, question: Question, servers: tuple[Endpoint, ...], until: float, *, patient: bool
    ) -> Reply:
        """Ask the servers in turn until one of them speaks for the zone. A server's own word counts where no
        other has more to say. Where there is such a word, or others come after these (not `patient`), each is
        tried once."""
        failures: list[Reply] = []
        own: Reply | None = None
        candidates = list(servers)
        while candidates:
            for server in tuple(candidates):
                rest = until - time.monotonic()
                if rest <= 0:
                    return own or most_telling(failures) or _not_asked(AnswerFault.DEADLINE)
                if self._queries_left <= 0:
                    return (
                        own
                        or most_telling(failures)
                        or _not_asked(AnswerFault.MOST_QUERIES, self._max_queries)
                    )
                # the last one is worth all the time that is left
                is_last = len(candidates) == 1 and own is None and patient
                timeout = rest if is_last else min(self._query_timeout, rest)
                reply = await self._exchange(server, question, timeout)
                if reply.status in FINAL and not self._is_own_word(question, reply):
                    return reply
                if reply.status in FINAL:
                    own = own or reply
                else:
                    failures.append(reply)
                if reply.status is not Status.TIMEOUT or own is not None or not patient:
                    candidates.remove(server)  # it spoke, or cannot be reached: asking again is idle
        return own or most_telling(failures) or _not_asked(AnswerFault.NO_SERVER)

    async def _exchange(self, server: Endpoint, question: Question, timeout: float) -> Reply:
        self._queries_left -= 1  # before waiting: others ask meanwhile
        edns = self._edns.get(server)
        result = await exchange(
            server, question, timeout, edns=edns, again=self._query_timeout, tcp=self.only_tcp
        )
        self._queries_left -= result.queries - 1
        self._liveness.note(server, result.reply.status)
        if result.reply.edns:
            self._edns[server] = True
        elif result.reply.status in FINAL and not result.edns:
            self._edns.setdefault(server, False)  # asked without at last, it answers
        return result.reply.of(server.as_name_server)


def _not_asked(tag: AnswerFault, most: int | None = None) -> Reply:
    return Reply(Status.NOT_ASKED, why=AnswerWhy(tag, most=most))
