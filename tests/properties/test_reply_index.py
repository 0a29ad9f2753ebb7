"""The indexes with which a reply is compared with few words find what a comparison with all words finds."""

from __future__ import annotations

from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from probe.reading.log.looks import _EXPRESSIONS, may_be_logged
from probe.reading.reply.candidates import _occurrences, _phrases
from probe.reading.reply.patterns import pattern_of
from probe.reading.reply.stems import entries_at
from probe.reading.reply.table import rule_table
from probe.reading.reply.wrapping import forms_in

TABLE = rule_table()
# a stored table has lists where one that was just made has tuples
PHRASES = [(phrase, number) for phrase, number in chain(TABLE.index.loose, *TABLE.index.worded.values())]
LETTERS = "abehrsu n-'/é."
PARTS = st.lists(
    st.sampled_from([phrase for phrase, _ in PHRASES]) | st.text(LETTERS, max_size=4), max_size=4
)


@given(PARTS, st.sampled_from(["", " ", "-", "é", ": "]))
def test_every_phrase_that_stands_in_a_text_is_compared(parts: list[str], between: str) -> None:
    text = between.join(parts)
    phrases = _phrases(text, TABLE.index)
    for phrase in PHRASES:
        assert phrase in phrases or not any(_occurrences(phrase[0], text))


ENTRIES = {
    lead: dict(line.split("\t") for line in lines.split("\n"))
    for lead, lines in TABLE.stems.items()
    if lead.isascii()
}
WORDS = [entry for entries in ENTRIES.values() for entry in entries if entry.isascii()]


@given(st.lists(st.sampled_from(WORDS) | st.text(LETTERS, max_size=4), max_size=5), st.booleans())
def test_every_entry_that_begins_at_a_place_is_there_the_longest_first(
    parts: list[str], is_joined: bool
) -> None:
    text = " ".join(("" if is_joined else " ").join(parts).split()) + " "
    for start in range(len(text)):
        lead = text[start : start + 2]
        if lead in ENTRIES and " " not in lead:
            lengths = [length for length, _ in entries_at(text, start, TABLE.stems[lead])]
            here = [len(entry) for entry in ENTRIES[lead] if text.startswith(entry, start)]
            assert lengths == sorted(here, reverse=True)


NEEDS = [word for wrapping in TABLE.wrappings for word in wrapping.needs]


@given(st.lists(st.sampled_from(NEEDS) | st.text(LETTERS, max_size=4), max_size=4))
def test_every_wrapping_with_one_of_its_words_is_tried(parts: list[str]) -> None:
    text = "".join(parts)
    forms = forms_in(text)
    expected = [it for it in TABLE.wrappings if any(word in text for word in it.needs)]
    assert list(forms.wrappings if forms is not None else ()) == expected


MARKED = "|".join(_EXPRESSIONS)
LOGGED = st.sampled_from(
    [
        *("to=<", "xstat=1", " stat=1", "uid=", "==", "a => b", "a >> b", "a **", "a <= b", "550 "),
        *("postfix/", "postfix", "Delivery", ": removed", ": removed x", " Completed"),
        "1 Fri Nov 28 20:25:15",
    ]
)


@given(st.lists(LOGGED | st.text(max_size=3), max_size=4).map(" ".join))
def test_every_mark_of_a_log_is_noticed(text: str) -> None:
    line = f"x{text}"
    assert may_be_logged(line) >= (pattern_of(MARKED).search(line) is not None)
