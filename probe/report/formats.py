"""The formats of reports: one row each. A new format, or kind of result, is added here and nowhere else.

Each kind of result has one builder for content and order of its report (`DOCUMENTS`). A format for people has
one writer for any document; a format for programs writes the result itself. All are named, not imported:
`explain` must not load what only a live check needs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from importlib import import_module
from typing import Any, NamedTuple

from probe.report.detail import Detail
from probe.report.style import QUIET, VERBOSE, Style


class Kind(StrEnum):
    """The kind of result of a report."""

    RUN = "run"  # check, domain, demo, replay
    REPLY = "reply"  # explain
    BOUNCE = "bounce"
    LOG = "log"
    BULK = "bulk"


class Series(NamedTuple):
    """How several results are written one after the other; `none` is the output for no results. `rows` names
    the writer for one of several, by kind, if it differs from the writer of a single one."""

    before: str = ""
    between: str = ""
    after: str = ""
    none: str = ""
    rows: Mapping[Kind, str] | None = None


class Format(NamedTuple):
    """One format: `of_documents` names the `module:function` that writes a document, or `writers`, by kind of
    result, the one that writes the result.

    `is_laid_out`: the function also takes the style of the output, and the verbosity decides on the detail;
    other documents are for a ticket. Output that is not laid out is read by machines or pasted elsewhere, and
    is always UTF-8, whatever the locale.
    """

    name: str
    media_type: str
    series: Series
    of_documents: str = ""
    writers: Mapping[Kind, str] | None = None
    is_laid_out: bool = False

    @property
    def kinds(self) -> frozenset[Kind]:
        """The kinds of results that can be written in it."""
        return frozenset(DOCUMENTS if self.of_documents else self.writers or ())

    def write(self, kind: Kind, result: Any, style: Style, *, is_row: bool = False) -> str:
        """The text of one result; `is_row`: of one among several. Raises KeyError for a kind without this
        format."""
        if not self.of_documents:
            rows = self.series.rows if is_row else None
            text: str = _function((rows or self.writers or {})[kind])(result)
            return text
        detail = _detail(style) if self.is_laid_out else Detail.TICKET
        document = _function(DOCUMENTS[kind])(result, detail)
        write = _function(self.of_documents)
        output: str = write(document, style) if self.is_laid_out else write(document)
        return output


def _detail(style: Style) -> Detail:
    if style.verbosity <= QUIET:
        return Detail.BRIEF
    return Detail.FULL if style.verbosity >= VERBOSE else Detail.SCREEN


DOCUMENTS: Mapping[Kind, str] = {
    Kind.RUN: "probe.report.run_document:build",
    Kind.REPLY: "probe.report.reply_document:build",
    Kind.BOUNCE: "probe.report.bounce_document:build",
    Kind.LOG: "probe.report.log_document:build",
    Kind.BULK: "probe.report.bulk_document:build",
}

FORMATS = (
    Format(
        "text",
        "text/plain",
        Series(between="\n"),
        of_documents="probe.report.text_writer:write",
        is_laid_out=True,
    ),
    Format(
        "json",
        "application/json",
        Series(
            "[\n",
            ",\n",
            "\n]\n",
            none="[]\n",
            rows={
                Kind.REPLY: "probe.report.json_rows:reply_row",
                Kind.BOUNCE: "probe.report.json_rows:bounce_row",
            },
        ),
        writers={
            Kind.RUN: "probe.report.json_report:to_json",
            Kind.REPLY: "probe.report.json_rows:reply_object",
            Kind.BOUNCE: "probe.report.json_rows:bounce_row",
            Kind.LOG: "probe.report.log_rows:to_json",
            Kind.BULK: "probe.report.bulk_rows:to_json",
        },
    ),
    Format(
        "jsonl",
        "application/jsonl",
        Series(),
        writers={
            Kind.REPLY: "probe.report.json_rows:reply_line",
            Kind.BOUNCE: "probe.report.json_rows:bounce_line",
            Kind.LOG: "probe.report.log_rows:outcome_line",
            Kind.BULK: "probe.report.bulk_rows:row_line",
        },
    ),
    Format(
        "markdown",
        "text/markdown",
        Series(between="\n"),
        of_documents="probe.report.markdown_writer:write",
    ),
    Format(
        "csv",
        "text/csv",
        Series(),
        writers={
            Kind.LOG: "probe.report.log_rows:to_csv",
            Kind.BULK: "probe.report.bulk_rows:row_csv",
        },
    ),
)


def formats_of(kind: Kind) -> Mapping[str, Format]:
    """The formats that a kind of result has, by name."""
    return {form.name: form for form in FORMATS if kind in form.kinds}


def _function(path: str) -> Callable[..., Any]:
    module, _, name = path.partition(":")
    function: Callable[..., Any] = getattr(import_module(module), name)
    return function
