"""What reads a bounce in few steps finds what the plain way finds."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.bounces import read_bounces, to_json
from probe.model.reply import EnhancedStatus, Stage
from probe.reading.bounce import layout, transcript
from probe.reading.bounce.reply import names_another_host
from probe.reading.bounce.structure import read_head
from probe.reading.reply.absent_name import _ABSENT
from probe.reading.reply.unwrap import stage_in, unwrap
from probe.report.json_rows import bounce_row
from probe.standards.dsn.address import split_type
from probe.standards.dsn.report import status_of
from probe.standards.dsn.results import Action, DeliveryStatus

_FIXTURES = sorted((Path(__file__).resolve().parents[2] / "fixtures" / "bounces").glob("*.eml"))
_PIECES = (
    *("host mx.test[192.0.2.1] said: ", "550 5.1.1 ", "450-4.2.0 ", " (in reply to RCPT TO command)", "\n"),
    *(
        "SMTP error from remote mail server after end of data: ",
        "<<< 554 no\n",
        ">>> DATA\n",
        "\t",
        "x@y.example",
    ),
    *(
        "while talking to mx.test.:\n",
        "Remote host said: ",
        "no such user",
        "WHILE TALKING to",
        "... ",
        "<-- 550",
        "ſaid: ",
        "5.7",
        "1.2.3.4",
        " ",
        ".",
    ),
    *(
        "Name service error for name=a.test type=",
        "Name ſervice error for name=a.test type=",
        "HOST b.test not found",
        "name ſerver: c.test: host not found",
    ),
    *(
        "smtp; ",
        ";",
        "x-unix",
        "lookup of d.test on e: no such host",
        "\r\n",
        "--",
        "\u3042",
        "Subject: no\n",
    ),
)
_TEXTS = st.lists(st.sampled_from(_PIECES) | st.text(max_size=3), max_size=14).map("".join)


@given(_TEXTS)
def test_the_stage_alone_is_that_of_the_whole_reading(text: str) -> None:
    assert stage_in(text) == unwrap(text).stage


@given(_TEXTS)
def test_a_paragraph_ends_where_its_words_have_an_empty_line(text: str) -> None:
    plain, tail = re.search(r"\S[^\n]*\n[ \t]*\n", text), layout._tail(text, "paragraph")
    assert tail == (text[: plain.end()] if plain else text)


@given(_TEXTS)
def test_a_header_section_ends_at_the_first_empty_line(text: str) -> None:
    octets = f"A: b\n{text}".encode("utf-8", "surrogatepass")
    blank = re.search(rb"\r?\n[ \t]*\r?\n", octets)
    assert read_head(octets).body == (octets[blank.end() :] if blank else b"")


@given(_TEXTS)
def test_a_status_does_not_stand_in_other_numbers(text: str) -> None:
    plain = re.search(r"(?<![\d.])([245])[.](\d{1,3})[.](\d{1,3})(?![\d.]*\d)", text)
    assert status_of(text) == (EnhancedStatus(*map(int, plain.groups())) if plain else None)


@given(_TEXTS)
def test_a_type_stands_before_the_first_semicolon(text: str) -> None:
    plain = re.match(r"\s*([A-Za-z0-9._-]{1,40})\s*;\s*(.*)", text, re.DOTALL)
    assert split_type(text) == ((plain[1].lower(), plain[2].strip()) if plain else ("", text.strip()))


@given(_TEXTS)
def test_a_line_with_a_code_is_found_wherever_one_is(text: str) -> None:
    lines = [line for line in text.split("\n") if layout._CODED.search(line)]
    is_told = any(not layout._LABELLED.match(line) for line in lines)
    assert bool(layout.coded_line(text)) == is_told


@given(_TEXTS)
def test_no_line_of_a_transcript_is_passed_over(text: str) -> None:
    for line in text.split("\n"):
        assert transcript._MARKED.search(line) is None or transcript._may_be_marked(line)


@given(_TEXTS)
def test_a_host_that_is_absent_is_found_by_any_of_its_words(text: str) -> None:
    status = DeliveryStatus("bob@z.example", reply=text)
    assert names_another_host(status) == any(any(names) for names in _ABSENT.findall(text))


@given(st.sampled_from(Action), st.text(max_size=3), st.booleans(), st.sampled_from([None, Stage.RCPT]))
def test_a_status_with_other_values_has_the_rest_as_before(
    action: Action, reply: str, is_remote: bool, stage: Stage | None
) -> None:
    before = DeliveryStatus("bob@z.example", action=Action.FAILED, reply="x", status=EnhancedStatus(5, 1, 1))
    values = {"action": action, "reply": reply, "is_remote": is_remote, "stage": stage}
    after = before.with_values(**values)
    names = DeliveryStatus.__slots__
    assert {name: getattr(after, name) for name in names} == {
        name: getattr(before, name) for name in names
    } | values
    assert after.with_values(**values) is after


@pytest.mark.parametrize("path", _FIXTURES, ids=lambda path: path.stem)
def test_a_row_is_the_object_of_the_contract(path: Path) -> None:
    """Also where a name looks like the place of the conclusion."""
    for item in read_bounces(path.read_bytes(), 'a "conclusion": null, \\"conclusion\\": null'):
        assert list(json.loads(bounce_row(item)).items()) == list(to_json(item).items())
