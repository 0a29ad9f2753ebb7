"""The expected information gain of a further observation, in bits."""

from __future__ import annotations

import math
from collections.abc import Mapping

from probe.knowledge.next_tests import CandidateTest


def expected_gain(shares: Mapping[str, float], test: CandidateTest) -> float:
    """The mutual information of the causes and the outcomes of `test`, in bits; never below 0.

    `shares` are the probabilities of the causes. How likely an outcome is under a cause follows from
    its share among the outcomes and its decibans for that cause; a cause without decibans is one under
    which every outcome comes as often as its share says.
    """
    outcomes = {cause: _outcomes_under(cause, test) for cause, share in shares.items() if share > 0}
    gain = 0.0
    for outcome in range(len(test.outcomes)):
        probability = math.fsum(shares[cause] * likelihood[outcome] for cause, likelihood in outcomes.items())
        if probability <= 0:
            continue
        gain += math.fsum(
            shares[cause] * likelihood[outcome] * math.log2(likelihood[outcome] / probability)
            for cause, likelihood in outcomes.items()
            if likelihood[outcome] > 0
        )
    return max(0.0, gain)


def _outcomes_under(cause: str, test: CandidateTest) -> tuple[float, ...]:
    """The probabilities of the outcomes if `cause` is the true one."""
    odds = [it.share * 10 ** (it.weights.get(cause, 0.0) / 10) for it in test.outcomes]
    total = math.fsum(odds)
    return tuple(odd / total for odd in odds)
