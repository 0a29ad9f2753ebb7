"""Holds the words of a vocabulary of reasons to the values that its tags are made with."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import MISSING, fields
from enum import StrEnum
from typing import Any

from probe.knowledge.finding_tags import shared_words
from probe.model.reason import Tagged
from probe.wording import sentence
from probe.wording.spoken import is_tagged, spoken, table_of


def assert_exact(reasons: Iterable[Tagged], vocabulary: type[StrEnum]) -> None:
    """Every tag is among the reasons. What its template names is given, over all reasons of the tag, and
    nothing else is; each sentence is whole."""
    result: dict[StrEnum, set[str]] = defaultdict(set)
    for reason in reasons:
        assert isinstance(reason.tag, vocabulary)
        result[reason.tag] |= set(_given(reason))
        text = spoken(reason)
        assert text and text == text.strip(), text
        assert not {"None", "()", "{", "}"} & set(text.split()) and not text.endswith((".", ":", ",")), text
    assert sorted(tag for tag in vocabulary if tag not in result) == []
    words = shared_words()[table_of(vocabulary)]
    for tag, names in result.items():
        assert names == sentence.fields(words[tag.value]), tag


def _given(reason: Any) -> Iterator[str]:
    """The names of the values that a reason has beside its tag."""
    for field in fields(reason):
        value = getattr(reason, field.name)
        is_empty = value in ("", None, ()) if field.default is MISSING else value == field.default
        if field.name != "tag" and not is_empty:
            yield field.name


def tagged(values: Iterable[object]) -> Iterator[Tagged]:
    """The reasons among the values, with those that they hold themselves."""
    for value in values:
        if isinstance(value, tuple):
            yield from tagged(value)
        elif is_tagged(value):
            yield value
            yield from tagged(getattr(value, field.name) for field in fields(value))
