"""What to do is said once: by what is known of this very sender, else by the cause."""

from __future__ import annotations

from dataclasses import replace

import pytest

from probe.checks.catalogue import findings_of
from probe.diagnosis.action import action_of
from probe.diagnosis.checklist import checklist
from probe.diagnosis.verdict import diagnose
from probe.facts.model import Facts
from probe.knowledge.causes import causes
from probe.model.evidence import Band
from probe.model.reply import Stage
from probe.model.target import Options
from probe.standards.dns.results import PtrStatus
from probe.standards.spf.results import SpfVerdict
from tests.support import facts as make
from tests.unit.diagnosis.test_outcome import met


def refused(text: str, stage: Stage = Stage.RCPT, **changes: object) -> Facts:
    return make.facts(**{"sessions": (met(stage, make.reply(int(text[:3]), text[4:])),), **changes})


def action(facts: Facts) -> str:
    findings = findings_of(facts)
    return action_of(diagnose(facts, findings), facts, findings)


def test_a_cause_that_no_finding_explains_has_its_own_action() -> None:
    assert action(refused("550 5.1.1 user unknown")) == causes()["user_unknown"].action
    assert action(refused("550 5.7.23 SPF check failed")) == causes()["auth_failed"].action


def test_a_fault_that_explains_the_cause_says_what_to_do() -> None:
    failing = make.sender_facts(spf=make.spf(SpfVerdict.FAIL))
    for facts in (refused("550 5.7.23 SPF check failed", sender=failing), make.facts(sender=failing)):
        text = action(facts)
        assert "to its SPF record before the all term" in text
        assert causes()["auth_failed"].action not in text


def test_a_fault_that_explains_another_cause_does_not() -> None:
    failing = make.sender_facts(spf=make.spf(SpfVerdict.FAIL))
    assert action(refused("550 5.1.1 user unknown", sender=failing)) == causes()["user_unknown"].action


def test_on_a_guess_no_fault_is_made_the_cause() -> None:
    facts = refused("550 5.7.1 no", sender=make.sender_facts(ptr=make.ptr(PtrStatus.MISSING)))
    findings = findings_of(facts)
    diagnosis = diagnose(facts, findings)
    assert any(it.tag.startswith("ptr-missing") for it in findings)
    assert diagnosis.band is Band.UNDECIDED
    first = replace(diagnosis.ranking[0], id="rdns_helo")
    guess = replace(diagnosis, ranking=(first, *diagnosis.ranking[1:]))
    assert action_of(guess, facts, findings) == causes()["rdns_helo"].action
    assert guess.conclusion is not None
    sure = replace(
        guess,
        conclusion=replace(
            guess.conclusion, advice=causes()["rdns_helo"], action=causes()["rdns_helo"].action
        ),
    )
    assert action_of(sure, facts, findings) == next(
        it.remedy for it in findings if it.tag.startswith("ptr-missing")
    )


@pytest.mark.parametrize(
    ("text", "stage", "number"),
    [
        ("552 5.3.4 Message size exceeds fixed limit", Stage.MAIL, 4),
        ("550 5.1.1 user unknown", Stage.RCPT, 3),
        ("550 5.7.23 SPF check failed", Stage.RCPT, 2),
        ("421 4.7.0 too many connections from your IP", Stage.MAIL, 7),
    ],
)
def test_the_step_that_is_to_blame_says_what_the_verdict_says(text: str, stage: Stage, number: int) -> None:
    size = {"options": Options(ip=make.SOURCE, size=99_000_000)} if number == 4 else {}
    facts = refused(text, stage, **size)
    findings = findings_of(facts)
    diagnosis = diagnose(facts, findings)
    result = action_of(diagnosis, facts, findings)
    assert checklist(diagnosis, findings, result)[number - 1].do == result
