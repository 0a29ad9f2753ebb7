"""The control experiments: which are made, in what order, and when there are none, on loopback."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

import pytest

from probe.collect.attempts import ask_target
from probe.collect.controls import invented_mailbox, run_controls
from probe.model.address import Mailbox, NullReversePath
from probe.model.observed import Gap, Part
from probe.model.reply import EnhancedStatus, Reply, Stage
from probe.model.session import Advice, Experiment
from probe.model.target import ControlsMode, TlsMode
from probe.recording import events as ev
from probe.standards.dns.results import MxHost
from probe.standards.smtp.dialogue import DialoguePlan
from tests.support.judging_server import JudgingServer
from tests.support.sessions import ALICE, PLAN, Run
from tests.support.smtp_server import (
    Script,
    SmtpServer,
    dialogue,
    endless,
    say,
    silence,
)
from tests.wire.test_smtp_attempts import (
    BOTH_FAMILIES,
    FIRST,
    REFUSED,
    TWO,
    mx,
    tls,
)

BARS = dialogue(rcpt="550 5.7.1 your address is on our list")
BARRED = Reply(550, EnhancedStatus(5, 7, 1), ("5.7.1 your address is on our list",))


async def controlled(
    *scripts: Script,
    mode: ControlsMode = ControlsMode.AUTO,
    plan: DialoguePlan = PLAN,
    settles: bool = False,
    refuses_null_sender: bool = False,
    hosts: tuple[MxHost, ...] = TWO,
    idle: tuple[Experiment, ...] = (),
) -> tuple[Run, SmtpServer]:
    run = Run()

    async def advise(offered: tuple[Experiment, ...]) -> Advice:
        wanted = [it for it in offered if it not in idle]
        return Advice(wanted[0] if wanted else None, {it: Gap.UNCHANGED for it in offered if it in idle})

    async with SmtpServer(*scripts, host="0.0.0.0") as server:
        visits = run.visits(server.port)
        result = await ask_target(visits, hosts, plan)
        await run_controls(
            visits,
            result,
            hosts,
            mode=mode,
            seed=1,
            settles=lambda _reply, _stage: settles,
            unwelcome=lambda reply, _stage: reply == BARRED,
            advise=advise,
            refuses_null_sender=refuses_null_sender,
        )
        await server.finished()
    return run, server


async def the_first(offered: tuple[Experiment, ...]) -> Advice:
    return Advice(offered[0])


def experiments(run: Run) -> list[Experiment]:
    return [session.experiment for session in run.sessions]


PAIR = dialogue(rcpt=("550 no", "550 no"))


async def test_a_refusal_that_does_not_explain_itself_is_followed_by_controls() -> None:
    run, server = await controlled(REFUSED, PAIR, REFUSED)
    assert experiments(run) == [
        Experiment.TARGET,
        Experiment.POSTMASTER,
        Experiment.NULL_SENDER,
        Experiment.OTHER_MX,
    ]
    questions = [line for line in server.dialogues[1] if line.startswith("RCPT")]
    invented = invented_mailbox(ALICE, 1)
    assert questions == ["RCPT TO:<postmaster@example.net>", f"RCPT TO:<{invented}>"]
    assert [e.ref for e in run.sessions[1].exchanges if e.stage is Stage.RCPT] == [
        "session:2:rcpt",
        "session:2:rcpt2",
    ]
    assert "MAIL FROM:<>" in server.dialogues[2]
    assert all(session.reason for session in run.sessions)
    assert run.sessions[3].mx_host == "b.test"
    assert run.recording.all(ev.NotReached) == ()


async def test_an_experiment_that_would_tell_nothing_is_not_made_and_that_is_recorded() -> None:
    run, _ = await controlled(REFUSED, PAIR, REFUSED, idle=(Experiment.NULL_SENDER, Experiment.OTHER_MX))
    assert experiments(run) == [Experiment.TARGET, Experiment.POSTMASTER]
    missed = run.recording.all(ev.NotReached)
    assert [(it.part, it.experiment, it.reason.tag) for it in missed] == [
        (Part.CONTROL, Experiment.NULL_SENDER, Gap.UNCHANGED),
        (Part.CONTROL, Experiment.OTHER_MX, Gap.UNCHANGED),
    ]


async def test_always_makes_the_experiments_that_would_tell_nothing_too() -> None:
    every = (Experiment.POSTMASTER, Experiment.NULL_SENDER, Experiment.OTHER_MX)
    run, _ = await controlled(REFUSED, PAIR, REFUSED, idle=every, mode=ControlsMode.ALWAYS)
    assert experiments(run) == [Experiment.TARGET, *every]


async def test_the_other_family_is_asked_and_no_address_is_visited_more_than_three_times() -> None:
    judging = JudgingServer("550 5.0.0", lambda client: client.stage == "rcpt", hosts=BOTH_FAMILIES)
    async with judging as server:
        run = Run()
        visits = run.visits(server.port)
        hosts = mx(("a.test", (FIRST, ip_address("::1"))))
        plan = replace(PLAN, tls=TlsMode.AUTO)
        result = await ask_target(visits, hosts, plan)
        await run_controls(
            visits,
            result,
            hosts,
            mode=ControlsMode.AUTO,
            seed=1,
            settles=lambda _reply, _stage: False,
            unwelcome=lambda _reply, _stage: False,
            advise=the_first,
        )
    assert experiments(run) == [
        Experiment.TARGET,
        Experiment.POSTMASTER,
        Experiment.NULL_SENDER,
        Experiment.OTHER_FAMILY,
    ]
    assert [str(session.ip) for session in run.sessions] == ["127.0.0.1"] * 3 + ["::1"]


async def test_no_address_gets_a_third_control() -> None:
    plain = mx(("a.test", (FIRST,)))
    offered: list[tuple[Experiment, ...]] = []

    async def advise(open_: tuple[Experiment, ...]) -> Advice:
        offered.append(open_)
        return Advice(open_[-1])

    async with JudgingServer("550 5.0.0", lambda client: client.stage == "rcpt", tls=tls()) as server:
        run = Run()
        visits = run.visits(server.port)
        result = await ask_target(visits, plain, PLAN)
        await run_controls(
            visits,
            result,
            plain,
            mode=ControlsMode.AUTO,
            seed=1,
            settles=lambda _reply, _stage: False,
            unwelcome=lambda _reply, _stage: False,
            advise=advise,
        )
    assert offered[0] == (Experiment.POSTMASTER, Experiment.NULL_SENDER, Experiment.WITHOUT_TLS)
    assert experiments(run) == [Experiment.TARGET, Experiment.WITHOUT_TLS, Experiment.NULL_SENDER]
    assert [client.secure for client in server.guests] == [True, False, True]
    (missed,) = run.recording.all(ev.NotReached)
    assert (missed.experiment, missed.reason.tag) == (Experiment.POSTMASTER, Gap.MOST_CONTROLS_THERE)


async def test_before_mail_only_the_address_can_be_what_was_refused() -> None:
    hosts = mx(("a.test", (FIRST, ip_address("::1"))), ("b.test", (FIRST,)))
    async with JudgingServer("554 5.0.0", lambda client: True, hosts=BOTH_FAMILIES) as server:
        run = Run()
        visits = run.visits(server.port)
        result = await ask_target(visits, hosts[:1], PLAN)
        await run_controls(
            visits,
            result,
            hosts,
            mode=ControlsMode.AUTO,
            seed=1,
            settles=lambda _reply, _stage: False,
            unwelcome=lambda _reply, _stage: False,
            advise=the_first,
        )
    assert experiments(run) == [Experiment.TARGET, Experiment.OTHER_FAMILY]


async def test_another_mx_takes_the_place_of_a_null_sender_that_would_prove_nothing() -> None:
    run, _ = await controlled(REFUSED, PAIR, REFUSED, refuses_null_sender=True)
    assert experiments(run)[2] is Experiment.OTHER_MX
    assert run.sessions[2].mx_host == "b.test"


@pytest.mark.parametrize(
    ("script", "mode", "settles"),
    [
        (dialogue(), ControlsMode.AUTO, False),
        (REFUSED, ControlsMode.NEVER, False),
        (REFUSED, ControlsMode.AUTO, True),
        (dialogue(rcpt="421 go away"), ControlsMode.ALWAYS, False),
    ],
)
async def test_no_controls_where_they_are_not_called_for(
    script: Script, mode: ControlsMode, settles: bool
) -> None:
    run, _ = await controlled(script, PAIR, mode=mode, settles=settles)
    assert experiments(run) == [Experiment.TARGET]


async def test_always_asks_even_after_an_acceptance() -> None:
    run, _ = await controlled(
        dialogue(), dialogue(rcpt=("250 ok", "250 ok")), dialogue(), mode=ControlsMode.ALWAYS
    )
    assert experiments(run)[1] is Experiment.POSTMASTER


@pytest.mark.parametrize(
    "turned_away",
    [
        [say("421 enough")],
        [say("554 5.7.1 listed")],
        dialogue(mail="450 4.7.1 too fast"),
        dialogue(ehlo="550 no"),
        dialogue(rcpt="354 go ahead"),
        [endless(b"220-x\r\n")],
        [silence()],
    ],
)
async def test_a_control_that_is_turned_away_is_the_last(turned_away: Script) -> None:
    run, _ = await controlled(REFUSED, turned_away, PAIR)
    assert experiments(run) == [Experiment.TARGET, Experiment.POSTMASTER]


@pytest.mark.parametrize("scripts", [(REFUSED, BARS), (BARS, REFUSED)])
async def test_an_address_that_bars_the_probe_gets_no_further_session(scripts: tuple[Script, ...]) -> None:
    run, _ = await controlled(*scripts, REFUSED, mode=ControlsMode.ALWAYS)
    sessions = run.sessions
    barred = next(n for n, item in enumerate(sessions) if any(e.reply == BARRED for e in item.exchanges))
    assert all(session.ip != sessions[barred].ip for session in sessions[barred + 1 :])
    assert any(note.reason.tag is Gap.BARRED for note in run.recording.all(ev.NotReached))


async def test_a_refused_mail_asks_about_no_other_mailbox() -> None:
    run, server = await controlled(dialogue(mail="550 no"), REFUSED, REFUSED)
    assert experiments(run) == [Experiment.TARGET, Experiment.NULL_SENDER, Experiment.OTHER_MX]
    assert all("postmaster" not in line for line in server.lines)


async def test_postmaster_as_the_target_is_not_asked_again() -> None:
    plan = replace(PLAN, forward_paths=(Mailbox("Postmaster", "example.net", "example.net"),))
    run, server = await controlled(REFUSED, REFUSED, REFUSED, plan=plan)
    assert experiments(run)[1] is Experiment.RANDOM
    assert server.verbs[: server.verbs.index("QUIT", 5) + 1].count("RCPT") == 2


async def test_the_null_reverse_path_is_not_repeated() -> None:
    plan = replace(PLAN, reverse_path=NullReversePath())
    run, _ = await controlled(REFUSED, PAIR, REFUSED, plan=plan)
    assert Experiment.NULL_SENDER not in experiments(run)


def test_the_invented_mailbox_follows_from_the_seed_alone() -> None:
    assert invented_mailbox(ALICE, 1) == invented_mailbox(ALICE, 1)
    assert invented_mailbox(ALICE, 1) != invented_mailbox(ALICE, 2)
    assert invented_mailbox(ALICE, 1).domain == ALICE.domain


async def test_nothing_but_the_enumerated_verbs_was_ever_sent() -> None:
    run, _ = await controlled(REFUSED, PAIR, REFUSED)
    lines = run.sent.decode().splitlines()
    assert {line.split(" ")[0] for line in lines} == {"EHLO", "MAIL", "RCPT", "QUIT"}
