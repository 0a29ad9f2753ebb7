"""The search over hosts and addresses, and the control experiments, on loopback."""

from __future__ import annotations

import socket
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from ipaddress import ip_address
from pathlib import Path

import pytest

from probe.checks.judging.not_reached import part_of
from probe.collect.attempts import WITHOUT_TLS, ask_target
from probe.model.address import IPAddress
from probe.model.reply import Stage
from probe.model.session import EndReason
from probe.model.target import TlsMode
from probe.recording import events as ev
from probe.standards.dns.results import MxHost
from probe.standards.smtp.dialogue import DialoguePlan
from tests.support.certificates import issue, server_context
from tests.support.reasons import NOT_PUBLIC, spoken
from tests.support.sessions import HASTY, LOOPBACK, PATIENT, PLAN, Run
from tests.support.smtp_server import (
    Script,
    SmtpServer,
    answer,
    dialogue,
    drop,
    expect,
    say,
    silence,
)

FIRST, SECOND, THIRD = (ip_address(f"127.0.0.{n}") for n in (1, 2, 3))
BOTH_FAMILIES = ("127.0.0.1", "::1")
UNUSED = ip_address("127.9.9.9")
REFUSED = dialogue(rcpt="550 5.0.0 no")


def mx(*hosts: tuple[str, tuple[IPAddress, ...]]) -> tuple[MxHost, ...]:
    return tuple(MxHost(10 * n, name, addresses, ()) for n, (name, addresses) in enumerate(hosts))


def tls() -> ssl.SSLContext:
    with tempfile.TemporaryDirectory() as folder:
        return server_context(Path(folder), issue("a.test"))


async def searched(
    hosts: tuple[MxHost, ...],
    *scripts: Script,
    plan: DialoguePlan = PLAN,
    forbidden: tuple[IPAddress, ...] = (),
    hasty: bool = False,
) -> tuple[Run, SmtpServer]:
    """All addresses of 127/8 are one server; its scripts go by the order of connecting."""
    run = Run()
    async with SmtpServer(*scripts, host="0.0.0.0") as server:
        budgets = HASTY if hasty else PATIENT
        visits = run.visits(server.port, budgets=budgets, forbidden=frozenset(forbidden))
        await ask_target(visits, hosts, plan)
        await server.finished()
    return run, server


def places(run: Run) -> list[str]:
    return [f"{session.mx_host} {session.ip}" for session in run.sessions]


TWO = mx(("a.test", (FIRST, SECOND)), ("b.test", (THIRD,)))


@pytest.mark.parametrize(
    "script",
    [
        dialogue(),
        REFUSED,
        dialogue(rcpt="450 later"),
        dialogue(mail="550 no"),
        dialogue(rcpt="250-a\r\n550 b"),
    ],
)
async def test_any_answer_about_the_message_ends_the_search(script: Script) -> None:
    run, _ = await searched(TWO, script)
    assert places(run) == ["a.test 127.0.0.1"]


@pytest.mark.parametrize("busy", [[say("450 later")], [say("220 hi"), answer("EHLO", "451 later")]])
async def test_a_transient_refusal_leads_to_the_next_address(busy: Script) -> None:
    run, _ = await searched(TWO, busy, REFUSED)
    assert places(run) == ["a.test 127.0.0.1", "a.test 127.0.0.2"]
    assert "a.test [127.0.0.1]" in spoken(run.sessions[1].reason)


_TO_MAIL = [say("220 hi"), answer("EHLO", "250 hi")]


@pytest.mark.parametrize(
    "broken",
    [
        [drop()],
        [silence()],
        [say("220 hi"), drop()],
        [*_TO_MAIL, expect("MAIL"), drop()],
        [*_TO_MAIL, answer("MAIL", "250 ok"), expect("RCPT"), drop()],
        [*_TO_MAIL, answer("MAIL", "250 ok"), expect("RCPT"), silence()],
    ],
)
async def test_a_lost_connection_leads_to_the_next_address(broken: Script) -> None:
    run, _ = await searched(TWO, broken, REFUSED, hasty=True)
    assert places(run) == ["a.test 127.0.0.1", "a.test 127.0.0.2"]


async def test_a_greeting_that_refuses_for_good_leads_to_one_other_host() -> None:
    hosts = (*TWO, *mx(("c.test", (FIRST,))))
    run, server = await searched(hosts, [say("554 no")])
    assert places(run) == ["a.test 127.0.0.1", "b.test 127.0.0.3"]
    assert server.verbs == ["QUIT", "QUIT"]


async def test_unreachable_hosts_do_not_count_as_asked() -> None:
    hosts = mx(("dead.test", (UNUSED,)), ("dead2.test", (UNUSED,)), ("a.test", (FIRST,)))
    run, _ = await searched(hosts, REFUSED, forbidden=(UNUSED,))
    assert places(run)[-1] == "a.test 127.0.0.1" and len(places(run)) == 3


async def test_a_forbidden_address_is_recorded_and_never_dialled() -> None:
    run, server = await searched(TWO, REFUSED, forbidden=(FIRST,))
    first, second = run.sessions
    assert (first.end, first.cause, first.connected) == (
        EndReason.NOT_DIALLED,
        NOT_PUBLIC,
        False,
    )
    assert second.ip == SECOND and len(server.dialogues) == 1


async def test_the_second_family_is_tried_when_the_first_fails() -> None:
    hosts = mx(("a.test", (ip_address("::1"), FIRST)))  # the server listens on IPv4 alone
    run, _ = await searched(hosts, REFUSED)
    assert [session.end for session in run.sessions] == [EndReason.REFUSED, EndReason.QUIT]


async def test_an_address_of_the_other_family_than_bind_is_not_dialled() -> None:
    run = Run()
    async with SmtpServer(REFUSED) as server:
        visits = run.visits(server.port)
        visits.bind = LOOPBACK
        await ask_target(visits, mx(("a.test", (ip_address("::1"), FIRST))), PLAN)
    assert [session.end for session in run.sessions] == [EndReason.NOT_DIALLED, EndReason.QUIT]


TLS_REFUSED = [
    say("220 hi"),
    answer("EHLO", "250-hi", "250 STARTTLS"),
    answer("STARTTLS", "454 no"),
    answer("QUIT", "221"),
]
TLS_DROPPED = [say("220 hi"), answer("EHLO", "250-hi", "250 STARTTLS"), answer("STARTTLS", "220 go"), drop()]
TLS_MUTE = [say("220 hi"), answer("EHLO", "250-hi", "250 STARTTLS"), expect("STARTTLS"), drop()]


@pytest.mark.parametrize("script", [TLS_REFUSED, TLS_DROPPED, TLS_MUTE])
async def test_failed_tls_is_retried_once_without(script: Script) -> None:
    run, _ = await searched(TWO, script, dialogue(ehlo="250-hi\n250 STARTTLS"))
    assert places(run) == ["a.test 127.0.0.1"] * 2
    assert run.sessions[1].reason == WITHOUT_TLS
    assert b"STARTTLS" not in run.sent.split(b"STARTTLS\r\n", 1)[1]
    assert run.sessions[1].exchange(Stage.RCPT) is not None


async def test_required_tls_is_not_retried_without() -> None:
    run, server = await searched(TWO, TLS_REFUSED, plan=replace(PLAN, tls=TlsMode.REQUIRE))
    assert "MAIL" not in server.verbs
    assert all(session.reason != WITHOUT_TLS for session in run.sessions)


async def test_a_look_at_the_server_names_no_mailbox() -> None:
    plan = DialoguePlan("probe.test", until=Stage.EHLO)
    run, server = await searched(
        TWO, [say("220 hi"), answer("EHLO", "250 hi"), answer("QUIT", "221")], plan=plan
    )
    assert server.verbs == ["EHLO", "QUIT"] and len(run.sessions) == 1


async def test_at_the_deadline_what_was_not_reached_is_recorded() -> None:
    run = Run(seconds=0)
    assert await ask_target(run.visits(9), TWO, PLAN) == ()
    (missed,) = run.recording.all(ev.NotReached)
    assert part_of(missed) == "SMTP session with a.test [127.0.0.1]"
    assert spoken(missed.reason) == "the run's deadline"


async def test_after_one_connection_timed_out_the_next_get_less_time() -> None:
    run = Run()
    with full_listener() as port:
        visits = run.visits(port, budgets=replace(PATIENT, connect=0.2, connect_again=0.1))
        await ask_target(visits, mx(("a.test", (FIRST, FIRST, FIRST))), PLAN)
    assert [(session.end, spoken(session.cause)) for session in run.sessions] == [
        (EndReason.TIMEOUT, "no connection within 0.2 s"),
        (EndReason.TIMEOUT, "no connection within 0.1 s"),
        (EndReason.TIMEOUT, "no connection within 0.1 s"),
    ]


@contextmanager
def full_listener() -> Iterator[int]:
    """A port whose backlog is full: the kernel leaves further SYNs unanswered, as a filter does."""
    with socket.socket() as listener, ExitStack() as held:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            client = held.enter_context(socket.socket())
            client.setblocking(False)
            client.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]
