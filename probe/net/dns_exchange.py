"""One question to one name server: over UDP, and over TCP when the server asks for it."""

from __future__ import annotations

import asyncio
import math
import os
import secrets
import socket
import struct
from contextlib import ExitStack, suppress
from functools import partial

from probe._dataclass import dataclass, replace
from probe.model.answer_fault import AnswerFault, AnswerWhy, AskedOver
from probe.model.exhaustion import shortage
from probe.model.target import Endpoint
from probe.net import descriptors
from probe.net.dns_query import Query, make_query, question_octets
from probe.net.dns_socket import socket_address
from probe.net.dns_udp import inquiry
from probe.net.dns_wire import Reply, is_reply_to, read_reply
from probe.net.early_question import EarlyQuestion
from probe.net.process_limit import ProcessLimit
from probe.net.threads import in_thread
from probe.net.time_limit import TimeLimit
from probe.settings import DESCRIPTORS_SPARE, DNS_OVER_TCP
from probe.standards.dns.message import Question, Status

_LARGE = 4096  # octets from which a reply is parsed in a thread: 65 535 octets may take 30 ms


@dataclass(frozen=True, slots=True)
class Exchange:
    """The result: the reply, the number of queries, and whether the last query had EDNS."""

    reply: Reply
    queries: int
    edns: bool


async def exchange(
    server: Endpoint,
    question: Question,
    timeout: float,
    *,
    edns: bool | None = None,
    again: float = math.inf,
    tcp: bool = False,
    early: EarlyQuestion | None = None,
) -> Exchange:
    """Ask `server` for `timeout` seconds altogether, with EDNS unless it is known not to speak it.

    The datagram is sent again every `again` seconds, and an answer to an earlier one still counts, so that
    slow answers are received. If `edns` is not known (None), the repetitions have no EDNS, because some
    middleboxes drop it. With `tcp` UDP is not used. `early` is this question if it was sent already; then all
    times count from there. Errors are a status of the reply; nothing is raised.
    """
    now = asyncio.get_running_loop().time()
    until = timeout + (now if early is None else early.sent_at)
    exchange = _QueryExchange(server, question, edns, again, until, tcp=tcp, early=early)
    try:
        async with TimeLimit(until - now):
            reply = await exchange.reply()
    except TimeoutError:
        why = AnswerWhy(AnswerFault.NO_REPLY, seconds=round(timeout, 1))
        reply = Reply(Status.TIMEOUT, why=exchange.in_vain(why))
    except (OSError, asyncio.IncompleteReadError) as error:
        lack = shortage(error)
        why = AnswerWhy(AnswerFault.SHORTAGE, shortage=lack) if lack else exchange.in_vain(reason_of(error))
        reply = Reply(Status.UNREACHABLE, why=why)
    return Exchange(reply, exchange.queries, exchange.edns)


def reason_of(error: OSError | EOFError) -> AnswerWhy:
    """Why a question could not be asked, or its answer was not received."""
    if isinstance(error, EOFError):
        return AnswerWhy(AnswerFault.CUT_SHORT)
    # asyncio puts words of its own there: "Connect call failed ('192.0.2.53', 53)"
    words = os.strerror(error.errno) if error.errno else error.strerror or str(error) or type(error).__name__
    return AnswerWhy(AnswerFault.SYSTEM, text=words.lower())


class _QueryExchange:
    """The state of one exchange: the current transport and EDNS, and the number of queries."""

    def __init__(
        self,
        server: Endpoint,
        question: Question,
        edns: bool | None,
        again: float,
        until: float,
        *,
        tcp: bool,
        early: EarlyQuestion | None,
    ) -> None:
        self.edns = edns is not False
        self.queries = 0
        self._known_to_speak_edns = edns is True
        self._strange = 0  # datagrams that were not a reply to the question
        self._tcp = self._only_tcp = tcp
        self._server = server
        self._question = question
        self._again = again
        self._until = until
        self._early = early

    def in_vain(self, why: AnswerWhy) -> AnswerWhy:
        """A failure with details for an operator: which server, and whether it asked for TCP."""
        why = replace(why, server=self._server.host, over=self._over)
        if self._tcp:
            return why
        return replace(why, queries=self.queries if self.queries > 1 else 0, strange=self._strange)

    @property
    def _over(self) -> AskedOver | None:
        if self._only_tcp:
            return AskedOver.TCP
        return AskedOver.TCP_AFTER_UDP if self._tcp else None

    async def reply(self) -> Reply:
        """The first final reply, after retries over TCP or without EDNS."""
        while True:
            reply = await (self._over_tcp() if self._tcp else self._over_udp())
            if reply.truncated and not self._tcp:
                self._tcp = True  # RFC 7766 section 5
            elif reply.truncated:
                return replace(reply, why=AnswerWhy(AnswerFault.TRUNCATED, over=self._over))
            elif reply.without_edns and self.edns:
                self.edns = False  # RFC 6891 section 7
            else:
                return reply

    async def _over_udp(self) -> Reply:
        loop = asyncio.get_running_loop()
        repetition: asyncio.TimerHandle | None = None
        early, self._early = self._early, None
        with inquiry(self._server, question_octets(self._question), early) as sent:

            def send() -> Query:
                nonlocal repetition
                query = make_query(self._question, sent.id, edns=self.edns)
                self.queries += 1
                sent_at = sent.send(query.wire)
                if self._again < math.inf:
                    repetition = loop.call_at(sent_at + self._again, send_again)
                return query

            def send_again() -> None:
                if loop.time() >= self._until:
                    return  # after an early question both times may have passed
                self.edns = self._known_to_speak_edns
                try:
                    send()
                except OSError as error:
                    sent.hear(error)

            try:
                query = send()
                while True:
                    data = await sent.datagram()
                    # RFC 5452 section 9.1: another id or question is not an answer to ours; keep waiting
                    reply = read_reply(query, data) if is_reply_to(query, data) else None
                    if reply is not None:
                        return reply
                    sent.strange += 1
            finally:
                self._strange += sent.strange
                if repetition is not None:
                    repetition.cancel()

    async def _over_tcp(self) -> Reply:
        async with _CONNECTIONS.hold():
            self.queries += 1
            query = make_query(self._question, secrets.randbits(16), edns=self.edns)
            data = await self._asked_over_tcp(query)
        if not is_reply_to(query, data):
            reply = None
        elif len(data) > _LARGE:
            reply = await in_thread(partial(read_reply, query, data))
        else:
            reply = read_reply(query, data)
        return reply or Reply(Status.MALFORMED, why=AnswerWhy(AnswerFault.OTHER_QUESTION))

    async def _asked_over_tcp(self, query: Query) -> bytes:
        family, address = socket_address(self._server)
        with ExitStack() as stack:
            connection = stack.enter_context(socket.socket(family, socket.SOCK_STREAM))
            connection.setblocking(False)
            await asyncio.get_running_loop().sock_connect(connection, address)
            reader, writer = await asyncio.open_connection(sock=connection)
            stack.pop_all()
        try:
            writer.write(struct.pack("!H", len(query.wire)) + query.wire)
            (length,) = struct.unpack("!H", await reader.readexactly(2))
            return await reader.readexactly(length)
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()


def _has_room(connections: int) -> bool:
    return not connections or (connections < DNS_OVER_TCP and descriptors.free() > DESCRIPTORS_SPARE)


_CONNECTIONS = ProcessLimit(_has_room)
