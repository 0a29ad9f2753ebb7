"""Scoring by its numbers: shares, caps, what stands first, and what a stage makes of words."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest

from probe.diagnosis.scoring import rank, words_name_it
from probe.knowledge.scoring import scoring
from probe.model.evidence import Evidence, Facet, RankedCause
from probe.model.reply import Stage

TABLE = scoring()
ALL = tuple(TABLE["prior"])


def said(rule: str, facet: Facet = Facet.TEXT, ref: str = "reply", **weights: float) -> Evidence:
    return Evidence(rule, facet, weights, "because", ref)


def one(ranking: Sequence[RankedCause], cause: str) -> RankedCause:
    return next(item for item in ranking if item.id == cause)


def ratio(ranking: Sequence[RankedCause], cause: str, other: str) -> float:
    return one(ranking, cause).probability / one(ranking, other).probability


def counted(ranking: Sequence[RankedCause], cause: str) -> list[tuple[str, float]]:
    result = one(ranking, cause)
    return [(item.rule, weight) for item, weight in (*result.evidence_for, *result.evidence_against)]


def decibans(value: float) -> float:
    return float(10 ** (value / 10))


PRIOR = TABLE["prior"]["greylisted"] / TABLE["prior"]["spam_content"]


# -- shares ---------------------------------------------------------------------------------------


def test_without_evidence_the_shares_are_those_of_the_corpus() -> None:
    assert ratio(rank([]), "greylisted", "spam_content") == pytest.approx(PRIOR)


@pytest.mark.parametrize("weight", [-6, 3, 12])
def test_decibans_multiply_the_odds(weight: float) -> None:
    ranking = rank([said("a", Facet.DNS, greylisted=weight)])
    assert ratio(ranking, "greylisted", "spam_content") == pytest.approx(PRIOR * decibans(weight))


def test_causes_left_out_of_given_priors_get_the_smallest_of_them() -> None:
    ranking = rank([], priors={"tls_problem": 90, "spam_content": 5, "user_unknown": 2})
    assert ratio(ranking, "greylisted", "user_unknown") == pytest.approx(1)
    assert ratio(ranking, "spam_content", "user_unknown") == pytest.approx(2.5)


def test_what_the_stage_rules_out_is_a_million_times_less_likely() -> None:
    usual = ratio(rank([]), "user_unknown", "spam_content")
    barred = ratio(rank([], stage=Stage.GREETING), "user_unknown", "spam_content")
    assert barred == pytest.approx(usual * 1e-6)
    assert ratio(rank([], stage=Stage.RCPT), "user_unknown", "spam_content") == pytest.approx(usual)


@pytest.mark.parametrize(("permanent", "shift"), [(None, 0), (False, 3), (True, -5)])
def test_the_class_of_the_reply_shifts_by_what_the_table_says(permanent: bool | None, shift: float) -> None:
    ranking = rank([said("t", Facet.STAGE, virus_attachment=1)], permanent=permanent)
    assert ratio(ranking, "greylisted", "spam_content") == pytest.approx(PRIOR * decibans(shift))


def test_one_rule_on_the_code_is_enough_to_leave_the_class_out() -> None:
    ranking = rank([said("c", Facet.CODE, virus_attachment=1), said("t", auth_failed=1)], permanent=True)
    assert ratio(ranking, "greylisted", "spam_content") == pytest.approx(PRIOR)


# -- caps -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("facet", "weights", "counts"),
    [
        (Facet.TEXT, (9, 8.5), (9, 8.5)),  # just below the cap of the family
        (Facet.TEXT, (9, 9), (9, 9)),
        (Facet.TEXT, (9.5, 9), (9.5 * 18 / 18.5, 9 * 18 / 18.5)),
        (Facet.TEXT, (-9, -8.5), (-9, -8.5)),
        (Facet.TEXT, (-9, -9), (-9, -9)),
        (Facet.TEXT, (-9.5, -9), (-9.5 * 18 / 18.5, -9 * 18 / 18.5)),
        (Facet.CODE, (2, 1), (2, 1)),
        (Facet.CODE, (3, 3), (1.5, 1.5)),  # up and down have caps of their own
        (Facet.CODE, (-5, -5), (-2.5, -2.5)),
        (Facet.TEXT, (20, -10), (20, -10)),  # the sum is held, not its parts
    ],
)
def test_the_sum_of_a_family_is_held_between_its_caps(
    facet: Facet, weights: tuple[float, ...], counts: tuple[float, ...]
) -> None:
    ranking = rank([said(f"r{n}", facet, greylisted=weight) for n, weight in enumerate(weights)])
    assert [weight for _, weight in sorted(counted(ranking, "greylisted"))] == pytest.approx(counts)


def test_each_family_and_each_cause_has_a_cap_of_its_own() -> None:
    ranking = rank([said("t", greylisted=30, spam_content=6), said("d", Facet.DNS, greylisted=20)])
    assert sorted(counted(ranking, "greylisted")) == [("d", 20), ("t", pytest.approx(18))]
    assert counted(ranking, "spam_content") == [("t", 6)]


# -- what stands first ----------------------------------------------------------------------------


def test_causes_of_equal_share_stand_in_the_order_of_their_names() -> None:
    alike = [item.id for item in rank([]) if TABLE["prior"][item.id] == TABLE["prior"]["bad_domain"]]
    assert len(alike) > 1
    assert alike == sorted(alike)
    assert alike != [cause for cause in ALL if cause in alike], "the table has them in the same order"


def test_of_two_causes_that_words_name_alike_the_first_by_name_is_the_one_made_likely() -> None:
    ranking = rank([said("t", sender_invalid=9, bad_domain=9)])
    assert [item.id for item in ranking[:2]] == ["bad_domain", "sender_invalid"]
    assert ranking[0].probability > 0.5 > ranking[1].probability


def test_the_strongest_evidence_stands_first_and_then_the_rules_by_name() -> None:
    items = [
        said("a", greylisted=2),
        said("c", greylisted=2),
        said("b", Facet.ENHANCED, greylisted=2),
        said("z", Facet.DNS, greylisted=3),
        said("y", Facet.DNS, greylisted=-4),
        said("x", Facet.STAGE, greylisted=-5),
    ]
    result = one(rank(items), "greylisted")
    assert [item.rule for item, _ in result.evidence_for] == ["z", "a", "b", "c"]
    assert [item.rule for item, _ in result.evidence_against] == ["x", "y"]


def test_two_pieces_are_ordered_like_many() -> None:
    ranking = rank([said("a", greylisted=1), said("b", greylisted=2)])
    assert counted(ranking, "greylisted") == [("b", 2), ("a", 1)]


def test_the_same_rule_twice_stands_by_what_it_refers_to_and_then_by_family() -> None:
    items = [
        said("r", Facet.TEXT, "reply:1", greylisted=2),
        said("r", Facet.CODE, "reply:2", greylisted=2),
        said("r", Facet.STAGE, "reply:2", greylisted=2),
    ]
    for each in (items, items[::-1]):
        output = [(item.ref, item.facet) for item, _ in one(rank(each), "greylisted").evidence_for]
        assert output == [("reply:1", Facet.TEXT), ("reply:2", Facet.CODE), ("reply:2", Facet.STAGE)]


@pytest.mark.parametrize("weight", [0.5, 1])
def test_the_smallest_weight_is_shown_on_its_side_and_none_is_not(weight: float) -> None:
    result = one(
        rank([said("a", greylisted=weight), said("b", greylisted=-weight), said("c", greylisted=0)]),
        "greylisted",
    )
    assert [(item.rule, it) for item, it in result.evidence_for] == [("a", weight)]
    assert [(item.rule, it) for item, it in result.evidence_against] == [("b", -weight)]


# -- what a stage makes of words --------------------------------------------------------------------


def test_words_on_a_cause_that_the_stage_rules_out_speak_for_another() -> None:
    words = said("t", user_unknown=12)
    assert counted(rank([words], stage=Stage.MAIL), "user_unknown") == []
    assert counted(rank([words], stage=Stage.MAIL), "sender_invalid") == [("t", 12)]
    assert counted(rank([words], stage=Stage.EHLO), "policy_unspecified") == [("t", 12)]
    assert counted(rank([words], stage=Stage.STARTTLS), "policy_unspecified") == [("t", 12)]
    for stage in (Stage.RCPT, None):
        assert counted(rank([words], stage=stage), "user_unknown") == [("t", 12)]


@pytest.mark.parametrize("facet", [it for it in Facet if it not in (Facet.TEXT, Facet.PROVIDER)])
def test_only_words_are_taken_for_something_else(facet: Facet) -> None:
    ranking = rank([said("f", facet, bad_domain=2)], stage=Stage.MAIL)
    assert counted(ranking, "bad_domain") == [("f", 2)]
    assert counted(ranking, "sender_invalid") == []


def test_a_providers_words_are_taken_for_something_else_like_any() -> None:
    assert counted(rank([said("p", Facet.PROVIDER, bad_domain=2)], stage=Stage.MAIL), "sender_invalid") == [
        ("p", 2)
    ]


def test_what_a_server_says_of_itself_stays_what_it_is() -> None:
    [rule] = TABLE["instead"]["speaks_of_itself"]
    assert counted(rank([said(rule, bad_domain=12)], stage=Stage.EHLO), "bad_domain") == [(rule, 12)]
    assert counted(rank([said("t", bad_domain=12)], stage=Stage.EHLO), "rdns_helo") == [("t", 12)]


@pytest.mark.parametrize(
    ("weights", "counts"),
    [
        ({"user_unknown": 8, "sender_invalid": 12}, 12),
        ({"user_unknown": 12, "sender_invalid": 8}, 12),
        ({"user_unknown": 8, "bad_domain": 11, "address_syntax": 5}, 11),
        ({"user_unknown": 0.5}, 0.5),
        ({"user_unknown": 1}, 1),
        ({"user_unknown": 5, "sender_invalid": -3}, 5),
    ],
)
def test_of_several_weights_that_come_together_the_highest_counts(
    weights: dict[str, float], counts: float
) -> None:
    words = Evidence("t", Facet.TEXT, weights, "because", "reply")
    assert counted(rank([words], stage=Stage.MAIL), "sender_invalid") == [("t", counts)]


def test_what_words_say_against_is_left_where_it_is() -> None:
    against = rank([said("t", user_unknown=-0.5)], stage=Stage.MAIL)
    assert counted(against, "user_unknown") == [("t", -0.5)]
    assert counted(against, "sender_invalid") == []
    beside = rank([said("t", bad_domain=5, policy_unspecified=-4)], stage=Stage.GREETING)
    assert counted(beside, "policy_unspecified") == [("t", -4)], "nothing was said of a mailbox"
    both = rank([said("t", bad_domain=5, policy_unspecified=-4, user_unknown=-0.5)], stage=Stage.GREETING)
    assert counted(both, "rdns_helo") == [("t", 5)]
    assert counted(both, "policy_unspecified") == [("t", -4)]
    assert counted(both, "user_unknown") == [("t", -0.5)]


# -- how far words make the first cause likelier ---------------------------------------------------


def _log_odds(share: float) -> float:
    return math.log(share / (1 - share))


@pytest.mark.parametrize("weight", [0.5, 1, 4.5, 8.9, 9, 13, 18])
def test_words_move_the_log_odds_along_the_line_in_full_from_nine_decibans_on(weight: float) -> None:
    limits = TABLE["calibration"]
    priors = {"rate_limited": 30.0, "greylisted": 2.0, "spam_content": 1.0}
    before, after = (
        rank([said("a", facet, rate_limited=weight)], priors=priors) for facet in (Facet.DNS, Facet.TEXT)
    )
    full = min(1, weight / limits["full_words"])
    raw = _log_odds(before[0].probability)
    expected = (1 - full) * raw + full * (limits["slope"] * raw + limits["offset"])
    assert _log_odds(after[0].probability) == pytest.approx(expected)
    assert sum(item.probability for item in after) == pytest.approx(1)
    assert ratio(after, "greylisted", "spam_content") == pytest.approx(2)


def test_only_evidence_for_the_first_cause_makes_it_likelier() -> None:
    for_it = said("a", rate_limited=5)
    against = said("b", rate_limited=-0.5)
    facts = said("c", Facet.REPUTATION, rate_limited=0.5)
    assert rank([for_it, against, facts])[0].probability == pytest.approx(rank([for_it])[0].probability)


def test_a_cause_that_is_certain_stays_certain() -> None:
    weights = {cause: 20.0 if cause == "rate_limited" else -25.0 for cause in ALL}
    everything = [Evidence(facet, facet, weights, "because", "reply") for facet in Facet]
    first, second = rank(everything)[:2]
    assert (first.id, first.probability) == ("rate_limited", 1.0)
    assert second.probability < 1e-15


def test_the_first_cause_stays_first_whatever_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TABLE["calibration"], "offset", -20.0)
    priors = dict.fromkeys(ALL, 1.0) | {"rate_limited": 50.0, "greylisted": 40.0, "spam_content": 20.0}
    ranking = rank([said("a", rate_limited=9)], priors=priors)
    assert {item.id for item in ranking[:2]} == {"rate_limited", "greylisted"}
    assert ratio(ranking, "rate_limited", "greylisted") == pytest.approx(1)
    assert ratio(ranking, "greylisted", "spam_content") == pytest.approx(2)
    assert sum(item.probability for item in ranking) == pytest.approx(1)


# -- when words name the cause ---------------------------------------------------------------------


def _named(
    share: float, weight: float, *, cause: str = "auth_failed", exact: bool = True, facet: Facet = Facet.TEXT
) -> bool:
    words = Evidence("t", facet, {cause: weight}, "because", "reply", is_exact=exact)
    other = Evidence("o", Facet.TEXT, {"greylisted": 18}, "because", "reply")
    rest = (RankedCause("greylisted", 1 - share, ((other, 18.0),), ()), RankedCause("unknown", 0.0, (), ()))
    return words_name_it((RankedCause(cause, share, ((words, weight),), ()), *rest))


def test_words_name_a_cause_from_nine_decibans_and_three_quarters_on() -> None:
    assert _named(0.75, 9)
    assert _named(0.76, 9, facet=Facet.PROVIDER)
    assert not _named(0.749, 9)
    assert not _named(0.75, 8.9)
    assert not _named(0.3, 9)
    assert not _named(0.9, 18, exact=False)
    assert not _named(0.9, 18, facet=Facet.DNS)
    assert not words_name_it(())


@pytest.mark.parametrize("cause", TABLE["bands"]["not_stated"])
def test_words_that_name_no_rule_name_no_cause(cause: str) -> None:
    assert not _named(0.9, 18, cause=cause)
