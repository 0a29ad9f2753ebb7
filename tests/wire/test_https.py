"""The HTTPS fetch against real TLS servers on loopback."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_address
from pathlib import Path

import pytest

from probe.model.observed import FetchFault
from probe.model.reason import Reason
from probe.net.clock import Clock
from probe.net.https import HttpsResponse, fetch, trusting_context
from tests.support.certificates import authority, issue, server_context
from tests.support.reasons import spoken

HOST = "mta-sts.example.com"
URL = f"https://{HOST}/.well-known/mta-sts.txt"
LOOPBACK = ip_address("127.0.0.1")
OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 5\r\n\r\nhello"

Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Certified:
    """Contexts of servers under one test authority, and of a client that trusts it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def client_context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cadata=authority().pem.decode())

    def server_context(self, host: str = HOST, days: tuple[int, int] = (-1, 30)) -> ssl.SSLContext:
        return server_context(self._directory, issue(host, by=authority(), days=days))


@pytest.fixture
def certified(tmp_path: Path) -> Certified:
    return Certified(tmp_path)


@asynccontextmanager
async def serving(handler: Handler, context: ssl.SSLContext | None) -> AsyncIterator[int]:
    async def guarded(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await handler(reader, writer)
        except OSError:
            pass  # the client has left
        finally:
            writer.close()

    server = await asyncio.start_server(guarded, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


def answering(*chunks: bytes, requests: list[bytes] | None = None) -> Handler:
    async def handler(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        if requests is not None:
            requests.append(request)
        for chunk in chunks:
            writer.write(chunk)
            await writer.drain()

    return handler


async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.read()


async def fetched(certified: Certified, port: int, *, seconds: float = 5.0) -> HttpsResponse:
    deadline = Clock().deadline(seconds)
    context = certified.client_context()
    return await fetch(URL, (LOOPBACK,), deadline=deadline, context=context, port=port)


async def test_a_policy_is_fetched_whole(certified: Certified) -> None:
    requests: list[bytes] = []
    async with serving(answering(OK, requests=requests), certified.server_context()) as port:
        response = await fetched(certified, port)
    assert response == HttpsResponse(200, "text/plain; charset=utf-8", b"hello")
    lines = requests[0].decode().lower().split("\r\n")
    assert lines[0] == "get /.well-known/mta-sts.txt http/1.1"
    assert f"host: {HOST}" in lines
    assert "accept-encoding: identity" in lines


async def test_the_name_goes_into_sni_and_the_literal_is_dialled(certified: Certified) -> None:
    records: list[str | None] = []
    context = certified.server_context()
    context.sni_callback = lambda _socket, name, _context: records.append(name)
    async with serving(answering(OK), context) as port:
        response = await fetched(certified, port)
    assert (response.status, records) == (200, [HOST])


async def test_chunked_and_close_delimited_bodies_are_read(certified: Certified) -> None:
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"
    closing = b"HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nhello"
    for answer in (chunked, closing):
        async with serving(answering(answer), certified.server_context()) as port:
            response = await fetched(certified, port)
        assert (response.body, spoken(response.fault)) == (b"hello", "")


async def test_an_interim_response_is_passed_over(certified: Certified) -> None:
    async with serving(
        answering(b"HTTP/1.1 103 Early Hints\r\n\r\n", OK), certified.server_context()
    ) as port:
        assert (await fetched(certified, port)).body == b"hello"


async def test_redirects_are_not_followed(certified: Certified) -> None:
    requests: list[bytes] = []
    answer = b"HTTP/1.1 301 Moved\r\nLocation: https://127.0.0.1/x\r\nContent-Length: 0\r\n\r\n"
    async with serving(answering(answer, requests=requests), certified.server_context()) as port:
        response = await fetched(certified, port)
    assert (response.status, spoken(response.fault), len(requests)) == (301, "", 1)


async def test_reading_stops_at_the_size_limit(certified: Certified) -> None:
    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    async with serving(endless, certified.server_context()) as port:
        response = await fetched(certified, port)
    assert (response.status, len(response.body)) == (200, 65536)
    assert spoken(response.fault) == "larger than 65536 octets"


@pytest.mark.parametrize(
    "unit",
    [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"],
)
async def test_interim_responses_by_the_thousand_are_given_up(certified: Certified, unit: bytes) -> None:
    async with serving(answering(unit * 20_000), certified.server_context()) as port:
        response = await fetched(certified, port, seconds=60)
    assert (response.status, spoken(response.fault)) == (None, "the answer has no end")


async def test_an_endless_header_is_not_http(certified: Certified) -> None:
    async with serving(
        answering(b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000), certified.server_context()
    ) as port:
        response = await fetched(certified, port)
    assert (response.status, spoken(response.fault)) == (None, "the answer is not HTTP")


@pytest.mark.parametrize(
    ("host", "days", "clause"),
    [
        (HOST, (-30, -1), "certificate has expired"),
        ("other.example.com", (-1, 30), "certificate is not valid for 'mta-sts.example.com'"),
    ],
)
async def test_a_bad_certificate_is_named(
    certified: Certified, host: str, days: tuple[int, int], clause: str
) -> None:
    requests: list[bytes] = []
    async with serving(answering(OK, requests=requests), certified.server_context(host, days)) as port:
        response = await fetched(certified, port)
    assert response.status is None
    assert spoken(response.fault).startswith("certificate")
    assert clause in spoken(response.fault)
    assert not requests


async def test_an_unknown_authority_is_not_trusted(certified: Certified) -> None:
    async with serving(answering(OK), certified.server_context()) as port:
        response = await fetch(URL, (LOOPBACK,), deadline=Clock().deadline(5), port=port)
    assert response.status is None
    assert spoken(response.fault).startswith("certificate refused: ")


async def test_plaintext_on_the_port_is_a_tls_failure(certified: Certified) -> None:
    async def plain(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mx.example.com ESMTP\r\n")
        await writer.drain()

    async with serving(plain, None) as port:
        response = await fetched(certified, port)
    assert response.status is None
    assert spoken(response.fault).startswith("TLS failed: ")


async def test_garbage_and_early_ends_are_named(certified: Certified) -> None:
    cases = {
        b"SSH-2.0-x\r\n\r\n": (None, "the answer is not HTTP"),
        b"": (None, "connection closed by the server"),
        b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf": (200, "the answer ends too early"),
    }
    for answer, (status, error) in cases.items():
        async with serving(answering(answer), certified.server_context()) as port:
            response = await fetched(certified, port)
        assert (response.status, spoken(response.fault)) == (status, error)


async def test_silence_ends_at_the_deadline(certified: Certified) -> None:
    async with serving(silent, certified.server_context()) as port:
        response = await fetched(certified, port, seconds=0.5)
    assert response.status is None
    assert spoken(response.fault).startswith("timed out after 0.")


async def test_a_handshake_that_never_comes_ends_at_the_deadline(certified: Certified) -> None:
    async with serving(silent, None) as port:
        response = await fetched(certified, port, seconds=0.5)
    assert response.status is None
    assert "0." in spoken(response.fault)


async def test_the_next_address_is_tried(certified: Certified) -> None:
    addresses = (ip_address("127.0.0.9"), LOOPBACK)
    async with serving(answering(OK), certified.server_context()) as port:
        response = await fetch(
            URL, addresses, deadline=Clock().deadline(5), context=certified.client_context(), port=port
        )
    assert response.body == b"hello"


async def test_no_address_and_no_listener_are_named(certified: Certified) -> None:
    context = certified.client_context()
    none = await fetch(URL, (), deadline=Clock().deadline(5), context=context)
    assert none == HttpsResponse(None, "", b"", Reason(FetchFault.NOWHERE))
    async with serving(silent, None) as port:
        pass
    refused = await fetch(URL, (LOOPBACK,), deadline=Clock().deadline(5), context=context, port=port)
    assert spoken(refused.fault) == "connection refused"


async def test_only_https_urls_are_taken() -> None:
    with pytest.raises(ValueError, match="not an https URL"):
        await fetch("http://mta-sts.example.com/", (LOOPBACK,), deadline=Clock().deadline(5))


def test_the_trusting_context_verifies() -> None:
    context = trusting_context()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname


def test_a_key_log_that_cannot_be_written_leaves_a_context_that_verifies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / "none" / "keys"))
    context = trusting_context.__wrapped__()
    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.keylog_filename is None


def test_a_store_that_may_not_be_read_is_no_store(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: Path) -> None:
        raise PermissionError

    monkeypatch.setattr(Path, "iterdir", refuse)
    assert trusting_context.__wrapped__().verify_mode is ssl.CERT_REQUIRED
