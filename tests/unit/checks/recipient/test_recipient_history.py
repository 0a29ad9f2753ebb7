"""The checks that hold the recipient against public knowledge: history, test data, advice (steps 3 and 6)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from probe.checks.catalogue import findings_of
from probe.facts.model import Facts
from probe.knowledge.providers import domain_notes
from probe.knowledge.regions import advice_for, all_advice
from probe.knowledge.test_data import generated_shape, generators
from probe.model.address_parse import parse_mailbox
from probe.model.finding import Severity
from probe.model.target import PairTarget
from tests.support import facts as make
from tests.support.check_cases import Case, assert_case, findings, parametrize


def to(address: str, *, refused: bool = True, country: str | None = None) -> Facts:
    mailbox = parse_mailbox(address)
    reply = make.reply(554, "user unknown") if refused else make.reply(250, "2.1.5 ok")
    provider = make.provider(country=country) if country is not None else None
    return make.facts(
        target=PairTarget(make.SENDER, mailbox),
        recipient=make.recipient_facts(domain=mailbox.domain, provider=provider),
        sessions=(make.session(exchanges=make.exchanges(reply, to=address)),),
    )


def at_provider(notes: str | None) -> Facts:
    facts = to("someone@recipient.example")
    provider = make.provider(notes=notes) if notes is not None else None
    return replace(facts, recipient=replace(facts.recipient, provider=provider))


CASES = (
    Case("provider-notes", "something to know", at_provider("Its filter answers. The text decides."),
         ("notice provider-note",), ("Example Mail: Its filter answers. The text decides",)),
    Case("provider-notes", "nothing to know", at_provider(""), ()),
    Case("provider-notes", "no known provider", at_provider(None), ()),
    Case("recipient-history", "tmall.com has a history, with dates", to("someone@tmall.com"),
         ("notice domain-note",) * 4, ("554 user unknown", "2023-11-06", "Email Geeks")),
    Case("recipient-history", "its sisters too", to("someone@taobao.com"), ("notice domain-note",) * 2,
         ("Mockaroo",)),
    Case("recipient-history", "no server asked", replace(to("someone@tmall.com"), sessions=()),
         ("notice domain-note",) * 4),
    Case("recipient-history", "accepted", to("someone@tmall.com", refused=False), ()),
    Case("recipient-history", "no history", to("someone@recipient.example"), ()),
    Case("recipient-test-data", "initial, surname and row at a company's domain", to("bsmith2@tmall.com"),
         ("warning test-data-telling",),
         ("bsmith2@tmall.com", "Mockaroo", "Ask where the address came from")),
    Case("recipient-test-data", "a number that people do not choose", to("vkowalskir3@163.com"),
         ("warning test-data-telling",)),
    Case("recipient-test-data", "a number that people choose too", to("bsmith12@qq.com"),
         ("notice test-data-possible",)),
    Case("recipient-test-data", "another shape", to("someone@tmall.com"), ("ok test-data-not-seen",)),
    Case("recipient-test-data", "any other domain", to("bsmithd2@recipient.example"), ()),
    Case("recipient-test-data", "a domain run", make.facts_of_domain(), ()),
    Case("regional-advice", "China", to("a@recipient.example", country="CN"), ("notice regional-advice",),
         ("Example Mail", "SPF, DKIM and DMARC", "confirmed lately")),
    Case("regional-advice", "a country without advice", to("a@recipient.example", country="US"), ()),
    Case("regional-advice", "accepted", to("a@recipient.example", refused=False, country="CN"), ()),
    Case("regional-advice", "nobody's servers", to("a@recipient.example"), ()),
)  # fmt: skip


@parametrize(CASES)
def test_check(case: Case) -> None:
    assert_case(case)


def test_every_finding_of_public_knowledge_names_its_source() -> None:
    words = [f for case in CASES for f in findings(case) if f.severity is not Severity.OK]
    assert all(finding.references for finding in words)


@pytest.mark.parametrize(
    "address",
    ["12345678@qq.com", "bsmith@tmall.com", "b.smith2@tmall.com", "sales@alibaba.com", "ab1@qq.com"],
)
def test_ordinary_addresses_of_the_pool_are_no_test_data(address: str) -> None:
    local_part, _, domain = address.partition("@")
    assert generated_shape(local_part, domain) is None


def test_rows_with_a_digit_are_known_and_no_others() -> None:
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    rows = [digits[n] if n < 36 else digits[n // 36] + digits[n % 36] for n in range(1000)]
    entries = {row for row in rows if generated_shape(f"jsmith{row}", "tmall.com") is not None}
    assert entries == {row for row in rows if any(mark.isdigit() for mark in row)}


def test_the_domains_of_a_generator_are_those_of_the_notes() -> None:
    for generator in generators():
        assert generator.company_domains < generator.domains
        for domain in generator.domains:
            assert any(generator.title in note.says for note in domain_notes(domain))


def test_advice_is_dated_and_found_by_country() -> None:
    for advice in all_advice():
        assert advice_for(advice.country) is advice
        assert advice.source and advice.date
    assert advice_for("") is None


def test_a_shape_alone_does_not_speak_against_an_accepted_recipient() -> None:
    result = findings_of(to("bsmith12@qq.com", refused=False))
    assert [f.tag for f in result if f.id == "recipient-test-data"] == ["test-data-possible"]
