"""How a guest behaves: one connection at a time, with a pause, and not where it is unwelcome."""

from __future__ import annotations

import asyncio
from ipaddress import ip_address

import pytest

from probe.collect.attempts import ask_target
from probe.model.observed import Gap
from probe.recording import events as ev
from tests.support.sessions import PLAN, Run
from tests.support.smtp_server import Script, SmtpServer, answer, drop, say
from tests.wire.test_smtp_attempts import REFUSED, TWO, mx, places, searched


@pytest.mark.parametrize(
    "away",
    [
        [say("421 4.7.0 too many connections from you")],
        [say("220 hi"), answer("EHLO", "421 4.7.1 your address is blocked using bl.test")],
        [say("554 5.7.1 your address is blocked using bl.test")],
        [say("220 hi"), answer("EHLO", "550 5.7.1 your address is listed")],
    ],
)
async def test_a_host_that_turns_the_probe_away_is_not_visited_again(away: Script) -> None:
    run, _ = await searched(TWO, away, REFUSED)
    assert places(run) == ["a.test 127.0.0.1", "b.test 127.0.0.3"]


async def test_there_is_never_more_than_one_connection_at_a_time() -> None:
    """Over everything that opens connections: hosts that fail, TLS that fails, control experiments."""
    open_now, most = 0, 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        for line in (b"220 hi", b"250-mx\r\n250 STARTTLS", b"454 no", b"221 bye"):
            writer.write(line + b"\r\n")
            if not await reader.readline():
                break
        open_now -= 1
        writer.close()

    server = await asyncio.start_server(serve, "0.0.0.0", 0)
    run = Run()
    visits = run.visits(server.sockets[0].getsockname()[1])
    await ask_target(visits, TWO, PLAN)
    server.close()
    assert len([session for session in run.sessions if session.connected]) > 1
    assert most == 1


async def test_sessions_keep_their_distance() -> None:
    run = Run()
    async with SmtpServer([say("450 later")], host="0.0.0.0") as server:
        visits = run.visits(server.port)
        visits.spacing = 0.3
        await ask_target(visits, TWO, PLAN)
    opened = [event.at_ms for event in run.recording.all(ev.SessionOpened)]
    closed = [event.at_ms for event in run.recording.all(ev.SessionClosed)]
    assert len(opened) > 1
    assert all(after - before >= 299 for before, after in zip(closed, opened[1:], strict=False))


async def test_sessions_of_a_run_are_capped() -> None:
    hosts = mx(("a.test", tuple(ip_address(f"127.0.1.{n}") for n in range(1, 30))))
    run, server = await searched(hosts, [drop()])
    assert len(server.dialogues) == 12
    (missed,) = run.recording.all(ev.NotReached)
    assert missed.reason.tag is Gap.MOST_SESSIONS
