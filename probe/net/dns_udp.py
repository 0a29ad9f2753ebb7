"""UDP to name servers: one socket for each event loop and name server, shared by all open questions.

To forge an answer, an attacker must guess the question, its id and its source port (RFC 5452). The id is
random, among those not in use on the socket. The kernel chooses a random port; after DNS_SOCKET_AGE seconds,
or when no question is open, the next question opens another socket, and the old one is closed when its last
question is finished. A socket is connected: the kernel drops datagrams from another address or port. A
datagram goes to the question with its id.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import weakref
from collections.abc import Callable, Iterator

from probe.model.exhaustion import shortage_clause
from probe.model.target import Endpoint
from probe.net.dns_socket import open_socket
from probe.net.early_question import EarlyQuestion
from probe.settings import DNS_A_TURN, DNS_SOCKET_AGE

_DATAGRAM = 65535  # octets of the largest
_SOON = 0.01  # seconds until a datagram is sent again that the kernel had no room for
_HEADER = 12  # octets before the question (RFC 1035 section 4.1.1)


def connected_socket(server: Endpoint, read: Callable[[], None]) -> socket.socket:
    """A socket on a random local port, connected to `server`; the running event loop calls `read` when data
    arrives. Raises OSError."""
    return _watch(open_socket(server), read)


def _watch(udp: socket.socket, read: Callable[[], None]) -> socket.socket:
    with contextlib.ExitStack() as stack:
        stack.enter_context(udp)
        asyncio.get_running_loop().add_reader(udp, read)
        stack.pop_all()
    return udp


class Inquiry:
    """One open question. `strange` counts datagrams that were not a reply to it; `early`: it was sent before
    there was an event loop."""

    def __init__(
        self, owner: _SharedSocket, ident: int, question: bytes, early: EarlyQuestion | None = None
    ) -> None:
        self.id = ident
        self.question = question
        self.strange = 0
        self.owner = owner
        self._early = early
        self._datagrams: asyncio.Queue[bytes | OSError] = asyncio.Queue()

    def send(self, wire: bytes) -> float:
        """Send a query, unless it was sent early; returns when it was, in seconds of the loop's clock. Raises
        OSError if this machine cannot."""
        early, self._early = self._early, None
        if early is not None and early.query.wire == wire:
            return early.sent_at
        self.owner.send(self, wire)
        return asyncio.get_running_loop().time()

    async def datagram(self) -> bytes:
        """The next datagram under this id. Raises OSError if the network reports that none will come."""
        datagram = await self._datagrams.get()
        if isinstance(datagram, OSError):
            raise datagram
        return datagram

    def hear(self, datagram: bytes | OSError) -> None:
        """Receive a datagram or an error for it."""
        self._datagrams.put_nowait(datagram)


@contextlib.contextmanager
def inquiry(server: Endpoint, question: bytes, early: EarlyQuestion | None = None) -> Iterator[Inquiry]:
    """A context for one question to `server`; `question` is its question section, `early` the same question
    if it was sent already: its socket is then one of those to the server. Raises OSError if no socket can be
    opened."""
    loop = asyncio.get_running_loop()
    servers = _SERVERS.setdefault(loop, {})
    sockets = servers.setdefault(server, _Sockets(server, loop))
    try:
        query = sockets.newest().add(question) if early is None else sockets.adopt(early, question)
        try:
            yield query
        finally:
            query.owner.by_id.pop(query.id)
            sockets.close_unused()
    finally:
        if not sockets.all:
            servers.pop(server, None)


class _SharedSocket:
    """A socket to a name server, with its open questions."""

    def __init__(self, udp: socket.socket, opened_at: float, loop: asyncio.AbstractEventLoop) -> None:
        self.by_id: dict[int, Inquiry] = {}
        self._loop = loop
        self._replace_at = opened_at + DNS_SOCKET_AGE
        self._socket = _watch(udp, self._read)

    @property
    def is_old(self) -> bool:
        """Whether its port must not be used for new questions."""
        return self._loop.time() >= self._replace_at

    def add(self, question: bytes) -> Inquiry:
        """Add a question with an unused id."""
        ident = secrets.randbits(16)
        while ident in self.by_id:
            ident = secrets.randbits(16)
        query = self.by_id[ident] = Inquiry(self, ident, question)
        return query

    def take_up(self, early: EarlyQuestion, question: bytes) -> Inquiry:
        """Add a question that was sent over this socket. Its reply may have waited for longer than the
        question still would, so it is read at once."""
        query = self.by_id[early.query.id] = Inquiry(self, early.query.id, question, early)
        self._read()
        return query

    def send(self, sender: Inquiry, wire: bytes) -> None:
        """Send a query of one question. Raises OSError where this machine cannot."""
        try:
            self._send(sender, wire)
        except ConnectionRefusedError as error:  # an ICMP error for an earlier datagram
            for other in self.by_id.values():
                if other is not sender:
                    other.hear(error)
            self._send(sender, wire)

    def _send(self, sender: Inquiry, wire: bytes) -> None:
        try:
            self._socket.send(wire)
        except (BlockingIOError, InterruptedError):
            self._loop.call_later(_SOON, self._send_late, sender, wire)

    def _send_late(self, sender: Inquiry, wire: bytes) -> None:
        if self.by_id.get(sender.id) is sender:
            try:
                self.send(sender, wire)
            except OSError as error:
                sender.hear(error)

    def close(self) -> None:
        """Close it."""
        self._loop.remove_reader(self._socket)
        self._socket.close()

    def _read(self) -> None:
        for _ in range(DNS_A_TURN):
            try:
                data = self._socket.recv(_DATAGRAM)
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:
                if not shortage_clause(error):  # port or host unreachable: this affects all questions
                    for query in self.by_id.values():
                        query.hear(error)
                return
            self._hand_on(data)

    def _hand_on(self, data: bytes) -> None:
        query = self.by_id.get(int.from_bytes(data[:2], "big")) if len(data) >= 2 else None
        if query is not None:
            query.hear(data)
            return
        # an unknown id: it may be an attempt to forge an answer to this question
        for other in self.by_id.values():
            if data.startswith(other.question, _HEADER):
                other.strange += 1


class _Sockets:
    """The socket to one name server, and older ones as long as they have open questions."""

    def __init__(self, server: Endpoint, loop: asyncio.AbstractEventLoop) -> None:
        self._server = server
        self._loop = loop
        self.all: list[_SharedSocket] = []  # the newest last

    def newest(self) -> _SharedSocket:
        """The socket for new questions. Raises OSError if there is none and none can be opened."""
        if not self.all or (len(self.all) == 1 and self.all[0].is_old):
            try:
                self.all.append(_SharedSocket(open_socket(self._server), self._loop.time(), self._loop))
            except OSError:
                if not self.all:
                    raise
        return self.all[-1]

    def adopt(self, early: EarlyQuestion, question: bytes) -> Inquiry:
        """The question that was sent early, on its own socket, which is for new questions, too."""
        shared = _SharedSocket(early.socket, early.sent_at, self._loop)
        self.all.append(shared)
        return shared.take_up(early, question)

    def close_unused(self) -> None:
        """Close sockets without open questions."""
        for each in tuple(self.all):
            if not each.by_id:
                self.all.remove(each)
                each.close()


_SERVERS: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, dict[Endpoint, _Sockets]]
_SERVERS = weakref.WeakKeyDictionary()
