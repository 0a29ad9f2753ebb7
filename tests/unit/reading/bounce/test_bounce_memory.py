"""What the reader of bounces remembers: only what it needs, and never without end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from probe.bounces import read_bounces, to_json
from probe.reading.bounce import read_header
from probe.reading.bounce.expressions import _LONG_LINE, Choice, Literals
from probe.reading.bounce.layouts import bounce_layouts
from probe.reading.bounce.own_words import ReasonWords, own_words
from probe.reading.bounce.structure import Part, read_head
from probe.reading.bounce.transcript import read_transcript
from probe.report.json_rows import bounce_row

FIXTURES = sorted((Path(__file__).resolve().parents[4] / "fixtures" / "bounces").glob("*.eml"))


def test_header_sections_that_repeat_are_parsed_once() -> None:
    read_header._read_once.cache_clear()
    parts = [read_head(b"Content-Type: text/plain; charset=utf-8\n\nbody %d" % number) for number in range(9)]
    assert read_header._read_once.cache_info().misses == 1
    assert [part.body for part in parts] == [b"body %d" % number for number in range(9)]


def test_long_header_sections_are_not_remembered() -> None:
    read_header._read_once.cache_clear()
    read_head(b"Subject: " + b"x" * read_header._REMEMBERED + b"\n\nbody")
    assert read_header._read_once.cache_info().currsize == 0
    assert read_header._read_once.cache_info().maxsize is not None


def test_a_part_knows_its_report_although_its_header_is_remembered() -> None:
    head = b"Content-Type: text/plain\n\nx"
    assert [read_head(head, report).report for report in (0, 3, 0)] == [0, 3, 0]
    assert isinstance(read_head(head), Part)


def test_lines_that_repeat_are_looked_at_once() -> None:
    choice = Choice([("it", Literals(("failed",), True))])
    for number in range(9):
        assert choice.likely(f"Delivery FAILED\nto {number}") == ["it"]
        assert choice.likely(f"Delivery went well\nto {number}") == []
    assert choice._lines.once.cache_info().misses == 2 + 9
    assert choice.likely("failed " + "x" * _LONG_LINE) == ["it"]
    assert choice._lines.once.cache_info().misses == 2 + 9, "a long line is not remembered"
    assert choice._lines.once.cache_info().maxsize is not None


def test_the_lines_of_a_reason_are_judged_once() -> None:
    words = bounce_layouts().words
    reason = ReasonWords(words["telling"], words["formula"])
    text = (
        "I'm sorry to have to inform you\nthat your message could not be delivered.\n\nThe mailbox is full.\n"
    )
    assert own_words(text, reason) == own_words(text, reason) == "The mailbox is full."
    memory = reason.formula.once.cache_info()
    assert memory.hits >= memory.misses > 0
    assert reason.telling.of("quota " + "x" * 256) and not reason.formula.of("x" * 257)
    assert reason.telling.once.cache_info().currsize == 3, "a long line is not remembered"


@pytest.mark.parametrize("fixture", FIXTURES[::5], ids=lambda path: path.stem)
def test_a_row_is_the_whole_object(fixture: Path) -> None:
    for recipient in read_bounces(fixture.read_bytes(), fixture.name):
        row = json.loads(bounce_row(recipient))
        assert row == json.loads(json.dumps(to_json(recipient)))
        assert list(row) == list(to_json(recipient)), "in this order"


@pytest.mark.parametrize(
    ("text", "replies"),
    [
        ("Your message could not be delivered.\nThe user is unknown.", []),
        ("550 5.1.1 user unknown", ["550 5.1.1 user unknown"]),
        (">>> RCPT To:<a@b.test>\n<<< 550 no such user\nprose\n", ["550 no such user"]),
        ("prose\n<a@b.test>... Deferred: 450 later\n", ["450 later"]),
        ("--- Session Transcript ---\nRCPT TO:<a@b.test>\n550 no\n--- End Transcript ---\nprose", ["550 no"]),
    ],
)
def test_lines_of_prose_are_passed_over(text: str, replies: list[str]) -> None:
    assert [refusal.reply for refusal in read_transcript(text)] == replies
