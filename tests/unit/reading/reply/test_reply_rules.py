"""The reply rules as data: every example is won by its own rule, nothing is dead, nothing lacks a source."""

from __future__ import annotations

from collections import Counter

import pytest

from probe.diagnosis.scoring import rank
from probe.knowledge.causes import causes
from probe.knowledge.rule_files import rule_files
from probe.knowledge.rules import Example, Rule, all_rules
from probe.model.evidence import Facet
from probe.model.reply import Stage
from probe.reading.reply import match
from probe.reading.reply.build import build
from probe.reading.reply.evidence import evidence_of
from probe.reading.reply.read import Reading, read_reply
from probe.reading.reply.records import Table
from probe.reading.reply.speaker import Speaker

RULES = tuple(all_rules())
EXAMPLES = [(rule, example) for rule in RULES for example in rule.examples]
COUNTERS = [(rule, example) for rule in RULES for example in rule.counter]
_WORDS = {Facet.TEXT, Facet.PROVIDER}


def _name(pair: tuple[Rule, Example]) -> str:
    return f"{pair[0].id}: {pair[1].text[:40]}"


def _read(example: Example) -> Reading:
    stage = Stage(example.stage) if example.stage else None
    speaker = Speaker(example.software, "told by the test") if example.software else None
    return read_reply(example.text, stage, example.host, speaker=speaker)


def _fired(example: Example) -> set[str]:
    return {item.rule for item in _read(example).evidence}


@pytest.mark.parametrize("pair", EXAMPLES, ids=_name)
def test_an_example_is_won_by_its_own_rule(pair: tuple[Rule, Example]) -> None:
    rule, example = pair
    reading = _read(example)
    assert rule.id in {item.rule for item in reading.evidence}
    named = {cause for cause, weight in rule.causes.items() if weight > 0}
    if rule.facet in _WORDS and named and rule.conditions.get("rest") != 0:
        ranking = rank(reading.evidence, stage=reading.stage, permanent=reading.permanent)
        assert ranking[0].id in named


@pytest.mark.parametrize("pair", COUNTERS, ids=_name)
def test_a_counter_example_does_not_fire_its_rule(pair: tuple[Rule, Example]) -> None:
    rule, example = pair
    assert rule.id not in _fired(example)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_is_complete(rule: Rule) -> None:
    assert rule.source and rule.date, "a rule names its source and when it was read"
    assert rule.says and not rule.says.endswith("."), "one sentence, shown after a dash"
    assert rule.examples, "a rule without an example may be dead"
    assert set(rule.causes) <= set(causes())
    entries = {
        "phrases",
        "links",
        "pattern",
        "needs",
        "codes",
        "enhanced",
        "pairs",
        "stages",
        "hosts",
        "notions",
        "sentences",
    }
    assert set(rule.conditions) <= entries | {
        "unless",
        "coded",
        "rest",
        "vague",
        "wordless",
        "unread",
        "overrules",
        "yields",
        "software",
        "told_by",
        "without",
    }
    assert set(rule.conditions.get("overrules", ())) <= set(causes()) - set(rule.causes)
    looked_at = entries | {"unread"}
    assert looked_at & set(rule.conditions), "a rule has something to match"
    assert ("pattern" in rule.conditions) == ("needs" in rule.conditions), "a pattern has its cheap prefilter"


def test_rule_ids_are_unique() -> None:
    assert [identity for identity, count in Counter(rule.id for rule in RULES).items() if count > 1] == []


def test_phrases_are_written_as_the_masked_text_is() -> None:
    for rule in RULES:
        for key in ("phrases", "links", "needs", "unless"):
            for literal in rule.conditions.get(key, ()):
                assert literal == literal.lower() and "  " not in literal, f"{rule.id}: {literal!r}"


def test_every_phrase_can_stand_alone() -> None:
    """A phrase that its own `unless` or a mask would swallow could never fire."""
    for rule in RULES:
        for phrase in rule.conditions.get("phrases", ()):
            swallowed = [word for word in rule.conditions.get("unless", ()) if word in phrase]
            assert not swallowed, f"{rule.id}: {phrase!r} is silenced by {swallowed}"


def test_the_order_of_files_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [example.text for _, example in EXAMPLES[::7]]
    before = [_fired(Example(text)) for text in texts]
    files = rule_files()
    monkeypatch.setattr("probe.reading.reply.build.rule_files", lambda: files[::-1])
    reversed_table = Table.of(build())
    assert reversed_table.rules[0].id == next(reversed(tuple(_first_of_each_file())))
    monkeypatch.setattr("probe.reading.reply.match.rule_table", lambda: reversed_table)
    _forget()
    try:
        assert [_fired(Example(text)) for text in texts] == before
    finally:
        _forget()


def _first_of_each_file() -> dict[str, None]:
    firsts = {rule.file: rule.id for rule in reversed(RULES)}
    return {firsts[path.name]: None for path in rule_files()}


def _forget() -> None:
    evidence_of.cache_clear()
    match._holding_codes.cache_clear()
    match._candidates.cache_clear()


def test_both_categories_of_a_contradictory_pair_get_weight() -> None:
    fired = _fired(Example("550 5.0.0 no"))
    assert {"esp.dmarc", "esp.invalid-address"} <= fired
    fired = _fired(Example("550 5.2.2 no"))
    assert {"esp.mailbox", "esp.mailbox-full"} <= fired


def test_every_code_pair_of_the_esp_table_is_kept() -> None:
    pairs = [
        pair for rule in RULES if rule.file != "software.toml" for pair in rule.conditions.get("pairs", ())
    ]
    assert len(set(pairs)) == 160
    assert len(pairs) - len(set(pairs)) >= 17
