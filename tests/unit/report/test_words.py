"""Every word of a closed vocabulary can be told to a reader, and to a script."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any

import pytest

from probe.model.evidence import Band
from probe.model.reply import Stage
from probe.model.session import Experiment
from probe.model.steps import StepStatus
from probe.model.verdict import ExitCode, FixBy, Outcome, Retry
from probe.report import run_words, words
from probe.report.schema import report_schema
from probe.standards.dns.results import RouteKind
from probe.standards.tls.results import DaneStatus

TOLD: tuple[tuple[type[Enum], Mapping[Any, str]], ...] = (
    (Stage, words.STAGES),
    (FixBy, words.FIX_BY),
    (StepStatus, words.STEP_STATUS),
    (Experiment, run_words.EXPERIMENTS),
    (RouteKind, run_words.ROUTES),
    (DaneStatus, run_words.DANE),
)


@pytest.mark.parametrize(("vocabulary", "texts"), TOLD, ids=lambda it: getattr(it, "__name__", ""))
def test_each_member_has_its_words(vocabulary: type[Enum], texts: Mapping[Any, str]) -> None:
    assert [member for member in vocabulary if not texts.get(member)] == []


def test_the_schema_takes_the_vocabularies_from_the_model() -> None:
    verdict = report_schema()["$defs"]["Verdict"]["properties"]
    assert verdict["outcome"]["enum"] == [outcome.value for outcome in Outcome]
    assert verdict["retry"]["enum"] == [retry.value for retry in Retry]
    assert verdict["exit_code"] == {"type": "integer", "enum": [0, 1, 3, 4, 5]}


def test_each_outcome_has_its_exit_code() -> None:
    assert [ExitCode.of(outcome) for outcome in Outcome] == [0, 1, 3, 4]


@pytest.mark.parametrize(
    ("codes", "worst"),
    [((), 0), ((0, 5), 5), ((5, 4), 4), ((4, 3), 3), ((3, 1, 0), 1), ((1, 2), 2)],
)
def test_over_several_results_the_worst_code_counts(codes: tuple[int, ...], worst: int) -> None:
    assert ExitCode.worst(map(ExitCode, codes)) == worst


@pytest.mark.parametrize("band", Band)
def test_only_a_known_cause_lets_the_answer_be_foretold(band: Band) -> None:
    text = words.retry(Retry.AFTER_FIX, None, band)
    assert ("stays the same" in text) == (band in (Band.STATED, Band.LIKELY))
