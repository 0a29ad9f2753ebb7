"""What the wire relies on in aiosmtplib and in asyncio. A release that moves a seam fails here."""

from __future__ import annotations

import asyncio
import inspect
import ssl

import pytest
from aiosmtplib.protocol import SMTPProtocol
from aiosmtplib.response import SMTPResponse

from probe.net.clock import Clock
from probe.net.smtp import Wire, _Tap
from probe.recording import events as ev


class Recorder(SMTPProtocol):
    def __init__(self) -> None:
        super().__init__(loop=asyncio.get_running_loop())
        self.calls: list[object] = []

    def write(self, data: bytes) -> None:
        self.calls.append(data)

    async def read_response(self, timeout: float | None = None) -> SMTPResponse:
        self.calls.append(timeout)
        return SMTPResponse(250, "")


async def test_a_command_goes_through_write_and_read_response() -> None:
    protocol = Recorder()
    protocol.connection_made(asyncio.Transport())
    await protocol.execute_command(b"EHLO probe.test", timeout=3)
    assert protocol.calls == [b"EHLO probe.test\r\n", 3]


@pytest.mark.parametrize("evil", [b"a\rb", b"a\nb", b"a\0b"])
async def test_control_characters_are_refused_a_second_time(evil: bytes) -> None:
    protocol = Recorder()
    protocol.connection_made(asyncio.Transport())
    with pytest.raises(ValueError, match="control"):
        await protocol.execute_command(b"RCPT", evil)
    assert protocol.calls == []


@pytest.mark.parametrize(
    "verb", ["DATA", "BDAT 1 LAST", "AUTH PLAIN", "VRFY x", "EXPN x", "ETRN x", "TURN", "."]
)
async def test_no_other_command_passes_the_tap(verb: str) -> None:
    clock = Clock()
    events: list[ev.Event] = []
    tap = _Tap(Wire(1, events.append, clock, clock.deadline(5)))
    tap.transport = asyncio.WriteTransport()
    with pytest.raises(ValueError, match="not one of the commands"):
        tap.write(f"{verb}\r\n".encode())
    assert events == []


def test_everything_that_the_tap_overrides_is_there() -> None:
    overridden = [name for name, _ in inspect.getmembers(_Tap, inspect.isfunction) if name in vars(_Tap)]
    for name in set(overridden) - {"__init__"}:
        assert hasattr(SMTPProtocol, name), name
        ours, theirs = getattr(_Tap, name), getattr(SMTPProtocol, name)
        assert list(inspect.signature(ours).parameters) == list(inspect.signature(theirs).parameters)


def test_the_transport_is_an_attribute_that_can_be_replaced() -> None:
    assert "self.transport = " in inspect.getsource(SMTPProtocol.connection_made)


def test_this_python_shows_the_whole_chain() -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    shaken = context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO())
    inner = getattr(shaken, "_sslobj", None)
    assert hasattr(shaken, "get_unverified_chain") or hasattr(inner, "get_unverified_chain")
