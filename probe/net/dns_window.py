"""Controls many concurrent questions: how many may be open, and which are asked again.

The number adapts: ENGINE_FIRST_WINDOW at first, one more for each response, half of it after a timeout. A
name server's receive buffer is small, so queries are also spread over time. A question that was refused is
asked again after ENGINE_AGAIN, as dnsmasq refuses what is too much at once; when one of them was answered
then, refusals count as timeouts do, and the number grows slowly. The fast parser reads usual replies, the
full parser all others; a question without a final response (a failure, a truncated reply, an
unfinished CNAME chain, a timeout, an answer that the name server made itself) is asked again by a `Resolver`,
whose answer counts.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import Callable
from functools import partial
from itertools import islice

from probe.net.dns_careful import CarefulQuestions
from probe.net.dns_ports import OpenQuestion, Port, Ports, Waiting
from probe.net.dns_query import question_octets
from probe.net.dns_response import Response, of_answer, of_lean, read_carefully
from probe.net.resolver import FINAL
from probe.net.stub import servers_behind
from probe.net.witness import is_own_word
from probe.settings import (
    ENGINE_AGAIN,
    ENGINE_ANSWERS_KEPT,
    ENGINE_BURST,
    ENGINE_FIRST_WINDOW,
    ENGINE_LEAST_WINDOW,
    ENGINE_PAUSE,
    ENGINE_REFUSED_TRIES,
    ENGINE_TICK,
    ENGINE_TRIES,
    ENGINE_WINDOW,
)
from probe.standards.dns import lean
from probe.standards.dns.message import Answer, Question, RecordType, Status
from probe.standards.dns.names import BadNameError


class QuestionWindow:
    """Asks the name servers of `careful`. `size` is a fixed number of open questions; None adapts it.
    `has_room` is called when more may be asked, or responses arrived. With `forget_denials` an NXDOMAIN is
    not remembered."""

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
        self._only_careful = resolver.only_tcp
        self._behind = bool(servers_behind(resolver.nameservers))
        self._has_room = has_room
        self._forget_denials = forget_denials
        self._loop = asyncio.get_running_loop()
        self._now = self._loop.time
        self._is_fixed = size is not None
        self._size: float = size or ENGINE_FIRST_WINDOW
        self._largest = size or ENGINE_WINDOW
        self._halved_at = -math.inf
        self._is_crowded = False  # a question that was refused was answered later: too many at once
        self._in_flight = 0
        self._open: dict[bytes, OpenQuestion] = {}
        self._queue: deque[OpenQuestion] = deque()
        self._due: deque[OpenQuestion] = deque()  # in the order in which they were sent
        self._memory: dict[bytes, tuple[float, float, Response]] = {}
        self._is_paused = False
        self._ticker: asyncio.TimerHandle | None = None

    @property
    def is_full(self) -> bool:
        """Whether there is no room for another question."""
        return self._in_flight + len(self._queue) >= self._size

    def ask(self, question: Question, taker: Waiting, place: int) -> Response | None:
        """The response if it is cached; else None, and `taker` receives it later for `place`. `send` sends
        the new questions; a question that is already open is not sent twice."""
        try:
            octets = key = question_octets(question)
        except BadNameError:
            octets, key = b"", str(question).encode("utf-8", "backslashreplace")
        entry = self._memory.get(key)
        if entry is not None:
            since, until, response = entry
            now = self._now()
            if now < until:
                return response.after(int(now - since))
            del self._memory[key]
        pending = self._open.get(key)
        if pending is None:
            pending = self._open[key] = OpenQuestion(question, key, octets)
            self._queue.append(pending)
        pending.takers.append((taker, place))
        return None

    def send(self) -> None:
        """Send waiting questions as far as there is room, a burst at a time."""
        if self._is_paused:
            return
        burst = ENGINE_BURST
        queue = self._queue
        now = self._now()
        while queue and self._in_flight < self._size:
            if not burst or not self._send(queue[0], now):
                self._is_paused = True
                self._loop.call_later(ENGINE_PAUSE, self._resume)
                break
            queue.popleft()
            burst -= 1
        if self._ticker is None and self._open:
            self._ticker = self._loop.call_later(ENGINE_TICK, self._tick)

    async def close(self) -> None:
        """Cancel open questions; they get no response."""
        if self._ticker is not None:
            self._ticker.cancel()
        self._queue.clear()
        await self._careful.close()
        self._ports.close()

    def _resume(self) -> None:
        self._is_paused = False
        self._has_room()

    def _send(self, pending: OpenQuestion, now: float) -> bool:
        """Send a question; False if the kernel has no room for it now."""
        is_behind = self._behind and pending.question.rtype is RecordType.PTR
        is_usual = pending.octets and not self._only_careful and not is_behind
        port = self._ports.next(pending.tries) if is_usual else None
        if port is None:
            self._ask_carefully(pending)
            return True
        ident = port.free_id()
        try:
            port.send(ident + pending.wire)
        except (BlockingIOError, InterruptedError):
            return False
        except OSError:
            self._ask_carefully(pending)
            return True
        port.by_id[ident] = pending
        pending.places.append((port, ident))
        if not pending.is_in_flight:
            pending.is_in_flight = True
            pending.began = now
            self._in_flight += 1
        pending.tries += 1
        pending.sent = now
        self._due.append(pending)
        return True

    def _take_wires(self, port: Port, wires: list[bytes]) -> None:
        now = self._now()
        by_id, server = port.by_id, port.server
        for wire in wires:
            pending = by_id.get(wire[:2])
            if pending is None:
                continue
            question = pending.question
            reply = lean.read(wire, pending.octets, question)
            elapsed_ms = round((now - pending.began) * 1000)
            if reply is not None:
                self._settle(pending, of_lean(question, reply, wire, server, elapsed_ms), now)
            else:
                self._read_carefully(pending, port, wire, elapsed_ms)
        self._has_room()

    def _read_carefully(self, pending: OpenQuestion, port: Port, wire: bytes, elapsed_ms: int) -> None:
        question = pending.question
        reply = read_carefully(question, wire)
        if reply is None:
            return  # not a reply to it, whoever sent it
        if reply.status is Status.REFUSED and pending.tries < ENGINE_REFUSED_TRIES:
            pending.was_refused = True  # it stays open, and is asked again when it is due
            return
        is_whole = reply.status in FINAL and reply.open_end is None
        if is_whole and not is_own_word(question, reply, is_stub=self._behind):
            answer = reply.of(port.server).answer_to(question, elapsed_ms)
            self._settle(pending, of_answer(answer), self._now())
        else:
            self._ask_carefully(pending)

    def _unreachable(self, port: Port) -> None:
        """The network reports that no replies will come on this socket."""
        for pending in tuple(port.by_id.values()):
            self._ask_carefully(pending)
        self._has_room()

    def _ask_carefully(self, pending: OpenQuestion) -> None:
        self._leave(pending)
        pending.tries = -1
        self._careful.ask(pending.question, partial(self._answered, pending))

    def _answered(self, pending: OpenQuestion, answer: Answer) -> None:
        self._settle(pending, of_answer(answer), self._now())
        self._has_room()

    def _settle(self, pending: OpenQuestion, response: Response, now: float) -> None:
        """Pass a response to all callers that wait for it."""
        self._leave(pending)
        if pending.was_refused and response.status in FINAL:
            self._is_crowded = True
        if self._size < self._largest:
            self._size += 1 / self._size if self._is_crowded else 1
        del self._open[pending.key]
        if response.ttl > 0 and not (self._forget_denials and response.status is Status.NXDOMAIN):
            self._remember(pending.key, response, now)
        for taker, place in pending.takers:
            taker.fill_in(place, response)

    def _remember(self, key: bytes, response: Response, now: float) -> None:
        """Keep a response until its time to live is over, or it is among the oldest of too many."""
        memory = self._memory
        if len(memory) >= ENGINE_ANSWERS_KEPT:
            # many at once: a dict finds its oldest key the more slowly, the more were removed before it
            for oldest in tuple(islice(memory, ENGINE_ANSWERS_KEPT // 10)):
                del memory[oldest]
        memory[key] = (now, now + response.ttl, response)

    def _leave(self, pending: OpenQuestion) -> None:
        """Remove a question that is no longer open here."""
        for port, ident in pending.places:
            del port.by_id[ident]
        pending.places.clear()
        if pending.is_in_flight:
            pending.is_in_flight = False
            self._in_flight -= 1

    def _tick(self) -> None:
        """Ask questions again after their timeout."""
        now = self._now()
        long_ago = now - ENGINE_AGAIN
        while self._due and self._due[0].sent <= long_ago:
            pending = self._due.popleft()
            if not pending.is_in_flight:
                continue
            counts = self._is_crowded or not pending.was_refused
            if counts and not self._is_fixed and now - self._halved_at >= ENGINE_AGAIN:
                self._size = max(ENGINE_LEAST_WINDOW, self._size / 2)
                self._halved_at = now
            if pending.tries >= (ENGINE_REFUSED_TRIES if pending.was_refused else ENGINE_TRIES):
                self._ask_carefully(pending)
            elif not self._send(pending, now):
                self._due.appendleft(pending)
                break
        self._ports.renew()
        self._ticker = self._loop.call_later(ENGINE_TICK, self._tick) if self._open else None
        self._has_room()
