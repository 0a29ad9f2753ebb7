"""Many checks at once, as those make them who embed the program: what they share, and what stays apart."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable
from contextlib import AsyncExitStack
from ipaddress import ip_address
from typing import Any

import pytest

import probe
from probe import lab, run
from probe.collect.attempts import ask_target
from probe.model.observed import Gap
from probe.model.report import Report
from probe.model.target import Options, PairTarget
from probe.net import threads
from probe.net.courtesy import Courtesy
from probe.recording import events as ev
from probe.settings import SESSIONS_WITH_ONE_ADDRESS
from tests.support.sessions import PLAN, Run
from tests.wire.test_smtp_attempts import mx

SCENARIOS = ("healthy", "greylisting", "spf-fail", "unknown-user")


def told(report: Report) -> tuple[object, ...]:
    """What a report says, without times."""
    findings = sorted((f.id, str(f.severity), f.message) for f in report.findings)
    return (report.verdict.outcome, report.verdict.summary, report.verdict.exit_code, *findings)


async def _check(of: lab.RunningLab) -> Report:
    target = of.target
    assert isinstance(target, PairTarget)
    return await probe.check(str(target.reverse_path), str(target.forward_path), of.options)


async def test_checks_at_once_say_what_they_say_alone() -> None:
    async with AsyncExitStack() as stack:
        labs = []
        for name in SCENARIOS:
            scenario = lab.scenario(name)
            assert scenario is not None
            labs.append(await stack.enter_async_context(lab.serve(scenario)))
        alone = [told(await _check(it)) for it in labs]
        together = await asyncio.gather(*(_check(it) for it in labs * 4))
    assert len(set(alone)) == len(SCENARIOS)
    assert [told(report) for report in together] == alone * 4


async def test_reports_are_made_in_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    made_in = []
    report_of = run.report_of

    def watched(recording: Any) -> Report:
        made_in.append(threading.current_thread())
        return report_of(recording)

    scenario = lab.scenario("healthy")
    assert scenario is not None
    async with lab.serve(scenario) as it:
        await _check(it)
        monkeypatch.setattr(run, "report_of", watched)
        await _check(it)
    assert made_in
    assert threading.current_thread() not in made_in


async def test_without_a_thread_the_report_is_made_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = lab.scenario("healthy")
    assert scenario is not None
    async with lab.serve(scenario) as it:
        usual = await _check(it)
        monkeypatch.setattr(threading.Thread, "start", _no_thread)
        monkeypatch.setattr(threads, "_pool", threads._Pool())
        without = await _check(it)
    assert (without.verdict.outcome, without.verdict.exit_code) == (usual.verdict.outcome, 0)
    assert "this machine allows this process no more threads" in without.to_json()


def _no_thread(*_: object) -> None:
    raise RuntimeError("can't start new thread")


@pytest.mark.parametrize(
    ("call", "instead"),
    [
        (lambda: probe.check_sync("a@example.com", "b@example.net"), "await probe.check("),
        (lambda: probe.domain_sync("example.net"), "await probe.domain("),
    ],
)
async def test_the_synchronous_calls_say_that_a_loop_runs(call: Callable[[], Report], instead: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(RuntimeError) as error:
            call()
    assert instead in str(error.value)
    assert error.value.__cause__ is None


async def test_all_checks_together_have_so_many_sessions_with_one_address() -> None:
    open_now, most = 0, 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        await asyncio.sleep(0.05)  # time for the others to come, if they come
        writer.write(b"554 no\r\n")
        await reader.read()
        open_now -= 1
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=500)
    courtesy = Courtesy()
    runs = [Run(courtesy=courtesy) for _ in range(3 * SESSIONS_WITH_ONE_ADDRESS)]
    hosts = mx(("a.test", (ip_address("127.0.0.1"),)))
    port = server.sockets[0].getsockname()[1]
    await asyncio.gather(*(ask_target(it.visits(port), hosts, PLAN) for it in runs))
    server.close()
    assert all(len(it.sessions) == 1 for it in runs)
    assert most == SESSIONS_WITH_ONE_ADDRESS


async def test_who_gets_no_turn_before_the_deadline_says_why() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    hosts = mx(("a.test", (ip_address("127.0.0.1"),)))
    port = server.sockets[0].getsockname()[1]
    courtesy = Courtesy()
    holding = [Run(courtesy=courtesy) for _ in range(SESSIONS_WITH_ONE_ADDRESS)]
    tasks = [asyncio.create_task(ask_target(it.visits(port), hosts, PLAN)) for it in holding]
    while not all(it.recording.all(ev.SessionOpened) for it in holding):
        await asyncio.sleep(0.001)
    late = Run(seconds=0.2, courtesy=courtesy)
    assert await ask_target(late.visits(port), hosts, PLAN) == ()
    (missed,) = late.recording.all(ev.NotReached)
    assert (missed.reason.tag, missed.reason.most) == (Gap.NO_TURN, 20)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    server.close()


_MANY = """
import asyncio, json, resource, sys
import probe
from probe.model.target import Endpoint, Options
from ipaddress import ip_address

async def main():
    limit, checks, place = int(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    options = Options(ip=ip_address(place["ip"]), nameservers=(Endpoint(*place["dns"]),), port=place["port"],
                      allow_private=True, timeout=120.0, helo="mail.sender.example")
    ends = await asyncio.gather(
        *(probe.check(place["sender"], place["recipient"], options) for _ in range(checks)),
        return_exceptions=True)
    print(json.dumps([repr(end) if isinstance(end, Exception) else str(end.verdict.outcome) for end in ends]))

asyncio.run(main())
"""


@pytest.mark.parametrize("limit", [24, 48])
async def test_with_few_descriptors_checks_wait_for_each_other(limit: int) -> None:
    scenario = lab.scenario("healthy")
    assert scenario is not None
    async with lab.serve(scenario) as it:
        target, server = it.target, it.options.nameservers[0]
        assert isinstance(target, PairTarget)
        place = {
            "ip": str(it.options.ip),
            "dns": [server.host, server.port],
            "port": it.options.port,
            "sender": str(target.reverse_path),
            "recipient": str(target.forward_path),
        }
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            _MANY,
            str(limit),
            "12",
            json.dumps(place),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        out, err = await process.communicate()
    assert process.returncode == 0, err.decode()
    assert json.loads(out) == ["accepted"] * 12
    assert err == b""


async def test_a_check_waits_for_its_turn_before_its_time_begins(monkeypatch: pytest.MonkeyPatch) -> None:
    from probe.net import descriptors

    monkeypatch.setattr(descriptors, "free", lambda: 0)
    scenario = lab.scenario("healthy")
    assert scenario is not None
    begun: list[str] = []
    async with lab.serve(scenario) as it, descriptors.admission():
        waiting = asyncio.create_task(
            run.observe(it.target, Options(timeout=0.01), recording_to=lambda _: begun.append("begun"))
        )
        await asyncio.sleep(0.05)
        assert not begun
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
