"""What `log` prints for machines."""

from __future__ import annotations

import csv
import io
import json

import pytest

from probe.maillog.further import Selection
from probe.maillog.outcome import Outcome
from probe.maillog.pseudonym import Names
from probe.maillog.report import SCHEMA, LogReport
from probe.maillog.summary import groups, totals
from probe.model.report_tool import ReportTool
from probe.model.verdict import ExitCode
from probe.report.log_rows import NamedOutcome, outcome_line, outcome_object, to_csv
from tests.unit.maillog.made import bounced, counted, line, sent

GONE = "550 5.1.1 <bob@b.example>: user unknown"


def _objects(*lines: str, names: Names | None = None) -> list[dict[str, object]]:
    outcomes: list[Outcome] = []
    counted(lines, outcomes=outcomes)
    return [outcome_object(NamedOutcome(it, names or Names(None))) for it in outcomes]


def _report(*lines: str) -> LogReport:
    aggregate = counted(lines)
    rows = groups(aggregate, Selection(Names(b"key"), ("mail.log",)))
    head = (SCHEMA, ReportTool("0", "0"), (), None, None, 0, totals(aggregate))
    return LogReport(*head, rows, (), (), (), None, (), ExitCode.ACCEPTED)


@pytest.mark.parametrize(
    ("reply", "code", "status", "text"),
    [
        ("550 5.1.1 gone", 550, "5.1.1", "gone"),
        ("550-5.1.1 one 550 5.1.1 two", 550, "5.1.1", "one two"),
        ("550 no status 5.1.1 in it", 550, None, "no status 5.1.1 in it"),
        ("550", 550, None, ""),
    ],
)
def test_a_reply_is_shown_as_code_status_and_text(
    reply: str, code: int, status: str | None, text: str
) -> None:
    (row,) = _objects(bounced(reply))
    assert row["reply"] == {"code": code, "enhanced_status": status, "text": text}
    assert row["local"] is None and row["stage"] == "rcpt"


def test_what_the_own_server_says_is_no_reply() -> None:
    words = "connect to mx.b.example[192.0.2.1]:25: Connection refused"
    (row,) = _objects(line("deferred", words, relay="none"))
    assert (row["reply"], row["local"], row["status"]) == (None, words, "deferred")


def test_what_was_delivered_has_no_cause() -> None:
    (row,) = _objects(sent())
    assert (row["status"], row["cause"], row["causes"]) == ("sent", None, [])
    assert row["recipient_domain"] == "b.example"


def test_local_parts_are_hashes_unless_they_are_asked_for() -> None:
    (row,) = _objects(bounced(GONE), names=Names(b"key"))
    assert "bob" not in json.dumps(row) and str(row["recipient"]).endswith("@b.example")


def test_one_outcome_is_one_line() -> None:
    outcomes: list[Outcome] = []
    counted([bounced("550 a\\nb\u2028c")], outcomes=outcomes)
    text = outcome_line(NamedOutcome(outcomes[0], Names(None)))
    assert text.endswith("\n") and len(text.splitlines()) == 1


def test_a_sheet_takes_no_cell_for_a_formula() -> None:
    report = _report(bounced("550 5.1.1 gone", to='"=cmd()"@b.example'), bounced("550 =1+1", "DEF0000001"))
    table = list(csv.reader(io.StringIO(to_csv(report), newline="")))
    assert len({len(row) for row in table}) == 1 and len(table) == 3
    assert not [cell for row in table for cell in row if cell[:1] in ("=", "+", "-", "@", "\t")]
