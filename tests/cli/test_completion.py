"""What bash, zsh and fish complete: each real shell, with the script that the program prints."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

import pytest

from probe import lab
from probe.checks.catalogue import all_checks
from probe.cli import completion_scripts
from probe.cli.catalogue import rule_entries
from probe.cli.command_words import SHELLS
from probe.cli.commands import COMMANDS
from probe.report.schema import SCHEMAS
from tests.cli.command import smtp_probe
from tests.support.needed import needed
from tests.support.patience import PATIENCE

scripts = cache(completion_scripts.scripts)
NAMES = [entry.name for entry in COMMANDS]
CASES: tuple[tuple[str, set[str]], ...] = (
    ("smtp-probe ", {*NAMES, "help"}),
    ("smtp-probe che", {"check", "checks"}),
    ("smtp-probe help bo", {"bounce"}),
    ("smtp-probe check --form", {"--format"}),
    ("smtp-probe check a@b.example c@d.example --tls re", {"require"}),
    ("smtp-probe check --mta ex", {"exim"}),
    ("smtp-probe demo grey", {"greylisting"}),
    ("smtp-probe demo ", set(lab.identities())),
    ("smtp-probe checks spf", {check.ID for check in all_checks() if check.ID.startswith("spf")}),
    ("smtp-probe rules alibaba.", {it.id for it in rule_entries() if it.id.startswith("alibaba.")}),
    ("smtp-probe rules software:po", {it.id for it in rule_entries() if it.id.startswith("software:po")}),
    ("smtp-probe schema ", set(SCHEMAS)),
    ("smtp-probe completion ", set(SHELLS)),
    ("smtp-probe log --log-format exim", {"exim", "exim-queue"}),
    ("smtp-probe replay --l", {"--last"}),
    ("smtp-probe check --ip ", set()),
)
_FILES = ("smtp-probe log ", "smtp-probe check a@b.example c@d.example --message ")
_IDS = [line for line, _ in CASES]
_BASH = r"""
compopt() { :; }
source "$1"
COMP_LINE=$2 COMP_POINT=${#2} COMPREPLY=()
_smtp_probe
((${#COMPREPLY[@]})) && printf '%s\n' "${COMPREPLY[@]}"
exit 0
"""


def in_bash(line: str, folder: Path) -> set[str]:
    """What bash puts behind the last sign at which it divides words."""
    argv = [needed("bash"), "--norc", "-c", _BASH, "bash", str(folder / "scripts/smtp-probe.bash"), line]
    return output(argv, folder)


def in_fish(line: str, folder: Path) -> set[str]:
    """The candidates of fish, without what it says of them."""
    script = json.dumps(str(folder / "scripts/smtp-probe.fish"))
    argv = [needed("fish"), "--no-config", "-c", f"source {script}; complete -C {json.dumps(line)}"]
    return {it.partition("\t")[0] for it in output(argv, folder)}


def output(argv: Sequence[str], folder: Path) -> set[str]:
    run = subprocess.run(
        argv, cwd=folder, env=home(folder), capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert (run.returncode, run.stderr) == (0, "")
    return set(run.stdout.splitlines())


def home(folder: Path) -> dict[str, str]:
    """An environment in which no shell finds anything of its user."""
    return {"PATH": os.environ["PATH"], "HOME": str(folder), "TERM": "xterm", "LC_ALL": "C.UTF-8"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A directory with the scripts, and with a file that would be completed where nothing else is known."""
    (tmp_path / "mail.log").write_text("")
    (tmp_path / "scripts").mkdir()
    for shell, text in scripts().items():
        (tmp_path / "scripts" / f"smtp-probe.{shell}").write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(("line", "expected"), CASES, ids=_IDS)
def test_bash_completes(line: str, expected: set[str], folder: Path) -> None:
    word = line.rpartition(" ")[2]
    prefix = word[: word.rfind(":") + 1]  # which bash has on the line already
    assert in_bash(line, folder) == {it.removeprefix(prefix) for it in expected}


@pytest.mark.parametrize(("line", "expected"), CASES, ids=_IDS)
def test_fish_completes(line: str, expected: set[str], folder: Path) -> None:
    assert in_fish(line, folder) == expected


def test_a_value_behind_an_equals_sign_is_completed(folder: Path) -> None:
    assert in_bash("smtp-probe check --format=js", folder) == {"json"}
    assert in_fish("smtp-probe check --format=js", folder) == {"--format=json"}


@pytest.mark.parametrize("line", _FILES)
def test_files_are_completed_where_a_file_is_meant(line: str, folder: Path) -> None:
    assert in_bash(f"{line}ma", folder) == in_fish(f"{line}ma", folder) == {"mail.log"}
    assert in_bash("smtp-probe domain ma", folder) == in_fish("smtp-probe domain ma", folder) == set()


def test_every_option_of_every_command_is_there(folder: Path) -> None:
    for name in NAMES:
        help_text = smtp_probe(name, "--help").stdout
        options = set(re.findall(r"(?m)^  (?:-\w, )?(--[a-z0-9-]+)", help_text)) | {"--help"}
        assert {it for it in in_bash(f"smtp-probe {name} -", folder) if it.startswith("--")} == options
        assert {it for it in in_fish(f"smtp-probe {name} --", folder) if it.startswith("--")} == options


# --- on a terminal -----------------------------------------------------------------------------------


def type_keys(argv: Sequence[str], setup: str, keys: str, pattern: str, env: Mapping[str, str]) -> str:
    """What stands on the terminal of a shell once `pattern` is there; `setup` is a command before."""
    main, side = pty.openpty()
    process = subprocess.Popen(argv, stdin=side, stdout=side, stderr=side, env=dict(env), close_fds=True)
    os.close(side)
    text, deadline = "", time.monotonic() + 30
    queue = [f"{setup}; echo rea''dy\n", keys]
    marks = [r"ready\r.*> ", pattern]  # the prompt: before it, nobody reads keys
    try:
        os.write(main, queue.pop(0).encode())
        while time.monotonic() < deadline:
            if select.select([main], [], [], 0.2)[0]:
                text += os.read(main, 65536).replace(b"\0", b"").decode(errors="replace")
            if re.search(marks[0], re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text), re.DOTALL):
                if not queue:
                    break
                marks.pop(0)
                os.write(main, queue.pop(0).encode())
    finally:
        process.kill()
        process.wait()
        os.close(main)
    return text


def test_bash_on_a_terminal_completes_with_the_tab_key(folder: Path) -> None:
    argv = [needed("bash"), "--norc", "-i"]
    setup = f"PS1='> '; source {folder}/scripts/smtp-probe.bash; complete -p smtp-probe"
    pattern = r"smtp-probe demo greylisting .*checks spf-helo .*software:postfix "
    keys = "smtp-probe demo greyl\t; smtp-probe checks spf-h\t; smtp-probe rules software:postf\t"
    text = type_keys(argv, setup, keys, pattern, home(folder))
    assert "complete -F _smtp_probe smtp-probe" in text
    assert re.search(pattern, text), text


@pytest.mark.parametrize(
    ("keys", "pattern"),
    [
        ("smtp-probe che", r"check.*checks"),
        ("smtp-probe demo greyl", r"demo greylisting "),
        ("smtp-probe rules software:postf", r"software:postfix "),
        ("smtp-probe check --tls requ", r"--tls require "),
        ("smtp-probe check --tls=requ", r"--tls=require "),
        ("smtp-probe log mai", r"log mail\.log"),
        ("smtp-probe replay --la", r"replay --last"),
    ],
)
def test_zsh_on_a_terminal_completes_with_the_tab_key(keys: str, pattern: str, folder: Path) -> None:
    (folder / "functions").mkdir()
    (folder / "functions" / "_smtp-probe").write_text(scripts()["zsh"])
    argv = [needed("zsh"), "-f", "-i"]
    setup = f"PS1='> '; cd {folder}; fpath=({folder}/functions $fpath); autoload -Uz compinit; compinit -u -D"
    text = type_keys(argv, setup, f"{keys}\t\t", pattern, home(folder))
    plain = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", text)
    assert re.search(pattern, plain, re.DOTALL), plain


def test_zsh_takes_the_script_by_source_as_well(folder: Path) -> None:
    source = f"source {folder}/scripts/smtp-probe.zsh"
    script = f"autoload -Uz compinit; compinit -u -D; {source}; print $_comps[smtp-probe]"
    assert output([needed("zsh"), "-f", "-c", script], folder) == {"_smtp-probe"}


# --- the command -------------------------------------------------------------------------------------


@pytest.mark.parametrize("shell", SHELLS)
def test_the_command_prints_the_script(shell: str, tmp_path: Path) -> None:
    run = smtp_probe("completion", shell)
    assert (run.code, run.stderr) == (0, "")
    assert run.stdout == scripts()[shell]
    path = tmp_path / "script"
    assert smtp_probe("completion", shell, "-o", str(path)).code == 0
    assert path.read_text(encoding="utf-8") == run.stdout


def test_another_shell_is_named(tmp_path: Path) -> None:
    run = smtp_probe("completion", "tcsh")
    assert (run.code, run.stdout) == (2, "")
    assert "'tcsh' is unknown; there are bash, zsh, fish" in run.stderr
