"""Notions: what words that no rule knows speak of, in any language."""

from __future__ import annotations

import pytest

from probe.explanation import explain
from probe.knowledge import store, toml_import
from probe.knowledge.match import read_reply
from probe.knowledge.notions import compile_stems, fold, notions
from probe.knowledge.rules import all_rules

STEMS = store.compiled()["stems"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Der Empfänger ist unbekannt", {"recipient", "absent"}),
        ("DER EMPFANGER IST UNBEKANNT", {"recipient", "absent"}),
        ("отправитель не найден", {"sender", "absent"}),
        ("发件人被列入黑名单", {"sender", "listed"}),
        ("宛先のメールアドレスは存在しません", {"recipient", "address", "message", "absent"}),
        ("xyzzy plugh", set()),
        ("", set()),
    ],
)
def test_notions_are_found_in_any_language_case_and_accent(text: str, expected: set[str]) -> None:
    assert notions(text, STEMS) == expected


def test_a_stem_matches_only_from_the_start_of_a_word() -> None:
    stems = compile_stems({"fish": ["cod"]})
    assert notions("a codfish", stems) == {"fish"}
    assert notions("a decode", stems) == frozenset()


def test_a_blank_at_the_end_asks_for_the_end_of_the_word() -> None:
    stems = compile_stems({"address": ["ip "]})
    assert notions("your IP: listed", stems) == {"address"}
    assert notions("your ip", stems) == {"address"}
    assert notions("ipso facto", stems) == frozenset()


def test_the_longest_entry_at_one_place_counts() -> None:
    stems = compile_stems({"many": ["quota exceeded"], "full": ["quota"]})
    assert notions("quota exceeded", stems) == {"many"}
    assert notions("quota reached", stems) == {"full"}


def test_where_words_are_not_separated_an_entry_inside_a_longer_one_does_not_count() -> None:
    stems = compile_stems({"group": ["グループ"], "loop": ["ループ"]})
    assert notions("このグループは存在しません", stems) == {"group"}
    assert notions("ループが検出されました", stems) == {"loop"}


def test_folding_keeps_the_marks_that_tell_kana_and_hangul_apart() -> None:
    assert fold("ブ") != fold("フ")
    assert fold("메일") == "메일"
    assert fold("Größe É") == "grosse e"


def test_a_known_sentence_is_left_to_its_rule() -> None:
    fired = {item.rule for item in read_reply("550 5.1.1 No such user").evidence}
    assert not any(rule.startswith("notion.") for rule in fired)


def test_a_notion_beside_a_known_sentence_orders_what_comes_after_the_first_cause() -> None:
    ranked = explain("553 5.7.1 <a@b.example>: Sender address rejected: not owned by auth user").ranked
    assert {item.id for item in ranked[:2]} == {"smtp_auth_required", "sender_invalid"}
    assert {"auth_failed", "rdns_helo"} <= {item.id for item in explain("550 PTR and SPF-softail").ranked[:3]}


def test_an_echo_never_speaks_for_a_cause_that_the_known_sentence_names() -> None:
    explanation = explain("550 5.7.1 Message rejected as spam by our content filter")
    assert explanation.ranked[0].id == "spam_content"
    assert not [item for item, _ in explanation.ranked[0].evidence_for if item.rule.startswith("notion.")]


def test_more_notions_overrule_fewer_of_the_same() -> None:
    fired = {item.rule for item in read_reply("550 attachment is too long").evidence}
    assert "notion.attachment-large" in fired
    assert not {"notion.attachment", "notion.large"} & fired


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("554 5.7.1 <a.example[192.0.2.1]>: Client host rejected: SPAM_CLIENT", "ip_blocklisted"),
        ("550 5.7.1 <a@b.example>: Sender address rejected: forbidden here", "sender_blocked"),
        ("550 5.7.1 <a@b.example>: Recipient address rejected: users only", "recipient_refused"),
    ],
)
def test_the_class_of_a_postfix_restriction_says_whom_the_words_are_about(text: str, cause: str) -> None:
    assert explain(text).ranked[0].id == cause


def test_every_notion_that_a_rule_asks_for_has_words_and_the_other_way_round() -> None:
    known = set(toml_import.parse(store.HERE / "notions.toml")["notion"])
    asked = {notion for rule in all_rules() for notion in rule.conditions.get("notions", ())}
    assert asked <= known
    assert known == asked
