"""The answer is on the last screen: the command line on pseudo-terminals of a given size."""

from __future__ import annotations

import re
import sys
from functools import cache
from pathlib import Path

import pytest

from probe import lab, run
from probe.knowledge.causes import causes
from probe.model.verdict import Outcome
from probe.report import run_words, view, words
from tests.cli.command import smtp_probe
from tests.support.terminal import Screen, on_terminal

RECORDINGS = Path(__file__).resolve().parents[2] / "fixtures" / "recordings"
IDS = lab.identities()
HINT = "-v or --pager shows all"


def recording(identity: str) -> str:
    return str(RECORDINGS / f"lab-{identity}" / "recording.jsonl")


@cache
def screen(identity: str, columns: int = 80, *options: str) -> Screen:
    """The report of a scenario, as `demo` would show it: its recording has the same report."""
    return on_terminal("replay", recording(identity), *options, columns=columns)


def joined(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("identity", IDS)
def test_the_last_24_lines_hold_the_answer(identity: str) -> None:
    report = run.replay(Path(recording(identity)))
    output, verdict = screen(identity), report.verdict
    last = joined(output.last(23))  # the prompt takes a line
    assert run_words.headline(report) in last
    assert f"Who acts {words.FIX_BY[verdict.fix_by]} Act" in last
    act = re.split(r"(?<=[.]) ", view.action(report))[0]
    assert joined(act)[1:] in last
    if verdict.cause is not None:
        assert causes()[verdict.cause].title in last
    if verdict.outcome is not Outcome.ACCEPTED or verdict.exit_code:
        assert f"Retry {view.retry(report)}" in last
    assert last.endswith(f"exit {verdict.exit_code}")
    assert output.code == verdict.exit_code
    assert "DNS " in last and ("RCPT " in last or "connect –" in last)


@pytest.mark.parametrize("identity", IDS)
def test_a_narrow_screen_holds_the_answer_as_well(identity: str) -> None:
    """Long names are broken there, so spaces do not count."""
    report = run.replay(Path(recording(identity)))
    output, verdict = screen(identity, 40), report.verdict
    last = "".join(output.last(23).split())
    act = re.split(r"(?<=[.]) ", view.action(report))[0]
    needed = [run_words.headline(report), f"Who acts {words.FIX_BY[verdict.fix_by]} Act", act[1:60]]
    if verdict.outcome is not Outcome.ACCEPTED or verdict.exit_code:
        needed.append(view.retry(report)[:60])
    if verdict.cause is not None:
        needed.append(causes()[verdict.cause].title)
    for text in needed:
        assert "".join(text.split()) in last
    assert "DNS" in last and last.endswith(f"exit{verdict.exit_code}")
    assert max(map(len, output.lines)) <= 40


@pytest.mark.parametrize("identity", IDS)
def test_what_has_no_room_is_left_out_and_named_and_a_pipe_has_all(identity: str) -> None:
    output, piped = screen(identity), smtp_probe("replay", recording(identity), env={"COLUMNS": "80"}).stdout
    assert len(output.lines) < 28, "the head may scroll away, hardly more"
    is_whole = len(piped.splitlines()) < 24
    assert (output.lines == piped.splitlines()) is is_whole
    assert (HINT in joined("\n".join(output.lines))) is not is_whole
    assert HINT not in joined(piped)
    assert "Nine steps" in piped


@pytest.mark.parametrize("identity", IDS)
def test_every_step_that_is_amiss_is_still_named(identity: str) -> None:
    report = run.replay(Path(recording(identity)))
    for step in report.checklist:
        if step.status in ("fail", "warn"):
            assert re.search(rf"(?m)^  {step.step} [✗!] {step.title}", "\n".join(screen(identity).lines))


def test_a_healthy_pair_fits_the_screen() -> None:
    result = on_terminal("demo", "healthy")
    assert len(result.lines) < 24
    assert result.lines[0].startswith("LAB: ") and "Nine steps" in result.lines
    assert HINT not in joined("\n".join(result.lines))


@pytest.mark.parametrize("columns", [40, 60, 80, 120, 200])
def test_causes_stand_under_each_other_and_nothing_is_too_wide(columns: int) -> None:
    for whole in (True, False):
        result = screen("tmall", columns, *(("-v",) if whole else ()))
        rows = result.lines[[n for n, line in enumerate(result.lines) if line.startswith("  Cause")][-1] :]
        signs = {row.index(" %") for row in rows if re.match(r"(?:  Cause)? {2,}[<>]?\d+ %  ", row)}
        assert len(signs) == 1
        assert max(map(len, result.lines)) <= columns


def test_verbose_tells_all_and_the_answer_last() -> None:
    result = screen("tmall", 80, "-v")
    assert HINT not in "\n".join(result.lines)
    assert "DNS answers" in result.lines
    assert "REFUSED FOR GOOD" in result.last(23) and result.lines[-1].endswith("exit 1")


def test_a_tall_terminal_shows_the_verdict_first() -> None:
    result = on_terminal("replay", recording("tmall"), lines=200)
    assert result.lines[4].startswith("REFUSED FOR GOOD")
    assert HINT not in "\n".join(result.lines)


def test_the_walk_of_the_hypotheses_is_short() -> None:
    piped = smtp_probe("replay", recording("tmall"), env={"COLUMNS": "80"}).stdout
    section = piped.split("\nHypotheses")[1].split("\n\n")[0]
    assert len(section.splitlines()) <= 14
    assert joined(section).count("RFC 5321 says postmaster must work") == 1


def test_the_act_alone_is_bold_and_weights_and_rfcs_are_faint() -> None:
    painted = on_terminal("replay", recording("tmall"), lines=200).painted
    bold = re.findall(r"\x1b\[1m(.*?)\x1b\[0m", painted)
    assert joined(" ".join(bold)).startswith("Check the spelling of the domain, reach the person another way")
    assert len(bold) == 2
    faint = "\n".join(re.findall(r"\x1b\[2m(.*?)\x1b\[0m", painted))
    assert "+12" in faint and "RFC 5321" in faint
    plain = on_terminal("replay", recording("tmall"), lines=200, env={"NO_COLOR": "1"}).painted
    assert "\x1b" not in plain


@pytest.mark.parametrize("form", ["markdown", "json"])
def test_a_ticket_and_json_are_whole_on_a_terminal_too(form: str) -> None:
    result = on_terminal("replay", recording("tmall"), "--format", form)
    assert "\n".join(result.lines) == smtp_probe(
        "replay", recording("tmall"), "--format", form
    ).stdout.rstrip("\n")


def test_a_file_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "report.txt"
    assert on_terminal("replay", recording("tmall"), "-o", str(path)).code == 1
    text = path.read_text(encoding="utf-8")
    assert HINT not in text and "Nine steps" in text and "Why" in text


PAGER = f'{sys.executable} -c \'import sys; sys.stdout.write("<" + sys.stdin.read() + ">")\''


def test_the_pager_gets_the_whole_report_and_the_exit_code_stays() -> None:
    result = on_terminal("replay", recording("tmall"), "--pager", env={"PAGER": PAGER})
    assert result.code == 1
    assert result.lines[0].startswith("<LAB: ") and result.lines[-1] == ">"
    assert HINT not in "\n".join(result.lines) and "Nine steps" in result.lines
    assert "\x1b[31mREFUSED FOR GOOD" in result.painted


def test_a_pager_never_stands_in_a_pipe() -> None:
    arguments = ("replay", recording("tmall"))
    env = {"PAGER": PAGER}
    assert smtp_probe(*arguments, "--pager", env=env).stdout == smtp_probe(*arguments, env=env).stdout


def test_a_pager_that_leaves_early_is_no_error() -> None:
    result = on_terminal("replay", recording("tmall"), "-v", "--pager", env={"PAGER": "true"})
    assert result.code == 1
    assert "Traceback" not in result.painted


def test_a_pager_that_is_not_there_is_named_and_the_report_is_shown() -> None:
    result = on_terminal("replay", recording("tmall"), "--pager", env={"PAGER": "no-such-pager -x"})
    assert result.code == 1
    assert "--pager: cannot run no-such-pager -x: no such file or directory" in joined(
        "\n".join(result.lines)
    )
    assert "Nine steps" in result.lines


def test_marks_are_words_where_the_terminal_has_no_utf_8() -> None:
    result = on_terminal("replay", recording("tmall"), env={"PYTHONIOENCODING": "ascii"})
    assert "DNS ok | connect ok | TLS ok | MAIL ok | RCPT FAIL 554" in result.lines
    assert all(line.isascii() for line in result.lines)


LONG_REPLY = "550 5.7.1 Service unavailable; Client host [192.0.2.99] blocked using zen.spamhaus.org"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("explain", LONG_REPLY, "--stage", "rcpt"), 1),
        (("bounce", "fixtures/bounces/alibaba-text.eml"), 1),
        (("log", "fixtures/logs/courier.log"), 0),
    ],
)
def test_what_is_read_offline_is_folded_alike(arguments: tuple[str, ...], code: int) -> None:
    root = RECORDINGS.parents[1]
    paths = tuple(str(root / it) if it.startswith("fixtures/") else it for it in arguments)
    result = on_terminal(*paths, lines=18)
    assert result.code == code
    assert HINT in joined("\n".join(result.lines))
    assert result.lines[-1].strip() == f"exit {code}"
    if arguments[0] != "log":
        last = joined(result.last(17))
        assert "REFUSED FOR GOOD" in last
        assert all(f" {label} " in last for label in ("Cause", "Who acts", "Act", "Retry"))
    whole = on_terminal(*paths, "-v", lines=18)
    assert HINT not in joined("\n".join(whole.lines))
    paged = on_terminal(*paths, "--pager", lines=18, env={"PAGER": "cat"})
    assert paged.lines == smtp_probe(*paths, env={"COLUMNS": "80"}).stdout.rstrip("\n").split("\n")


def test_at_any_width_a_step_that_is_cut_ends_in_its_line() -> None:
    for columns in (40, 80):
        steps = "\n".join(screen("tmall", columns).lines).split("Nine steps\n")[1].split("\n\n")[0]
        assert len(steps.splitlines()) == (6 if columns == 40 else 3)
        assert "…" in steps
