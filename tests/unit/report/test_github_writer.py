"""`--format github`: annotations that the runner reads as they were meant, and no other command."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from probe.model.report import Report
from probe.report import github_writer
from probe.report.case import Case, Cases, CaseStatus
from probe.report.formats import Kind, formats_of
from probe.report.style import Style
from tests.properties.test_report_hostile import poisoned, tickets
from tests.support import reports

# actions/runner: ActionCommand.TryParseV2
_COMMAND = re.compile(r"::([a-z]+) ([^:]*)::(.*)")
_ESCAPES = {"%0A": "\n", "%0D": "\r", "%3A": ":", "%2C": ",", "%25": "%"}


class Command(NamedTuple):
    name: str
    properties: dict[str, str]
    data: str


def read(text: str) -> Iterator[Command]:
    """Each line, read as the runner of GitHub reads it. Raises AssertionError for any other line."""
    for line in text.splitlines():
        match = _COMMAND.fullmatch(line)
        assert match is not None, line
        properties = dict(pair.split("=", 1) for pair in match[2].split(","))
        yield Command(match[1], {name: _plain(value) for name, value in properties.items()}, _plain(match[3]))


def _plain(text: str) -> str:
    return re.sub("%0A|%0D|%3A|%2C|%25", lambda it: _ESCAPES[it[0]], text)


def annotations_of(report: Report) -> list[Command]:
    return list(read(formats_of(Kind.RUN)["github"].write(Kind.RUN, report, Style())))


def test_a_refusal_is_an_error_and_the_first_line() -> None:
    first, *_ = annotations_of(reports.refused())
    assert (first.name, first.properties["title"]) == ("error", "smtp-probe: verdict, outcome")
    assert first.data.startswith("REFUSED FOR GOOD at RCPT by ")
    assert "\nAct (" in first.data


def test_an_acceptance_is_a_notice() -> None:
    first, *further = annotations_of(reports.accepted())
    assert first.name == "notice"
    assert {it.name for it in further} <= {"error", "warning"}


def case(number: int, status: CaseStatus, *, is_warning: bool = False) -> Case:
    return Case("2 DNS settings", f"check-{number}", status, f"message {number}", (), is_warning)


def test_of_many_the_last_annotation_names_the_rest() -> None:
    """GitHub keeps ten of each level, and drops the others without a word."""
    rows = tuple(case(n, CaseStatus.FAILED) for n in range(13))
    commands = list(read(github_writer.write(Cases("x", rows))))
    assert len(commands) == github_writer.SHOWN
    assert commands[-1].data.startswith("4 more: check-9, check-10, check-11, check-12;")
    exact = list(read(github_writer.write(Cases("x", rows[: github_writer.SHOWN]))))
    assert [it.data for it in exact] == [f"message {n}" for n in range(10)]


def test_what_needs_nothing_is_not_annotated() -> None:
    rows = (case(1, CaseStatus.FAILED), case(2, CaseStatus.SKIPPED), case(3, CaseStatus.PASSED))
    warning = case(4, CaseStatus.PASSED, is_warning=True)
    broken = case(5, CaseStatus.BROKEN)
    names = [(it.name, it.data) for it in read(github_writer.write(Cases("x", (*rows, warning, broken))))]
    assert names == [("error", "message 1"), ("error", "message 5"), ("warning", "message 4")]


@given(st.sampled_from(sorted(reports.SAMPLES)), tickets)
def test_a_stranger_gives_no_command(name: str, text: str) -> None:
    own = annotations_of(reports.SAMPLES[name]())
    commands = annotations_of(poisoned(reports.SAMPLES[name](), text))
    assert [it.name for it in commands] == [it.name for it in own]
    assert all(set(it.properties) == {"title"} for it in commands)


@given(st.text(), st.text(), st.lists(st.text()))
def test_any_text_comes_out_as_it_is_shown(group: str, message: str, details: list[str]) -> None:
    row = Case(group, "50% a,b:c\r\n", CaseStatus.FAILED, message, tuple(details))
    (command,) = read(github_writer.write(Cases("x", (row,))))
    assert command.properties["title"].endswith("50% a,b:c\\x0d\\x0a")
    assert command.data.count("\n") < 1 + len(details)
