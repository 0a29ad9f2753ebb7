"""Forms and languages of replies: reading never raises, and plain text is left as it is."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probe.knowledge import toml_import
from probe.knowledge.rule_files import HERE
from probe.model.charset import redecode
from probe.reading.reply.folding import plain as without_accents
from probe.reading.reply.forms import plain
from probe.reading.reply.notions import clauses, notions
from probe.reading.reply.read import read_reply
from probe.reading.reply.stems import fold
from probe.reading.reply.table import rule_table
from probe.reading.reply.unwrap import unwrap

_ESCAPES = [
    "\\303\\274", "\\xfc", "\\u00fc", "\\ud83d", "\\\\n", "\\r\\n", "#015#012", "#303#274", "^M^J",
    "^[$B08@h^[(B", "=?utf-8?q?=C3=BC?=", "=?gb2312?b?08O7p7K7tObU2g==?=", "=?x?b?!?=", "=FC", "=C3=BC",
    "=\n", "&uuml;", "&#xffffffff;", "&amp;amp;", "%20", "_", "/R", "\x1b$B", "\x1b(B", "Ã¼", "ÓÃ»§", "\x85",
    "İ", "e\u0301\u0323",
]  # fmt: skip
_VOCABULARY = toml_import.parse(HERE / "vocabulary.toml")["words"]
_WORDS = sorted({word for words in _VOCABULARY.values() for entries in words.values() for word in entries})
_PIECES = st.one_of(st.sampled_from(_ESCAPES), st.sampled_from(_WORDS), st.text(max_size=4))
_TEXTS = st.lists(_PIECES, max_size=15).map("".join)


@given(_TEXTS)
@settings(max_examples=300, deadline=None)
def test_no_form_makes_reading_raise(text: str) -> None:
    for read in (plain, redecode, fold, without_accents, clauses, unwrap):
        read(text)
    notions(text, rule_table().stems)
    read_reply(f"550 {text}")


@given(st.text(st.characters(codec="ascii", exclude_characters="\\=&^$#%_\r"), max_size=200))
def test_a_text_without_escapes_is_left_as_it_is(text: str) -> None:
    assert plain(text) == text


@given(st.text(max_size=200))
def test_a_plain_letter_stands_where_its_letter_stood(text: str) -> None:
    lowered = text.lower()
    assert len(without_accents(lowered)) == len(lowered)
    assert without_accents(without_accents(lowered)) == without_accents(lowered)


@pytest.mark.parametrize("text", ["Größe", "user unknown", "用户不存在", "Пользователь", "a – b ‘c’ €"])
def test_text_that_is_shown_as_it_is_meant_is_not_read_again(text: str) -> None:
    assert redecode(text) == text


@given(st.sampled_from(_WORDS))
@settings(max_examples=200)
def test_folding_does_not_depend_on_case_or_on_how_accents_are_written(word: str) -> None:
    import unicodedata

    assert fold(unicodedata.normalize("NFD", word)) == fold(word)
    assert fold(fold(word)) == fold(word)
