"""Every line that a report of a log prints to be run next runs as it is printed, where it was printed.

What would ask live meets name servers that do not answer."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from probe import run
from probe.cli import main
from probe.model.target import Endpoint, Options, Target
from probe.recording.journal import Recording

LOGS = Path(__file__).resolve().parents[2] / "fixtures" / "logs"
NAMES = sorted(path.stem for path in LOGS.glob("*.log"))
OPTIONS = ((), ("--addresses",))
ODD_NAMES = ("mail log.1", "-rotated.log", "it's.log", "$(touch harm).log", "späť.log")
_observe = run.observe


async def observe_nothing(target: Target, options: Options, **more: Any) -> Recording:
    """The live run, whose name server is a port that nobody listens at."""
    nowhere = (Endpoint("127.0.0.1", 9),)
    return await _observe(target, replace(options, nameservers=nowhere, timeout=2.0), **more)


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SMTP_PROBE_HISTORY", "0")
    monkeypatch.setattr(run, "observe", observe_nothing)


def outcome_of(line: str) -> tuple[int, str, str]:
    """The exit code of a line of the shell, and what it says."""
    words = shlex.split(line)
    assert words[0] == "smtp-probe"
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = main.run(words[1:])
    return code, out.getvalue(), err.getvalue()


def lines_of(*arguments: str) -> list[str]:
    """What a report of these says to run next, each once, as text and as JSON have it."""
    _, document, _ = outcome_of(shlex.join(("smtp-probe", "log", *arguments, "--format", "json")))
    from_json = [group["command"] for group in json.loads(document)["groups"] if group["command"]]
    _, text, _ = outcome_of(shlex.join(("smtp-probe", "log", *arguments, "-v")))
    in_text = [it.strip() for it in text.splitlines() if re.match(r" +(?:\S+ \| )?smtp-probe ", it)]
    return list(dict.fromkeys((*from_json, *in_text)))


def run_well(line: str) -> None:
    code, out, err = outcome_of(line)
    assert code in range(6) and code != 2, (line, code, err)
    assert "Traceback" not in out + err and "internal error" not in err
    assert out or err, line


@pytest.mark.parametrize("options", OPTIONS, ids=" ".join)
@pytest.mark.parametrize("name", NAMES)
def test_what_is_printed_can_be_run(name: str, options: tuple[str, ...], tmp_path: Path) -> None:
    shutil.copy(LOGS / f"{name}.log", tmp_path / "mail.log")
    for line in lines_of("mail.log", *options):
        run_well(line)


@pytest.mark.parametrize("file", ODD_NAMES)
def test_a_file_of_any_name_can_be_run_again(file: str, tmp_path: Path) -> None:
    shutil.copy(LOGS / "exim-plain.log", tmp_path / file)
    lines = lines_of(f"./{file}" if file.startswith("-") else file)
    assert lines
    for line in lines[:3]:
        run_well(line)
    assert not (tmp_path / "harm").exists()


def test_several_files_and_a_format_that_was_named_are_kept(tmp_path: Path) -> None:
    data = (LOGS / "postfix-bsd.log").read_bytes().splitlines(keepends=True)
    (tmp_path / "mail.log.1").write_bytes(b"".join(data[:60]))
    (tmp_path / "mail.log").write_bytes(b"".join(data[60:]))
    lines = lines_of("mail.log", "mail.log.1", "--log-format", "postfix")
    assert lines and all("mail.log.1" in it and "--log-format postfix" in it for it in lines)
    for line in lines[:3]:
        run_well(line)


def test_some_lines_ask_live() -> None:
    assert any("--check" in line for line in lines_of(str(LOGS / "exim-plain.log")))
    assert any(" check " in line for line in lines_of(str(LOGS / "exim-plain.log"), "--addresses"))
