"""A bare `550 5.0.0` from real servers: the first cause is the true one, by experiments that are shown."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

import probe
from tests.lab.bare import FIFTEEN, MORE, WELCOME, BareCase
from tests.lab.logs import Witness
from tests.lab.test_scenarios import EARLIER_CLIENT, NEVER
from tests.lab.world import RESOLVER, Told, World
from tests.support.rendering import to_text

pytestmark = pytest.mark.lab

ALL = (*WELCOME, *FIFTEEN, *MORE)
AT_ONCE = 4  # the runs mostly wait out the pause between two sessions
EXIT_CODES = {"refused": 1, "deferred": 3}
_CONTROLS = ("postmaster", "random", "null_sender", "other_mx", "other_family")
_SIGNS = {True: "+", False: "-", None: "."}


@dataclass(frozen=True)
class Visits:
    """All runs of this module, made side by side."""

    runs: dict[str, Future[Told]]
    recordings: Path
    world: World

    def run(self, case: BareCase) -> Told:
        texts = self.runs[case.slug].result()
        assert texts.report, texts.errors
        return texts

    def text(self, case: BareCase) -> str:
        """The report for people, of the same observations."""
        return to_text(probe.replay(self.recordings / f"{case.slug}.jsonl"))

    def witness(self) -> Witness:
        """What the servers saw of all runs together."""
        for future in self.runs.values():
            future.result()
        return self.world.logs.settle()


def _visit(world: World, case: BareCase, recording: Path) -> Told:
    if case.prelude:
        world.python(EARLIER_CLIENT, case.source, case.recipient.partition("@")[2])
    here = ("--nameserver", RESOLVER, "--allow-private", "--dnsbl", "zen.bl.example", "--selector", "s1")
    bind = ("--bind", case.source) if case.source else ()
    more = (*bind, "--record", str(recording), *case.options)
    return world.ask("check", case.sender, case.recipient, *here, *more)


@pytest.fixture(scope="module")
def visits(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visits]:
    recordings = tmp_path_factory.mktemp("bare")
    world.logs.mark()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        runs = {
            case.slug: pool.submit(_visit, world, case, recordings / f"{case.slug}.jsonl") for case in ALL
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


def _controls(run: Told, bare: str) -> str:
    """The signs of `BareCase.controls` as the report has them; empty without a control session."""
    lines: dict[str, bool] = {}
    for session in run.report["sessions"]:
        for exchange in session["exchanges"]:
            sent, code, experiment = exchange["sent"], exchange["reply_code"], session["experiment"]
            judged = exchange["stage"] == "rcpt" or (exchange["stage"] == "mail" and code != 250)
            if experiment == "target" or not judged:
                continue
            recipient = sent.removeprefix("RCPT TO:<").partition(">")[0]
            expected = bare.replace("@", recipient)
            assert code == 250 or f"{code} {exchange['reply_lines'][0]}" == expected, exchange
            made_up = experiment == "postmaster" and not recipient.startswith("postmaster@")
            lines["random" if made_up else experiment] = code == 250
    return "".join(_SIGNS[lines.get(key)] for key in _CONTROLS) if lines else ""


def _expect_the_lab_to_have_answered_so(run: Told, case: BareCase) -> None:
    verdict = run.verdict
    result = (verdict["outcome"], run.exit_code, verdict["stage"], verdict["reply"])
    reply = case.reply.replace("@", case.recipient)
    expected = (case.outcome, EXIT_CODES[case.outcome], case.stage, reply)
    assert result == expected, _explained(run)
    signs = _controls(run, case.reply)
    assert bool(signs) == bool(case.controls), _explained(run)
    true = case.controls.ljust(len(signs), ".")
    assert all(records in (".", entries) for records, entries in zip(signs, true, strict=True)), _explained(
        run
    )


@pytest.mark.parametrize("case", WELCOME, ids=lambda case: case.slug)
def test_each_server_takes_the_mail_when_nothing_is_wrong(visits: Visits, case: BareCase) -> None:
    run = visits.run(case)
    assert (run.verdict["outcome"], run.verdict["cause"], run.exit_code) == ("accepted", None, 0)
    assert [session["experiment"] for session in run.report["sessions"]] == ["target"]


@pytest.mark.parametrize("case", FIFTEEN, ids=lambda case: case.slug)
def test_the_first_cause_of_a_bare_refusal_is_the_true_one(visits: Visits, case: BareCase) -> None:
    run = visits.run(case)
    _expect_the_lab_to_have_answered_so(run, case)
    assert run.report["causes"][0]["id"] == run.verdict["cause"] == case.cause, _explained(run)


@pytest.mark.parametrize("case", FIFTEEN, ids=lambda case: case.slug)
def test_the_report_shows_the_experiments_and_what_they_weigh(visits: Visits, case: BareCase) -> None:
    run = visits.run(case)
    top = run.report["causes"][0]
    weighed = [it for it in top["for"] if it["ref"].startswith(("session:2:", "session:3:"))]
    assert weighed, _explained(run)
    text = visits.text(case)
    controls = [session["experiment"] for session in run.report["sessions"]][1:]
    assert controls
    assert text.count("control: ") == len(controls)
    words = " ".join(text.split())
    assert all(it["text"] in words for it in weighed)


@pytest.mark.parametrize("case", MORE, ids=lambda case: case.slug)
def test_other_bare_replies_are_read_right_or_left_open(visits: Visits, case: BareCase) -> None:
    """Where the truth cannot be told from its neighbours, it is among the first three, and none of them is
    claimed to be it."""
    run = visits.run(case)
    _expect_the_lab_to_have_answered_so(run, case)
    assert case.cause is not None
    allowed = case.cause.split("|")
    first = [cause["id"] for cause in run.report["causes"][: case.within]]
    assert set(first) & set(allowed), _explained(run)
    if case.within > 1:
        assert run.verdict["band"] in ("undecided", "possible"), _explained(run)


def test_no_server_saw_more_than_a_probe(visits: Visits) -> None:
    witness = visits.witness()
    sessions = sum(len(visits.run(case).report["sessions"]) for case in ALL)
    sessions += sum(case.prelude for case in ALL)
    assert witness.opened == sessions
    assert witness.verbs["quit"] == sessions - sum(case.lost for case in ALL)
    assert not {verb: witness.verbs[verb] for verb in NEVER if witness.verbs[verb]}
    assert witness.verbs["rcpt"] <= 3 * sessions
