"""The formats of reports: one row each. A new format, or kind of result, is added here and nowhere else.

A format of `builders` has one writer: for each kind of result a builder says what is told, as a document or
as another model (`STATES`), and the writer how it looks. Other formats write the result itself. The kinds in
a table of builders or writers decide which commands offer the format. All are named, not imported: `explain`
must not load what only a live check needs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Any

from probe import settings
from probe._enum import StrEnum
from probe._named_tuple import NamedTuple
from probe.report.detail import Detail
from probe.report.style import QUIET, VERBOSE, Style

if TYPE_CHECKING:
    from probe.report.plugin_answer import Thresholds

Builders = Mapping["Kind", str]


class Kind(StrEnum):
    """The kind of result of a report."""

    RUN = "run"  # check, domain, demo, replay
    REPLY = "reply"  # explain
    BOUNCE = "bounce"
    LOG = "log"
    BULK = "bulk"
    DOCTOR = "doctor"


class Series(NamedTuple):
    """How several results are written one after the other; `none` is the output for no results. `rows` names
    the writer for one of several, by kind, if it differs from the writer of a single one; `row_writer` names
    that of what is built. `frame` names a function that gives `before` and `after`."""

    before: str = ""
    between: str = ""
    after: str = ""
    none: str = ""
    rows: Mapping[Kind, str] | None = None
    row_writer: str = ""
    frame: str = ""

    @property
    def ends(self) -> tuple[str, str]:
        """What stands before and after the results."""
        return _function(self.frame)() if self.frame else (self.before, self.after)


class Beside(NamedTuple):
    """Where the environment variable `variable` names a file, the result is appended to it in the format
    `form`."""

    variable: str
    form: str


class Format(NamedTuple):
    """One format: `writer` names the `module:function` that writes what `builders` make of a result; or
    `writers`, by kind of result, the one that writes the result.

    `is_laid_out`: the function also takes the style of the output, and the verbosity decides on the detail;
    other documents have `detail`. Output that is not laid out is read by machines or pasted elsewhere, and
    is always UTF-8, whatever the locale.

    `thresholds` are those of a monitoring plugin, whose exit codes are its own
    (`probe.report.plugin_answer`); `timeout` is the deadline of a live run in seconds, if none is given.
    `file_mode` are the permissions of a new file of -o, if another user's program reads it (None: the usual).
    `beside` is a second file that a CI system wants.
    """

    name: str
    media_type: str
    series: Series
    builders: Builders | None = None
    writer: str = ""
    writers: Mapping[Kind, str] | None = None
    is_laid_out: bool = False
    detail: Detail = Detail.TICKET
    thresholds: Thresholds | None = None
    timeout: float = settings.RUN_TIMEOUT
    file_mode: int | None = None
    beside: Beside | None = None

    @property
    def kinds(self) -> frozenset[Kind]:
        """The kinds of results that can be written in it."""
        return frozenset(self.builders or self.writers or ())

    @property
    def is_plugin(self) -> bool:
        """Whether it is the output of a monitoring plugin, with the exit codes of one."""
        return self.builders is STATES

    def write(self, kind: Kind, result: Any, style: Style, *, is_row: bool = False) -> str:
        """The text of one result; `is_row`: of one among several. Raises KeyError for a kind without this
        format."""
        if self.builders is None:
            rows = self.series.rows if is_row else None
            text: str = _function((rows or self.writers or {})[kind])(result)
            return text
        built = self._build(kind, result, style)
        write = _function((is_row and self.series.row_writer) or self.writer)
        output: str = write(built, style) if self.is_laid_out else write(built)
        return output

    def load(self, kind: Kind) -> None:
        """Import what writes such a result, before there is one."""
        for path in ((self.builders or self.writers or {})[kind], self.writer):
            if path:
                _function(path)
        if self.beside is not None:
            formats_of(kind)[self.beside.form].load(kind)

    def exit_code(self, kind: Kind, result: Any) -> int:
        """The exit code of a result that is reported in this format."""
        code: int = self._build(kind, result, Style()).state if self.is_plugin else result.exit_code
        return int(code)

    def _build(self, kind: Kind, result: Any, style: Style) -> Any:
        """What the writer writes."""
        build = _function((self.builders or {})[kind])
        if self.builders is DOCUMENTS:
            return build(result, _detail(style) if self.is_laid_out else self.detail)
        if self.is_plugin:
            return _function("probe.report.plugin_answer:judge")(build(result), self.thresholds)
        return build(result)


def _detail(style: Style) -> Detail:
    if style.verbosity <= QUIET:
        return Detail.BRIEF
    return Detail.FULL if style.verbosity >= VERBOSE else Detail.SCREEN


DOCUMENTS: Builders = {
    Kind.RUN: "probe.report.run_document:build",
    Kind.REPLY: "probe.report.reply_document:build",
    Kind.BOUNCE: "probe.report.bounce_document:build",
    Kind.LOG: "probe.report.log_document:build",
    Kind.BULK: "probe.report.bulk_document:build",
    Kind.DOCTOR: "probe.report.doctor_document:build",
}

# what a monitoring system is told
STATES: Builders = {
    Kind.RUN: "probe.report.run_state:build",
    Kind.LOG: "probe.report.log_state:build",
    Kind.DOCTOR: "probe.report.doctor_state:build",
}

# numbers for a monitoring system that collects them
METRICS: Builders = {
    Kind.RUN: "probe.report.run_metrics:build",
    Kind.DOCTOR: "probe.report.doctor_metrics:build",
}

# the cases of a test run, for CI systems
CASES: Builders = {
    Kind.RUN: "probe.report.run_cases:build",
    Kind.DOCTOR: "probe.report.doctor_cases:build",
}
# one line of keys and values, and ten lines for a ticket
FIELDS: Builders = {
    Kind.RUN: "probe.report.run_brief:fields",
    Kind.REPLY: "probe.report.reply_brief:reply_fields",
    Kind.BOUNCE: "probe.report.reply_brief:bounce_fields",
    Kind.DOCTOR: "probe.report.doctor_brief:fields",
}
NOTES: Builders = {
    Kind.RUN: "probe.report.run_brief:note",
    Kind.REPLY: "probe.report.reply_brief:reply_note",
    Kind.BOUNCE: "probe.report.reply_brief:bounce_note",
    Kind.DOCTOR: "probe.report.doctor_brief:note",
}

FORMATS = (
    Format(
        "text",
        "text/plain",
        Series(between="\n"),
        builders=DOCUMENTS,
        writer="probe.report.text_writer:write",
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
            Kind.DOCTOR: "probe.report.doctor_rows:to_json",
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
        builders=DOCUMENTS,
        writer="probe.report.markdown_writer:write",
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
    Format(
        "html",
        "text/html",
        Series(row_writer="probe.report.html_writer:write_row", frame="probe.report.html_writer:frame"),
        builders=DOCUMENTS,
        writer="probe.report.html_writer:write",
        detail=Detail.PAGE,
    ),
    Format("line", "text/plain", Series(), builders=FIELDS, writer="probe.report.brief_writer:write_line"),
    Format(
        "note",
        "text/plain",
        Series(between="\n"),
        builders=NOTES,
        writer="probe.report.brief_writer:write_note",
    ),
    Format(
        "nagios",
        "text/plain",
        Series(),
        builders=STATES,
        writer="probe.report.nagios_writer:write",
        timeout=settings.PLUGIN_TIMEOUT,
    ),
    Format(
        "prometheus",
        "text/plain; version=0.0.4",
        Series(),
        builders=METRICS,
        writer="probe.report.prometheus_writer:write",
        file_mode=0o644,
    ),
    Format("junit", "application/xml", Series(), builders=CASES, writer="probe.report.junit_writer:write"),
    Format(
        "github",
        "text/plain",
        Series(),
        builders=CASES,
        writer="probe.report.github_writer:write",
        beside=Beside("GITHUB_STEP_SUMMARY", "markdown"),
    ),
)


def formats_of(kind: Kind) -> Mapping[str, Format]:
    """The formats that a kind of result has, by name."""
    return {form.name: form for form in FORMATS if kind in form.kinds}


@cache  # a row of ten thousand asks each time
def _function(path: str) -> Callable[..., Any]:
    module, _, name = path.partition(":")
    function: Callable[..., Any] = getattr(import_module(module), name)
    return function
