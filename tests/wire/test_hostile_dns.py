"""The whole program over hostile zones, and over a healthy one in which one question at a time fails."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from probe import settings
from probe.model.session import EndReason
from probe.model.target import DomainTarget, Target
from probe.recording import events as ev
from probe.run import report_of
from probe.standards.dns.message import Question
from tests.support.dns_server import DnsServer, Fault
from tests.support.hostile_report import (
    PACE,
    Seen,
    disagreements,
    impolite,
    options,
    refused_instead,
    unsafe,
    whole_run,
)
from tests.support.hostile_server import HostileServer
from tests.support.hostile_zones import UNANSWERED, ZONES, zone_of
from tests.support.smtp_server import SmtpServer

POLITE = HostileServer("polite", "", "polite")
# Short only where a question is never answered: a loaded machine still answers the rest in time
QUICK = replace(PACE, dns_query=0.3, dns_lifetime=0.6)


@pytest.fixture(autouse=True)
def _impatient_opinions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("probe.net.opinions.OPINION_TIMEOUT", 4.0)


async def _run(
    zone: Mapping[str, list[str]],
    faults: Mapping[str, Fault],
    folder: Path,
    wildcard: Mapping[str, list[str]] | None = None,
    target: Target | None = None,
    dns_query: float | None = None,
    authenticated: bool = False,
    **changes: Any,
) -> tuple[Seen, DnsServer]:
    failures: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: failures.append(str(context)))
    server = DnsServer(zone, faults, wildcard=wildcard, authenticated=authenticated)
    async with server as dns, SmtpServer(*POLITE.scripts(folder)) as smtp:
        pace = QUICK if UNANSWERED.intersection(faults.values()) else PACE
        if dns_query is not None:
            pace = replace(pace, dns_query=dns_query)
        result = await whole_run(
            options(smtp.port, (dns.endpoint,), **changes), folder, pace=pace, target=target
        )
    result.lines = smtp.lines
    assert not failures
    return result, dns


@pytest.mark.parametrize("path", [pytest.param(path, id=path.stem) for path in ZONES])
async def test_a_hostile_zone_neither_stalls_nor_misleads(path: Path, tmp_path: Path) -> None:
    table = tomllib.loads(path.read_text("utf-8"))
    faults = {name: Fault(fault) for name, fault in table.get("faults", {}).items()}
    wildcard = table.get("wildcard")
    records, dns = await _run(
        zone_of(table),
        faults,
        tmp_path,
        wildcard,
        dns_query=table.get("dns_query"),
        **table.get("run", {}),
    )
    assert disagreements(records, table["report"]) == []
    assert impolite(records) == []
    assert unsafe(records.report) == []
    assert unsafe(report_of(refused_instead(records.recording))) == []
    assert len(dns.queries) <= table.get("queries", 400)
    assert len(dns.queries) <= settings.DNS_MAX_QUERIES


def _is_about_the_recipient(path: Path) -> bool:
    wanted = tomllib.loads(path.read_text("utf-8"))["report"]
    return bool(wanted.get("stage") == "dns")


@pytest.mark.parametrize(
    "path", [pytest.param(path, id=path.stem) for path in ZONES if _is_about_the_recipient(path)]
)
async def test_a_look_at_the_domain_comes_to_the_same(path: Path, tmp_path: Path) -> None:
    table = tomllib.loads(path.read_text("utf-8"))
    faults = {name: Fault(fault) for name, fault in table.get("faults", {}).items()}
    domain = DomainTarget("example.net")
    records, dns = await _run(
        zone_of(table),
        faults,
        tmp_path,
        table.get("wildcard"),
        domain,
        table.get("dns_query"),
        **table.get("run", {}),
    )
    wanted = {
        key: value for key, value in table["report"].items() if key in ("outcome", "stage", "exit_code")
    }
    assert disagreements(records, wanted) == []
    assert unsafe(records.report) == []
    assert len(dns.queries) <= table.get("queries", 400)


async def test_the_query_limit_of_a_run_holds(tmp_path: Path) -> None:
    """A zone that makes every name worth asking still ends; here the limit itself, over many lists."""
    lists = tuple(f"bl{number}.test" for number in range(700))
    records, dns = await _run(zone_of({}), {}, tmp_path, dnsbl=lists)
    own = [s for s in dns.queries if s.name.endswith(".test")]
    assert len(own) <= settings.DNS_MAX_QUERIES
    assert records.report.verdict.outcome in ("accepted", "inconclusive")


def _questions(folder: Path) -> list[Question]:
    records, _ = asyncio.run(_run(zone_of({}), {}, folder))
    assert records.report.verdict.outcome == "accepted"
    return [event.answer.question for event in records.recording.all(ev.DnsAnswered)]


@pytest.mark.parametrize("fault", [Fault.SERVFAIL, pytest.param(Fault.SILENCE, marks=pytest.mark.slow)])
def test_a_question_that_fails_is_never_a_record_that_is_missing(fault: Fault, tmp_path: Path) -> None:
    """For each question of a healthy run in turn. A failed look-up may cost an assessment, not more."""
    healthy, _ = asyncio.run(_run(zone_of({}), {}, tmp_path))
    entries = {(f.id, f.message) for f in healthy.report.findings}
    wrong = []
    for question in _questions(tmp_path):
        records, _ = asyncio.run(_run(zone_of({}), {str(question): fault}, tmp_path))
        if not records.recording.answer(question).is_unknown:
            wrong.append(f"{question}: did not fail")
        verdict = records.report.verdict
        if verdict.outcome not in ("accepted", "inconclusive"):
            wrong.append(f"{question}: {verdict.outcome} ({verdict.summary})")
        wrong += [
            f"{question}: {finding.id} {finding.severity}: {finding.message}"
            for finding in records.report.findings
            if (finding.id, finding.message) not in entries
            and finding.severity in ("warning", "error", "fatal")
        ]
    assert wrong == []


async def test_an_address_is_judged_once_and_that_one_is_dialled(tmp_path: Path) -> None:
    """A name that leads elsewhere when it is asked again (DNS rebinding) is never asked again."""
    records, dns = await _run(zone_of({}), {}, tmp_path)
    questions = [(query.name, query.rtype) for query in dns.queries]
    assert len(questions) == len(set(questions))
    answers = [event.answer for event in records.recording.all(ev.DnsAnswered)]
    judged = {ip for a in answers if a.question.name == "mx.example.net" for ip in a.addresses()}
    dialled = {event.ip for event in records.recording.all(ev.SessionOpened)}
    assert dialled
    assert dialled <= judged


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "224.0.0.1", "255.255.255.255"])
async def test_what_is_no_address_of_a_host_is_not_connected_to_even_with_allow_private(
    address: str, tmp_path: Path
) -> None:
    kind = "AAAA" if ":" in address else "A"
    records = {"A mx.example.net": [], f"{kind} mx.example.net": [address]}
    samples, _ = await _run(zone_of({"records": records}), {}, tmp_path, authenticated=True)
    assert [session.end for session in samples.sessions] == [EndReason.NOT_DIALLED]
    assert samples.report.verdict.outcome in ("refused", "inconclusive")
    assert "--allow-private" not in str(samples.report.next_test)
    assert samples.lines == []


@pytest.mark.parametrize("address", ["0.0.0.0", "::"])
async def test_the_null_address_of_a_filter_refuses_nothing_for_good(address: str, tmp_path: Path) -> None:
    """What Pi-hole and AdGuard Home give for a name that they block, without a word."""
    kind = "AAAA" if ":" in address else "A"
    records = {"A mx.example.net": [], f"{kind} mx.example.net": [address]}
    samples, _ = await _run(zone_of({"records": records}), {}, tmp_path)
    assert samples.sessions == ()
    assert (samples.report.verdict.outcome, samples.report.verdict.exit_code) == ("inconclusive", 4)
    assert any(
        finding.id == "resolver-answers" and "as filters do" in finding.message
        for finding in samples.report.findings
    )


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "::1", "::ffff:127.0.0.1"])
async def test_without_allow_private_nothing_inside_is_connected_to(address: str, tmp_path: Path) -> None:
    kind = "AAAA" if ":" in address else "A"
    records = {"A mx.example.net": [], f"{kind} mx.example.net": [address]}
    samples, _ = await _run(zone_of({"records": records}), {}, tmp_path, allow_private=False)
    assert [session.end for session in samples.sessions] == [EndReason.NOT_DIALLED]
    assert samples.recording.all(ev.Connected) == ()
    assert samples.lines == []


_NO_HOST_NAMES = ("\\027[31m.example.org", "a\\032b.example.org", "a\\.b.example.org", "host", "1.2.3.4")


@pytest.mark.parametrize("name", ["probe.example.org", *_NO_HOST_NAMES])
async def test_only_the_name_of_a_host_is_taken_from_the_ptr_for_ehlo(name: str, tmp_path: Path) -> None:
    records = {"PTR 1.0.0.127.in-addr.arpa": [f"{name}."], f"A {name}": ["127.0.0.1"]}
    samples, _ = await _run(zone_of({"records": records}), {}, tmp_path, helo=None, ip=None)
    texts = [line for line in samples.lines if line.startswith("EHLO")]
    assert texts
    assert all((line == f"EHLO {name}") == (name not in _NO_HOST_NAMES) for line in texts)
