"""One SMTP connection with every octet recorded.

aiosmtplib is used only for transport (connection protocol, flow control, one command at a time, no control
characters in commands); its parser is not used. `_Tap` is between its protocol and the transport: it passes
everything to the recording and to a `Transcript`, and returns the replies of our own parser.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import socket
import ssl
from collections.abc import Awaitable, Callable
from ipaddress import ip_address
from typing import TypedDict, cast

from aiosmtplib.errors import SMTPServerDisconnected
from aiosmtplib.protocol import SMTPProtocol
from aiosmtplib.response import SMTPResponse

from probe import settings
from probe._dataclass import dataclass
from probe.model.address import IPAddress
from probe.model.exhaustion import shortage
from probe.model.observed import EndCause, HandshakeFault
from probe.model.reason import Reason
from probe.model.session import EndReason
from probe.net import tls
from probe.net.clock import Clock, Deadline
from probe.net.handshake import start_tls
from probe.net.icmp import ReportedError, reported, watch
from probe.net.route import is_gateway, local_address_towards
from probe.net.time_limit import TimeLimit
from probe.recording import events as ev
from probe.standards.smtp.commands import Command, verb_of
from probe.standards.smtp.reader import WireReply
from probe.standards.smtp.transcript import Entry, Transcript
from probe.standards.tls.required import CertificateDemand, why_unverified

Sink = Callable[[ev.Event], None]


class WireError(Exception):
    """The connection cannot go on. `reason` and `cause` as `SessionClosed` records them."""

    def __init__(self, reason: EndReason, cause: Reason[EndCause] | None = None) -> None:
        super().__init__(reason if cause is None else f"{reason}: {cause.tag} {cause.text}".strip())
        self.reason = reason
        self.cause = cause


class HandshakeError(Exception):
    """TLS could not be established; the connection cannot be used any more. `reason` as for WireError."""

    def __init__(self, reason: EndReason, fault: Reason[HandshakeFault]) -> None:
        super().__init__(f"{fault.tag} {fault.text}".strip())
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Dial:
    """Where to connect: `ip` is the address to connect to; `mx_host` is the name for SNI. `bind` is the local
    address, None for the system's choice; `tls_roots` a PEM file, or a directory of such, to trust instead of
    the system's store; `demand` the requirements for the certificate (None: it must verify for the host's
    name)."""

    ip: IPAddress
    port: int
    mx_host: str
    bind: IPAddress | None = None
    tls_roots: str | None = None
    demand: CertificateDemand | None = None


Dialler = Callable[[Callable[[], asyncio.Protocol], Dial], Awaitable[object]]
"""Opens the connection that a Dial names, with the protocol that the first argument makes. Raises OSError."""


async def dial_tcp(protocol: Callable[[], asyncio.Protocol], dial: Dial) -> object:
    """Open a TCP connection to the address."""
    family = socket.AF_INET if dial.ip.version == 4 else socket.AF_INET6
    loop = asyncio.get_running_loop()
    with contextlib.ExitStack() as stack:
        connection = stack.enter_context(socket.socket(family, socket.SOCK_STREAM))
        connection.setblocking(False)
        if dial.bind is not None:
            connection.bind((str(dial.bind), 0))
        watch(connection)
        try:
            await loop.sock_connect(connection, (str(dial.ip), dial.port))
        except OSError as error:
            raise reported(connection, error) from error
        watch(connection, on=False)
        stack.pop_all()
    return await loop.create_connection(protocol, sock=connection)


class _Tap(SMTPProtocol):
    """aiosmtplib's protocol with our own parser."""

    def __init__(self, wire: Wire) -> None:
        super().__init__(loop=asyncio.get_running_loop())
        self._wire = wire

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._wire._on_connected(self, transport)

    def data_received(self, data: bytes) -> None:
        self._wire._on_protocol_data(data)

    def write(self, data: bytes) -> None:
        # aiosmtplib has commands that this program must never send: they are stopped here
        if verb_of(data) is None:
            raise ValueError("not one of the commands of this program")
        super().write(data)
        self._wire._on_sent(data)

    def eof_received(self) -> bool:
        return False  # the transport closes; connection_lost follows

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self._wire._on_lost(exc)

    async def read_response(self, timeout: float | None = None) -> SMTPResponse:
        entry = await self._wire._await_answers(timeout)
        reply = entry.reply
        return SMTPResponse(reply.code, reply.text) if reply else SMTPResponse(0, "")


class Wire:
    """A connection to one server. Waits are in seconds and never go beyond the deadline.

    Records Connected, Sent, Received, TlsEstablished and TlsFailed through `sink`; SessionOpened and
    SessionClosed are the caller's, who knows the reasons. Every method that waits raises WireError.
    """

    def __init__(
        self, session: int, sink: Sink, clock: Clock, deadline: Deadline, dial: Dialler = dial_tcp
    ) -> None:
        self.transcript = Transcript()
        self._dial_with = dial
        self._session = session
        self._sink = sink
        self._clock = clock
        self._deadline = deadline
        self._tap: _Tap | None = None
        self._over: WireError | None = None
        self._early: list[bytes] | None = None  # data inside TLS, until the handshake is recorded
        self._change = asyncio.Event()

    # -- what the caller does ---------------------------------------------------------------------

    async def connect(self, dial: Dial, budget: float) -> None:
        """Open the connection."""
        tap = _Tap(self)
        try:
            async with self._limit(budget):
                await self._dial_with(lambda: tap, dial)
        except TimeoutError as error:
            raise self._out_of_time(EndCause.NO_CONNECTION, budget) from error
        except OSError as error:
            raise connect_error(error, dial.ip) from error

    async def greeting(self, budget: float) -> WireReply:
        """Wait for the first reply."""
        return _read_of(await self._await_answers(budget))

    async def exchange(self, command: Command, budget: float) -> WireReply:
        """Send a command and wait for its reply, or for an earlier one that is still missing."""
        tap = self._open_tap()
        try:
            await tap.execute_command(command.wire().removesuffix(b"\r\n"), timeout=budget)
        except SMTPServerDisconnected as error:
            raise self._over or WireError(EndReason.CLOSED_BY_PEER) from error
        return _read_of(self.transcript.entries[-1])

    async def handshake(self, dial: Dial, budget: float) -> bool:
        """Begin TLS after a 220 to STARTTLS. Raises HandshakeError.

        Returns whether the certificate meets the requirements; enforcing it is left to the caller.
        """
        tap = self._open_tap()
        plain = cast(asyncio.Transport, tap.transport)
        context, name = tls.handshake_context(), tls.server_name(dial.mx_host)
        early: list[bytes] = []
        self._early = early
        try:
            secure = await start_tls(plain, tap, context, name, self._limit(budget), self._on_data)
        except OSError as error:
            plain.abort()
            raise self._handshake_failed(error, budget) from error
        finally:
            self._early = None
            self.transcript.secured()
        if secure is None:  # the peer closed at once; asyncio then gives no transport
            raise self._handshake_failed(ConnectionResetError(), budget)
        tap.transport = secure
        outcome = tls.observe(secure.get_extra_info("ssl_object"))
        at, at_ms = self._clock.now(), self._clock.at_ms()
        trust = tls.trust_of(outcome, at, dial.tls_roots)
        self._sink(
            ev.TlsEstablished(at_ms, self._session, outcome.version, outcome.cipher, outcome.chain, trust)
        )
        for data in early:
            self._take(data)
        demand = dial.demand or CertificateDemand(names=(dial.mx_host,))
        return not why_unverified(outcome.chain, dial.mx_host, at, trust, demand)

    async def until_closed(self, budget: float) -> None:
        """Wait for a server that may still send data; returns at once when it closes."""
        try:
            async with self._limit(budget):
                while self._over is None:
                    self._change.clear()
                    await self._change.wait()
        except TimeoutError:
            return

    def close(self) -> None:
        """Close the socket immediately. Safe to call at any time."""
        tap, self._tap = self._tap, None
        if tap is not None and tap.transport is not None:
            cast(asyncio.WriteTransport, tap.transport).abort()
        self._over = self._over or WireError(EndReason.QUIT)
        self.transcript.ended()

    @property
    def is_over(self) -> bool:
        """Whether the connection has ended."""
        return self._over is not None

    # -- what the protocol tells ------------------------------------------------------------------

    def _on_connected(self, tap: _Tap, transport: asyncio.BaseTransport) -> None:
        self._tap = tap
        at_ms = self._clock.at_ms()
        local_ip = ip_address(str(transport.get_extra_info("sockname")[0]).partition("%")[0])
        self._sink(ev.Connected(at_ms, self._session, local_ip))
        self.transcript.connected(at_ms)

    def _on_protocol_data(self, data: bytes) -> None:
        if self._early is not None:
            self._early.append(data)
        else:
            self._on_data(data)

    def _on_data(self, data: bytes) -> None:
        if self._over is None:
            self._take(data)

    def _take(self, data: bytes) -> None:
        room = settings.SESSION_SIZE_LIMIT - self.transcript.octets
        within = data[:room]
        at_ms = self._clock.at_ms()
        self._sink(ev.Received(at_ms, self._session, within))
        self.transcript.received(within, at_ms)
        if len(data) >= room:
            self._end_flood(EndCause.OCTETS, settings.SESSION_SIZE_LIMIT)
        elif self.transcript.is_flooded:
            self._end_flood(EndCause.REPLIES, settings.SURPLUS_LIMIT)
        self._change.set()

    def _on_sent(self, data: bytes) -> None:
        at_ms = self._clock.at_ms()
        self._sink(ev.Sent(at_ms, self._session, data))
        self.transcript.sent(data, at_ms)

    def _on_lost(self, error: Exception | None) -> None:
        if self._over is None:
            reason = EndReason.RESET if isinstance(error, ConnectionResetError) else EndReason.CLOSED_BY_PEER
            self._over = WireError(reason, Reason(EndCause.SYSTEM, **_words(error)) if error else None)
        self._change.set()

    # -- waiting ----------------------------------------------------------------------------------

    def _limit(self, budget: float) -> TimeLimit:
        return TimeLimit(budget, longest=self._deadline.seconds_left())

    async def _await_answers(self, budget: float | None) -> Entry:
        """Wait until every command has its reply; returns the last entry."""
        entry = self.transcript.entries[-1]
        seconds = settings.RUN_TIMEOUT if budget is None else budget
        try:
            async with self._limit(seconds):
                while self.transcript.is_waiting:
                    if self._over is not None:
                        raise self._over
                    self._change.clear()
                    await self._change.wait()
        except TimeoutError as error:
            raise self._out_of_time(EndCause.NO_REPLY, seconds) from error
        # data that arrived at the same moment belongs to the same observation
        await asyncio.sleep(0)
        return entry

    def _open_tap(self) -> _Tap:
        if self._over is not None or self._tap is None:
            raise self._over or WireError(EndReason.CLOSED_BY_PEER)
        return self._tap

    def _out_of_time(self, in_vain: EndCause, seconds: float) -> WireError:
        if self._deadline.has_passed:
            return WireError(EndReason.DEADLINE, Reason(EndCause.DEADLINE))
        return WireError(EndReason.TIMEOUT, Reason(in_vain, seconds=seconds))

    def _end_flood(self, cause: EndCause, most: int) -> None:
        self._over = self._over or WireError(EndReason.TOO_MUCH_DATA, Reason(cause, most=most))
        if self._tap is not None and self._tap.transport is not None:
            cast(asyncio.WriteTransport, self._tap.transport).abort()

    def _handshake_failed(self, error: OSError, budget: float) -> HandshakeError:
        if isinstance(error, TimeoutError):
            late = self._deadline.has_passed
            reason = EndReason.DEADLINE if late else EndReason.TIMEOUT
            fault = Reason(HandshakeFault.LATE, seconds=budget)
            if late:
                fault = Reason(HandshakeFault.DEADLINE)
        elif isinstance(error, ConnectionError):
            reason, fault = EndReason.RESET, Reason(HandshakeFault.CLOSED)
        else:
            reason, fault = EndReason.QUIT, Reason(HandshakeFault.LIBRARY, **_words(error))
        if reason is not EndReason.DEADLINE and self.transcript.was_injected:
            fault = Reason(HandshakeFault.PLAINTEXT)
        self._sink(ev.TlsFailed(self._clock.at_ms(), self._session, fault))
        return HandshakeError(reason, fault)


def connect_error(error: OSError, ip: IPAddress | None = None) -> WireError:
    """Why this machine could not connect to the server at `ip`.

    LOCAL_ERROR is this machine's own fault (no such address, no permission, no sockets left).
    """
    if isinstance(error, ReportedError):
        by = error.reporter
        cause = EndCause.GATEWAY if is_gateway(by) else EndCause.ICMP
        reason = _REASONS.get(error.errno or 0, EndReason.UNREACHABLE)
        return WireError(reason, Reason(cause, ip=by, **_words(error)))
    if ip is not None and error.errno in _WITHOUT_ROUTE and local_address_towards(ip) is None:
        return WireError(EndReason.UNREACHABLE, Reason(EndCause.NO_ROUTE, ip=ip, **_words(error)))
    reason = _REASONS.get(error.errno or 0, EndReason.LOCAL_ERROR)
    resource = shortage(error)
    if resource is not None:
        return WireError(reason, Reason(EndCause.SHORTAGE, shortage=resource))
    return WireError(reason, Reason(EndCause.SYSTEM, **_words(error)))


# errors that the system gives at once for an address without a route, or a prohibited one
_WITHOUT_ROUTE = (errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EACCES, errno.EADDRNOTAVAIL)
_REASONS = {
    errno.ECONNREFUSED: EndReason.REFUSED,
    errno.ECONNRESET: EndReason.RESET,
    errno.ECONNABORTED: EndReason.RESET,
    errno.EPIPE: EndReason.RESET,
    errno.ENETUNREACH: EndReason.UNREACHABLE,
    errno.EHOSTUNREACH: EndReason.UNREACHABLE,
    errno.ENETDOWN: EndReason.UNREACHABLE,
    errno.EHOSTDOWN: EndReason.UNREACHABLE,
    errno.ENOPROTOOPT: EndReason.UNREACHABLE,
    errno.ETIMEDOUT: EndReason.TIMEOUT,
}


class _Words(TypedDict):
    error: str
    text: str


def _words(error: Exception) -> _Words:
    """An error by its name, and in the words of the operating system or the TLS library."""
    if isinstance(error, ssl.SSLError):
        return _Words(error=error.reason or "", text=(error.reason or str(error)).replace("_", " ").lower())
    if isinstance(error, OSError) and error.errno:
        return _Words(error=errno.errorcode.get(error.errno, ""), text=os.strerror(error.errno))
    return _Words(error="", text=str(error))


def _read_of(entry: Entry) -> WireReply:
    if entry.read is None:
        raise WireError(EndReason.CLOSED_BY_PEER)
    return entry.read
