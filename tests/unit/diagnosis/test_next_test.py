"""The next test is the one that is expected to tell most for its effort."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.checks.catalogue import findings_of
from probe.diagnosis.gain import expected_gain
from probe.diagnosis.next_test import next_test
from probe.diagnosis.verdict import Diagnosis, diagnose
from probe.facts.model import Facts
from probe.knowledge.causes import causes
from probe.knowledge.next_tests import CandidateTest, candidate_tests, hypotheses, least_gain
from probe.model.address import NullReversePath
from probe.model.evidence import Band, RankedCause
from probe.model.reply import Stage
from probe.model.session import Experiment
from probe.model.target import PairTarget
from tests.support import facts as make
from tests.unit.diagnosis.test_evidence import NO_WORDS, again, others, refused
from tests.unit.diagnosis.test_outcome import met

TESTS = {test.id: test for test in candidate_tests()}
ALL_REFUSED = others(NO_WORDS, NO_WORDS)
EACH = pytest.mark.parametrize("test", candidate_tests(), ids=lambda test: test.id)


def asked(facts: Facts, **shares: float) -> str:
    """The test that follows from a ranking: its id."""
    proposal = next_test(facts, ranking(facts, **shares))
    assert proposal is not None
    return next(
        test.id for test in candidate_tests() if proposal.text.startswith(test.text.partition("{")[0])
    )


def ranking(facts: Facts, **shares: float) -> Diagnosis:
    ranking = tuple(RankedCause(cause, share, (), ()) for cause, share in shares.items())
    return replace(diagnose(facts, findings_of(facts)), ranking=ranking, band=Band.UNDECIDED)


def test_mailbox_or_domain_is_settled_by_other_mailboxes() -> None:
    undecided = {"user_unknown": 0.5, "bad_domain": 0.5}
    assert asked(refused(), **undecided) == "other-mailboxes"
    assert asked(refused(NO_WORDS, ALL_REFUSED), **undecided) == "known-good-mailbox"


def test_the_sending_address_or_the_recipient_is_settled_by_a_second_network() -> None:
    facts = refused(NO_WORDS, ALL_REFUSED)
    assert asked(facts, ip_blocklisted=0.5, user_unknown=0.5) == "second-network"
    assert asked(facts, bad_domain=0.4, poor_reputation=0.3, auth_failed=0.3) == "second-network"


def test_the_address_or_authentication_is_settled_by_another_sender() -> None:
    facts = refused(NO_WORDS, ALL_REFUSED, again(Experiment.NULL_SENDER, NO_WORDS))
    assert asked(facts, ip_blocklisted=0.5, sender_blocked=0.5) == "other-sender"


def test_what_may_pass_is_settled_by_time() -> None:
    facts = refused(NO_WORDS, ALL_REFUSED)
    assert asked(facts, server_error=0.5, auth_failed=0.5) == "half-an-hour"
    deferred = make.facts(sessions=(met(Stage.RCPT, make.reply(451, "4.3.0 Error")),))
    assert asked(deferred, greylisted=0.5, server_error=0.5) == "half-an-hour"


def test_a_deferral_that_will_not_pass_is_not_waited_for() -> None:
    lasting = make.facts(sessions=(met(Stage.RCPT, make.reply(454, "4.7.1 Relay access denied")),))
    diagnosis = ranking(lasting, relay_denied=0.5, user_unknown=0.5)
    assert diagnosis.verdict.cause == "relay_denied"
    proposal = next_test(lasting, diagnosis)
    assert proposal is not None and "30 minutes" not in proposal.text


def test_a_foreign_address_is_left_before_anything_else_that_depends_on_it() -> None:
    facts = refused(NO_WORDS, ALL_REFUSED, vantage=make.vantage(is_sending_address=False))
    assert asked(facts, ip_blocklisted=0.5, user_unknown=0.5) == "sending-machine"
    result = next_test(facts, ranking(facts, ip_blocklisted=0.5, user_unknown=0.5))
    assert result is not None and result.command is None and "--ip" not in result.text


def test_where_no_test_tells_enough_the_log_is_left() -> None:
    assert asked(refused(), user_unknown=0.999, bad_domain=0.001) == "own-log"
    proposal = next_test(refused(), ranking(refused(), unknown=1.0))
    assert proposal is not None and proposal.command is None


def test_what_cannot_be_changed_is_not_proposed() -> None:
    null = refused(NO_WORDS, ALL_REFUSED, target=PairTarget(NullReversePath(), make.RECIPIENT))
    assert asked(null, auth_failed=0.5, ip_blocklisted=0.5) not in ("other-sender", "null-sender")
    accepted = refused(NO_WORDS, others(None, NO_WORDS))
    assert asked(accepted, user_unknown=0.5, bad_domain=0.5) != "known-good-mailbox"
    before_rcpt = make.facts(sessions=(met(Stage.MAIL, make.reply(550, "no")),))
    assert not TESTS[asked(before_rcpt, bad_domain=0.5, ip_blocklisted=0.5)].stages


def test_the_command_names_the_place_of_what_must_be_found() -> None:
    facts = refused(NO_WORDS, ALL_REFUSED)
    proposal = next_test(facts, ranking(facts, user_unknown=0.5, bad_domain=0.5))
    assert proposal is not None
    assert proposal.command is None
    assert proposal.text.endswith(
        f": smtp-probe check {make.SENDER} KNOWN_GOOD@{make.RECIPIENT.domain} --ip {make.SOURCE}"
    )


# --- the gain itself -------------------------------------------------------------------------------------


def test_a_test_that_splits_two_equal_causes_tells_nearly_one_bit() -> None:
    gain = expected_gain({"user_unknown": 0.5, "ip_blocklisted": 0.5}, TESTS["second-network"])
    assert 0.9 < gain < 1.0


@EACH
def test_nothing_is_gained_where_nothing_is_open(test: CandidateTest) -> None:
    assert expected_gain({"user_unknown": 1.0, "bad_domain": 0.0}, test) == pytest.approx(0.0, abs=1e-9)


@given(
    st.dictionaries(st.sampled_from(sorted(causes())), st.floats(0.001, 1.0), min_size=1),
    st.sampled_from(candidate_tests()),
)
def test_no_gain_is_negative_or_more_than_is_open(weights: dict[str, float], test: CandidateTest) -> None:
    total = math.fsum(weights.values())
    shares = {cause: weight / total for cause, weight in weights.items()}
    entropy = -math.fsum(share * math.log2(share) for share in shares.values())
    assert 0.0 <= expected_gain(shares, test) <= min(entropy, math.log2(len(test.outcomes))) + 1e-9


def test_the_order_of_the_causes_does_not_matter() -> None:
    shares = {"user_unknown": 0.5, "auth_failed": 0.3, "server_error": 0.2}
    backwards = dict(reversed(shares.items()))
    for test in candidate_tests():
        assert expected_gain(shares, test) == pytest.approx(expected_gain(backwards, test))


# --- the data --------------------------------------------------------------------------------------------


@EACH
def test_every_candidate_can_end_in_more_than_one_way(test: CandidateTest) -> None:
    assert len(test.outcomes) >= 2
    assert test.text and not test.text.endswith(".")
    assert test.effort > 0
    for outcome in test.outcomes:
        assert outcome.share > 0
        assert set(outcome.weights) <= set(causes())
    assert any(any(outcome.weights.values()) for outcome in test.outcomes)


def test_every_cause_that_says_something_belongs_to_one_hypothesis() -> None:
    named = [cause for hypothesis in hypotheses() for cause in hypothesis.causes]
    assert len(named) == len(set(named))
    assert set(causes()) - set(named) == {"unknown", "expired"}


def test_a_cause_that_is_named_goes_before_its_hypothesis() -> None:
    accepted = TESTS["null-sender"].outcomes[0].weights
    assert accepted["sender_blocked"] > accepted["ip_blocklisted"]


def test_the_least_gain_is_a_share_of_a_bit() -> None:
    assert 0 < least_gain() < 1
