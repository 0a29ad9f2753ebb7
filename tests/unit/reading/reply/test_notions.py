"""Notions: what words that no rule knows speak of, in any language."""

from __future__ import annotations

import pytest

from probe.explanation import explain
from probe.knowledge import toml_import
from probe.knowledge.rule_files import HERE
from probe.knowledge.rules import all_rules
from probe.reading.reply.notions import clauses, notions
from probe.reading.reply.read import read_reply
from probe.reading.reply.stems import compile_stems, fold
from probe.reading.reply.table import rule_table

STEMS = rule_table().stems
VOCABULARY = toml_import.parse(HERE / "vocabulary.toml")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Der Empfänger ist unbekannt", {"recipient", "absent"}),
        ("DER EMPFANGER IST UNBEKANNT", {"recipient", "absent"}),
        ("отправитель не существует", {"sender", "absent"}),
        ("发件人在黑名单", {"sender", "listed"}),
        ("宛先のアドレスは存在しません", {"recipient", "address", "absent"}),
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


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("550 Usu?rio n?o existe", "user_unknown"),  # Latin-1: one mark for a letter
        ("550 Usu??rio n??o existe", "user_unknown"),  # UTF-8: two
        ("550 Usu\ufffdrio n\ufffdo existe", "user_unknown"),
        ("552 Bo??te aux lettres satur??e", "mailbox_full"),
        ("550 Tre?? wiadomo?ci uznana za spam", "spam_content"),
        ("552 O endere??o excedeu o espa??o da caixa", "mailbox_full"),
    ],
)
def test_words_are_known_although_letters_of_them_were_lost(text: str, cause: str) -> None:
    assert explain(text).ranking[0].id == cause


@pytest.mark.parametrize("size", ["20MB", "20 MB", "20Mo", "20 mo"])
def test_a_unit_is_known_with_a_blank_before_it_and_without(size: str) -> None:
    assert explain(f"552 Les messages de plus de {size} sont refusés").ranking[0].id == "message_too_large"


def test_a_lost_letter_does_not_make_another_word() -> None:
    stems = compile_stems({"forged": ["usurp"], "person": ["usuario"]})
    assert notions("usu\u0294rio", stems) == {"person"}
    assert notions("usu\u0294\u0294rio", stems) == frozenset()


def test_a_question_still_ends_a_clause() -> None:
    assert [clause.text for clause in clauses("who? nobody here")] == ["who ", "nobody here "]
    assert explain("550 用户不存在?请检查").ranking[0].id == "user_unknown"


def test_many_lost_letters_are_read_in_time() -> None:
    assert explain("550 " + "a?b" * 20_000).ranking


def test_folding_keeps_the_marks_that_tell_kana_and_hangul_apart() -> None:
    assert fold("ブ") != fold("フ")
    assert fold("메일") == "메일"
    assert fold("Größe É") == "grosse e"


def test_a_known_sentence_is_left_to_its_rule() -> None:
    fired = {item.rule for item in read_reply("550 5.1.1 No such user").evidence}
    assert not any(rule.startswith("notion.") for rule in fired)


def test_a_notion_beside_a_known_sentence_orders_what_comes_after_the_first_cause() -> None:
    ranking = explain("553 5.7.1 <a@b.example>: Sender address rejected: not owned by auth user").ranking
    assert {item.id for item in ranking[:2]} == {"smtp_auth_required", "sender_invalid"}
    assert {"auth_failed", "rdns_helo"} <= {
        item.id for item in explain("550 PTR and SPF-softail").ranking[:3]
    }


def test_an_echo_adds_nothing_to_a_cause_that_the_known_sentence_names() -> None:
    explanation = explain("550 5.7.1 Message rejected as spam by our content filter")
    assert explanation.ranking[0].id == "spam_content"
    assert not [item for item, _ in explanation.ranking[0].evidence_for if item.rule.startswith("notion.")]


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
    assert explain(text).ranking[0].id == cause


def test_every_notion_that_a_rule_asks_for_has_words_and_the_other_way_round() -> None:
    hints = set(toml_import.parse(HERE / "notions.toml")["notion"])
    texts = {notion for words in VOCABULARY["words"].values() for notion in words}
    hinted = {hint for of_notion in VOCABULARY["hint"].values() for hint in of_notion}
    questions = {notion for rule in all_rules() for notion in rule.conditions.get("notions", ())}
    assert questions == hints | hinted
    assert set(VOCABULARY["hint"]) <= texts
    sentences = [
        (*rule.conditions.get("sentences", ()), rule.conditions.get("without", ())) for rule in all_rules()
    ]
    assert {notion for rule in sentences for notions in rule for notion in notions} == texts


def test_every_language_has_the_words_of_the_commonest_refusals() -> None:
    needed = {"account", "recipient", "sender", "message", "absent", "full", "disabled", "refused", "later"}
    for language, words in VOCABULARY["words"].items():
        assert language == "any" or needed <= set(words), f"{language} lacks {needed - set(words)}"


def told(text: str) -> set[str]:
    return {item.rule for item in read_reply(text).evidence if item.rule.startswith("said.")}


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("550 Das Postfach ist voll", "said.full"),
        ("550 DAS POSTFACH IST VOLL", "said.full"),
        ("550 Skrzynka odbiorcy jest przepelniona", "said.full"),
        ("550 Τό γραμματοκιβώτιο ειναι γεματο", "said.full"),
        ("550 صندوق البريد ممتلئ", "said.full"),
        ("550 信箱已滿", "said.full"),
        ("550 Benutzer gibt es hier leider nicht", "said.user-unknown"),
    ],
)
def test_a_sentence_is_read_with_and_without_accents_in_any_case(text: str, rule: str) -> None:
    assert rule in told(text)


@pytest.mark.parametrize(
    "text",
    [
        "550 Postfach? Nicht gefunden",  # two clauses
        "550 Die Adresse des Absenders existiert nicht",  # of the sender
        "550 Empfänger, bitte prüfen: Domain nicht gefunden",  # of the domain
        "550 Die Empfängerdomain existiert nicht",
    ],
)
def test_the_words_of_a_sentence_stand_in_one_clause_and_have_no_other_company(text: str) -> None:
    assert "said.user-unknown" not in told(text)


def test_english_is_no_sentence_of_another_language() -> None:
    english = [
        example.text
        for rule in all_rules()
        if not rule.file.startswith("languages")
        and not rule.id.startswith(("notion.", "ground.", "conduct."))
        for example in rule.examples
        if example.text.isascii()
    ]
    read = {text: told(text) for text in english}
    bilingual = ("OFR", "LPN", "Boite", "bloque", "Taille", "Nie ma", "Abgelehnt")
    assert {
        text: rules for text, rules in read.items() if rules and not any(it in text for it in bilingual)
    } == {}


@pytest.mark.parametrize(
    "text",
    [
        "550 Benutzer unbekannt oder gesperrt",
        "550 El usuario no existe o la cuenta fue bloqueada",
        "450 Utilisateur inconnu pour le moment, réessayez plus tard",
        "550 该用户不在白名单中，用户不存在",
        "550 Absender abgelehnt: Adresse unbekannt",
        "550 Kein Empfänger angegeben",
        "550 宛先がありません",
    ],
)
def test_a_doubt_anywhere_in_the_reply_is_no_ground_to_give_an_address_up(text: str) -> None:
    explained = explain(text)
    assert explained.conduct is not None
    assert explained.conduct.retry != "never"
