"""One session against servers on loopback that behave, and that do not."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace
from ipaddress import ip_address
from typing import cast

import pytest

from probe import settings
from probe.facts.session import Session
from probe.facts.sessions import sessions_of
from probe.model.reply import Stage
from probe.model.session import EndReason, Stop
from probe.recording.journal import Recording
from probe.standards.smtp.results import Deviation
from tests.support import virtual_time
from tests.support.reasons import spoken
from tests.support.sessions import HASTY, PATIENT, PLAN, Run
from tests.support.smtp_server import (
    Peer,
    Script,
    SmtpServer,
    answer,
    dialogue,
    drip,
    drop,
    endless,
    expect,
    reset,
    say,
    say_raw,
    silence,
    wait,
)
from tests.support.virtual_time import VirtualLoop


async def held(script: Script, *, hasty: bool = False) -> tuple[Session, SmtpServer, Run]:
    run = Run()
    async with SmtpServer(script) as server:
        outcome = await run.session(server.port, budgets=HASTY if hasty else PATIENT)
        await server.finished()
    (session,) = run.sessions
    # the recording says what the live run saw
    assert [(e.stage, e.reply, e.usable, e.deviations, e.fragment) for e in session.exchanges] == [
        (e.stage, e.reply, e.usable, e.deviations, e.fragment) for e in outcome.entries
    ]
    assert (session.end, session.cause) == (outcome.end, outcome.cause)
    return session, server, run


def code(session: Session, stage: Stage) -> int | None:
    exchange = session.exchange(stage)
    assert exchange is not None
    return exchange.reply.code if exchange.reply else None


async def test_a_refusal_at_rcpt_and_a_polite_end() -> None:
    session, server, run = await held(dialogue(rcpt="550 5.1.1 no such user"))
    assert server.verbs == ["EHLO", "MAIL", "RCPT", "QUIT"]
    assert session.end is EndReason.QUIT and session.cause is None
    rcpt = session.exchange(Stage.RCPT)
    assert rcpt is not None and rcpt.reply is not None
    assert (rcpt.reply.code, str(rcpt.reply.enhanced_status)) == (550, "5.1.1")
    assert rcpt.sent == "RCPT TO:<alice@example.net>" and rcpt.ref == "session:1:rcpt" and rcpt.usable
    assert [exchange.stage for exchange in session.exchanges] == [
        Stage.GREETING,
        Stage.EHLO,
        Stage.MAIL,
        Stage.RCPT,
        Stage.QUIT,
    ]
    assert run.sent.endswith(b"QUIT\r\n")
    assert session.local_ip == ip_address("127.0.0.1")


async def test_replies_octet_by_octet_are_the_same() -> None:
    script = [
        say("220 hi"),
        expect("EHLO"),
        drip(b"250-mx.test\r\n250 SIZE 99\r\n"),
        answer("MAIL", "250 ok"),
    ]
    script += [
        expect("RCPT"),
        drip(b"450-4.2.0 one\r\n450 4.2.0 two\r\n"),
        answer("QUIT", "221"),
    ]
    session, _, _ = await held(script)
    assert session.extensions is not None and session.extensions.size_limit == 99
    assert code(session, Stage.RCPT) == 450
    assert session.end is EndReason.QUIT


@pytest.mark.parametrize("greeting", ["554 5.7.1 you are listed", "421 4.7.0 too many"])
async def test_a_refusing_greeting_ends_with_quit(greeting: str) -> None:
    session, server, _ = await held([say(greeting), answer("QUIT", "221 bye")])
    assert server.lines == ["QUIT"]
    assert code(session, Stage.GREETING) == int(greeting[:3])


async def test_a_421_that_closes_at_once_is_the_servers_doing() -> None:
    session, _, _ = await held([say("421 4.7.0 too many"), drop()])
    assert session.end is EndReason.CLOSED_BY_PEER
    assert code(session, Stage.GREETING) == 421


async def test_a_silent_server_times_out_before_a_word_is_said() -> None:
    session, server, run = await held([silence()], hasty=True)
    assert session.end is EndReason.TIMEOUT
    assert code(session, Stage.GREETING) is None
    assert run.sent == b"" and server.lines == []


async def test_a_silent_rcpt_times_out_and_quit_is_said() -> None:
    script = [say("220 hi"), answer("EHLO", "250 hi"), answer("MAIL", "250 ok"), expect("RCPT")]
    session, server, _ = await held(script, hasty=True)
    assert session.end is EndReason.TIMEOUT
    assert code(session, Stage.RCPT) is None
    assert server.lines[-1] == "QUIT"


async def test_an_answer_that_comes_after_the_budget_still_belongs_to_rcpt() -> None:
    script = [say("220 hi"), answer("EHLO", "250 hi"), answer("MAIL", "250 ok"), expect("RCPT")]
    session, _, _ = await held([*script, expect("QUIT"), say("550 no", "221 bye")], hasty=True)
    assert session.end is EndReason.TIMEOUT
    assert code(session, Stage.RCPT) == 550
    assert code(session, Stage.QUIT) == 221


async def test_a_reset_is_told_from_a_close() -> None:
    was_reset, _, _ = await held([say("220 hi"), expect("EHLO"), reset()])
    closed, _, _ = await held([say("220 hi"), expect("EHLO"), drop()])
    assert was_reset.end is EndReason.RESET
    assert closed.end is EndReason.CLOSED_BY_PEER


async def test_half_a_reply_before_the_close_is_kept_but_answers_nothing() -> None:
    script = [say("220 hi"), answer("EHLO", "250 hi"), answer("MAIL", "250 ok"), expect("RCPT")]
    session, _, _ = await held([*script, say_raw(b"550-5.1.1 no\r\n550 5.1"), drop()])
    rcpt = session.exchange(Stage.RCPT)
    assert rcpt is not None and rcpt.reply is None and not rcpt.usable
    assert rcpt.fragment == "550 5.1.1 no 5.1"
    assert rcpt.deviations == (Deviation.TRUNCATED,)


async def test_two_replies_in_one_packet_stop_the_session() -> None:
    script = [say("220 hi"), answer("EHLO", "250 hi"), answer("MAIL", "250 ok", "550 5.1.1 not asked yet")]
    session, server, _ = await held([*script, answer("QUIT", "221 bye")])
    assert session.desynchronised
    assert "RCPT" not in server.verbs
    mail, leave = session.exchange(Stage.MAIL), session.exchange(Stage.QUIT)
    assert mail is not None and Deviation.SURPLUS in mail.deviations and mail.usable
    assert leave is not None and not leave.usable


async def test_a_late_surplus_reply_makes_every_answer_doubtful() -> None:
    script = [say("220 hi"), answer("EHLO", "250 hi"), answer("MAIL", "250 ok"), expect("RCPT")]
    script += [say("250 late from MAIL"), expect("QUIT"), say("550 5.1.1 the true one"), wait(0.05)]
    session, _, _ = await held([*script, say("221 to QUIT")])
    rcpt = session.exchange(Stage.RCPT)
    assert rcpt is not None and rcpt.reply is not None and rcpt.reply.code == 250
    assert session.desynchronised and not rcpt.usable


async def test_mixed_codes_are_no_acceptance() -> None:
    script = [
        say("220 hi"),
        answer("EHLO", "250 hi"),
        answer("MAIL", "250 ok"),
        answer("RCPT", "550-no", "250 yes"),
    ]
    session, server, _ = await held([*script, answer("QUIT", "221 bye")])
    rcpt = session.exchange(Stage.RCPT)
    assert rcpt is not None and not rcpt.usable and rcpt.deviations == (Deviation.MIXED_CODES,)
    assert server.lines[-1] == "QUIT"


async def test_helo_when_ehlo_is_unknown() -> None:
    script = [say("220 hi"), answer("EHLO", "502 what"), answer("HELO", "250 hi"), *dialogue()[2:]]
    session, server, _ = await held(script)
    assert server.verbs[:3] == ["EHLO", "HELO", "MAIL"]
    assert code(session, Stage.RCPT) == 250
    assert [e.ref for e in session.exchanges if e.stage is Stage.EHLO] == [
        "session:1:ehlo",
        "session:1:ehlo2",
    ]


async def test_an_invitation_to_send_data_is_met_with_silence() -> None:
    script = [
        say("220 hi"),
        answer("EHLO", "250 hi"),
        answer("MAIL", "250 ok"),
        answer("RCPT", "354 go ahead"),
    ]
    session, server, run = await held(script)
    assert server.verbs == ["EHLO", "MAIL", "RCPT"]
    assert run.sent.endswith(b"RCPT TO:<alice@example.net>\r\n")
    assert session.stop is Stop.INTERMEDIATE


@pytest.mark.parametrize("flood", [b"250-more\r\n", b"x" * 4096])
async def test_a_server_that_never_stops_talking_is_cut_off(flood: bytes) -> None:
    session, _, run = await held([say("220 hi"), expect("EHLO"), endless(flood)])
    assert session.end is EndReason.TOO_MUCH_DATA
    octets = sum(len(event.data) for event in run.recording if hasattr(event, "data")) - len(run.sent)
    assert octets == settings.SESSION_SIZE_LIMIT


async def test_garbage_for_a_greeting_is_an_answer_without_a_code() -> None:
    session, server, _ = await held([say("SSH-2.0-OpenSSH_9.2")])
    greeting = session.exchange(Stage.GREETING)
    assert greeting is not None and not greeting.usable
    assert greeting.reply is not None and greeting.reply.lines == ("SSH-2.0-OpenSSH_9.2",)
    assert server.lines == ["QUIT"]


async def test_size_is_declared_only_to_a_server_that_offers_it() -> None:
    run = Run()
    async with SmtpServer(dialogue(ehlo="250-mx.test\n250 SIZE 1000", mail="552 5.3.4 too big")) as server:
        await run.session(server.port, replace(PLAN, size=2000))
        await server.finished()
    assert "MAIL FROM:<bob@example.com> SIZE=2000" in server.lines
    assert "RCPT" not in server.verbs


async def test_nobody_listening_is_refused() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        run = Run()
        outcome = await run.session(taken.getsockname()[1])
    assert outcome.end is EndReason.REFUSED and not outcome.connected
    (session,) = run.sessions
    assert not session.connected and session.exchanges == () and session.tls is None


async def test_an_address_that_is_not_ours_is_a_local_error() -> None:
    outcome = await Run().session(9, bind=ip_address("192.0.2.1"))
    assert outcome.end is EndReason.LOCAL_ERROR
    assert "assign requested address" in spoken(outcome.cause)


async def test_the_local_address_is_bound() -> None:
    run = Run()
    async with SmtpServer(dialogue()) as server:
        await run.session(server.port, bind=ip_address("127.0.0.9"))
    assert run.sessions[0].local_ip == ip_address("127.0.0.9")


async def test_the_deadline_of_the_run_ends_a_wait() -> None:
    run = Run(seconds=0.3)
    async with SmtpServer([silence()]) as server:
        outcome = await run.session(server.port)
    assert outcome.end is EndReason.DEADLINE


@pytest.mark.parametrize("verb", ["", "EHLO", "RCPT"])
def test_a_reply_that_came_while_this_process_was_stopped_is_not_missed(verb: str) -> None:
    """Ctrl-Z for a while: the reply is there, and the time for it is over."""

    async def stop(_: Peer) -> None:
        cast(VirtualLoop, asyncio.get_running_loop()).stand_still(20.0)

    async def work() -> Session:
        return (await held(script))[0]

    script = dialogue()
    places = {"": 0, "EHLO": 1, "RCPT": 3}
    script.insert(places[verb] + 1, stop)
    session = virtual_time.run(work())
    assert session.end is EndReason.QUIT
    assert code(session, Stage.RCPT) == 250


async def test_cancellation_closes_the_socket_and_is_recorded() -> None:
    run = Run()
    async with SmtpServer([say("220 hi"), silence()]) as server:
        task = asyncio.create_task(run.session(server.port))
        while not run.sent:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(server.finished(), 5)
    assert run.sessions[0].end is EndReason.INTERRUPTED


async def test_every_prefix_of_a_recording_can_be_read() -> None:
    _, _, run = await held(dialogue(rcpt="550 no"))
    events = list(run.recording)
    for length in range(1, len(events) + 1):
        sessions = sessions_of(Recording.of(events[:length]))
        assert len(sessions) == (length > 1)
        if sessions and length < len(events):
            assert sessions[0].end is None
    assert sessions_of(Recording.of(events)) == run.sessions
