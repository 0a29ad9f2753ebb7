"""What `bulk` prints for machines: the summary as JSON; rows as JSON Lines and CSV, millions of them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from probe.bulk.report import BulkReport
from probe.bulk.row import BulkRow, DomainFacts
from probe.bulk.verdict import Verdict
from probe.model.text import printable
from probe.report.json_report import document
from probe.report.json_text import json_text

COLUMNS = (
    *("line", "input", "address", "domain", "status", "asked", "outcome", "catch_all", "cause", "band"),
    *("provider", "operator", "fix_by", "retry", "action", "note", "decision"),
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # a sheet takes a cell that begins so for a formula
_OF_ROW = 5  # of the columns, and those behind _LAST: what is not the same for all rows of a domain
_LAST = COLUMNS.index("note")

_quote: Callable[[str], str] = json.encoder.encode_basestring


def to_json(report: BulkReport) -> str:
    """The summary as one pretty-printed object, valid against `smtp-probe schema bulk`."""
    return json_text(document(report), indent=2) + "\n"


def row_object(row: BulkRow) -> dict[str, Any]:
    """The object that `bulk --format jsonl` prints for a row."""
    own = (row.line, row.text, row.address, row.domain, row.status.value)
    return dict(zip(COLUMNS, (*own, *_of_row(row), row.note or None, row.decision), strict=True))


def _of_row(row: BulkRow) -> tuple[str | bool | None, ...]:
    return _of_domain(row.facts, row.answer, row.catch_all)


def _of_domain(
    facts: DomainFacts | None, answer: Verdict | None, catch_all: bool | None
) -> tuple[str | bool | None, ...]:
    if facts is None:
        return (None,) * (_LAST - _OF_ROW)
    verdict = answer or facts.verdict
    return (
        *(verdict.extent.value, verdict.outcome.value, catch_all, verdict.cause, verdict.band.value),
        *(facts.provider or None, facts.operator or None),
        *(verdict.fix_by.value, verdict.retry.value, verdict.action),
    )


def row_line(row: BulkRow) -> str:
    """That object on one line, with its line break. Most rows are put together from parts that are ready."""
    text, note, decision = row.text, row.note, row.decision
    address, domain = row.address, row.domain
    own = f"{text}{address}{note}"
    if not own.isascii() or "\x7f" in own or "##" in own:
        return json_text(row_object(row)) + "\n"
    return (
        f'{{"line": {row.line}, "input": {_quote(text)}, '
        f'"address": {_quote(address) if address else "null"}, '
        f'"domain": {_quote(domain) if domain else "null"}, "status": "{row.status.value}", '
        f'{_middle(row.facts, row.answer, row.catch_all)}, "note": {_quote(note) if note else "null"}, '
        f'"decision": {_quote(decision.value) if decision is not None else "null"}}}\n'
    )


@lru_cache(maxsize=4096)
def _middle(facts: DomainFacts | None, answer: Verdict | None, catch_all: bool | None) -> str:
    cells = zip(COLUMNS[_OF_ROW:_LAST], _of_domain(facts, answer, catch_all), strict=True)
    return json_text(dict(cells))[1:-1]


def csv_head() -> str:
    """The first line of the CSV form."""
    return _csv(COLUMNS)


def row_csv(row: BulkRow) -> str:
    """One line of CSV (RFC 4180), in which no cell is a formula to a sheet."""
    own = (str(row.line), row.text, row.address, row.domain, row.status.value)
    return _csv([_cell(it) for it in (*own, *_of_row(row), row.note, row.decision)])


def _cell(value: str | bool | None) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    text = printable(value) if value is not None else ""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _csv(cells: Any) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue()
