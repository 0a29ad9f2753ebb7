"""Each reason of an SPF evaluation: a record that has it, and what it says."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from probe.model.spf import SpfReason, SpfStepOutcome
from probe.standards.dns.message import Status
from probe.standards.spf.check_host import check_host
from probe.standards.spf.results import SpfResult
from probe.wording.spoken import spoken
from tests.support.dns_zone import Table, Zone
from tests.support.exact_reasons import assert_exact

IP, PTR = "192.0.2.10", "PTR 10.2.0.192.in-addr.arpa"
ME = "TXT d.example"

# The only term of the record, and what is wrong with it.
SYNTAX = [
    ("b\u00fcro", SpfReason.NON_ASCII, "the record holds octets outside ASCII"),
    ("-", SpfReason.NO_TERM, "neither a mechanism nor a modifier"),
    ("ipv4:192.0.2.1", SpfReason.UNKNOWN_MECHANISM, "no mechanism has this name"),
    ("all:x", SpfReason.ARGUMENT_OF_ALL, "all takes no argument"),
    ("include", SpfReason.DOMAIN_NEEDED, "include needs a colon and a domain"),
    ("ip4", SpfReason.ADDRESS_NEEDED, "ip4 needs a colon and an address"),
    ("ip6:", SpfReason.ADDRESS_NEEDED, "ip6 needs a colon and an address"),
    ("ip4:192.0.2.300", SpfReason.NO_IPV4_ADDRESS, "no IPv4 address follows the colon"),
    ("ip4:fe80::1%eth0", SpfReason.NO_IPV4_ADDRESS, "no IPv4 address follows the colon"),
    ("ip6:192.0.2.1", SpfReason.NO_IPV6_ADDRESS, "no IPv6 address follows the colon"),
    ("a/x", SpfReason.NO_TARGET, "neither a domain nor a prefix length follows the name"),
    ("ip4:192.0.2.0/33", SpfReason.PREFIX_LENGTH, "the prefix length is not 0 to 32"),
    ("mx//129", SpfReason.PREFIX_LENGTH, "the prefix length is not 0 to 128"),
    ("ip4:192.0.2.0/x", SpfReason.PREFIX_NO_NUMBER, "a prefix length that is no number"),
    ("include:", SpfReason.EMPTY_DOMAIN, "the domain is empty"),
    ("a:localhost", SpfReason.TOP_LABEL, "the domain does not end in a dot and a valid top-level label"),
    ("exists:%x.example", SpfReason.PERCENT_SIGN, "a % that begins no macro"),
    ("a:\x7f.example", SpfReason.CHARACTER, "a character that may not stand there (0x7f)"),
    ("exists:%{q}.example", SpfReason.MACRO_LETTER, "no macro %{q} may stand there"),
    ("x=%{d0}", SpfReason.MACRO_OF_NO_PART, "a macro that keeps zero parts"),
    ("exists:it's", SpfReason.TOP_LABEL, "the domain does not end in a dot and a valid top-level label"),
]
ELEVEN = " ".join(f"a:h{n}.d.example" for n in range(11))
# Why there is no result.
PROBLEMS: list[tuple[Zone, SpfReason, str]] = [
    (
        {ME: ["v=spf1 exp=a.example exp=a.example"]},
        SpfReason.REPEATED_MODIFIER,
        "d.example: 'exp=a.example': exp= stands twice",
    ),
    ({ME: ["v=spf1 -all"] * 3}, SpfReason.SEVERAL_RECORDS, "d.example has 3 SPF records, one is allowed"),
    (
        {ME: ["v=spf1 include:none.example"]},
        SpfReason.INCLUDE_WITHOUT_RECORD,
        "include: none.example has no SPF record",
    ),
    (
        {ME: ["v=spf1 redirect=none.example"]},
        SpfReason.REDIRECT_WITHOUT_RECORD,
        "redirect=none.example: none.example has no SPF record",
    ),
    (
        {ME: [f"v=spf1 {ELEVEN}"], **{f"A h{n}.d.example": ["192.0.2.1"] for n in range(11)}},
        SpfReason.TOO_MANY_TERMS,
        "more than 10 terms that ask DNS, reached at a:h10.d.example of d.example",
    ),
    (
        {ME: ["v=spf1 include:e.example"], "TXT e.example": ["v=spf1 redirect=d.example"]},
        SpfReason.CIRCLE,
        "more than 10 terms that ask DNS, because they lead in a circle: d.example -> e.example -> d.example",
    ),
    (
        {ME: ["v=spf1 a:x.example mx:y.example exists:z.example"]},
        SpfReason.TOO_MANY_VOID,
        "more than 2 look-ups without a record, reached at A z.example",
    ),
    (
        {ME: ["v=spf1 mx"], "MX d.example": [f"1 m{n}.example" for n in range(11)]},
        SpfReason.TOO_MANY_HOSTS,
        "d.example has 11 MX hosts, SPF allows 10",
    ),
    ({ME: Status.SERVFAIL}, SpfReason.UNANSWERED, "TXT d.example: from the test's table"),
]
# What came of the first term, which is no error.
STEPS: list[tuple[Zone, SpfReason, SpfStepOutcome, str]] = [
    ({ME: ["v=spf1"]}, SpfReason.NO_TERM_MATCHED, SpfStepOutcome.NEUTRAL, "no term matched"),
    (
        {ME: ["v=spf1 redirect=e.example"], "TXT e.example": ["v=spf1 -all"]},
        SpfReason.WENT_ON,
        SpfStepOutcome.REDIRECT,
        "on to e.example",
    ),
    (
        {ME: ["v=spf1 include:e.example"], "TXT e.example": ["v=spf1 ~all"]},
        SpfReason.INCLUDED,
        SpfStepOutcome.NO_MATCH,
        "include: softfail",
    ),
    ({ME: ["v=spf1 a"], "A d.example": [IP]}, SpfReason.ADDRESS_MATCHED, SpfStepOutcome.MATCH, IP),
    (
        {ME: ["v=spf1 mx"], "MX d.example": ["1 m.example"], "A m.example": [IP]},
        SpfReason.HOST_MATCHED,
        SpfStepOutcome.MATCH,
        f"m.example {IP}",
    ),
    (
        {ME: ["v=spf1 mx"], "MX d.example": ["1 m.example"], "A m.example": ["192.0.2.1"]},
        SpfReason.NO_HOST_MATCHED,
        SpfStepOutcome.NO_MATCH,
        "none of 1 MX hosts",
    ),
    (
        {ME: ["v=spf1 ptr"], PTR: ["m.d.example"], "A m.d.example": [IP]},
        SpfReason.NAME_MATCHED,
        SpfStepOutcome.MATCH,
        "m.d.example",
    ),
    (
        {ME: ["v=spf1 ptr"], PTR: ["a.example", "b.example"], "A a.example": [IP], "A b.example": [IP]},
        SpfReason.NO_NAME_MATCHED,
        SpfStepOutcome.NO_MATCH,
        "validated: a.example, b.example",
    ),
    (
        {ME: ["v=spf1 a:x.example"]},
        SpfReason.VOID,
        SpfStepOutcome.NO_MATCH,
        "void: A x.example nxdomain",
    ),
    (
        {ME: ["v=spf1 exists:x.example"], "A x.example": ["127.0.0.2"]},
        SpfReason.OTHER_ANSWER,
        SpfStepOutcome.MATCH,
        "A x.example answer",
    ),
    (
        {ME: ["v=spf1 exists:x..example"]},
        SpfReason.NOT_LOOKED_UP,
        SpfStepOutcome.NO_MATCH,
        "A x..example an empty label (two dots in a row, or a dot in front)",
    ),
]


def evaluate(zone: Zone, domain: str = "d.example") -> SpfResult:
    return Table(zone).drive(check_host(ip_address(IP), domain, "bob", domain, "mail.example.org"))


def of_term(term: str) -> SpfResult:
    return evaluate({ME: [f"v=spf1 {term}"]})


@pytest.mark.parametrize(("term", "tag", "words"), SYNTAX)
def test_a_syntax_error_is_told_with_its_term_and_in_its_step(term: str, tag: SpfReason, words: str) -> None:
    result = of_term(term)
    place = "" if tag is SpfReason.NON_ASCII else f"{term!r}: "
    assert result.problem is not None and result.problem.tag is tag
    assert spoken(result.problem) == f"d.example: {place}{words}"
    step = result.trace[-1]
    assert (step.outcome, spoken(step.detail)) == (SpfStepOutcome.SYNTAX_ERROR, words)


@pytest.mark.parametrize(("zone", "tag", "words"), PROBLEMS, ids=lambda it: str(it)[:20])
def test_a_problem_is_told_with_its_values(zone: Zone, tag: SpfReason, words: str) -> None:
    problem = evaluate(zone).problem
    assert problem is not None and problem.tag is tag
    assert spoken(problem) == words


@pytest.mark.parametrize(("zone", "tag", "outcome", "words"), STEPS, ids=lambda it: str(it)[:20])
def test_a_step_is_told_with_its_values(
    zone: Zone, tag: SpfReason, outcome: SpfStepOutcome, words: str
) -> None:
    step = evaluate(zone).trace[0]
    assert step.detail is not None and (step.detail.tag, step.outcome) == (tag, outcome)
    assert spoken(step.detail) == words


def test_a_step_behind_which_the_limit_lies_says_so_without_the_place() -> None:
    zone, _, _ = next(case for case in PROBLEMS if case[1] is SpfReason.TOO_MANY_TERMS)
    step = evaluate(zone).trace[-1]
    assert (step.outcome, step.term) == (SpfStepOutcome.LIMIT, "a:h10.d.example")
    assert spoken(step.detail) == "more than 10 terms that ask DNS"


def test_a_step_that_fails_has_the_verdict_and_the_reason() -> None:
    result = evaluate({ME: ["v=spf1 include:none.example"]})
    assert (result.trace[0].outcome, result.trace[0].detail) == (SpfStepOutcome.PERMERROR, result.problem)


@pytest.mark.parametrize("domain", ["localhost", "a..example", "[192.0.2.1]"])
def test_what_is_no_domain_has_no_policy(domain: str) -> None:
    result = evaluate({}, domain)
    assert result.problem is not None and result.problem.tag is SpfReason.NO_DOMAIN
    assert spoken(result.problem) == f"'{domain}' is no multi-label domain name"


def test_every_reason_is_reached_with_the_values_of_its_template() -> None:
    results = [
        *(of_term(term) for term, _, _ in SYNTAX),
        *(evaluate(zone) for zone, _, _ in PROBLEMS),
        *(evaluate(zone) for zone, _, _, _ in STEPS),
        evaluate({}, "localhost"),
    ]
    reasons = [result.problem for result in results] + [s.detail for it in results for s in it.trace]
    assert_exact([why for why in reasons if why is not None], SpfReason)
