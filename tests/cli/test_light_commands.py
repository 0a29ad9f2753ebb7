"""Offline commands stay light: what must not be imported is not, and `explain` costs little."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("aiosmtplib", "dns", "checkdmarc")
_LIST_HEAVY = (
    "import sys\n"
    "from probe.cli.main import run\n"
    "code = run(sys.argv[1:])\n"
    f"print('HEAVY', [name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)\n"
    "sys.exit(code)\n"
)


@pytest.mark.parametrize(
    "arguments",
    [
        ("--help",),
        ("--version",),
        ("check", "--help"),
        ("doctor", "--help"),
        ("explain", "--help"),
        ("explain", "550 5.1.1 user unknown"),
        ("explain", "Nov 28 20:25:15 mail postfix/qmgr[884]: 4B2A91: removed"),
        ("rules",),
        ("checks",),
        ("schema", "report"),
    ],
    ids=" ".join,
)
def test_nothing_heavy_is_imported(arguments: tuple[str, ...]) -> None:
    run = subprocess.run(
        [sys.executable, "-c", _LIST_HEAVY, *arguments], capture_output=True, text=True, check=False
    )
    assert "HEAVY []" in run.stderr
    assert "internal error" not in run.stderr


_LIST_UNUSED = (
    "import sys\n"
    "from probe.cli.main import run\n"
    "code = run(sys.argv[2:])\n"
    "print('UNUSED', [it for it in sys.argv[1].split(',') if it in sys.modules], file=sys.stderr)\n"
    "sys.exit(code)\n"
)
_FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
_RECORDING = _FIXTURES / "recordings" / "lab-tmall" / "recording.jsonl"
_OF_FORMAT_1 = "probe.recording.format_1,probe.recording.format_1_answers,probe.recording.format_1_sentences"


@pytest.mark.parametrize(
    ("unused", "arguments"),
    [
        ("typer,probe.cli.parameters", ("explain", "550 5.1.1 user unknown")),
        ("typer,probe.cli.parameters", ("bounce", str(_FIXTURES / "bounces" / "postfix-dsn.eml"))),
        ("probe.cli.parameters,probe.report.document", ("--help",)),
        (f"typer,asyncio,probe.net.resolver,probe.cli.session,{_OF_FORMAT_1}", ("replay", "today.jsonl")),
        (f"typer,{_OF_FORMAT_1}", ("redact", "today.jsonl")),
    ],
)
def test_what_a_command_does_not_use_is_not_loaded(
    unused: str, arguments: tuple[str, ...], tmp_path: Path
) -> None:
    redact = [sys.executable, "-m", "probe", "redact", str(_RECORDING), "-o", "today.jsonl"]
    subprocess.run(redact, check=True, cwd=tmp_path)  # writes today's format
    command = [sys.executable, "-c", _LIST_UNUSED, unused, *arguments]
    run = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert "UNUSED []" in run.stderr, run.stderr


_LIST_TABLES = (
    "import sys\n"
    "read = []\n"
    "sys.addaudithook(lambda event, args: event == 'open' and read.append(str(args[0])))\n"
    "from probe.cli.main import run\n"
    "code = run(sys.argv[1:])\n"
    "print('FINDINGS', [path for path in read if 'findings/' in path], file=sys.stderr)\n"
    "sys.exit(code)\n"
)


@pytest.mark.parametrize(
    ("arguments", "is_read"),
    [
        (("--help",), False),
        (("check", "--help"), False),
        (("explain", "550 5.1.1 user unknown"), False),
        (("rules",), False),
        (("checks",), False),
        (("schema", "report"), False),
        (("checks", "spf"), True),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_the_tables_of_findings_are_read_where_they_are_needed(
    arguments: tuple[str, ...], is_read: bool, tmp_path: Path
) -> None:
    # no cache of parsed tables: what is read is read from the tables themselves
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    run = subprocess.run(
        [sys.executable, "-c", _LIST_TABLES, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    assert ("FINDINGS []" in run.stderr) is not is_read, run.stderr


@pytest.mark.parametrize(
    "arguments",
    [("explain", "550 no"), ("--help",), ("doctor", "--help"), ()],
    ids=lambda value: " ".join(value) or "nothing",
)
def test_typer_and_its_friends_are_not_imported(arguments: tuple[str, ...]) -> None:
    script = _LIST_HEAVY.replace(repr(HEAVY), repr(("typer", "rich", "pydantic", "click", "asyncio", "ssl")))
    run = subprocess.run(
        [sys.executable, "-c", script, *arguments], capture_output=True, text=True, check=False
    )
    assert "HEAVY []" in run.stderr


_AT_THE_FIRST_QUESTION = """
import socket, sys
sent = socket.socket.send
def send(self, data, *flags):
    if self.type == socket.SOCK_DGRAM:
        print("LOADED", sorted(sys.modules), flush=True)
        raise SystemExit(9)
    return sent(self, data, *flags)
socket.socket.send = send
from probe.cli.main import run
sys.exit(run(sys.argv[1:]))
"""


@pytest.mark.parametrize(
    "line", [("check", "bob@sender.example", "alice@recipient.example"), ("domain", "recipient.example")]
)
def test_a_run_asks_its_first_question_before_it_loads_what_comes_after(line: tuple[str, ...]) -> None:
    run = subprocess.run(
        [sys.executable, "-c", _AT_THE_FIRST_QUESTION, *line, "--nameserver", "127.0.0.1:9"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "SMTP_PROBE_HISTORY": "0"},
    )
    first = next(line for line in run.stdout.splitlines() if line.startswith("LOADED"))
    late = ("typer", "pydantic", "aiosmtplib", "dns", "checkdmarc", "probe.checks", "probe.diagnosis")
    loop = ("asyncio", "ssl", "probe.net.resolver", "probe.collect.live", "probe.net.smtp")
    assert "'probe.net.early_question'" in first
    assert [name for name in (*late, *loop, "probe.recording.events") if f"'{name}'" in first] == []


def _cheapest(cache: Path, *commands: tuple[str, ...]) -> list[float]:
    """Seconds of processor time of the cheapest of nine runs of each command: others use the processor, too.
    The commands take turns, so that a busy moment meets all of them."""
    # compiled code is cached, as in any installation; the cache of the checkout is left alone
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(cache), "PYTHONDONTWRITEBYTECODE": ""}
    costs: dict[tuple[str, ...], list[float]] = {command: [] for command in commands}
    for _ in range(9):
        for command, seconds in costs.items():
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run(
                [sys.executable, *command], stdout=subprocess.DEVNULL, env=environment, check=False
            )
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            seconds.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return [min(seconds) for seconds in costs.values()]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "most"), [(("explain", "550 5.1.1 user unknown"), 1.9), (("--help",), 0.9)], ids=str
)
def test_a_light_command_takes_about_as_long_as_the_import_of_typer(
    arguments: tuple[str, ...], most: float, tmp_path: Path
) -> None:
    """A ratio of two processes on the same machine, not a number of seconds."""
    cost, yardstick = _cheapest(tmp_path, ("-m", "probe", *arguments), ("-c", "import typer"))
    assert cost <= most * yardstick
