"""The whole program against every misbehaving server of fixtures/servers."""

from __future__ import annotations

import asyncio
import resource
from dataclasses import replace
from pathlib import Path

import pytest

from probe import settings
from probe.cli.main import run as command_line
from probe.model.target import ControlsMode, DomainTarget, Target, TlsMode
from tests.properties.test_report_hostile import is_live
from tests.support import certificates as certs
from tests.support.dns_server import DnsServer
from tests.support.hostile_report import (
    BUDGETS,
    HEALTHY,
    PACE,
    Seen,
    disagreements,
    impolite,
    options,
    unsafe,
    whole_run,
)
from tests.support.hostile_server import HostileServer, all_servers
from tests.support.smtp_server import SmtpServer

SERVERS = all_servers()


def _listed(value: str | list[str]) -> list[str]:
    return value if isinstance(value, list) else [value]


MEMORY = 64 * 1024  # KiB above the highest that a normal run and its neighbours took


async def _visit(server: HostileServer, folder: Path, target: Target | None = None) -> Seen:
    wanted = dict(server.run)
    budgets = replace(BUDGETS, **wanted.pop("budgets", {}))
    pace = replace(PACE, smtp=budgets)
    roots = folder / "root.pem"
    roots.write_bytes(certs.authority().pem)
    if "tls" in wanted:
        wanted["tls"] = TlsMode(wanted["tls"])
    if "controls" in wanted:
        wanted["controls"] = ControlsMode(wanted["controls"])
    wanted.pop("slow", None)
    failures: list[str] = []
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: failures.append(str(context)))
    async with DnsServer(HEALTHY) as dns, SmtpServer(*server.scripts(folder)) as smtp:
        chosen = options(smtp.port, (dns.endpoint,), **wanted)
        result = await whole_run(chosen, folder, pace=pace, roots=str(roots), target=target)
    result.lines = smtp.lines
    assert not failures
    return result


@pytest.fixture(scope="module", autouse=True)
def _a_normal_run_first(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Loads what every run loads, so that memory is measured above a normal run."""
    polite = HostileServer("polite", "", "polite")
    result = asyncio.run(_visit(polite, tmp_path_factory.mktemp("normal")))
    assert result.report.verdict.outcome == "accepted", result.report.verdict


def _marked(server: HostileServer) -> object:
    marks = (pytest.mark.slow,) if server.run.get("slow") else ()
    return pytest.param(server, id=server.name, marks=marks)


@pytest.mark.parametrize("server", [_marked(server) for server in SERVERS])
async def test_a_misbehaving_server_neither_stalls_nor_misleads(
    server: HostileServer, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = await _visit(server, tmp_path)
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert disagreements(result, server.report) == []
    assert impolite(result) == []
    assert unsafe(result.report) == []
    assert after - before < MEMORY
    assert printed_wrongly(result, tmp_path, capsysbinary) == []


EARLY = [
    s for s in SERVERS if {*_listed(s.report["stage"])} <= {"greeting", "ehlo"} and not s.run.get("slow")
]


@pytest.mark.parametrize("server", EARLY, ids=lambda server: server.name)
async def test_a_look_at_the_domain_comes_to_the_same(server: HostileServer, tmp_path: Path) -> None:
    """Where a server misbehaves before MAIL, `domain` meets what `check` met."""
    result = await _visit(server, tmp_path, DomainTarget("example.net"))
    wanted = {
        key: server.report[key] for key in ("outcome", "stage", "ends", "deviations") if key in server.report
    }
    assert disagreements(result, wanted) == []
    assert impolite(result) == []
    assert unsafe(result.report) == []
    assert {line.split(" ")[0].upper() for line in result.lines} <= {"EHLO", "HELO", "STARTTLS", "QUIT"}


def printed_wrongly(sample: Seen, folder: Path, capture: pytest.CaptureFixture[bytes]) -> list[str]:
    """What is wrong with what the command itself prints of the recording; [] when nothing is."""
    wrong = []
    for form in ("text", "json", "markdown"):
        capture.readouterr()
        code = command_line(("replay", str(folder / "run.jsonl"), "--format", form, "-v"))
        out, err = capture.readouterr()
        text = out.decode("utf-8")
        live = {char for char in text if is_live(char)}
        wrong += [f"{form}: live U+{ord(char):04X}" for char in sorted(live)]
        if code != sample.report.verdict.exit_code or err:
            wrong.append(f"{form}: exit code {code}, {err!r}")
    return wrong


def test_there_are_enough_of_them_and_each_says_what_it_is() -> None:
    assert len(SERVERS) >= 50
    assert all(server.about and {"outcome", "stage"} <= server.report.keys() for server in SERVERS)


def test_no_budget_of_a_test_outlasts_the_run() -> None:
    assert max(BUDGETS.connect, BUDGETS.rcpt) < settings.RUN_TIMEOUT
