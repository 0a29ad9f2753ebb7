"""The hypotheses of a refusal and the observations that tell them apart: next_tests.toml, read."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from probe._dataclass import dataclass
from probe.knowledge.toml_import import HERE, load
from probe.model.reply import Stage
from probe.model.session import Experiment


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One kind of explanation and the causes that it covers. `unseen`: why this program cannot observe it
    (empty: it can); `finding`: the check that shows it if no evidence does, or empty."""

    id: str
    title: str
    causes: tuple[str, ...]
    unseen: str
    finding: str


@dataclass(frozen=True, slots=True)
class Ending:
    """One way in which a test can end. `share` is its weight against the other endings if nothing else is
    known; `weights` are decibans per cause."""

    id: str
    share: float
    weights: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class CandidateTest:
    """One further observation. `flags` are added to the command; `sender` and `recipient` replace those of
    the run, or are empty. `here` False: no command on this machine can make it. `stages` empty: at any stage.
    `place` is the address that it is made from: `second` another one, `sender` the one that mail leaves from,
    empty that of the run. `effort` 1 is a minute on this machine. `experiments` are the control experiments
    by which a run makes the test itself."""

    id: str
    text: str
    flags: str
    sender: str
    recipient: str
    here: bool
    stages: tuple[Stage, ...]
    effort: float
    outcomes: tuple[Ending, ...]
    experiments: tuple[Experiment, ...] = ()
    place: str = ""


@cache
def hypotheses() -> tuple[Hypothesis, ...]:
    """Every hypothesis, in the order in which they are walked."""
    return tuple(
        Hypothesis(
            row["id"], row["title"], tuple(row["causes"]), row.get("unseen", ""), row.get("finding", "")
        )
        for row in _table()["hypothesis"]
    )


@cache
def candidate_tests() -> tuple[CandidateTest, ...]:
    """Every test, in the order of the file, which decides ties."""
    return tuple(_test(row) for row in _table()["test"])


def public_resolvers() -> tuple[tuple[str, str], ...]:
    """Operator and address of public resolvers."""
    return tuple((operator, address) for operator, address in _table()["resolvers"])


def least_gain() -> float:
    """The expected gain in bits below which a test is not named."""
    return float(_table()["least_gain"])


def least_share_of_tls() -> float:
    """The share of tls_problem from which a refusal may be about TLS."""
    return float(_table()["least_share_of_tls"])


@cache
def _table() -> Mapping[str, Any]:
    return load(HERE / "next_tests.toml")


def _test(row: Mapping[str, Any]) -> CandidateTest:
    return CandidateTest(
        id=row["id"],
        text=row["text"],
        flags=row.get("flags", ""),
        sender=row.get("sender", ""),
        recipient=row.get("recipient", ""),
        here=row.get("here", True),
        stages=tuple(Stage(stage) for stage in row.get("stages", ())),
        effort=float(row["effort"]),
        outcomes=tuple(
            Ending(outcome["id"], float(outcome.get("share", 1)), _by_cause(outcome["db"]))
            for outcome in row["outcome"]
        ),
        experiments=tuple(Experiment(name) for name in row.get("experiments", ())),
        place=row.get("place", ""),
    )


def _by_cause(weights: Mapping[str, float]) -> Mapping[str, float]:
    """Give the weight of each hypothesis to its causes; a cause with a weight of its own keeps it."""
    spread = {cause: weights.get(it.id, 0.0) for it in hypotheses() for cause in it.causes}
    of_test = {key: weight for key, weight in weights.items() if key in spread}
    return {cause: float(weight) for cause, weight in {**spread, **of_test}.items()}
