"""How long a server asks to wait, in the languages that the project reads; and words that only look so."""

from __future__ import annotations

from collections import Counter

import pytest

from probe.explanation import explain
from probe.knowledge import toml_import
from probe.knowledge.rule_files import VOCABULARY, WAITS
from probe.reading.reply.stated_wait import stated_wait
from probe.reading.reply.stems import fold

LANGUAGES = toml_import.load(WAITS)["language"]


EXAMPLES = [(row["text"], row["wait"]) for words in LANGUAGES.values() for row in words["examples"]]
COUNTERS = [text for words in LANGUAGES.values() for text in words.get("counter", ())]


@pytest.mark.parametrize(("text", "seconds"), EXAMPLES)
@pytest.mark.parametrize("head", ["", "450 4.7.1 Greylisted, "])
def test_a_wait_in_words_is_read(text: str, seconds: int, head: str) -> None:
    assert stated_wait(head + text) == seconds


@pytest.mark.parametrize("text", COUNTERS)
def test_what_asks_for_no_wait_is_none(text: str) -> None:
    assert stated_wait(text) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("try again in 7 days", 7 * 86400),
        ("try again in 32 days", None),
        ("try again in zero minutes", None),
        ("bitte in 900 Tagen erneut versuchen", None),
        ("try again in 5 minutes, or in 2 hours", 300),
    ],
)
def test_a_wait_is_bounded(text: str, seconds: int | None) -> None:
    assert stated_wait(text) == seconds


def test_every_language_of_the_vocabulary_has_its_words() -> None:
    assert set(LANGUAGES) == set(toml_import.load(VOCABULARY)["words"]) - {"any"} | {"en"}
    for code, row in LANGUAGES.items():
        assert {"60", "3600", "86400"} <= set(row["unit"]), code
        assert row["ask"] and (row.get("before") or row.get("after")), code


def test_no_word_has_two_values_in_a_language() -> None:
    for code, row in LANGUAGES.items():
        for key in ("unit", "number"):
            words = [word for entry in row[key].values() for word in dict.fromkeys(map(fold, entry))]
            assert [word for word, count in Counter(words).items() if count > 1] == [], (code, key)


def test_a_long_reply_is_read_in_time() -> None:
    assert stated_wait("450 try again " + "in one hour and one minute and twenty five two " * 4_000) == 3660
    assert stated_wait("wait " * 20_000 + "5 minutes") == 300
    assert stated_wait("in one hour and " * 20_000) is None


def test_the_wait_is_told_where_time_helps_only() -> None:
    conduct = explain("450 4.7.1 Greylisted, try again in half an hour").conduct
    assert conduct is not None and (conduct.retry, conduct.retry_after) == ("later", 1800)
    conduct = explain("550 5.1.1 User unknown, try again in half an hour with a better address").conduct
    assert conduct is not None and conduct.retry_after in (None, 1800)
