"""The forms that programs put around a reply, as data: each wins its own examples, and none is dead."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from probe.model.reply import EnhancedStatus, Stage
from probe.reading.reply import wrapping
from probe.reading.reply.entries import WrappingEntry, all_wrappings
from probe.reading.reply.records import Wrapping
from probe.reading.reply.table import rule_table
from probe.reading.reply.unwrap import unwrap
from probe.reading.reply.wrapping import forms_in, forms_with

ENTRIES = all_wrappings()
EXAMPLES = [(entry, example) for entry in ENTRIES for example in entry.examples]
COUNTERS = [(entry, text) for entry in ENTRIES for text in entry.counter]


def _name(item: object) -> str:
    return item.form.id if isinstance(item, WrappingEntry) else str(item)[:40]


def _read(text: str, example: Mapping[str, Any]) -> dict[str, Any]:
    """What is read out of a text, as far as an example says it."""
    parts = unwrap(text)
    read = {
        "code": parts.code,
        "status": str(parts.enhanced[0]) if parts.enhanced else None,
        "reply": parts.text,
        "stage": parts.stage.value if parts.stage else "",
    }
    return {key: value for key, value in read.items() if key in example}


@contextmanager
def _forms(monkeypatch: pytest.MonkeyPatch, *forms: Wrapping) -> Iterator[None]:
    with monkeypatch.context() as patch:
        table = replace(rule_table(), wrappings=forms)
        patch.setattr(wrapping, "rule_table", lambda: table)
        forms_with.cache_clear()
        yield
    forms_with.cache_clear()


@pytest.mark.parametrize("entry", ENTRIES, ids=_name)
def test_an_entry_is_complete(entry: WrappingEntry) -> None:
    assert entry.by and entry.source and re.fullmatch(r"\d{4}-\d\d-\d\d", entry.date)
    assert entry.examples and entry.counter and entry.form.expressions
    assert all(literal == literal.lower() for literal in entry.form.needs)
    assert {*entry.form.stages, *filter(None, [entry.form.tells])} <= set(Stage)
    # in a text of ASCII it is looked for in small letters
    assert not any("(?-i" in text for text in entry.form.stages.values())


def test_no_two_entries_have_one_id() -> None:
    assert len({entry.form.id for entry in ENTRIES}) == len(ENTRIES)


@pytest.mark.parametrize(("entry", "example"), EXAMPLES, ids=_name)
def test_an_example_is_read_out(entry: WrappingEntry, example: Mapping[str, Any]) -> None:
    wanted = {key: value for key, value in example.items() if key != "text"}
    assert _read(example["text"], example) == wanted
    status = wanted.get("status")
    assert status is None or EnhancedStatus.parse(status) is not None


@pytest.mark.parametrize(("entry", "example"), EXAMPLES, ids=_name)
def test_an_example_needs_its_own_entry(
    entry: WrappingEntry, example: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with _forms(monkeypatch, *(other.form for other in ENTRIES if other is not entry)):
        read = _read(example["text"], example)
    assert read != {key: value for key, value in example.items() if key != "text"}


@pytest.mark.parametrize("entry", ENTRIES, ids=_name)
def test_every_expression_of_an_entry_stands_in_one_of_its_examples(entry: WrappingEntry) -> None:
    """An expression that no example holds may be dead."""
    texts = [" ".join(example["text"].splitlines()) for example in entry.examples]
    for expression in entry.form.expressions:
        assert any(re.search(expression, text, re.IGNORECASE) for text in texts), expression
    result = {example.get("stage") for example in entry.examples}
    assert set(entry.form.stages) <= result


@pytest.mark.parametrize(("entry", "example"), EXAMPLES, ids=_name)
def test_the_literals_that_an_entry_needs_stand_in_its_examples(
    entry: WrappingEntry, example: Mapping[str, Any]
) -> None:
    forms = forms_in(" ".join(example["text"].splitlines()))
    assert forms is not None and entry.form in forms.wrappings


@pytest.mark.parametrize(("entry", "text"), COUNTERS, ids=_name)
def test_a_form_does_not_stand_in_its_counter_examples(entry: WrappingEntry, text: str) -> None:
    for expression in entry.form.expressions:
        assert not re.search(expression, text, re.IGNORECASE), expression


def test_a_new_form_needs_no_code(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "Zustellung an mx.b.test scheiterte nach RCPT mit: 550 5.1.1 unbekannt [Ende]"
    row = {
        "id": "new",
        "needs": ["scheiterte nach"],
        "before": r"scheiterte nach \w+ mit:",
        "anywhere": r"\[ende\]",
        "stages": {"rcpt": "scheiterte nach rcpt"},
    }
    with _forms(monkeypatch, Wrapping.of(row)):
        parts = unwrap(text)
    assert (parts.code, str(parts.status), parts.text, parts.stage) == (550, "5.1.1", "unbekannt", Stage.RCPT)
    assert unwrap(text).stage is None


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        ("550 no (in reply to RCPT TO command)", Stage.RCPT),
        ("550 NO (IN REPLY TO MAIL FROM COMMAND)", Stage.MAIL),
        ("550 né (In Reply To end of DATA command)", Stage.END_OF_DATA),
        ("192.0.2.1 failed after I sent the message. 554 spam", Stage.END_OF_DATA),
    ],
)
def test_case_does_not_count_in_what_names_a_stage(text: str, stage: Stage) -> None:
    assert unwrap(text).stage is stage


def test_of_several_forms_at_one_place_the_first_is_taken_out(monkeypatch: pytest.MonkeyPatch) -> None:
    long, short = ({"id": it, "needs": ["a"], "anywhere": it} for it in ("aab", "aa"))
    with _forms(monkeypatch, Wrapping.of(long), Wrapping.of(short)):
        assert unwrap("x aab aa x").text == "x x"
    with _forms(monkeypatch, Wrapping.of(short), Wrapping.of(long)):
        assert unwrap("x aab aa x").text == "x b x"


def test_a_form_that_fits_nothing_at_all_takes_nothing_out(monkeypatch: pytest.MonkeyPatch) -> None:
    with _forms(monkeypatch, Wrapping.of({"id": "empty", "needs": ["x"], "anywhere": "y?"})):
        assert unwrap("x y x").text == "x y x"


def test_no_form_of_ours_can_be_empty() -> None:
    for entry in ENTRIES:
        for expression in entry.form.expressions:
            assert all(match[0] for match in re.finditer(expression, "a", re.IGNORECASE)), entry.form.id


def test_a_form_may_begin_where_another_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """`ab` covers the `b` of the first `bc`; the next `bc` is still found."""
    first, second = ({"id": it, "needs": ["b"], "anywhere": it} for it in ("ab", "bc"))
    with _forms(monkeypatch, Wrapping.of(first), Wrapping.of(second)):
        assert unwrap("x abcbc x").text == "x c x"
