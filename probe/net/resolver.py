"""The live resolver: asks recursive name servers, each question once, within the run's deadline.

No search list is ever applied: names are asked unchanged. All state belongs to the instance.

After an answer that a server made itself (`Answer.doubt`) the next server is asked, and with the stub of
systemd-resolved also the servers that it uses. PTR questions go to these directly, because the stub itself
makes the reverse names of its machine. After a denial with authority it is tried whether that is the server's
own (`probe.net.lent_authority`).
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import Callable
from functools import partial
from types import TracebackType

from probe._dataclass import replace
from probe.model.answer_fault import AnswerFault, AnswerWhy
from probe.model.target import Endpoint
from probe.net.answers import Answers
from probe.net.dns_exchange import exchange
from probe.net.dns_liveness import Liveness
from probe.net.dns_schedule import RunQuestions, Turn, schedule
from probe.net.dns_wire import Reply
from probe.net.early_question import EarlyQuestion
from probe.net.lent_authority import LentAuthority
from probe.net.nameservers import configuration_of
from probe.net.resolv_conf import SYSTEM
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


class Resolver:
    """Asks `nameservers` (empty: the system's) in order, the next one if one fails; `passed_over` are the
    ignored lines of the system's file, each with the reason.

    `seconds_left` returns the seconds left in the run; `on_answer` receives each answer once; answers in
    `shared`, the cache of other runs, are not asked again; `early` was sent already, and is not sent again.
    As an async context manager it cancels open questions at the end.
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
        early: EarlyQuestion | None = None,
    ) -> None:
        """Raises ResolverConfigError when there is no usable name server."""
        configuration = early.configuration if early is not None else configuration_of(nameservers)
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
        self._early = early
        self._authority = LentAuthority()
        self._edns: dict[Endpoint, bool] = {}  # whether a server supports EDNS, as far as known

    async def __aenter__(self) -> Resolver:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Cancel open questions; they get no answer."""
        schedule().withdraw(self._questions)
        if self._watch is not None:
            self._watch.cancel()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for answer in self._answers.values():
            answer.cancel()

    async def ask(self, questions: tuple[Question, ...]) -> tuple[Answer, ...]:
        """The answers in the order of the questions, asked at once; never raises on DNS errors. Each question
        is asked only once in a run; repeated and concurrent ones share the answer."""
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
        """If no server answered the test question, nothing more is asked."""
        if not self._liveness.is_dead:
            return None
        names = " and ".join(server.as_name_server for server in self.nameservers)
        return Answer(question, Status.NOT_ASKED, why=AnswerWhy(AnswerFault.NO_LIVE_SERVER, server=names))

    def _begin(self, question: Question, turn: Turn | None) -> None:
        if self._watch is None:
            # the longest time for a try: a server that answers by then works
            wait = self._query_timeout - (time.monotonic() - self._asked_at(question))
            self._watch = asyncio.get_running_loop().call_later(wait, self._look_around)
        task = asyncio.get_running_loop().create_task(self._answer(question))
        self._tasks.add(task)
        task.add_done_callback(partial(self._finish, question, turn))

    def _look_around(self) -> None:
        """No server answered in time: ask the test question, while the others still wait."""
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

    def _is_early(self, question: Question) -> bool:
        return self._early is not None and self._early.query.question == question

    def _asked_at(self, question: Question) -> float:
        """When the question was sent, if it was sent early; else now, when it is about to be."""
        early = self._early
        return early.sent_at if early is not None and self._is_early(question) else time.monotonic()

    def _tell(self, answer: Answer) -> None:
        if self._on_answer is not None:
            self._on_answer(answer)

    async def _resolve(self, question: Question) -> Answer:
        """Ask, and continue an unfinished CNAME chain, a limited number of times."""
        began, seconds_left = self._asked_at(question), self._seconds_left()
        # wait no longer than for the question that raised the doubt
        lifetime = max(self._lifetime - self._query_timeout, 0.0) if question == CONTROL else self._lifetime
        until = min(began + lifetime, time.monotonic() + seconds_left)
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
        """The first conclusive reply that the server did not make itself, else the first that it did; if no
        server gives one by `ends`, the most informative failure."""
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
        """Ask the servers in turn until one has an answer of the zone. An answer that a server made itself
        counts only if no other server has a better one. After such an answer, or if there are more servers
        after these (not `patient`), each is tried once."""
        failures: list[Reply] = []
        own: Reply | None = None
        candidates = list(servers)
        while candidates:
            for server in tuple(candidates):
                rest = until - self._asked_at(question)
                if rest <= 0:
                    return own or most_telling(failures) or _not_asked(AnswerFault.DEADLINE)
                if self._queries_left <= 0:
                    return (
                        own
                        or most_telling(failures)
                        or _not_asked(AnswerFault.MOST_QUERIES, self._max_queries)
                    )
                # the last one gets all the remaining time
                is_last = len(candidates) == 1 and own is None and patient
                timeout = rest if is_last else min(self._query_timeout, rest)
                reply = await self._exchange(server, question, timeout)
                if reply.status in FINAL:
                    ask = partial(self._ask_again, server, until)
                    reply = await self._authority.withdraw(server, question, reply, ask)
                    if not self._is_own_word(question, reply):
                        return reply
                    own = own or reply
                else:
                    failures.append(reply)
                if reply.status is not Status.TIMEOUT or own is not None or not patient:
                    candidates.remove(server)  # it answered, or cannot be reached: do not ask again
        return own or most_telling(failures) or _not_asked(AnswerFault.NO_SERVER)

    async def _ask_again(self, server: Endpoint, until: float, question: Question) -> Reply | None:
        """One more reply of a server that answered; None if the run has no time or no queries left."""
        rest = until - time.monotonic()
        if rest <= 0 or self._queries_left <= 0:
            return None
        return await self._exchange(server, question, min(self._query_timeout, rest))

    async def _exchange(self, server: Endpoint, question: Question, timeout: float) -> Reply:
        self._queries_left -= 1  # before waiting: others ask meanwhile
        edns = self._edns.get(server)
        early = None
        if self._is_early(question) and server == self.nameservers[0]:
            early, self._early = self._early, None
        result = await exchange(
            server, question, timeout, edns=edns, again=self._query_timeout, tcp=self.only_tcp, early=early
        )
        self._queries_left -= result.queries - 1
        self._liveness.note(server, result.reply.status)
        if result.reply.edns:
            self._edns[server] = True
        elif result.reply.status in FINAL and not result.edns:
            self._edns.setdefault(server, False)  # it answered without EDNS
        return result.reply.of(server.as_name_server)


def _not_asked(tag: AnswerFault, most: int | None = None) -> Reply:
    return Reply(Status.NOT_ASKED, why=AnswerWhy(tag, most=most))
