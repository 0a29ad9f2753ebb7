"""What shows that a resolver denies names that exist, and what it is asked for that."""

from __future__ import annotations

from dataclasses import replace

import pytest

from probe.model.answer_fault import AnswerFault, OwnWord
from probe.standards.dns.false_denial import (
    control_questions,
    controls_in,
    corroboration_of,
    false_denial_in,
    were_controls_asked,
)
from probe.standards.dns.message import Answer, Mx, Question, RecordType, Status
from probe.standards.dns.provenance import ExtendedError, Provenance, Soa

SERVER, OTHER = "192.0.2.53", "192.0.2.54"
COM = Soa("com", "a.gtld-servers.net", "nstld.verisign-grs.com", 900, 900)
TOLD = Provenance(SERVER, recursive=True, soa=COM)
BLOCKED = Provenance(SERVER, recursive=True, extended=(ExtendedError(15),))
WITHOUT_SOA = Provenance(SERVER, recursive=True)
DOMAINS = ("one.net", "two.com", "three.com", "four.org")
NS, MX = RecordType.NS, RecordType.MX
TOP, FIRST, SECOND = Question("com", NS), Question("two.com", MX), Question("three.com", MX)


def denial(
    name: str = "nosuch.com", provenance: Provenance = TOLD, status: Status = Status.NXDOMAIN
) -> Answer:
    return Answer(Question(name, MX), status, provenance=provenance)


def denied(question: Question, provenance: Provenance = TOLD) -> Answer:
    return Answer(question, Status.NXDOMAIN, provenance=provenance)


def given(question: Question, server: str = SERVER) -> Answer:
    record = "ns.example" if question.rtype is NS else Mx(1, "mx.example")
    return Answer(question, Status.ANSWER, (record,), provenance=Provenance(server, recursive=True))


def silent(question: Question) -> Answer:
    return Answer(question, Status.TIMEOUT)


def test_asked_are_the_zone_above_and_two_mail_domains_the_nearest_first() -> None:
    assert control_questions(denial(), DOMAINS) == (TOP, FIRST, SECOND)
    org = control_questions(denial("nosuch.org"), DOMAINS)
    assert org == (Question("org", NS), Question("four.org", MX), Question("one.net", MX))


def test_a_name_is_no_witness_of_itself() -> None:
    assert control_questions(denial("two.com"), DOMAINS)[1:] == (SECOND, Question("one.net", MX))


def test_the_end_of_aliases_counts() -> None:
    assert control_questions(replace(denial("a.net"), aliases=("b.com",)), DOMAINS)[0] == TOP


@pytest.mark.parametrize(
    "answer",
    [
        denial("nosuch.cmo"),  # no such top-level domain, which is known without asking
        denial("nosuch.example"),
        denial("xn--80ak6aa92e.пример"),
        denial(provenance=replace(TOLD, soa=replace(COM, mname="ns.lab.example"))),  # a laboratory
        denial(provenance=WITHOUT_SOA),
        Answer(Question("nosuch.com", MX), Status.NXDOMAIN),  # nobody is known to have said it
    ],
)
def test_not_asked_where_it_could_not_tell(answer: Answer) -> None:
    assert control_questions(answer, DOMAINS) == ()


@pytest.mark.parametrize(
    "controls",
    [
        (denied(TOP), given(FIRST), given(SECOND)),  # no zone is without NS records
        (given(TOP), denied(FIRST), denied(SECOND)),  # an old or empty copy of the zone
        (silent(TOP), denied(FIRST), denied(SECOND)),
        (denied(TOP).believed(), denied(FIRST, WITHOUT_SOA).believed(), denied(SECOND, WITHOUT_SOA)),
    ],
)
def test_shown_by_denials_of_what_exists(controls: tuple[Answer, ...]) -> None:
    false_denial = false_denial_in(controls)
    assert false_denial is not None and false_denial.servers == (SERVER,)
    marked = false_denial.mark(denial())
    assert marked.doubt is not None and marked.doubt.own is not None
    assert (marked.doubt.tag, marked.doubt.own.tag) == (AnswerFault.OWN_NXDOMAIN, OwnWord.FOR_EVERY_NAME)
    assert marked.believed().is_unknown
    nodata = false_denial.mark(denial(status=Status.NODATA)).doubt
    assert nodata is not None and nodata.tag is AnswerFault.OWN_NODATA


@pytest.mark.parametrize(
    "controls",
    [
        (given(TOP), given(FIRST), given(SECOND)),
        (given(TOP), denied(FIRST), given(SECOND)),  # one mail domain may have been given up
        (given(TOP), denied(FIRST), silent(SECOND)),
        (silent(TOP), silent(FIRST), silent(SECOND)),
        (given(TOP), denied(FIRST, BLOCKED), denied(SECOND, BLOCKED)),  # a filter, which says so each time
        (denied(TOP, BLOCKED).believed(), given(FIRST)),
        (),
    ],
)
def test_anything_less_shows_nothing(controls: tuple[Answer, ...]) -> None:
    assert false_denial_in(controls) is None


def test_each_name_server_answers_for_itself() -> None:
    elsewhere = replace(TOLD, server=OTHER)
    assert false_denial_in((given(TOP), denied(FIRST), denied(SECOND, elsewhere))) is None
    false_denial = false_denial_in((given(TOP), denied(replace(TOP, name="net"), elsewhere)))
    assert false_denial is not None and false_denial.servers == (OTHER,)
    assert false_denial.mark(denial()) == denial()


def test_only_denials_that_are_in_no_doubt_are_marked() -> None:
    false_denial = false_denial_in((denied(TOP),))
    assert false_denial is not None
    for answer in (given(FIRST), silent(FIRST), denied(FIRST, BLOCKED)):
        assert false_denial.mark(answer) == answer


def test_mail_domains_count_where_the_zone_was_asked_for() -> None:
    answers = (given(FIRST), given(TOP), given(Question("other.com", MX)), given(Question("two.com", NS)))
    assert controls_in(answers, DOMAINS) == (given(FIRST), given(TOP))
    assert were_controls_asked((FIRST, TOP)) and not were_controls_asked((FIRST, Question("", NS)))


def test_a_server_is_corroborated_by_its_own_answers_alone() -> None:
    its_own, of_other = given(TOP), given(FIRST, OTHER)
    assert corroboration_of([denial()], [its_own, of_other]) == (its_own,)
    assert corroboration_of([denial()], [of_other]) == ()
    two = [denial(), denial(provenance=Provenance(OTHER, recursive=True, soa=COM))]
    assert corroboration_of(two, [its_own]) == ()
    assert corroboration_of(two, [its_own, of_other]) == (its_own, of_other)
    assert corroboration_of([], [its_own]) == ()


def test_an_internationalised_top_level_domain_is_one() -> None:
    zone = Provenance(SERVER, recursive=True, soa=replace(COM, zone="xn--p1ai"))
    assert control_questions(denial("nosuch.xn--p1ai", zone), DOMAINS)[0] == Question("xn--p1ai", NS)


@pytest.mark.parametrize(
    "label", ["xn--", "xn--nosuch", "xn--99999999", "xn--0", "xn---", "xn--a-", "xn--" + "9" * 59]
)
def test_what_only_looks_like_an_a_label_is_no_top_level_domain(label: str) -> None:
    assert control_questions(denial(f"a.{label}"), DOMAINS) == ()
