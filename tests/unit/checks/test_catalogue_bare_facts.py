"""Every rule, predicate and check lives with facts as bare as DNS and servers can leave them: empty tuples,
names that are the root, single labels, a choice beside the usual one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

from probe.checks.catalogue import findings_of
from probe.checks.judging.needs import standing
from probe.diagnosis.assemble import report_on
from probe.diagnosis.evidence import reply_evidence
from probe.diagnosis.observations import PREDICATES
from probe.diagnosis.outcome import observe
from probe.diagnosis.situation import Situation
from probe.facts.build import facts_of
from probe.facts.model import Facts
from probe.knowledge.requirements import Need
from probe.model.evidence import Evidence, Facet
from probe.model.session import Experiment
from probe.report.json_report import to_json
from probe.report.style import Style
from probe.standards.dns.results import PtrStatus
from tests.support import facts as make
from tests.support.bare_facts import bare
from tests.support.recordings import full_recording
from tests.support.rendering import to_markdown, to_text
from tests.unit.diagnosis.test_evidence import again, at_mail, others, refused

BASES: dict[str, Facts] = {
    "healthy": make.facts(message=make.message()),
    "refused, with controls": refused("5.0.0 no", others(None, "5.1.1 no such user")),
    "refused at MAIL": at_mail(again(Experiment.NULL_SENDER, None)),
    "a domain": make.facts_of_domain(),
    "nothing known": make.facts_unknown(),
    "without an address": make.facts_without_address(),
    "a recording": facts_of(full_recording()),
}
bases = pytest.mark.parametrize("base", BASES.values(), ids=BASES.keys())
_TOLD_NONE = re.compile(r"\bNone\b(?! of the )")
_EVIDENCE = Evidence("provider.x", Facet.PROVIDER, {"user_unknown": 20.0}, "says so", "session:1:rcpt")


@bases
def test_every_check_and_requirement_lives_with_bare_facts(base: Facts) -> None:
    for place, facts in bare(base):
        for need in Need:
            standing(need, facts)
        for finding in findings_of(facts):
            assert finding.message, place
            assert not _TOLD_NONE.search(finding.message), (place, finding.message)


@bases
def test_every_predicate_lives_with_bare_facts(base: Facts) -> None:
    for _, facts in bare(base):
        result = observe(facts)
        for evidence in ((), (_EVIDENCE,), reply_evidence(result)):
            situation = Situation(facts, result, evidence)
            for predicate in PREDICATES.values():
                predicate(situation)


@bases
def test_a_report_is_made_of_bare_facts(base: Facts) -> None:
    recording = full_recording()
    for place, facts in _some(base):
        report = report_on(facts, recording)
        for text in (to_text(report), to_text(report, Style(verbosity=1)), to_markdown(report)):
            assert text, place
        assert json.loads(to_json(report)), place


def _some(base: Facts) -> Iterator[tuple[str, Facts]]:
    """One in many, others for each base, so that together they see most of the kinds."""
    shift = list(BASES.values()).index(base)
    yield from (variant for number, variant in enumerate(bare(base)) if number % 37 == shift)


def test_the_variants_hold_what_dns_did_to_us() -> None:
    """A PTR that is the root: no name to show, and a status that says that there was one."""
    result = [facts.sender.ptr for _, facts in bare(BASES["healthy"]) if facts.sender.ptr is not None]
    assert any(ptr.status is PtrStatus.MISMATCH and not ptr.names for ptr in result)
    assert any(ptr.status is PtrStatus.CONFIRMED and ptr.confirmed == ("host",) for ptr in result)
