"""An expression of the layouts is passed over only if it is not in the text: with its words and without, the
result is the same."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from probe.knowledge.toml_import import parse
from probe.reading.bounce.expressions import NOT_KNOWN, Alternatives, Choice, Expression, Literals, folded
from probe.reading.bounce.layouts import FILE, bounce_layouts, expressions, stored_layouts
from probe.reading.bounce.literals import literals

FIXTURES = sorted((Path(__file__).resolve().parents[4] / "fixtures" / "bounces").glob("*.eml"))
EXPRESSIONS = sorted(set(expressions(parse(FILE))))
FLAGS = re.IGNORECASE | re.MULTILINE


@cache
def _texts() -> tuple[str, ...]:
    """What is in fixtures, as it stands, in capitals, and each line of it."""
    whole = {path.read_bytes().decode("utf-8", "replace")[:6000] for path in FIXTURES}
    lines = {line for text in whole for line in text.split("\n") if " " in line}
    return (*sorted(whole), *(text.upper() for text in sorted(whole)), *sorted(lines)[::7])


@pytest.mark.parametrize(
    ("expression", "words", "is_all"),
    [
        ("user unknown", ("user unknown",), True),
        ("User (?:is )?UNKNOWN", ("user is unknown", "user unknown"), True),
        ("(?P<a>no|bad) (?P<b>user|host)", ("bad host", "bad user", "no host", "no user"), True),
        ("^user unknown", ("user unknown",), False),
        (r"\buser unknown", ("user unknown",), False),
        ("(?=user)user", ("user",), False),
        ("(?!x)user", ("user",), False),
        ("delivery .{0,60}failed", ("delivery ",), False),
        (r"a\d+deferred", ("deferred",), False),
        ("(?:abc){2,3}", ("abc",), False),
        ("(?>permanent)(?:x)?+", ("permanent",), False),
        ("(?>a|ab)c", ("abc", "ac"), False),
        ("x?+x", ("x",), False),
        ("(?-i:Deferred)", ("deferred",), False),
        ("deferred|(?:still )*trying", ("deferred", "trying"), False),
        ("un(?:deliver|zustell)[a-z]", ("undeliver", "unzustell"), False),
        ("[ab]c", ("ac", "bc"), True),
        ("[^a]c", ("c",), False),
        ("ERROR: ?", ("error:",), True),
        ("deferred|.*", (), False),
        ("(?:deferred)?", (), False),
        ("", (), False),
        (r"(a)\1", ("a",), False),
    ],
)
def test_words_of_an_expression(expression: str, words: tuple[str, ...], is_all: bool) -> None:
    assert literals(expression) == Literals(words, is_all)


@pytest.mark.parametrize("expression", EXPRESSIONS, ids=lambda text: text[:40])
def test_what_is_found_has_a_word(expression: str) -> None:
    needs = literals(expression)
    pattern = re.compile(expression, FLAGS)
    for text in _texts():
        has_word = not needs.words or any(word in folded(text) for word in needs.words)
        if has_word and not needs.is_all:
            continue
        assert has_word == (pattern.search(text) is not None), text[:80]


def test_an_expression_may_be_in_what_it_stands_for() -> None:
    """The words of an expression that is only words are found by it."""
    for expression in EXPRESSIONS:
        needs = literals(expression)
        if needs.is_all:
            assert all(re.search(expression, word, FLAGS) for word in needs.words), expression


def test_folding_knows_every_letter_that_the_expressions_ignore_the_case_of() -> None:
    used = {letter for expression in EXPRESSIONS for word in literals(expression).words for letter in word}
    everything = [chr(point) for point in range(sys.maxunicode + 1) if not 0xD800 <= point <= 0xDFFF]
    of_letters = re.compile(f"[{re.escape(''.join(sorted(used)))}]", re.IGNORECASE)
    for letter in of_letters.findall("".join(everything)):
        small = folded(letter)
        assert small in used, f"U+{ord(letter):04X}"
        assert re.fullmatch(re.escape(small), letter, re.IGNORECASE), f"U+{ord(letter):04X}"
    for letter in everything:
        if folded(letter) in used:
            assert of_letters.match(letter), f"U+{ord(letter):04X}"


def test_folding_goes_letter_by_letter() -> None:
    assert folded("MAİLER K ſ И") == "mailer k s и"


def test_most_expressions_have_words_and_all_are_stored() -> None:
    needs = stored_layouts()["needs"]
    assert {text for text in EXPRESSIONS if literals(text).words} == needs.keys()
    assert len(needs) > len(EXPRESSIONS) * 0.9


def test_alternatives_are_found_as_one_expression_is() -> None:
    for alternatives in (*bounce_layouts().words.values(), *(it.signs for it in bounce_layouts().layouts)):
        pattern = re.compile(alternatives.whole.text, alternatives.whole.flags)
        for text in _texts()[::9]:
            assert alternatives.are_in(text) == (pattern.search(text) is not None), text[:80]


def test_a_choice_leaves_out_only_what_cannot_be_found() -> None:
    layouts = bounce_layouts()
    choices: list[tuple[Choice[Any], Callable[[Any], Expression]]] = [
        (layouts.layouts, lambda item: item.signs.whole),
        (layouts.wrappings, lambda item: item),
        (layouts.own, lambda item: item.pattern),
        (layouts.cut, lambda item: item),
    ]
    for choice, expression_of in choices:
        patterns = [
            (item, re.compile(expression_of(item).text, expression_of(item).flags)) for item in choice
        ]
        for text in _texts()[::5]:
            likely = choice.likely(text)
            assert [item for item in choice if item in likely] == likely, "in their order"
            assert all(item in likely for item, pattern in patterns if pattern.search(text)), text[:80]


@pytest.mark.parametrize(
    ("literal", "text", "is_likely"),
    [
        ("list of recipients", "a List of Recipients:", True),
        ("list of recipients", "list\nof recipients", False),
        ("list of recipients", "list recipients", False),
        ("failed for:\n- a b", "failed for:\n- a b", True),
        ("a  b", "a  b", True),
        ("a \u3000 b", "a \u3000 b", True),
        ("undeliver", "mail undeliverable", True),
        ("", "anything", True),
        ("two\nlines", "anything", True),
    ],
)
def test_a_choice_by_one_literal(literal: str, text: str, is_likely: bool) -> None:
    choice = Choice([("it", Literals((literal,) if literal else (), False))])
    assert choice.likely(text) == (["it"] if is_likely else [])


def test_an_expression_without_words_is_always_tried() -> None:
    expression = Expression(r"\d{3}", 0)
    assert expression.literals == NOT_KNOWN
    assert expression.search("a 550") and expression.match("550") and list(expression.finditer("1 250 354"))
    assert Alternatives.of(["bad", r"\d{3}"], 0, {"bad": Literals(("bad",), True)}).are_in("550")


def test_every_expression_of_the_layouts_compiles() -> None:
    """They are compiled when they are first searched, so a wrong one would be found by a user."""
    for expression in EXPRESSIONS:
        re.compile(expression, FLAGS)
    for words in bounce_layouts().words.values():
        re.compile(words.whole.text, words.whole.flags)
