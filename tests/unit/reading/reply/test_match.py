"""Which rules speak: longer words before shorter, exact before vague, hints only where nothing is known."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from probe.reading.reply import match
from tests.unit.reading.reply.rules import rule, speaking, use


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    yield
    match._holding_codes.cache_clear()
    match._candidates.cache_clear()


def test_longer_words_overrule_shorter_ones_inside_them(monkeypatch: pytest.MonkeyPatch) -> None:
    use(
        monkeypatch,
        rule("short", phrases=["unknown address"]),
        rule("long", phrases=["sender unknown address"]),
        rule("beside", phrases=["address here"]),
    )
    assert speaking("sender unknown address here") == {"long", "beside"}
    assert speaking("unknown address") == {"short"}
    assert speaking("sender unknown address; unknown address") == {"long", "short"}, "it stands alone, too"


def test_words_of_equal_length_speak_together(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, rule("a", phrases=["no such user"]), rule("b", needs=["such"], pattern="no such user"))
    assert speaking("no such user") == {"a", "b"}


def test_a_general_rule_yields_to_a_special_one_and_overrules_only_its_like(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    equal = rule("general", phrases=["spam found"])
    longer = rule("longer", phrases=["spam found in mail"])
    use(monkeypatch, rule("special", phrases=["spam found"]), general=[equal])
    assert speaking("spam found") == {"special"}
    use(monkeypatch, rule("special", phrases=["spam found"]), general=[longer])
    assert speaking("spam found in mail") == {"special", "longer"}
    use(monkeypatch, general=[equal, longer])
    assert speaking("spam found in mail") == {"longer"}


def test_a_rule_does_not_overrule_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, rule("both", phrases=["user unknown", "no user unknown"]))
    assert speaking("no user unknown") == {"both"}


def test_a_link_overrules_nothing_and_is_never_overruled(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, rule("link", links=["help.test/why"]), rule("words", phrases=["no such user"]))
    assert speaking("no such user, see https://help.test/why") == {"link", "words"}


def test_words_whose_condition_fails_overrule_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    use(
        monkeypatch,
        rule("short", phrases=["unknown address"]),
        rule("long", phrases=["sender unknown address"], codes=["4"]),
    )
    assert speaking("sender unknown address", code="550") == {"short"}
    assert speaking("sender unknown address", code="450") == {"long"}


@pytest.mark.parametrize(("vague", "expected"), [(1, {"exact"}), (0, {"exact", "other"})])
def test_a_vague_rule_gives_no_evidence_beside_a_more_exact_one(
    vague: int, expected: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, rule("exact", phrases=["mailbox full"]), rule("other", phrases=["refused"], vague=vague))
    assert speaking("mailbox full, refused") == expected
    assert "other" in speaking("refused")


def test_of_vague_rules_the_least_vague_speak(monkeypatch: pytest.MonkeyPatch) -> None:
    vague = [rule(f"vague{it}", phrases=[f"word{it}"], vague=it) for it in (1, 2, 9)]
    use(monkeypatch, *vague)
    assert speaking("word1 word2 word9") == {"vague1"}
    assert speaking("word2 word9") == {"vague2"}
    assert speaking("word9") == {"vague9"}


@pytest.mark.parametrize(("vague", "expected"), [(8, {"hint"}), (9, {"hint"}), (10, set())])
def test_a_hint_vaguer_than_nine_gives_no_evidence(
    vague: int, expected: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, rule("hint", notions=["recipient", "refused"], vague=vague))
    assert speaking("the recipient was refused") == expected


def test_a_rule_without_causes_silences_no_vague_one(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, rule("nothing", {}, phrases=["sorry"]), rule("vague", phrases=["refused"], vague=1))
    assert speaking("sorry, refused") == {"nothing", "vague"}


def test_a_cause_that_another_rule_calls_not_meant_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    use(
        monkeypatch,
        rule("listed", {"ip_blocklisted": 12, "poor_reputation": 3}, phrases=["blocked"]),
        rule("second", {"ip_blocklisted": 2, "poor_reputation": 12}, phrases=["blocked"]),
        rule("open", {"server_error": 9}, phrases=["open resolver"], overrules=["ip_blocklisted"]),
        rule("neutral", {}, phrases=["blocked"]),
    )
    assert speaking("blocked") == {"listed", "second", "neutral"}
    assert speaking("blocked, open resolver") == {"second", "open", "neutral"}


NOTED = rule("noted", {"recipient_refused": 5}, notions=["recipient", "refused"])
MORE = rule("more", {"recipient_refused": 5}, notions=["recipient", "refused", "full"])


def test_hints_count_where_no_sentence_is_known_and_of_two_the_one_that_asks_for_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    use(monkeypatch, NOTED, MORE)
    assert speaking("the recipient was refused") == {"noted"}
    assert speaking("the recipient is full and was refused") == {"more"}


def test_beside_a_known_sentence_a_hint_is_an_echo_for_another_cause(monkeypatch: pytest.MonkeyPatch) -> None:
    result = rule("known", {"mailbox_full": 12, "server_error": -3}, phrases=["box is full"])
    use(monkeypatch, result, NOTED, rule("same", {"mailbox_full": 4}, notions=["recipient", "refused"]))
    assert speaking("recipient box is full, refused") == {"known", "noted?"}


def test_a_hint_beside_a_vague_sentence_gives_its_own_evidence(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, rule("vague", {"policy_unspecified": 9}, phrases=["refused"], vague=1), NOTED)
    assert speaking("recipient refused") == {"noted"}


def test_hints_never_silence_the_token_of_a_provider(monkeypatch: pytest.MonkeyPatch) -> None:
    token = rule("token", {"policy_unspecified": 9}, phrases=["hm05"], vague=1, facet="provider")
    use(monkeypatch, token, NOTED)
    assert speaking("hm05 recipient refused") == {"token", "noted"}
    use(monkeypatch, token, rule("exact", phrases=["user gone"]))
    assert speaking("hm05 user gone") == {"exact"}


def test_rules_of_conduct_are_compared_only_with_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    use(
        monkeypatch,
        rule("later", {}, facet="conduct", phrases=["try later"]),
        rule("never", {}, facet="conduct", phrases=["do not try later"]),
        rule("cause", phrases=["we do not try later today"]),
        rule("ground", {}, facet="conduct", phrases=["not try"], final="user_unknown"),
    )
    assert speaking("we do not try later today") == {"never", "cause", "ground"}


def test_a_hint_at_time_counts_only_where_no_words_name_one(monkeypatch: pytest.MonkeyPatch) -> None:
    hint = rule("hint", {}, facet="conduct", notions=["recipient", "refused"])
    use(monkeypatch, hint, rule("later", {}, facet="conduct", phrases=["try later"]))
    assert speaking("recipient refused") == {"hint"}
    assert speaking("recipient refused, try later") == {"later"}


def test_a_hint_at_time_and_a_hint_at_a_cause_are_no_rivals(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, rule("hint", {}, facet="conduct", notions=["recipient", "refused"]), MORE)
    assert speaking("the recipient is full and was refused") == {"hint", "more"}


def test_a_sentence_that_names_no_cause_leaves_hints_their_weight(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    use(monkeypatch, rule("nothing", {}, phrases=["sorry"]), NOTED)
    assert speaking("sorry, recipient refused") == {"nothing", "noted"}


def test_a_vague_rule_without_causes_counts_where_no_other_rule_does(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, rule("vaguest", {}, phrases=["sorry"], vague=9))
    assert speaking("sorry") == {"vaguest"}


def test_sentences_of_other_languages_hold_with_their_conditions(monkeypatch: pytest.MonkeyPatch) -> None:
    text = {"sentences": [["box", "full"]]}
    use(
        monkeypatch,
        rule("cause", {"mailbox_full": 12}, **text),
        rule("time", {}, facet="conduct", **text),
        rule("other", {"mailbox_full": 12}, codes=["4"], **text),
    )
    assert speaking("das Postfach ist voll", code="550") == {"cause", "time"}


def test_a_vague_sentence_on_a_cause_yields_to_exact_words(monkeypatch: pytest.MonkeyPatch) -> None:
    vague = rule("vague", {"mailbox_full": 12}, sentences=[["box", "full"]], vague=1)
    use(monkeypatch, vague, rule("exact", phrases=["user gone"]))
    assert speaking("das Postfach ist voll") == {"vague"}
    assert speaking("das Postfach ist voll, user gone") == {"exact"}


CODES = (
    rule("code", facet="code", codes=["550"]),
    rule("silent", facet="code", wordless=True),
    rule("unread", facet="code", unread=True),
)


@pytest.mark.parametrize(
    ("text", "statuses", "expected"),
    [
        ("", (), {"code", "silent"}),
        ("", ("5.0.0",), {"code", "silent"}),
        ("", ("2.1.5",), {"code", "silent"}),
        ("", ("5.1.1",), {"code"}),
        ("", ("5.0.0", "5.1.1"), {"code"}),
        ("[17]", (), {"code", "silent", "marks"}),
        ("q", (), {"code", "silent"}),
        ("see https://help.test/a", (), {"code", "silent"}),
        ("for more information see https://help.test/a", (), {"code", "silent"}),
        ("<a@b.test> 17", (), {"code", "silent"}),
        ("qqqq", (), {"code", "unread"}),
        ("user gone", (), {"code", "words"}),
    ],
)
def test_what_the_codes_say_goes_by_whether_there_are_words(
    text: str, statuses: tuple[str, ...], expected: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, *CODES, rule("words", phrases=["user gone"]), rule("marks", {}, phrases=["[17]"]))
    assert speaking(text, *statuses, code="550") == expected


def test_a_reply_with_a_mark_that_a_rule_reads_has_words(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, *CODES, rule("mark", phrases=["[17]"]))
    assert speaking("[17]", code="550") == {"code", "mark"}


def test_two_general_rules_of_the_same_words_speak_together(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, general=[rule("a", phrases=["spam found"]), rule("b", phrases=["spam found"])])
    assert speaking("spam found") == {"a", "b"}


def test_a_rule_that_says_what_is_not_meant_is_meant_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    use(
        monkeypatch,
        rule("open", {"server_error": 9}, phrases=["open resolver"], overrules=["ip_blocklisted"]),
        rule("other", {"bad_domain": 9}, phrases=["no list"], overrules=["server_error"]),
    )
    assert speaking("open resolver, no list") == {"open", "other"}


def test_a_cause_that_a_sentence_does_not_speak_for_may_be_hinted_at(monkeypatch: pytest.MonkeyPatch) -> None:
    result = rule("known", {"mailbox_full": 12, "recipient_refused": 0}, phrases=["box is full"])
    use(monkeypatch, result, NOTED)
    assert speaking("recipient box is full, refused") == {"known", "noted?"}
    use(monkeypatch, rule("known", {"recipient_refused": 0.5}, phrases=["box is full"]), NOTED)
    assert speaking("recipient box is full, refused") == {"known"}


def test_a_rule_without_causes_leaves_a_reply_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, *CODES, rule("nothing", {}, phrases=["sorry"]))
    assert speaking("sorry", code="550") == {"code", "unread", "nothing"}


def test_the_order_is_that_of_the_files_with_the_echoes_last(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.unit.reading.reply.rules import subject

    use(monkeypatch, NOTED, rule("b", phrases=["box is full"]), rule("a", phrases=["full"], vague=0))
    matches = match.matches(subject("recipient box is full refused; full"))
    assert [(it.rule.id, it.is_echo) for it in matches] == [("b", False), ("a", False), ("noted", True)]


def test_rules_of_equal_words_are_in_the_order_of_the_files(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.unit.reading.reply.rules import subject

    names = [f"rule{number}" for number in range(40)]
    use(monkeypatch, *(rule(name, phrases=["full"]) for name in names))
    assert [it.rule.id for it in match.matches(subject("full"))] == names
