"""Slips of the fingers: what was meant is done where it is plain, else named in one line (exit code 2)."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest

from probe import lab
from probe.cli import slips
from probe.cli.main import run
from tests.cli.command import smtp_probe

FIXTURES = Path(__file__).parents[2] / "fixtures"
RECORDING = str(FIXTURES / "recordings/lab-spf-fail/recording.jsonl")
MESSAGE = str(FIXTURES / "bounces/alibaba-text.eml")
LOG = str(min((FIXTURES / "logs").glob("*postfix*.log")))
PAIR = ("bob@example.com", "alice@example.net")
NOWHERE = ("--nameserver", "127.0.0.1:9", "--timeout", "60", "--no-smtp", "--no-dnsbl")
NAMED = [
    ((*("check", *PAIR), "--json"), "--json; write --format json"),
    (("explain", "550 no", "--json"), "--json; write --format json"),
    (("bounce", MESSAGE, "--markdown"), "--markdown; write --format markdown"),
    (("log", LOG, "--csv"), "--csv; write --format csv"),
    (("log", LOG, "--bogus"), "no such option: --bogus; see smtp-probe log --help"),
    (("explain", MESSAGE), f"smtp-probe bounce {MESSAGE}"),
    (("explain", LOG), f"smtp-probe log {LOG}"),
    (("explain", RECORDING), f"smtp-probe replay {RECORDING}"),
    (("explain", "-"), "smtp-probe explain --input -"),
    (("explain", "550", "5.1.1", "it's full"), "smtp-probe explain '550 5.1.1 it'\"'\"'s full'"),
    (("bounce", RECORDING), f"smtp-probe replay {RECORDING}"),
    (("replay", MESSAGE), f"smtp-probe bounce {MESSAGE}"),
    (("redact", MESSAGE), f"smtp-probe bounce {MESSAGE}"),
    (("replay", LOG), f"smtp-probe log {LOG}"),
    (("check", PAIR[1]), "check takes two addresses: smtp-probe check SENDER RECIPIENT"),
    (("check", PAIR[1]), "smtp-probe domain example.net"),
    (("check", MESSAGE), f"smtp-probe bounce {MESSAGE}"),
    ((PAIR[1],), f"smtp-probe check SENDER {PAIR[1]}"),
    (("example.net",), "smtp-probe domain example.net"),
    (("550 5.1.1 no such user",), "smtp-probe explain '550 5.1.1 no such user'"),
    (("550", "5.1.1", "no"), "smtp-probe explain '550 5.1.1 no'"),
    ((MESSAGE,), f"smtp-probe bounce {MESSAGE}"),
    (("help", "chekc"), "check"),
    (("checks", "spff"), "near to it: spf, spf-helo"),
    (("rules", "text.mailboxfull"), "text.mailbox-full"),
    (("a\x1b[2J@example.com",), "'\\x1b'"),
]


@pytest.mark.parametrize(("arguments", "words"), NAMED, ids=lambda value: repr(value)[:70])
def test_what_was_meant_is_named(
    arguments: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(arguments)
    out, err = capsys.readouterr()
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert words in err


@pytest.mark.parametrize(("arguments", "words"), NAMED, ids=lambda value: repr(value)[:70])
def test_the_command_that_is_named_is_one(
    arguments: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """But for the dialogue with servers, which `check` and `domain` would begin."""
    if not words.startswith("smtp-probe ") or re.match(r"smtp-probe (?:check|domain|explain --input)", words):
        return
    run(arguments)
    (command,) = re.findall(r"(?:with|mean|quotes): (smtp-probe .*)\n", capsys.readouterr().err)
    code = run(shlex.split(command)[1:])
    out, err = capsys.readouterr()
    assert code != 2 and out and err == ""


ODD_NAMES = ("two words", "-q", "--output", "it's", "$(touch harm)", "späť", "a;b&c", "n" * 200)
WRONG_COMMANDS = {MESSAGE: ("log", "replay", "explain"), LOG: ("bounce", "redact"), RECORDING: ("bounce",)}


@pytest.mark.parametrize("name", ODD_NAMES)
@pytest.mark.parametrize("source", WRONG_COMMANDS)
def test_the_command_for_a_file_of_any_name_reads_it(
    source: str,
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(source, tmp_path / name)
    for wrong in WRONG_COMMANDS[source]:
        assert run((wrong, "--", name)) == 2
        (command,) = re.findall(r"with: smtp-probe (.*)\n", capsys.readouterr().err)
        code = run(shlex.split(command))
        out, err = capsys.readouterr()
        assert code != 2 and out and err == "", command
    assert [it.name for it in tmp_path.iterdir()] == [name]


def test_behind_two_hyphens_every_word_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copy(LOG, tmp_path / "-v")
    Path("-q").write_text("a@example.net\n")
    assert run(("log", "-v", "--", "-v")) == 0
    assert run(("bulk", "--offline", "--", "-q")) == 0


@pytest.mark.parametrize("form", [(*PAIR, *NOWHERE), (*NOWHERE, *PAIR), ("<>", PAIR[1], *NOWHERE)])
def test_two_addresses_are_checked(form: tuple[str, ...]) -> None:
    outcome = smtp_probe(*form, "-q")
    assert outcome.code == 4 and outcome.stdout.startswith("INCONCLUSIVE")
    assert smtp_probe(*form, "--helo").code == 2


@pytest.mark.parametrize("command", ["check", "explain", "log"])
def test_help_of_a_command_is_its_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(("help", command)) == 0
    named = capsys.readouterr().out
    assert run((command, "--help")) == 0
    assert capsys.readouterr().out == named and named


def test_help_alone_is_that_of_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(("help",)) == run(("--help",)) == 0
    first, second = capsys.readouterr().out.split("Usage: smtp-probe [OPTIONS]")[1:]
    assert first == second


@pytest.mark.parametrize(
    ("command", "word", "id_of_one"),
    [
        ("rules", "quota", "text.mailbox-full"),
        ("rules", "GREYLIST", "text.greylisted"),
        ("checks", "rfc 7505", "recipient-mx"),
    ],
)
def test_a_word_is_looked_for(
    command: str, word: str, id_of_one: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run((command, word)) == 0
    some = capsys.readouterr().out
    assert run((command,)) == 0
    assert id_of_one in some and len(some) < len(capsys.readouterr().out) / 2


def test_a_recording_comes_by_stdin_too() -> None:
    data = Path(RECORDING).read_bytes()
    assert smtp_probe("replay", "-", stdin=data).stdout == smtp_probe("replay", RECORDING).stdout
    outcome = smtp_probe("bounce", "-", stdin=data)
    assert outcome.code == 2 and "stdin is a recording of a run" in outcome.stderr


def test_of_many_files_one_slip_hides_no_other() -> None:
    outcome = smtp_probe("bounce", RECORDING, MESSAGE, "-q")
    assert outcome.code == 2 and "the mailbox is full" in outcome.stdout


def test_bounce_is_quiet_in_both_halves() -> None:
    alone = smtp_probe("bounce", "-q", MESSAGE)
    assert alone.stdout.splitlines()[-1].startswith("Cause: the mailbox is full (")
    assert alone.stdout.count("\n") <= 3
    both = smtp_probe("bounce", MESSAGE, "--check", "-q", *NOWHERE)
    assert both.stdout.startswith(alone.stdout)
    assert both.stdout.removeprefix(alone.stdout).startswith("INCONCLUSIVE")
    assert "Who acts" not in both.stdout and both.stderr == ""


def test_the_list_of_scenarios_names_no_option_that_demo_lacks() -> None:
    usage = smtp_probe("demo", "--help").stdout
    for scenario in lab.scenarios():
        options = set(re.findall(r"(?<!\w)--?[a-z][\w-]*", f"{scenario.title} {scenario.summary}"))
        assert {it for it in options if it != "-all" and it not in usage} == set(), scenario.id


def test_what_is_no_file_has_no_kind(tmp_path: Path) -> None:
    assert slips.kind_of(str(tmp_path)) is None
    assert slips.kind_of("a\0b") is None
    empty = tmp_path / "empty"
    empty.touch()
    assert slips.kind_of(str(empty)) is slips.FileKind.OTHER
