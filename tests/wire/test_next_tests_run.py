"""Every command of "settle it", run as it is printed against the lab of its scenario, makes the observation
that it promises."""

from __future__ import annotations

import asyncio
import shlex
from dataclasses import replace
from typing import Any

import pytest

from probe import lab, run
from probe.checks.catalogue import findings_of
from probe.cli import main
from probe.diagnosis.next_test import next_test
from probe.diagnosis.verdict import diagnose
from probe.facts.build import facts_of
from probe.model.report import Report
from probe.model.session import Experiment
from probe.model.target import Options, Target
from probe.net import route
from probe.recording.journal import Recording

SCENARIOS = [it.id for it in lab.scenarios()]


class _ReadError(Exception):
    """The command line has been read: this is as far as it goes."""


def read_command(line: str) -> tuple[Target, Options]:
    """What the program makes of a line that it printed."""
    pairs: list[tuple[Target, Options]] = []

    def observe(target: Target, options: Options, **_: Any) -> Recording:
        pairs.append((target, options))
        raise _ReadError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(run, "observe", observe)
        patch.setattr(route, "is_own_address", lambda _: True)
        with pytest.raises(_ReadError):
            main.run(shlex.split(line)[1:])
    return pairs[0]


def observe_promise(line: str, before: Report, after: Report) -> bool:
    """Whether the report holds what the flags of the line ask for."""
    experiments = {session.experiment for session in after.sessions}
    target_sessions = [it for it in after.sessions if it.experiment is Experiment.TARGET]
    words = shlex.split(line)
    if "--controls" in words:
        return len(experiments - {Experiment.TARGET}) >= 1 and experiments > {
            session.experiment for session in before.sessions
        }
    if "--tls" in words and words[words.index("--tls") + 1] == "never":
        return bool(target_sessions) and all(
            it.tls is None or not it.tls.established for it in target_sessions
        )
    if "--mx" in words:
        return {it.mx_host for it in target_sessions} == {words[words.index("--mx") + 1].partition(":")[0]}
    if "-6" in words:
        return bool(target_sessions) and all(":" in it.ip for it in target_sessions)
    if "--nameserver" in words and "9.9.9.9" in words:
        return bool(after.dns.answers)
    return bool(target_sessions)


async def run_twice(name: str) -> tuple[str | None, Report, Report | None]:
    scenario = lab.scenario(name)
    assert scenario is not None
    async with lab.serve(scenario) as it:
        first = await run.observe(it.target, it.options, message=it.message, world=it.world)
        facts = facts_of(first)
        proposal = next_test(facts, diagnose(facts, findings_of(facts)))
        line = proposal.command if proposal is not None else None
        if line is None:
            return None, run.report_of(first), None
        target, options = await asyncio.to_thread(read_command, line)
        if options.nameservers != it.options.nameservers:  # a public resolver: the lab's own stands in for it
            assert [server.host for server in options.nameservers] == ["9.9.9.9"]
            options = replace(options, nameservers=it.options.nameservers)
        second = await run.observe(target, options, world=it.world)
        return line, run.report_of(first), run.report_of(second)


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_command_of_settle_it_makes_its_observation(name: str) -> None:
    line, before, after = asyncio.run(run_twice(name))
    if line is None:
        return  # nothing is open, or what is to be seen is not seen from here
    assert after is not None
    assert observe_promise(line, before, after), line


def test_some_scenario_has_a_command() -> None:
    names = ("tls-required", "temporary-dns-failure", "address-closed", "tmall", "rate-limit", "greylisting")
    assert any(asyncio.run(run_twice(name))[0] for name in names)
