"""Whatever a server sends: reading never raises, and the ranking is a distribution."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probe.explanation import explain, to_json
from probe.model.reply import Stage
from probe.reading.reply.entries import all_wrappings
from probe.reading.reply.mask import mask
from probe.reading.reply.unwrap import unwrap
from tests.support.explained import explain_lines

_CODES = ["550 ", "550-5.1.1 ", "5.0.0", "4.7.1 ", "250 ", "#5.2.2", "smtp;", "1.2.3.4", "::1"]
_WORDS = [
    "<a@example.com>",
    "user unknown",
    "https://example.com/?p=NoSuchUser",
    "用户不存在",
    "\u202e",
    "\x00",
]
_WRAPPING = ["said: ", ">>> RCPT", "\n<<< 550 x", "host mx[192.0.2.1] ", "(in reply to RCPT TO command)"]
_PIECES = st.sampled_from([*_CODES, *_WORDS, *_WRAPPING, "\r\n", "\\n", "[", "("])
_TEXTS = st.one_of(st.text(max_size=300), st.lists(_PIECES, max_size=20).map("".join))
_NAMED = [(Stage(stage), pattern) for it in all_wrappings() for stage, pattern in it.form.stages.items()]
_STAGES = st.sampled_from([None, Stage.GREETING, Stage.MAIL, Stage.RCPT, Stage.END_OF_DATA, Stage.CONNECT])


@given(_TEXTS, _STAGES, st.text(max_size=30))
@settings(max_examples=150, deadline=None)
def test_any_text_is_explained(text: str, stage: Stage | None, host: str) -> None:
    explanation = explain(text, stage, host)
    if explanation.ranking:
        assert sum(item.probability for item in explanation.ranking) == pytest.approx(1)
    json.dumps(to_json(explanation))
    assert explanation.exit_code in {0, 1, 3, 4}
    if stage in {Stage.GREETING, Stage.MAIL} and explanation.cause:
        assert explanation.cause.id != "user_unknown"


@given(st.lists(_TEXTS.map(lambda text: text.replace("\n", " ").replace("\r", " ")), max_size=6))
@settings(max_examples=60, deadline=None)
def test_every_line_that_is_not_empty_gives_one_result(lines: list[str]) -> None:
    assert len(explain_lines(lines)) == sum(bool(line.strip()) for line in lines)


@given(_TEXTS)
@settings(max_examples=150, deadline=None)
def test_unwrapping_gives_one_line_and_masking_is_stable(text: str) -> None:
    parts = unwrap(text)
    assert "\n" not in parts.text and "\r" not in parts.text
    masked = mask(parts.text)
    assert "\n" not in masked.text


@given(st.sampled_from(_NAMED), st.data())
def test_every_wrapping_that_names_a_stage_is_looked_for(
    named: tuple[Stage, str], data: st.DataObject
) -> None:
    stage, pattern = named
    ascii_only = st.characters(codec="ascii", exclude_characters="\\")
    words = data.draw(st.from_regex(pattern, fullmatch=True, alphabet=ascii_only))
    assert unwrap(f"{words} 550 no").stage is stage
