"""`--format line` and `--format note`: the same keys and lines always, and a stranger's text in its place."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.bounces import read_bounces
from probe.explanation import explain, explain_line
from probe.report import brief_writer
from probe.report.formats import Kind, formats_of
from probe.report.style import Style
from tests.properties.test_report_hostile import live, poisoned, tickets
from tests.support import reports

_PAIR = re.compile(r'([a-z_]+)=(?:([^ "=\\]+)|"((?:[^"\\]|\\["\\])*)")(?: |\n)')
RUN_KEYS = [
    *("outcome", "exit", "stage", "asked", "code", "enhanced", "cause", "band", "probability", "fix_by"),
    *("retry", "retry_after_s", "risks", "command", "domain", "sender", "recipient", "source_ip"),
    *("mx", "mx_ip", "at", "elapsed_ms", "version", "reply"),
]
NOTE_LABELS = ["About", "Verdict", "Reply", "Cause", "Evidence", "Who acts", "Act", "Retry", "When", "Tool"]


def read_line(text: str) -> dict[str, str]:
    """The pairs of one line. Raises AssertionError for anything that is not one."""
    assert text.count("\n") == 1
    pairs: dict[str, str] = {}
    place = 0
    while place < len(text):
        match = _PAIR.match(text, place)
        assert match is not None, text[place:]
        assert match[1] not in pairs
        pairs[match[1]] = re.sub(r"\\(.)", r"\1", match[3]) if match[2] is None else match[2]
        place = match.end()
    return pairs


def read_note(text: str) -> dict[str, str]:
    """The lines of a note. Raises AssertionError for a line without a label."""
    lines: dict[str, str] = {}
    for line in text.splitlines():
        match = re.fullmatch(r"([A-Z][a-z ]+):\s+(\S.*)", line)
        assert match is not None, line
        lines[match[1]] = match[2]
    return lines


def line_of(kind: Kind, result: object) -> dict[str, str]:
    return read_line(formats_of(kind)["line"].write(kind, result, Style()))


def note_of(kind: Kind, result: object) -> dict[str, str]:
    return read_note(formats_of(kind)["note"].write(kind, result, Style()))


@pytest.mark.parametrize("name", sorted(reports.SAMPLES))
def test_the_keys_of_a_run_are_always_these(name: str) -> None:
    report = reports.SAMPLES[name]()
    fields = line_of(Kind.RUN, report)
    assert list(fields) == RUN_KEYS
    assert fields["outcome"] == report.verdict.outcome
    assert fields["exit"] == str(int(report.verdict.exit_code))
    assert list(note_of(Kind.RUN, report)) == NOTE_LABELS


def test_a_refusal_is_told_in_a_line() -> None:
    report = reports.refused()
    fields = line_of(Kind.RUN, report)
    assert report.verdict.reply is not None
    assert (fields["code"], fields["stage"]) == (report.verdict.reply[:3], "rcpt")
    assert fields["cause"] == report.verdict.cause
    assert fields["reply"] == report.verdict.reply


def test_an_acceptance_has_no_cause() -> None:
    fields = line_of(Kind.RUN, reports.accepted())
    assert (fields["outcome"], fields["cause"], fields["band"]) == ("accepted", "", "")


REPLIES = [
    "550 5.1.1 user unknown",
    "250 ok",
    "no words that mean anything",
    "451 4.7.1 try again in 5 minutes",
]


@pytest.mark.parametrize("text", REPLIES)
def test_a_reply_has_the_same_keys_and_lines(text: str) -> None:
    keys = list(line_of(Kind.REPLY, explain("550 5.1.1 user unknown")))
    assert list(line_of(Kind.REPLY, explain(text))) == keys
    assert list(note_of(Kind.REPLY, explain(text))) == NOTE_LABELS


def test_a_line_that_could_not_be_read_says_why() -> None:
    explanation = explain_line('{"text": 1}', 7)
    assert explanation is not None
    fields = line_of(Kind.REPLY, explanation)
    assert (fields["id"], fields["exit"]) == ("7", "2")
    assert fields["error"]
    assert note_of(Kind.REPLY, explanation)["Cause"] == fields["error"]


def test_a_message_that_is_no_bounce_has_the_same_keys_and_lines() -> None:
    (other,) = read_bounces(b"From: a@b.example\nSubject: x\n\nHello\n", "x.eml")
    dsn = b"From: MAILER-DAEMON\nSubject: failed\n\nalice@example.net: host mx said: 550 5.1.1 unknown\n"
    (bounce, *_) = read_bounces(dsn, "y.eml")
    assert list(line_of(Kind.BOUNCE, other)) == list(line_of(Kind.BOUNCE, bounce))
    assert line_of(Kind.BOUNCE, other)["kind"] == "other"
    assert list(note_of(Kind.BOUNCE, other)) == NOTE_LABELS


@given(st.sampled_from(sorted(reports.SAMPLES)), tickets)
def test_no_report_of_a_stranger_changes_the_lines(name: str, text: str) -> None:
    report = poisoned(reports.SAMPLES[name](), text)
    assert list(line_of(Kind.RUN, report)) == RUN_KEYS
    note = formats_of(Kind.RUN)["note"].write(Kind.RUN, report, Style())
    assert list(read_note(note)) == NOTE_LABELS
    assert live(note) == []


@given(st.text() | st.text(min_size=3000) | tickets)
def test_no_reply_changes_the_lines(text: str) -> None:
    assert "reply" in line_of(Kind.REPLY, explain(text))
    assert list(note_of(Kind.REPLY, explain(text))) == NOTE_LABELS


@given(st.lists(st.text() | st.text(min_size=2000), min_size=1, max_size=20))
def test_any_values_are_read_back_as_they_are_shown(values: list[str]) -> None:
    keys = [f"key_{'abcdefghijklmnopqrst'[number]}" for number in range(len(values))]
    pairs = read_line(brief_writer.write_line(list(zip(keys, values, strict=True))))
    assert list(pairs) == keys
    for key, value in zip(keys, values, strict=True):
        if value.isascii() and value.isprintable() and len(value) < 200 and "##" not in value:
            assert pairs[key] == " ".join(value.split())
