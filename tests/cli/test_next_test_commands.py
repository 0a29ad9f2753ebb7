"""Every command that a report proposes is one that this program understands, and asks what it says."""

from __future__ import annotations

import re
import shlex
import subprocess
from dataclasses import replace
from ipaddress import ip_address
from typing import Any

import pytest

from probe import run
from probe.checks.catalogue import findings_of
from probe.cli import main
from probe.diagnosis.commands import command, fill_flags
from probe.diagnosis.next_test import _as_next, _is_possible, next_test
from probe.diagnosis.verdict import diagnose
from probe.facts.model import Facts
from probe.knowledge.next_tests import CandidateTest, candidate_tests
from probe.model.address import NullReversePath
from probe.model.address_parse import parse_mailbox
from probe.model.reply import Stage
from probe.model.session import EndReason
from probe.model.target import (
    ControlsMode,
    DomainTarget,
    Endpoint,
    FailOn,
    Options,
    PairTarget,
    Target,
    TlsMode,
)
from probe.net import route
from probe.recording import events as ev
from probe.recording.journal import Recording
from tests.support import facts as make
from tests.unit.diagnosis.test_evidence import refused
from tests.unit.diagnosis.test_outcome import TLS_FAILED, met

OPTIONS: dict[str, Options] = {
    "none": Options(),
    "the sender's": Options(
        ip=ip_address("192.0.2.9"),
        bind=ip_address("127.0.0.10"),
        helo="out.sender.example",
        header_from=parse_mailbox('"a b"@brand.example'),
        selectors=("s1", "s2"),
        size=1234,
    ),
    "the server's": Options(
        mx=Endpoint("mx9.recipient.example", 2525), families=(6,), tls=TlsMode.REQUIRE, allow_private=True
    ),
    "a server by its IPv6 address": Options(mx=Endpoint("2001:db8::25", 25)),
    "a port": Options(port=2525, tls=TlsMode.NEVER, controls=ControlsMode.NEVER),
    "the resolver's": Options(
        nameservers=(Endpoint("192.0.2.53", 53), Endpoint("2001:db8::53", 5353)),
        dnsbl=("bl.example", "zen.example"),
        timeout=12.5,
        fail_on=FailOn.WARNING,
    ),
    "no blocklists": Options(dnsbl_enabled=False),
    "no servers": Options(smtp=False),
    "all controls": Options(controls=ControlsMode.ALWAYS),
}


def understood(
    line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[Target, Options]:
    """What the command line makes of `line`, as it is printed; nothing is asked of any server."""
    monkeypatch.setattr(route, "is_own_address", lambda _: True)
    name, *argv = shlex.split(line)
    assert name == "smtp-probe"
    records: list[tuple[Target, Options]] = []

    async def observe(target: Target, options: Options, **_: Any) -> Recording:
        records.append((target, options))
        started = ev.Started(
            version=ev.FORMAT_VERSION,
            tool_version="0",
            started_at="2026-11-21T08:00:00Z",
            target=target,
            options=options,
            invocation="check",
            scenario=None,
        )
        recording = Recording(started)
        _["recording_to"](recording)
        return recording

    monkeypatch.setattr(run, "observe", observe)
    code = main.run(argv)
    text = capsys.readouterr().err
    assert code == 4, f"{line}\n{text}"
    return records[0]


def without_seed(options: Options) -> Options:
    return replace(options, seed=0)


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_a_run_is_repeated_with_every_option_that_it_was_given(
    options: Options, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = make.facts(options=options)
    target, again = understood(command(facts, ""), monkeypatch, capsys)
    assert target == facts.target
    expected = replace(options, port=options.smtp_port) if options.mx is not None else options
    assert without_seed(replace(again, port=again.smtp_port)) == without_seed(expected)


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@pytest.mark.parametrize("test", [it for it in candidate_tests() if it.here], ids=lambda it: it.id)
def test_every_candidate_is_a_command_that_is_understood(
    test: CandidateTest,
    options: Options,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    hosts = (make.mx_host(), make.mx_host("mx2.recipient.example", ip_address("9.9.9.17"), preference=20))
    recipient = make.recipient_facts(mx=make.mx_result(hosts=hosts))
    both = replace(hosts[0], addresses=(make.MX_IP, ip_address("2620:fe::fe")))
    recipient = replace(recipient, mx=replace(recipient.mx, hosts=(both, hosts[1])))
    facts = refused("5.0.0", recipient=recipient, options=options)
    diagnosis = diagnose(facts, ())
    if test.id == "other-family" and not _is_possible(test, facts, diagnosis):
        return  # bound to an address of one family
    result = _as_next(facts, diagnosis, test)
    assert "{" not in f"{result.text}{result.command}"
    if result.command is not None:
        assert not re.search(r"\b[A-Z_]{4,}\b", result.command)
        understood(result.command, monkeypatch, capsys)
    else:
        (line,) = re.findall(r": (smtp-probe .*)", result.text)
        blanks = {"OTHER_SENDER": "carol@other.example", "KNOWN_GOOD": "known", "NAME": "h.example"}
        for blank, value in blanks.items():
            line = line.replace(blank, value)
        understood(line, monkeypatch, capsys)


GROUNDS: dict[str, Facts] = {
    "no connection": make.facts(sessions=(make.failed_session(EndReason.TIMEOUT),)),
    "no TLS": make.facts(sessions=(TLS_FAILED,), options=Options(tls=TlsMode.REQUIRE)),
    "no dialogue": make.facts(sessions=(), options=Options(smtp=False)),
    "one family": make.facts(sessions=(), options=Options(families=(4,))),
    "no time": make.facts(sessions=(), options=Options(timeout=5)),
    "silence": make.facts(sessions=(met(Stage.RCPT, None),)),
    "out of step": make.facts(sessions=(replace(met(Stage.RCPT, make.reply(250)), desynchronised=True),)),
    "the null reverse-path": refused("5.0.0", target=PairTarget(NullReversePath(), make.RECIPIENT)),
    "a quoted mailbox": refused(
        "5.0.0", target=PairTarget(make.SENDER, parse_mailbox('"o\'neil $x"@recipient.example'))
    ),
    "a domain": make.facts(target=DomainTarget("recipient.example"), sessions=(), options=Options()),
}


@pytest.mark.parametrize("facts", GROUNDS.values(), ids=GROUNDS)
def test_what_is_proposed_is_understood_whatever_stood_in_the_way(
    facts: Facts, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    proposal = next_test(facts, diagnose(facts, findings_of(facts)))
    assert proposal is not None
    if proposal.command is not None:
        target, _ = understood(proposal.command, monkeypatch, capsys)
        assert type(target) is type(facts.target)


def test_files_are_not_named_again() -> None:
    facts = make.facts(message=make.message(size=4321))
    assert "--message" not in command(facts, "") and "--size 4321" in command(facts, "")


@pytest.mark.parametrize(
    "sender", ["-o/tmp/x@example.com", "--record=x@example.com", '"a;$(id) `x`"@example.com']
)
@pytest.mark.parametrize("recipient", ["-x@example.net", "!#~*@example.net"])
def test_no_address_becomes_an_option_or_runs_anything(
    sender: str, recipient: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    facts = make.facts(target=PairTarget(parse_mailbox(sender), parse_mailbox(recipient)))
    line = command(facts, "--helo h.example")
    assert understood(line, monkeypatch, capsys)[0] == facts.target
    shell = f"show() {{ printf '%s\\n' \"$@\"; }}; {line.replace('smtp-probe', 'show', 1)}"
    words = subprocess.run(["sh", "-c", shell], capture_output=True, text=True, check=True).stdout
    assert words.splitlines() == shlex.split(line)[1:]


def test_a_strangers_name_stays_one_word_of_the_command() -> None:
    assert shlex.split(fill_flags("--mx {other_mx}", {"other_mx": "a;b $(id)"})) == ["--mx", "a;b $(id)"]
    assert fill_flags("--mx {other_mx} -{family}", {"other_mx": "mx.example", "family": "6"}) == (
        "--mx mx.example -6"
    )
