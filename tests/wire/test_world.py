"""One world for several runs: what they share, what they do not, and a world of a test's own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_address

import pytest

from probe.net.clock import Clock
from probe.net.courtesy import Courtesy
from probe.net.smtp import Dial, dial_tcp
from probe.recording import events as ev
from probe.recording.journal import Recording
from probe.run import observe, report_of
from probe.settings import SESSIONS_WITH_ONE_OPERATOR
from probe.standards.dns.message import Answer, Question, Status
from probe.world import World, lab, live
from tests.support.dns_server import DnsServer, Fault
from tests.support.smtp_server import SmtpServer, dialogue
from tests.wire.test_run import PAIR, QUICK, ZONE, options

ELSEWHERE = {"A mx.recipient.example": ["9.9.9.1"], "A backup.recipient.example": ["9.9.9.2"]}


def silent() -> World:
    """The Internet at a test's pace, without a second opinion."""
    return replace(live(QUICK), opinions=_none)


async def _none(*_: object, **__: object) -> tuple[()]:
    return ()


def answers(recording: Recording) -> dict[Question, Answer]:
    return {event.answer.question: event.answer for event in recording.all(ev.DnsAnswered)}


def told(recording: Recording) -> dict[Question, object]:
    """What DNS said, without times and the order of records, which is the server's whim."""
    return {
        question: (answer.status, frozenset(map(str, answer.records)))
        for question, answer in answers(recording).items()
    }


async def test_runs_in_one_world_ask_each_question_once() -> None:
    world = silent()
    async with DnsServer(ZONE) as dns, SmtpServer(dialogue()) as server:
        result = options(dns, server.port)
        first = await observe(PAIR, result, world=world)
        before = len(dns.queries)
        second = await observe(PAIR, result, world=world)
        again = {(query.rtype, query.name) for query in dns.queries[before:]}
        alone = await observe(PAIR, result, world=silent())
    assert told(first) == told(second) == told(alone)
    results = {
        (str(question.rtype), question.name)
        for question, answer in answers(first).items()
        if answer.status is Status.ANSWER
    }
    assert ("MX", "recipient.example") in results
    assert not results & again, "what was found holds for the second run; what was denied, for a second"
    assert report_of(second).verdict == report_of(first).verdict == report_of(alone).verdict
    assert len(server.dialogues) == 3, "the mail server is asked by each run itself"


async def test_a_failure_is_not_shared() -> None:
    world = silent()
    async with (
        DnsServer(ZONE, {"recipient.example": Fault.SERVFAIL}) as dns,
        SmtpServer(dialogue()) as server,
    ):
        result = options(dns, server.port)
        first = report_of(await observe(PAIR, result, world=world))
        dns.mend()
        second = report_of(await observe(PAIR, result, world=world))
    assert (first.verdict.outcome, first.verdict.stage) == ("inconclusive", "dns")
    assert second.verdict.outcome == "accepted"


async def test_a_test_dials_where_it_likes() -> None:
    """Global addresses and port 25, which no loopback server has; the probe is none the wiser."""
    dialled: list[str] = []
    async with DnsServer(ZONE | ELSEWHERE) as dns, SmtpServer(dialogue()) as server:

        async def dial(protocol: Callable[[], asyncio.Protocol], place: Dial) -> object:
            dialled.append(f"{place.ip}:{place.port}")
            return await dial_tcp(protocol, replace(place, ip=ip_address("127.0.0.1"), port=server.port))

        result = replace(options(dns, 25), allow_private=False)
        report = report_of(await observe(PAIR, result, world=replace(silent(), dial=dial)))
    assert report.verdict.outcome == "accepted"
    assert dialled == ["9.9.9.1:25"]


async def test_clock_seed_and_scenario_are_the_worlds() -> None:
    class Monday(Clock):
        @property
        def started_at(self) -> str:
            return "2026-11-30T00:00:00.000Z"

    world = replace(silent(), clock=Monday, seed=lambda: 4711, scenario="own")
    async with DnsServer(ZONE) as dns, SmtpServer(dialogue()) as server:
        recording = await observe(PAIR, options(dns, server.port, seed=0), world=world)
    started = recording.started
    assert (started.started_at, started.options.seed) == ("2026-11-30T00:00:00.000Z", 4711)
    assert (started.scenario, started.invocation) == ("own", "demo")


@pytest.mark.parametrize("shared", [True, False])
async def test_runs_in_one_world_share_the_limit_of_an_operator(shared: bool) -> None:
    """Each run has an address of its own to talk to, and all of them belong to one operator."""
    runs = SESSIONS_WITH_ONE_OPERATOR + 5
    expected = SESSIONS_WITH_ONE_OPERATOR if shared else runs
    held, most, everybody = 0, 0, asyncio.Event()

    async def hold(protocol: Callable[[], asyncio.Protocol], place: Dial) -> object:
        nonlocal held, most
        held += 1
        most = max(most, held)
        if held == expected:
            everybody.set()
        await everybody.wait()
        await asyncio.sleep(0.1)  # time for one more to come, if one may
        held -= 1
        raise ConnectionRefusedError(111, "refused")

    base = replace(silent(), dial=hold)
    zone = {f"MX d{n}.example": [f"10 mx{n}.operator.example."] for n in range(runs)}
    zone |= {f"A mx{n}.operator.example": [f"9.9.9.{n + 1}"] for n in range(runs)}
    async with DnsServer(zone) as dns:
        base_options = replace(options(dns, 25), allow_private=False, dnsbl_enabled=False)
        worlds = [base if shared else replace(base, courtesy=Courtesy()) for _ in range(runs)]
        await asyncio.gather(
            *(
                observe(replace(PAIR, forward_path=replace(PAIR.forward_path, domain=f"d{n}.example")),
                        base_options, world=world)
                for n, world in enumerate(worlds)
            )
        )  # fmt: skip
    assert most == expected


def test_the_live_worlds_of_a_process_share_one_limit() -> None:
    assert live().courtesy is live().courtesy
    apart = lab("healthy", https_context=None, https_port=None, tls_roots=None)
    assert apart.courtesy is not live().courtesy
