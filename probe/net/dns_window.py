"""Controls many concurrent questions: how many may be open, and which are asked again.

The number adapts: ENGINE_FIRST_WINDOW at first, one more for each response, half of it after a timeout. A
name server's receive buffer is small, so queries are also spread over time. What one name server refuses, or
fails to answer, the next one is asked at once. For all of them it may have been too much at once: dnsmasq
refuses what is beyond 150 questions, BIND gives up the oldest of more than 900 (SERVFAIL). So the question is
asked again after ENGINE_AGAIN, before new ones, and what was refused takes one from the number; when a name
server answers what it had refused before, the number grows slowly. A failure is told after ENGINE_ROUNDS, but
not while more than ENGINE_CALM_WINDOW are open: then no more are from now on, and it is asked again. The fast
parser reads usual replies, the full parser all others; a question without a final response otherwise (a
truncated reply, an unfinished CNAME chain, a timeout, an answer that the name server made itself) is asked
again by a `Resolver`, whose answer counts.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable
from functools import partial
from itertools import islice

from probe.net.dns_careful import CarefulQuestions
from probe.net.dns_ports import NameServer, OpenQuestion, Port, Ports, Waiting
from probe.net.dns_query import question_octets
from probe.net.dns_response import Response, of_answer, of_lean, of_wire, read_carefully
from probe.net.resolver import FINAL
from probe.net.stub import servers_behind
from probe.net.witness import is_own_word
from probe.settings import (
    ENGINE_AGAIN,
    ENGINE_ANSWERS_KEPT,
    ENGINE_BURST,
    ENGINE_CALM_WINDOW,
    ENGINE_CROWDED_GROWTH,
    ENGINE_FIRST_WINDOW,
    ENGINE_LATEST,
    ENGINE_LEAST_WINDOW,
    ENGINE_MORE_ROUNDS,
    ENGINE_PATIENCE,
    ENGINE_PAUSE,
    ENGINE_REFUSALS,
    ENGINE_ROUNDS,
    ENGINE_SURE_BURST,
    ENGINE_TICK,
    ENGINE_TRIES,
    ENGINE_WINDOW,
)
from probe.standards.dns import lean
from probe.standards.dns.message import Answer, Question, RecordType, Status
from probe.standards.dns.names import BadNameError

_NXDOMAIN = Status.NXDOMAIN
_MAY_PASS = frozenset({"REFUSED", "SERVFAIL"})  # what a server says that has too many questions at once


class QuestionWindow:
    """Asks the name servers of `careful`. `size` is how many questions may be open; with None for it, the
    number adapts. `has_room` is called when more may be asked, or responses arrived. With `forget_denials` an
    NXDOMAIN is not remembered."""

    def __init__(
        self,
        careful: CarefulQuestions,
        size: int | None,
        has_room: Callable[[], None],
        *,
        forget_denials: bool = False,
    ) -> None:
        self._careful = careful
        resolver = careful.resolver
        self._ports = Ports(resolver.nameservers, self._take_wires, self._unreachable)
        self._behind = bool(servers_behind(resolver.nameservers))
        # types that only the resolver for single questions asks for
        self._unusual = frozenset(
            RecordType if resolver.only_tcp else (RecordType.PTR,) if self._behind else ()
        )
        self._has_room = has_room
        self._forget_denials = forget_denials
        self._loop = asyncio.get_running_loop()
        self._now = self._loop.time
        self._is_fixed = size is not None
        self.size: float = size or ENGINE_FIRST_WINDOW
        self._largest = size or ENGINE_WINDOW
        self._halved_at = -math.inf
        self._is_crowded = False  # a server answered what it had refused before: too many at once
        self._calm_since = -math.inf  # since when no more than ENGINE_CALM_WINDOW are open
        self._patience = ENGINE_AGAIN  # seconds without an answer, after which a question is asked again
        self._in_flight = 0
        self._most_in_flight = 0  # since questions were sent last
        self._open: dict[bytes, OpenQuestion] = {}
        self._queue: deque[OpenQuestion] = deque()
        self._due: deque[tuple[float, Port, list[bytes]]] = deque()  # as they were sent, and when
        self._failed: deque[OpenQuestion] = deque()  # at all servers; wait for ENGINE_AGAIN
        self._again: deque[OpenQuestion] = deque()  # to be asked again now
        self._sends_together, self._is_path_known = True, False
        # since when, for how many seconds, from which server, and the datagram that the fast parser read: it
        # takes half of the room of a response, and is seldom asked for again
        self._memory: dict[bytes, tuple[float, int, str, bytes | Response]] = {}
        self._is_paused = False
        self._ticker: asyncio.TimerHandle | None = None

    @property
    def room(self) -> int:
        """How many more questions there is room for; below 0 if there are too many."""
        return self._free - len(self._queue) - len(self._again)

    @property
    def _free(self) -> int:
        """How many more may be in flight. Where too many are refused, those of the resolver count, too."""
        return int(self.size) - self._in_flight - (self._careful.open if self._is_crowded else 0)

    def ask(self, question: Question, taker: Waiting, place: int) -> Response | None:
        """The response if it is cached; else None, and `taker` receives it later for `place`. `send` sends
        the new questions; a question that is already open is not sent twice."""
        try:
            key = question_octets(question)
        except BadNameError:
            key = str(question).encode("utf-8", "backslashreplace")
            is_usual = False
        else:
            is_usual = question.rtype not in self._unusual
        if key in self._memory:
            response = self._recall(key, question)
            if response is not None:
                return response
        pending = self._open.get(key)
        if pending is None:
            pending = self._open[key] = OpenQuestion(question, key, (taker, place))
            if is_usual:
                self._queue.append(pending)
            else:
                self._ask_carefully(pending)
        else:
            pending.takers.append((taker, place))
        return None

    def _recall(self, key: bytes, question: Question) -> Response | None:
        since, ttl, server, reply = self._memory[key]
        age = self._now() - since
        if age >= ttl:
            del self._memory[key]
            return None
        if isinstance(reply, bytes):
            reply = of_wire(question, key, reply, server)
        return reply.after(int(age))

    def send(self) -> None:
        """Send waiting questions as far as there is room, a burst at a time."""
        if not self._is_paused and (self._queue or self._again):
            now = self._now()
            room = most = min(ENGINE_BURST, self._free)
            unsent: list[OpenQuestion] = []
            while room > 0 and not unsent and (waiting := self._again or self._queue):
                questions = [waiting.popleft() for _ in range(min(room, len(waiting)))]
                room -= len(questions)
                unsent = self._send(questions, now)
                waiting.extendleft(reversed(unsent))
            if unsent or most - room == ENGINE_BURST:
                self._is_paused = True
                self._loop.call_later(ENGINE_PAUSE, self._resume)
        if self._ticker is None and self._open:
            self._ticker = self._loop.call_later(ENGINE_TICK, self._tick)

    async def close(self) -> None:
        """Cancel open questions; they get no response."""
        if self._ticker is not None:
            self._ticker.cancel()
        self._queue.clear()
        self._failed.clear()
        self._again.clear()
        await self._careful.close()
        self._ports.close()

    def _resume(self) -> None:
        self._is_paused = False
        self.send()

    def _send(self, questions: list[OpenQuestion], now: float) -> list[OpenQuestion]:
        """Ask these questions, each of the next name server. Returns those that the kernel has no room for
        now."""
        ports = self._ports
        if not questions[0].tries:
            return self._send_to(ports.first, questions, now)
        unsent: list[OpenQuestion] = []
        by_server: dict[NameServer, list[OpenQuestion]] = {}
        for pending in questions:
            server = ports.next(pending.servers)
            if server is None:
                pending.servers = ()
                server = ports.first
            by_server.setdefault(server, []).append(pending)
        for server, group in by_server.items():
            unsent += self._send_to(server, group, now)
        return unsent

    def _send_to(self, server: NameServer, questions: list[OpenQuestion], now: float) -> list[OpenQuestion]:
        """Ask one name server these questions. Returns those that the kernel has no room for now."""
        port = self._ports.port(server)
        if port is None:
            for pending in questions:
                self._ask_carefully(pending)
            return []
        are_new = not questions[0].tries
        self._in_flight += len(questions) if are_new else sum(not it.places for it in questions)
        # should something on the way lose what is sent together, it is not lost again
        together = self._sends_together and are_new
        if together:
            questions.sort(key=_length)
        try:
            ids = port.ask(questions, now, together=together)
        except OSError:
            self._unreachable(port)
            return []
        if ids:
            self._due.append((now, port, ids))
        unsent = questions[len(ids) :]
        self._in_flight -= sum(not it.places for it in unsent)
        self._most_in_flight = self._in_flight
        return unsent

    def _take_wires(self, port: Port, wires: list[bytes]) -> None:
        now = self._now()
        by_id, address = port.by_id, port.server.address
        read, settle = lean.read, self._settle
        answers = elapsed_ms = 0
        for wire in wires:
            pending = by_id.get(wire[:2])
            if pending is None:
                continue
            question = pending.question
            reply = read(wire, pending.section, question)
            elapsed_ms = round((now - pending.began) * 1000)
            if reply is not None:
                answers += 1
                settle(pending, of_lean(question, reply, wire, address, elapsed_ms), now)
            else:
                answers += self._read_carefully(pending, port.server, wire, elapsed_ms)
        if answers:
            self._ports.note_answer(port.server, now)
            growth = min(1 / self.size, ENGINE_CROWDED_GROWTH) if self._is_crowded else 1
            self.size = min(self.size + growth * answers, self._largest)
            # the only one that there is need not be asked again before its answer can be there
            patience = elapsed_ms * ENGINE_PATIENCE / 1000 if self._ports.is_one else 0
            self._patience = min(max(patience, ENGINE_AGAIN), ENGINE_LATEST)
        self._has_room()

    def _read_carefully(
        self, pending: OpenQuestion, server: NameServer, wire: bytes, elapsed_ms: int
    ) -> bool:
        """Whether the name server answered."""
        question = pending.question
        reply = read_carefully(question, wire)
        if reply is None:
            return False  # not a reply to it, whoever sent it
        is_answer = reply.status in FINAL or reply.truncated
        if not is_answer:
            self._ports.note_failure(server, pending.sent)
        answer = reply.of(server.address).answer_to(question, elapsed_ms)
        if reply.why is not None and reply.why.code in _MAY_PASS:
            self._note_failure(pending, server, answer, has_edns=reply.edns)
            return False
        is_whole = reply.status in FINAL and reply.open_end is None
        if is_whole and not is_own_word(question, reply, is_stub=self._behind):
            self._settle(pending, of_answer(answer), self._now())
        else:
            self._ask_carefully(pending)
        return is_answer

    def _goes_elsewhere(self, pending: OpenQuestion, server: NameServer) -> bool:
        """Expect no reply to a question from this name server. Returns whether another one is asked."""
        places = tuple(it for it in pending.places if it[0].server is not server)
        for port, ident in set(pending.places).difference(places):
            del port.by_id[ident]
        pending.places = places
        if places:  # of those that have not replied yet; they are asked again on the next tick
            port, ident = places[-1]
            pending.servers = (server,)
            pending.sent = self._now() - self._patience
            self._due.appendleft((pending.sent, port, [ident]))
            return True
        self._in_flight -= 1
        if self._ports.next(pending.servers) is None:
            return False
        self._again.append(pending)
        return True

    def _note_failure(
        self, pending: OpenQuestion, server: NameServer, answer: Answer, *, has_edns: bool
    ) -> None:
        """Ask the next name server at once, and if there is none, all again later. Each refusal by all then
        takes one from the number of open questions; where it is not known whether there were too many, only
        the first of a question does."""
        is_first = server.address not in pending.failures
        pending.failures += (server.address,)
        is_refused = answer.status is Status.REFUSED
        if pending.failure is None or (pending.failure.status is Status.REFUSED and not is_refused):
            pending.failure = answer
        pending.edns = pending.edns and has_edns  # RFC 6891 section 7
        if self._goes_elsewhere(pending, server):
            return
        pending.servers = ()
        if is_refused and not self._is_fixed:
            if self._is_crowded:
                self.size = max(1, min(self.size, self._most_in_flight) - 1)
            elif is_first:
                self.size = min(self.size, max(ENGINE_LEAST_WINDOW, self.size - 1))
        if is_refused or self._has_another_round(pending):
            self._failed.append(pending)
        else:
            self._give_up(pending)

    def _has_another_round(self, pending: OpenQuestion) -> bool:
        """Whether a question that failed at all name servers is to be asked once more. A failure is not told
        while so many are open that they may be its cause."""
        is_refused = pending.failure is not None and pending.failure.status is Status.REFUSED
        if is_refused:
            most = ENGINE_REFUSALS if self._is_crowded else ENGINE_ROUNDS
        else:
            most = ENGINE_MORE_ROUNDS if self._calm_since > -math.inf else ENGINE_ROUNDS
        if pending.failures.count(pending.failures[-1]) < most or pending.sent < self._calm_since:
            return True
        return not is_refused and self._calm_down()

    def _give_up(self, pending: OpenQuestion) -> None:
        """Tell the failure of a question, unless there is another server to ask."""
        failure = pending.failure
        if failure is None or self._behind or not self._ports.addresses.issubset(pending.failures):
            self._ask_carefully(pending)
        else:
            self._settle(pending, of_answer(failure), self._now())

    def _note_way_out(self, pending: OpenQuestion) -> None:
        """A name server answered what it had refused, or failed to answer, before."""
        failure = pending.failure
        if failure is not None and failure.status is Status.REFUSED:
            self._is_crowded = True
        elif pending.edns:
            self._calm_down()

    def _calm_down(self) -> bool:
        """Have fewer open from now on. Returns whether there were more."""
        if self._is_fixed or self.size <= ENGINE_CALM_WINDOW:
            return False
        self.size = self._largest = ENGINE_CALM_WINDOW
        self._calm_since = self._now() + ENGINE_AGAIN
        return True

    def _unreachable(self, port: Port) -> None:
        """The network reports that no replies will come on this socket."""
        server = port.server
        for pending in dict.fromkeys(port.by_id.values()):  # one may have been asked twice here
            self._ports.note_failure(server, pending.sent)
            if not self._goes_elsewhere(pending, server):
                self._ask_carefully(pending)
        self._has_room()

    def _ask_carefully(self, pending: OpenQuestion) -> None:
        """Ask with the resolver."""
        self._leave(pending)
        self._careful.ask(pending.question, partial(self._answered, pending))

    def _answered(self, pending: OpenQuestion, answer: Answer) -> None:
        if answer.status is Status.REFUSED and pending.failure is not None:
            answer = pending.failure  # it may tell more
        self._settle(pending, of_answer(answer), self._now())
        self._has_room()

    def _settle(self, pending: OpenQuestion, response: Response, now: float) -> None:
        """Pass a response to all callers that wait for it."""
        self._leave(pending)
        if response.server in pending.failures and response.status in FINAL:
            self._note_way_out(pending)
        section = pending.section
        del self._open[section]
        if response.ttl > 0 and not (self._forget_denials and response.status is _NXDOMAIN):
            if len(self._memory) >= ENGINE_ANSWERS_KEPT:
                self._forget_oldest()
            reply = response.wire if response.whole is None else response
            self._memory[section] = (now, response.ttl, response.server, reply)
        for taker, place in pending.takers:
            taker.fill_in(place, response)

    def _forget_oldest(self) -> None:
        # many at once: a dict finds its oldest key the more slowly, the more were removed before it
        for oldest in tuple(islice(self._memory, ENGINE_ANSWERS_KEPT // 10)):
            del self._memory[oldest]

    def _leave(self, pending: OpenQuestion) -> None:
        """Expect no more replies to a question."""
        if pending.places:
            for port, ident in pending.places:
                del port.by_id[ident]
            pending.places = ()
            self._in_flight -= 1

    def _tick(self) -> None:
        """Ask questions again after their timeout, a burst at a time, and those that failed."""
        now = self._now()
        while self._failed and self._failed[0].sent <= now - ENGINE_AGAIN:
            pending = self._failed.popleft()
            if self._has_another_round(pending):
                self._again.append(pending)
            else:
                self._give_up(pending)
        long_ago = now - self._patience
        burst = ENGINE_BURST
        while burst > 0 and self._due and self._due[0][0] <= long_ago:
            _, port, ids = self._due.popleft()
            # an id may have become that of a later question
            again = [it for it in map(port.by_id.get, ids) if it is not None and it.sent <= long_ago]
            if not self._is_path_known and len(ids) >= ENGINE_SURE_BURST:
                # something on the way may not know how to take datagrams apart that are sent together
                self._is_path_known, self._sends_together = True, 2 * len(again) < len(ids)
            if again:
                burst -= len(again)
                for pending in self._ask_again(again, now):
                    port, ident = pending.places[-1]
                    self._due.appendleft((long_ago, port, [ident]))
                    burst = 0
        self._ports.renew()
        delay = ENGINE_TICK if burst > 0 else ENGINE_PAUSE
        self._ticker = self._loop.call_later(delay, self._tick) if self._open else None
        self._has_room()

    def _ask_again(self, questions: list[OpenQuestion], now: float) -> list[OpenQuestion]:
        """Ask questions of one burst, which were not answered, again; or, after several attempts, by the
        resolver for single ones. Returns those that the kernel has no room for now."""
        if not self._is_fixed and now - self._halved_at >= ENGINE_AGAIN:
            self.size = min(self.size, max(ENGINE_LEAST_WINDOW, self.size / 2))
            self._halved_at = now
        again = []
        for pending in questions:
            self._ports.note_failure(pending.places[-1][0].server, pending.sent)
            if pending.tries - len(pending.failures) >= ENGINE_TRIES:
                self._ask_carefully(pending)
            else:
                again.append(pending)
        return self._send(again, now) if again else []


def _length(pending: OpenQuestion) -> int:
    """That of its query, less what all queries have."""
    return len(pending.section)
