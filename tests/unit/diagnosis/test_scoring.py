"""Scoring: additive, capped, order-free."""

from __future__ import annotations

import pytest

from probe.diagnosis.scoring import band, rank
from probe.model.evidence import Band, Evidence, Facet, RankedCause
from probe.model.reply import Stage


def _evidence(rule: str, facet: Facet = Facet.TEXT, **weights: float) -> Evidence:
    return Evidence(rule, facet, weights, "because", "reply")


def _share(ranking: tuple[RankedCause, ...], cause: str) -> float:
    return next(item.probability for item in ranking if item.id == cause)


def test_probabilities_sum_to_one_and_the_best_is_first() -> None:
    ranking = rank([_evidence("a", auth_failed=12)])
    assert sum(item.probability for item in ranking) == pytest.approx(1)
    assert [item.probability for item in ranking] == sorted((i.probability for i in ranking), reverse=True)


def test_ten_synonyms_count_no_more_than_the_cap_of_their_family() -> None:
    synonyms = [_evidence(f"s{number}", spam_content=15) for number in range(10)]
    two = rank(synonyms[:2])
    assert _share(rank(synonyms), "spam_content") == pytest.approx(_share(two, "spam_content"))
    top = rank(synonyms)[0]
    assert sum(weight for _, weight in top.evidence_for) == pytest.approx(18)


def test_two_families_add_up() -> None:
    text = _evidence("t", mailbox_full=9)
    code = _evidence("c", Facet.ENHANCED, mailbox_full=9)
    assert _share(rank([text, code]), "mailbox_full") > _share(rank([text]), "mailbox_full")


def test_the_order_of_evidence_does_not_matter() -> None:
    items = [
        _evidence("a", user_unknown=15, spam_content=-3),
        _evidence("b", spam_content=14),
        _evidence("c", Facet.DNS, bad_domain=12),
    ]
    assert rank(items) == rank(items[::-1])


@pytest.mark.parametrize("stage", [Stage.GREETING, Stage.EHLO, Stage.STARTTLS, Stage.MAIL])
def test_a_stage_before_rcpt_bars_an_unknown_user(stage: Stage) -> None:
    ranking = rank([_evidence("a", user_unknown=18)], stage=stage)
    assert _share(ranking, "user_unknown") < 0.01


def test_the_class_of_the_reply_moves_a_cause_only_where_no_code_rule_has_spoken() -> None:
    transient = rank([], permanent=False)
    permanent = rank([], permanent=True)
    assert _share(transient, "greylisted") > _share(permanent, "greylisted")
    findings = [_evidence("c", Facet.CODE, greylisted=1)]
    assert rank(findings, permanent=True) == rank(findings, permanent=False)


def test_evidence_for_and_against_is_shown_with_the_weight_that_counted() -> None:
    ranking = rank([_evidence("a", rate_limited=10, user_unknown=-8)])
    first = ranking[0]
    assert [(item.rule, weight) for item, weight in first.evidence_for] == [("a", 10)]
    second = next(item for item in ranking if item.id == "user_unknown")
    assert [(item.rule, weight) for item, weight in second.evidence_against] == [("a", -8)]


def _ranked(
    share: float, *pairs: tuple[Evidence, float], cause: str = "auth_failed"
) -> tuple[RankedCause, ...]:
    return (RankedCause(cause, share, pairs, ()), RankedCause("unknown", 1 - share, (), ()))


def _words(weight: float, *, exact: bool = True) -> tuple[Evidence, float]:
    return Evidence("t", Facet.TEXT, {"auth_failed": weight}, "because", "reply", is_exact=exact), weight


def test_stated_is_a_known_sentence_that_nothing_comes_near() -> None:
    assert band(_ranked(0.95, _words(9))) is Band.STATED
    assert band(_ranked(0.949, _words(9))) is Band.LIKELY, "something comes near"
    assert band(_ranked(0.99, _words(8.9))) is Band.POSSIBLE, "words too weak, and alone"
    assert band(_ranked(0.99, _words(18, exact=False))) is Band.POSSIBLE, "a hint, and alone"


@pytest.mark.parametrize("cause", ["policy_unspecified", "unknown"])
def test_words_that_name_no_rule_state_nothing(cause: str) -> None:
    assert band(_ranked(0.99, _words(18), cause=cause)) is Band.LIKELY


def test_likely_needs_a_known_sentence_or_two_families() -> None:
    code = (Evidence("c", Facet.CODE, {"auth_failed": 2}, "because", "reply"), 2.0)
    assert band(_ranked(0.6, _words(9))) is Band.LIKELY
    assert band(_ranked(0.599, _words(9))) is Band.POSSIBLE
    assert band(_ranked(0.6, _words(5))) is Band.POSSIBLE
    assert band(_ranked(0.6, _words(5), code)) is Band.LIKELY
    backed = [
        _evidence("a", Facet.EXPERIMENT, relay_denied=14, user_unknown=-12),
        _evidence("b", Facet.DNS, relay_denied=10),
    ]
    assert band(rank(backed)) is Band.LIKELY


def test_possible_and_undecided() -> None:
    assert band(_ranked(0.4, _words(5))) is Band.POSSIBLE
    assert band(_ranked(0.399, _words(5))) is Band.UNDECIDED
    assert band(rank([])) is Band.UNDECIDED
    assert band(()) is Band.UNDECIDED


def test_codes_alone_never_make_an_unknown_user_likely() -> None:
    alone = [_evidence("c", Facet.CODE, user_unknown=3), _evidence("s", Facet.STAGE, user_unknown=7.5)]
    assert band(rank(alone, stage=Stage.RCPT)) in {Band.POSSIBLE, Band.UNDECIDED}


def test_priors_may_be_replaced() -> None:
    ranking = rank([], priors={"tls_problem": 90, "user_unknown": 1})
    assert ranking[0].id == "tls_problem"


def test_words_that_fit_two_causes_make_the_first_likelier_than_half_but_keep_it_first() -> None:
    two = rank([_evidence("a", rate_limited=16, poor_reputation=16)])
    first, second = two[0], two[1]
    assert first.probability > 0.5 > second.probability
    assert sum(item.probability for item in two) == pytest.approx(1)


def test_without_words_a_probability_is_left_as_it_is() -> None:
    codes = rank([_evidence("c", Facet.CODE, user_unknown=3)], stage=Stage.RCPT)
    worded = rank([_evidence("c", Facet.TEXT, user_unknown=3)], stage=Stage.RCPT)
    assert _share(worded, "user_unknown") > _share(codes, "user_unknown")


def test_weak_words_never_make_an_unknown_user_likely() -> None:
    """The text does not name the mailbox as nonexistent: acting on it would delete an address."""
    weak = [_evidence("t", user_unknown=7), _evidence("s", Facet.STAGE, user_unknown=7.5)]
    assert band(rank(weak, stage=Stage.RCPT)) in {Band.POSSIBLE, Band.UNDECIDED}


@pytest.mark.parametrize(
    ("facets", "expected"),
    [
        ((Facet.STAGE, Facet.ENHANCED), Band.LIKELY),
        ((Facet.STAGE, Facet.DNS), Band.LIKELY),
        ((Facet.STAGE, Facet.CODE), Band.POSSIBLE),
        ((Facet.STAGE, Facet.REPUTATION), Band.POSSIBLE),
        ((Facet.DNS,), Band.POSSIBLE),
    ],
)
def test_an_unknown_user_is_likely_only_with_a_status_or_a_record_beside_another_family(
    facets: tuple[Facet, ...], expected: Band
) -> None:
    pairs = [(Evidence("r", facet, {"user_unknown": 5}, "because", "reply"), 5.0) for facet in facets]
    assert band(_ranked(0.9, *pairs, cause="user_unknown")) is expected
    assert band(_ranked(0.59, *pairs, cause="user_unknown")) is Band.POSSIBLE


def test_an_unknown_user_that_words_name_is_likely_and_stated() -> None:
    assert band(_ranked(0.9, _words(9), cause="user_unknown")) is Band.LIKELY
    assert band(_ranked(0.95, _words(9), cause="user_unknown")) is Band.STATED
    assert band(_ranked(0.95, _words(8.9), cause="user_unknown")) is Band.POSSIBLE


def test_the_smallest_words_count_towards_what_is_stated() -> None:
    assert band(_ranked(0.95, _words(8.5), _words(0.5))) is Band.STATED
    assert band(_ranked(0.95, _words(8), _words(1))) is Band.STATED


def test_what_is_observed_is_never_stated() -> None:
    records = (Evidence("d", Facet.DNS, {"auth_failed": 18}, "because", "reply"), 18.0)
    assert band(_ranked(0.99, records)) is Band.POSSIBLE
    assert band(_ranked(0.99, records, _words(8.9))) is Band.LIKELY
