"""One HTTPS request to addresses that are already resolved and judged.

The name is used only for SNI, certificate verification and Host; it is never looked up here, so that a policy
host cannot make the probe connect to an unchecked address.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ssl
from collections.abc import AsyncIterator, Sequence
from functools import cache
from math import inf
from pathlib import Path
from urllib.parse import urlsplit

import h11

from probe._dataclass import dataclass
from probe._version import VERSION
from probe.model.address import IPAddress
from probe.model.exhaustion import shortage
from probe.model.observed import FetchFault
from probe.model.reason import Reason
from probe.net.clock import Deadline
from probe.net.threads import in_thread
from probe.net.time_limit import TimeLimit
from probe.settings import HTTPS_SIZE_LIMIT, HTTPS_TIMEOUT

_READ_SIZE = 16384
_HEADER_LIMIT = 16384  # octets of status line and header section
_DATE_LIMIT = 64  # octets: a date has 29
_OVERHEAD = 4  # times the body's limit: interim responses, the chunks' own lines


@dataclass(frozen=True, slots=True)
class HttpsResponse:
    """The response. `status` is None when no response came, and then `fault` says why; with a status it says
    why `body` is incomplete. `date` is the Date field (RFC 9110 section 6.6.1), or empty."""

    status: int | None
    content_type: str
    body: bytes
    fault: Reason[FetchFault] | None = None
    date: str = ""


class _IncompleteError(Exception):
    """The request cannot be completed."""

    def __init__(self, fault: Reason[FetchFault]) -> None:
        super().__init__(fault.tag)
        self.fault = fault


async def fetch(
    url: str,
    addresses: Sequence[IPAddress],
    *,
    deadline: Deadline,
    size_limit: int = HTTPS_SIZE_LIMIT,
    context: ssl.SSLContext | None = None,
    port: int | None = None,
) -> HttpsResponse:
    """GET `url` from the first of `addresses` that accepts the connection. Never raises on network or server
    errors.

    The certificate must be valid for the URL's host in the system's trust store, or in `context`. Redirects
    are not followed, no content coding is offered, and reading stops at `size_limit` octets of body. The
    limit is `deadline`, or HTTPS_TIMEOUT if that is sooner. `port` replaces the URL's for a lab. ValueError
    when `url` is not https with a host.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" or not parts.hostname:
        raise ValueError(f"not an https URL: {url}")
    budget = deadline.cut(HTTPS_TIMEOUT)
    progress = _Progress()
    try:
        async with TimeLimit(budget, longest=deadline.seconds_left()):
            if context is None:
                context = await in_thread(trusting_context)
            connection = _connect(addresses, port or parts.port or 443, parts.hostname, context, budget)
            async with connection as (reader, writer):
                await _exchange(
                    reader, writer, _request(parts.path or "/", parts.hostname), progress, size_limit
                )
    except TimeoutError:
        progress.fault = Reason(FetchFault.LATE, seconds=budget)
    except _IncompleteError as error:
        progress.fault = error.fault
    except h11.RemoteProtocolError:
        progress.fault = Reason(FetchFault.NOT_HTTP if progress.status is None else FetchFault.CUT_SHORT)
    except (OSError, EOFError) as error:
        progress.fault = _fault(error)
    return HttpsResponse(
        progress.status, progress.content_type, bytes(progress.body), progress.fault, progress.date
    )


class _Progress:
    """What has been received so far; survives a timeout."""

    def __init__(self) -> None:
        self.status: int | None = None
        self.content_type = ""
        self.date = ""
        self.body = bytearray()
        self.fault: Reason[FetchFault] | None = None


def _request(path: str, host: str) -> h11.Request:
    return h11.Request(
        method="GET",
        target=path,
        headers=[
            ("Host", host),
            ("User-Agent", f"smtp-probe/{VERSION}"),
            ("Accept", "text/plain"),
            ("Accept-Encoding", "identity"),
            ("Connection", "close"),
        ],
    )


@contextlib.asynccontextmanager
async def _connect(
    addresses: Sequence[IPAddress], port: int, host: str, context: ssl.SSLContext, budget: float
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A verified connection to the first address that gives one; each gets a share of the time."""
    reader, writer = await _dial(addresses, port, host, context, budget)
    try:
        yield reader, writer
    finally:
        # A close_notify that never comes must not hold the run.
        writer.transport.abort()


async def _dial(
    addresses: Sequence[IPAddress], port: int, host: str, context: ssl.SSLContext, budget: float
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    fault = Reason(FetchFault.NOWHERE)
    for address in addresses:
        share = budget / len(addresses)
        try:
            async with TimeLimit(share):
                return await asyncio.open_connection(
                    str(address), port, ssl=context, server_hostname=host, ssl_handshake_timeout=inf
                )
        except TimeoutError:
            fault = Reason(FetchFault.NO_CONNECTION, ip=address, seconds=share)
        except OSError as error:
            fault = _fault(error)
            if isinstance(error, ssl.SSLCertVerificationError):
                break  # this is the policy host's answer; another address would give the same
    raise _IncompleteError(fault)


async def _exchange(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    request: h11.Request,
    progress: _Progress,
    size_limit: int,
) -> None:
    connection = h11.Connection(our_role=h11.CLIENT, max_incomplete_event_size=_HEADER_LIMIT)
    writer.write((connection.send(request) or b"") + (connection.send(h11.EndOfMessage()) or b""))
    await writer.drain()
    budget_left = _HEADER_LIMIT + _OVERHEAD * size_limit
    while True:
        event = connection.next_event()
        if event is h11.NEED_DATA:
            data = await reader.read(_READ_SIZE)
            if not data and progress.status is None:
                raise _IncompleteError(Reason(FetchFault.CLOSED))
            budget_left -= len(data)
            if budget_left < 0:
                raise _IncompleteError(Reason(FetchFault.ENDLESS))
            connection.receive_data(data)
        elif isinstance(event, h11.Response):
            progress.status = event.status_code
            types = [value for name, value in event.headers if name == b"content-type"]
            progress.content_type = types[0].decode("ascii", "backslashreplace") if types else ""
            dates = [value for name, value in event.headers if name == b"date"]
            progress.date = dates[0][:_DATE_LIMIT].decode("ascii", "replace") if dates else ""
            if event.status_code != 200:
                return  # the body of an error or redirect is not needed
        elif isinstance(event, h11.Data):
            progress.body += event.data
            if len(progress.body) > size_limit:
                del progress.body[size_limit:]
                raise _IncompleteError(Reason(FetchFault.TOO_LARGE, most=size_limit))
        elif not isinstance(event, h11.InformationalResponse):
            return  # EndOfMessage, ConnectionClosed, PAUSED


def _fault(error: OSError | EOFError) -> Reason[FetchFault]:
    """The fault for an error below HTTP."""
    resource = shortage(error)
    if resource is not None:
        return Reason(FetchFault.SHORTAGE, shortage=resource)
    if isinstance(error, ssl.SSLCertVerificationError):
        text = error.verify_message.rstrip(".")
        # only for the sentence; most library errors describe themselves
        names_it = text.startswith("certificate")
        return Reason(FetchFault.CERTIFICATE if names_it else FetchFault.CERTIFICATE_REFUSED, text=text)
    if isinstance(error, ssl.SSLError):
        text = (error.reason or "protocol error").lower().replace("_", " ")
        return Reason(FetchFault.TLS, error=error.reason or "", text=text)
    if isinstance(error, ConnectionRefusedError):
        return Reason(FetchFault.REFUSED)
    if isinstance(error, ConnectionResetError | ConnectionAbortedError | EOFError):
        return Reason(FetchFault.CLOSED)
    name = errno.errorcode.get(error.errno or 0, "")
    return Reason(FetchFault.SYSTEM, error=name, text=error.strerror or type(error).__name__)


@cache
def trusting_context() -> ssl.SSLContext:
    """The shared verifying context; creating one takes tens of milliseconds.

    The system's trust store; certifi's when the system has none.
    """
    context = _default_context()
    paths = ssl.get_default_verify_paths()
    if not context.cert_store_stats()["x509_ca"] and not _holds_anything(paths.capath):
        with contextlib.suppress(ImportError):  # then no authority is trusted, and the error says so
            import certifi

            context.load_verify_locations(certifi.where())
    return context


def _default_context() -> ssl.SSLContext:
    try:
        return ssl.create_default_context()
    except OSError:  # SSLKEYLOGFILE cannot be written to; the command line has reported it
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.load_default_certs()
        return context


def _holds_anything(folder: str | None) -> bool:
    try:
        return folder is not None and any(Path(folder).iterdir())
    except OSError:  # a directory without permission counts as empty
        return False
