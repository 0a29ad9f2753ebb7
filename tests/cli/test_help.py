"""Help is complete, plain and fits a terminal."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest
import typer

from probe._version import VERSION
from probe.cli.app import build
from probe.cli.commands import COMMANDS as TABLE
from probe.cli.main import run
from probe.cli.program_help import EPILOG, OPTIONS

COMMANDS = (
    "check",
    "domain",
    "bulk",
    "doctor",
    "demo",
    "explain",
    "bounce",
    "log",
    "replay",
    "redact",
    "checks",
    "rules",
    "schema",
)

# From the contract: the options of `check`, each of which keeps its name.
CHECK_OPTIONS = [
    "--ip", "--bind", "--helo", "--header-from", "--selector", "--message", "--size", "--nameserver", "--mx",
    "--port", "-4", "-6", "--tls", "--controls", "--no-smtp", "--no-dnsbl", "--dnsbl", "--allow-private",
    "--timeout", "--record", "--format", "--fail-on", "-q", "-v", "-o",
]  # fmt: skip


def test_the_program_lists_its_commands_and_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(("--help",)) == 0
    text = capsys.readouterr().out
    for command in COMMANDS:
        assert re.search(rf"(?m)^  {command} ", text)
    for code in ("0", "1", "2", "3", "4", "5", "70"):
        assert re.search(rf"(?m)^  {code} +\w", text)


def test_no_arguments_show_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(()) == 0
    assert capsys.readouterr().out.startswith("Usage: smtp-probe")


def test_the_table_of_commands_says_what_the_commands_say_of_themselves() -> None:
    program: Any = typer.main.get_command(build())
    text = {name: command.get_short_help_str(100) for name, command in program.commands.items()}
    assert text == {entry.name: entry.summary for entry in TABLE}
    context = program.make_context("smtp-probe", [], resilient_parsing=True)
    assert [param.get_help_record(context) for param in program.get_params(context)] == list(OPTIONS)


@pytest.mark.parametrize("width", [50, 78, 98])
def test_typer_shows_the_same_help(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(width + 2))
    output = []
    for arguments in (("--help",), ("--help", "check")):  # the second is left to typer
        assert run(arguments) == 0
        output.append(capsys.readouterr().out)
    assert output[0] == output[1]
    assert {line for line in output[0].splitlines() if len(line) > width} <= set(EPILOG.splitlines())


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_an_example(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run((command, "--help")) == 0
    text = capsys.readouterr().out
    assert f"smtp-probe {command}" in text
    assert "Example:" in text
    assert all(char.isprintable() or char == "\n" for char in text)


def test_check_has_every_option_of_the_contract(capsys: pytest.CaptureFixture[str]) -> None:
    run(("check", "--help"))
    text = capsys.readouterr().out
    missing = [name for name in CHECK_OPTIONS if not re.search(rf"(?m)^  (-\w, )?{name}\b", text)]
    assert missing == []


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("width", [60, 80, 100])
def test_the_help_of_all_commands_looks_alike_and_fits_the_terminal(
    command: str, width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    assert run((command, "--help")) == 0
    text, _, examples = capsys.readouterr().out.partition("Example:\n")
    assert text.startswith(f"Usage: smtp-probe {command} [OPTIONS]") and examples
    assert [line for line in text.splitlines() if len(line) > width] == []
    headings = re.findall(r"(?m)^(\S.*):$", text)
    assert set(headings) <= {
        *("Arguments", "Options", "Other", "Report"),
        *("Who sends", "What is sent", "Whom to ask", "How to go about it"),
    }
    assert re.search(r"\n  -h, --help +Show this message and\s+exit\.", text)


REPORTING = ("check", "domain", "bulk", "doctor", "demo", "explain", "bounce", "log", "replay")


@pytest.mark.parametrize("command", REPORTING)
def test_every_command_that_reports_can_page_and_show_all(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    assert run((command, "--help")) == 0
    report = capsys.readouterr().out.split("\nReport:\n")[1].split("\n\n")[0]
    for option in ("--format", "-o, --output FILE", "-v, --verbose", "--pager"):
        assert f"\n  {option}" in f"\n{report}"


def test_version_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(("--version",)) == 0
    assert capsys.readouterr().out == f"smtp-probe {VERSION}\n"


def test_help_into_a_closed_pipe_is_quiet() -> None:
    result = subprocess.run(
        f"{sys.executable} -m probe check --help | head -n 1",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.stdout.startswith("Usage:")
    assert result.stderr == ""


def test_a_command_that_takes_one_file_does_not_offer_several(capsys: pytest.CaptureFixture[str]) -> None:
    first = {}
    for command in ("bulk", "bounce", "log"):
        assert run((command, "--help")) == 0
        first[command] = capsys.readouterr().out.splitlines()[0]
    assert first["bulk"].endswith("[OPTIONS] [FILE]") and first["bounce"].endswith("FILE...")
    assert first["log"].endswith("[OPTIONS] FILE...")
