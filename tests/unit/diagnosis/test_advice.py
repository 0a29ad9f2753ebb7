"""Which control experiment is made next: the one that tells most, and none that can change nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from probe.diagnosis.advice import advise, candidate_of, endings
from probe.diagnosis.verdict import diagnose
from probe.knowledge.next_tests import candidate_tests
from probe.model.listing import ListingStatus
from probe.model.observed import Gap
from probe.model.reply import Stage
from probe.model.session import Advice, Experiment
from probe.model.target import Options, TlsMode
from probe.standards.dns.results import PtrStatus
from tests.support import facts as make
from tests.unit.diagnosis.test_evidence import again, others, refused
from tests.unit.diagnosis.test_outcome import met

CONTROLS = (
    Experiment.POSTMASTER,
    Experiment.NULL_SENDER,
    Experiment.OTHER_MX,
    Experiment.OTHER_FAMILY,
    Experiment.WITHOUT_TLS,
)
BARE = "5.0.0"


def test_a_bare_refusal_is_first_asked_of_other_mailboxes() -> None:
    advice = advise(refused(BARE), CONTROLS)
    assert advice.choice is Experiment.POSTMASTER
    assert not advice.idle


def test_once_everybody_is_refused_the_sender_is_changed_next() -> None:
    facts = refused(BARE, others(BARE, BARE))
    assert advise(facts, CONTROLS[1:]).choice is Experiment.NULL_SENDER


def test_at_mail_from_the_sender_is_changed_first() -> None:
    facts = make.facts(sessions=(met(Stage.MAIL, make.reply(550, BARE)),))
    assert advise(facts, (Experiment.NULL_SENDER, Experiment.OTHER_MX)).choice is Experiment.NULL_SENDER


def test_an_address_with_a_fault_of_its_own_is_changed_before_the_server() -> None:
    sender = make.sender_facts(ptr=make.ptr(PtrStatus.MISSING))
    facts = refused(BARE, others(BARE, BARE), again(Experiment.NULL_SENDER, BARE), sender=sender)
    offered = (Experiment.OTHER_MX, Experiment.OTHER_FAMILY)
    assert advise(facts, offered).choice is Experiment.OTHER_FAMILY


def test_what_no_answer_can_change_is_idle() -> None:
    listed = make.listing(ListingStatus.LISTED)
    facts = replace(
        refused("5.7.1 Service unavailable; Client host [8.8.4.10] blocked using zen.spamhaus.org"),
        listings=(listed,),
    )
    advice = advise(facts, (Experiment.OTHER_MX,))
    assert (advice.choice, dict(advice.idle)) == (None, {Experiment.OTHER_MX: Gap.UNCHANGED})


def test_idle_is_what_really_changes_nothing() -> None:
    """The rule held against its own definition: for an idle experiment every ending leaves the verdict."""
    facts = refused("5.7.1 Service unavailable; Client host [8.8.4.10] blocked using zen.spamhaus.org")
    now = diagnose(facts, ())
    idle = advise(facts, CONTROLS).idle
    assert idle
    for experiment in idle:
        for ending in endings(now, experiment):
            then = diagnose(replace(facts, sessions=(*facts.sessions, ending)), ())
            assert then.ranking[0].id == now.ranking[0].id
            assert then.verdict.fix_by == now.verdict.fix_by


def test_the_test_without_tls_is_advised_only_where_the_answer_names_tls() -> None:
    assert advise(refused(BARE), (Experiment.WITHOUT_TLS,)) == Advice(None, {})
    about_tls = refused("5.7.0 certificate refused", options=Options(tls=TlsMode.AUTO))
    assert advise(about_tls, (Experiment.WITHOUT_TLS,)).choice is Experiment.WITHOUT_TLS


def test_the_endings_of_other_mailboxes_are_all_pairs_of_answers() -> None:
    now = diagnose(refused(BARE), ())
    pairs = [
        tuple(e.reply.is_positive for e in it.exchanges if e.stage is Stage.RCPT and e.reply is not None)
        for it in endings(now, Experiment.POSTMASTER)
    ]
    assert sorted(pairs) == [(False, False), (False, True), (True, False), (True, True)]


@pytest.mark.parametrize("experiment", CONTROLS)
def test_every_experiment_has_a_test_that_knows_what_it_tells(experiment: Experiment) -> None:
    test = candidate_of(experiment)
    assert test is not None and test in candidate_tests()


def test_without_an_answer_there_is_nothing_to_advise() -> None:
    silent = make.facts(sessions=(met(Stage.RCPT, None),))
    assert advise(silent, CONTROLS).choice is None
