"""A bare `550 5.0.0` from real servers: the first cause is the true one, by experiments that are shown."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

import probe
from probe.report.text import to_text
from tests.lab.bare import BARE, FIFTEEN, WELCOME, BareCase
from tests.lab.logs import Witness
from tests.lab.test_scenarios import NEVER
from tests.lab.world import RESOLVER, Told, World

pytestmark = pytest.mark.lab

AT_ONCE = 4  # the runs mostly wait out the pause between two sessions
_SIGNS = {True: "+", False: "-", None: "."}


@dataclass(frozen=True)
class Visits:
    """All runs of this module, made side by side."""

    runs: dict[str, Future[Told]]
    recordings: Path
    world: World

    def run(self, case: BareCase) -> Told:
        return self.runs[case.slug].result()

    def text(self, case: BareCase) -> str:
        """The report for people, of the same observations."""
        return to_text(probe.replay(self.recordings / f"{case.slug}.jsonl"))

    def witness(self) -> Witness:
        """What the servers saw of all runs together."""
        for future in self.runs.values():
            future.result()
        return self.world.logs.settle()


def _options(case: BareCase, recording: Path) -> tuple[str, ...]:
    here = ("--bind", case.source, "--nameserver", RESOLVER, "--allow-private")
    return (*here, "--dnsbl", "zen.bl.example", "--selector", "s1", "--record", str(recording))


@pytest.fixture(scope="module")
def visits(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visits]:
    recordings = tmp_path_factory.mktemp("bare")
    world.logs.mark()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        runs = {
            case.slug: pool.submit(
                world.ask,
                *("check", case.sender, case.recipient),
                *_options(case, recordings / f"{case.slug}.jsonl"),
            )
            for case in (*WELCOME, *FIFTEEN)
        }
        yield Visits(runs, recordings, world)


def _answers(run: Told) -> list[str]:
    """What each session heard, for the message of a failure."""
    return [
        f"  {session['experiment']}: "
        + ", ".join(f"{it['sent'][:40]} {it['reply_code']}" for it in session["exchanges"])
        for session in run.report["sessions"]
    ]


def _explained(run: Told) -> str:
    lines = [f"{run.verdict['stage']}: {run.verdict['reply']}", *_answers(run)]
    for cause in run.report["causes"][:3]:
        lines.append(f"{cause['id']} {cause['probability']:.2f}")
        lines += [f"  {it['weight_db']:+g} {it['text']}" for it in (*cause["for"], *cause["against"])]
    return "\n".join(lines)


def _controls(run: Told) -> str:
    """The signs of `BareCase.controls` as the report has them; empty without a control session."""
    heard: dict[str, bool] = {}
    for session in run.report["sessions"]:
        for exchange in session["exchanges"]:
            sent, code = exchange["sent"], exchange["reply_code"]
            if session["experiment"] == "target" or exchange["stage"] != "rcpt":
                continue
            assert code == 250 or f"{code} {exchange['reply_lines'][0]}" == BARE, exchange
            key = "null" if session["experiment"] == "null_sender" else "made-up"
            heard["postmaster" if "postmaster@" in sent else key] = code == 250
    keys = ("postmaster", "made-up", "null")
    return "".join(_SIGNS[heard.get(key)] for key in keys) if heard else ""


@pytest.mark.parametrize("case", WELCOME, ids=lambda case: case.slug)
def test_each_server_takes_the_mail_when_nothing_is_wrong(visits: Visits, case: BareCase) -> None:
    run = visits.run(case)
    assert run.report, run.errors
    assert (run.verdict["outcome"], run.verdict["cause"], run.exit_code) == ("accepted", None, 0)
    assert [session["experiment"] for session in run.report["sessions"]] == ["target"]


@pytest.mark.parametrize("case", FIFTEEN, ids=lambda case: case.slug)
def test_the_first_cause_of_a_bare_refusal_is_the_true_one(visits: Visits, case: BareCase) -> None:
    run = visits.run(case)
    assert run.report, run.errors
    verdict = run.verdict
    found = (verdict["outcome"], run.exit_code, verdict["stage"], verdict["reply"])
    assert found == ("refused", 1, case.stage, BARE), _explained(run)
    assert _controls(run) == case.controls, _explained(run)
    assert run.report["causes"][0]["id"] == verdict["cause"] == case.cause, _explained(run)


@pytest.mark.parametrize("case", FIFTEEN, ids=lambda case: case.slug)
def test_the_report_shows_the_experiments_and_what_they_weigh(visits: Visits, case: BareCase) -> None:
    run = visits.run(case)
    top = run.report["causes"][0]
    weighed = [it for it in top["for"] if it["ref"].startswith(("session:2:", "session:3:"))]
    assert weighed, _explained(run)
    text = visits.text(case)
    controls = [session["experiment"] for session in run.report["sessions"]][1:]
    assert controls == (["postmaster", "null_sender"] if case.stage == "rcpt" else ["null_sender"])
    assert text.count("control: ") == len(controls)
    words = " ".join(text.split())
    assert all(it["text"] in words for it in weighed)


def test_no_server_saw_more_than_a_probe(visits: Visits) -> None:
    witness = visits.witness()
    sessions = sum(len(visits.run(case).report["sessions"]) for case in (*WELCOME, *FIFTEEN))
    assert witness.opened == witness.verbs["quit"] == sessions
    assert not {verb: witness.verbs[verb] for verb in NEVER if witness.verbs[verb]}
    assert witness.verbs["rcpt"] <= 3 * sessions
