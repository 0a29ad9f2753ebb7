"""What an explanation remembers of those before it: no other reply's result, and never without end."""

from __future__ import annotations

import json
from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe import explanation
from probe.diagnosis import conclusion
from probe.diagnosis.scoring import rank
from probe.explanation import explain, to_json
from probe.knowledge.rules import all_rules
from probe.model.reply import Stage
from probe.model.text import escape_flags, is_plain
from probe.reading.reply import evidence, match
from probe.reading.reply.table import rule_table
from probe.report import json_rows
from probe.report.json_text import json_text

MEMORIES = (
    explanation._read_once,
    explanation._wordless_of,
    evidence.evidence_of,
    match._candidates,
    conclusion._with_place_and_wait,
    json_rows._of_conclusion,
)


@pytest.fixture
def _nothing_remembered() -> None:
    for memory in MEMORIES:
        memory.cache_clear()


@pytest.mark.usefixtures("_nothing_remembered")
def test_causes_are_ranked_once_for_replies_that_differ_only_in_names(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ranked: list[object] = []

    def counted(*arguments: object, **further: object) -> object:
        ranked.append(arguments)
        return rank(*arguments, **further)  # type: ignore[arg-type]

    monkeypatch.setattr(explanation, "rank", counted)
    for number in range(50):
        explain(f"550 5.1.1 <user{number}@firm{number}.example>: User unknown")
    assert len(ranked) == 1


@pytest.mark.usefixtures("_nothing_remembered")
def test_stage_and_class_are_not_mixed_up() -> None:
    texts = ("550 5.7.1 refused", "450 4.7.1 refused", "550 4.7.1 refused", "refused")
    stages = (None, Stage.MAIL, Stage.RCPT, Stage.END_OF_DATA)
    together = [to_json(explain(text, stage)) for text in texts for stage in stages]
    alone = []
    for text in texts:
        for stage in stages:
            for memory in MEMORIES:
                memory.cache_clear()
            alone.append(to_json(explain(text, stage)))
    assert together == alone


@pytest.mark.usefixtures("_nothing_remembered")
def test_a_reply_gets_its_own_list_and_wait_although_the_ranking_is_remembered() -> None:
    rows = [
        to_json(explain(text))
        for text in (
            "554 5.7.1 Client host [192.0.2.1] blocked using zen.spamhaus.org",
            "554 5.7.1 Client host [192.0.2.1] blocked using bl.spamcop.net",
            "451 4.7.1 Greylisted, try again in 300 seconds",
            "451 4.7.1 Greylisted, try again in 600 seconds",
            "451 4.7.1 Greylisted, try again later",
        )
    ]
    assert "spamhaus" in rows[0]["action"].lower()
    assert "spamcop" in rows[1]["action"].lower()
    assert [row["retry_after_s"] for row in rows[2:4]] == [300, 600]
    assert rows[4]["retry_after_s"] not in (300, 600)


@pytest.mark.usefixtures("_nothing_remembered")
def test_a_row_is_the_same_with_and_without_memory() -> None:
    texts = [example.text for rule in islice(all_rules(), 0, None, 7) for example in rule.examples]
    first = [json_rows.reply_row(explain(text, identity=7)) for text in texts]
    again = [json_rows.reply_row(explain(text, identity=7)) for text in reversed(texts)]
    assert again[::-1] == first
    assert first == [json_text(to_json(explain(text, identity=7))) for text in texts]
    assert all(json.loads(row)["id"] == 7 for row in first)


def test_every_memory_has_an_end() -> None:
    for memory in MEMORIES:
        assert memory.cache_info().maxsize is not None


@pytest.mark.usefixtures("_nothing_remembered")
def test_long_replies_are_not_remembered_as_a_whole() -> None:
    explain("550 " + "x" * explanation._REMEMBERED)
    assert explanation._read_once.cache_info().currsize == 0
    explain("550 x")
    assert explanation._read_once.cache_info().currsize == 1


def test_every_word_of_a_wrapping_is_looked_for() -> None:
    table = rule_table()
    words = [word for root, others in table.wrapper_words.items() for word in (root, *others)]
    assert sorted(words) == sorted({word for wrapping in table.wrappings for word in wrapping.needs})
    assert all(root in word for root, others in table.wrapper_words.items() for word in others)


def test_every_rule_on_notions_is_found_by_one_of_them() -> None:
    for notion, rules in rule_table().notion_rules.items():
        assert all(notion in rule.notions for rule in rules)


@given(st.text() | st.text("aé\u0301\u0302\u200b\u2800\n\x7f\udc80"))
def test_a_plain_text_has_nothing_to_escape(text: str) -> None:
    if is_plain(text):
        assert not any(is_hidden and char != "\n" for char, is_hidden in escape_flags(text))
