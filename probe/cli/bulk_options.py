"""The options of `smtp-probe bulk`, read and checked."""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass
from pathlib import Path

from probe.bulk.gate import Limit, read_limits
from probe.cli import values
from probe.cli.bulk_progress import ProgressForm
from probe.cli.errors import UsageError, refuse_controls
from probe.cli.light import LightParser
from probe.cli.output import report_path
from probe.model.endpoint import Endpoint
from probe.reading.list.layout import ListForm
from probe.report.formats import Format, Kind, formats_of

FORMATS = formats_of(Kind.BULK)
ROW_FORMATS = ("csv", "jsonl")
_BY_SUFFIX = {".csv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json", ".md": "markdown"}
_AGE = re.compile(r"([0-9]{1,6})([smhd])", re.ASCII)
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_LISTS = ("auto", *(form.value for form in ListForm))


def parser() -> argparse.ArgumentParser:
    """The one definition of the options of `bulk`."""
    result = LightParser(
        prog="smtp-probe bulk",
        description="Look at a whole list before a send: which rows are no addresses, which domains take no\n"
        "mail, who runs the others. DNS alone is asked, each domain once; no mail server is.",
        epilog="Rows go to -o FILE (or with --format csv or jsonl to stdout), the summary to stdout.\n"
        "Stopped or killed at any moment, the same command goes on where it was; its state is\n"
        "FILE.state.\n"
        "Exit codes: 0 nothing to act on; 1 a gate of --fail-over failed; 2 usage; 4 nothing could be\n"
        "observed.\n\n"
        "Example:\n  smtp-probe bulk list.csv -o rows.jsonl --fail-over refused=2%,unknown=20%\n"
        "  smtp-probe bulk list.csv --offline",
    )
    result.add("file", metavar="FILE", help='Addresses or domains: CSV, JSON Lines or plain; "-" is stdin.')
    result.add("--column", metavar="NAME|N", help="The column of a CSV file, or the key of JSON Lines.")
    result.add(
        "--input-format",
        metavar="|".join(_LISTS),
        default="auto",
        help="How FILE is laid out. Default: auto.",
    )
    result.add("--offline", action="store_true", help="Only read the list; nothing is asked.")
    result.add(
        "--plan",
        action="store_true",
        help="Say what a run takes: rows, domains, operators, questions, time. MX records alone are asked "
        "for; with --offline not even those.",
    )
    result.add(
        "--nameserver",
        metavar="IP[:PORT]",
        action="append",
        help="Resolver to ask (repeat for more). Default: the system's.",
    )
    result.add(
        "--allow-private", action="store_true", help="Take private and loopback addresses for real ones."
    )
    result.add("--unordered", action="store_true", help="Write rows as they are known, not in input order.")
    result.add("--fresh", action="store_true", help="Begin anew, whatever the output or its state holds.")
    result.add(
        "--max-age",
        metavar="AGE",
        default="7d",
        help="When going on: what is older (7d, 12h, 30m) is asked again. Default: 7d.",
    )
    result.add(
        "--fail-over",
        metavar="NAME=LIMIT,...",
        help="Exit with 1 where more rows than these are refused, unknown, malformed, duplicate or typo. "
        "A LIMIT is a number of rows, or a percentage of all.",
    )
    result.add("--summary", metavar="FILE", help="Write the summary as JSON, too (schema: bulk).")
    result.add(
        "--progress",
        metavar="auto|jsonl|none",
        default="auto",
        help="On stderr: a line that is rewritten on a terminal, else one every 30 s; or JSON Lines.",
    )
    result.add_report(FORMATS, verbose="All malformed rows, slips and operators.")
    return result


@dataclass(frozen=True, slots=True)
class BulkOptions:
    """What was asked for, checked. `output` is the file of -o; `has_rows` whether rows are written at all."""

    file: str
    column: str | None
    list_form: ListForm | None
    is_offline: bool
    is_plan: bool
    nameservers: tuple[Endpoint, ...]
    allow_private: bool
    in_order: bool
    is_fresh: bool
    max_age: int
    limits: tuple[Limit, ...]
    summary: Path | None
    progress: ProgressForm
    form: Format
    output: Path | None
    verbosity: int
    is_paged: bool

    @property
    def has_rows(self) -> bool:
        """Whether -o or stdout gets rows, and not the summary."""
        return self.form.name in ROW_FORMATS

    @property
    def state_path(self) -> Path | None:
        """Where the state is kept; None: nowhere that lasts."""
        if self.output is None or not self.has_rows:
            return None
        return self.output.with_name(f"{self.output.name}.state")


def read_options(arguments: argparse.Namespace) -> BulkOptions:
    """Check what the command line says. Raises UsageError."""
    for name, value in vars(arguments).items():
        for text in value if isinstance(value, list) else (value,):
            if isinstance(text, str):
                refuse_controls("FILE" if name == "file" else f"--{name.replace('_', '-')}", text)
    output = report_path(arguments.output)
    if output is not None:
        values.output_file("-o", str(output))
    if arguments.input_format not in _LISTS:
        raise UsageError("--input-format", f"{arguments.input_format!r} is not one of {', '.join(_LISTS)}")
    list_form = None if arguments.input_format == "auto" else ListForm(arguments.input_format)
    summary = arguments.summary
    options = BulkOptions(
        file=arguments.file,
        column=arguments.column,
        list_form=list_form,
        is_offline=arguments.offline,
        is_plan=arguments.plan,
        nameservers=tuple(values.nameserver("--nameserver", it) for it in arguments.nameserver or ()),
        allow_private=arguments.allow_private,
        in_order=not arguments.unordered,
        is_fresh=arguments.fresh,
        max_age=_age(arguments.max_age),
        limits=_limits(arguments.fail_over),
        summary=values.output_file("--summary", summary) if summary is not None else None,
        progress=values.choice("--progress", arguments.progress, ProgressForm),
        form=_form(arguments.format, output),
        output=output,
        verbosity=int(arguments.verbose),
        is_paged=arguments.pager,
    )
    if options.is_plan and options.has_rows:
        raise UsageError(
            "--plan", f"writes no rows; take --format text, markdown or json, not {options.form.name}"
        )
    _refuse_same_file(options)
    return options


def _form(name: str, output: Path | None) -> Format:
    if name == "text" and output is not None:
        name = _BY_SUFFIX.get(output.suffix.lower(), name)
    if name not in FORMATS:
        raise UsageError("--format", f"{name!r} is not one of {', '.join(FORMATS)}")
    return FORMATS[name]


def _age(text: str) -> int:
    match = _AGE.fullmatch(text)
    if match is None:
        raise UsageError("--max-age", f"{text!r} is no age; write 7d, 12h, 30m or 90s")
    return int(match[1]) * _UNITS[match[2]]


def _limits(text: str | None) -> tuple[Limit, ...]:
    if text is None:
        return ()
    try:
        return read_limits(text)
    except ValueError as problem:
        raise UsageError("--fail-over", str(problem)) from None


def _refuse_same_file(options: BulkOptions) -> None:
    """The list is never written over."""
    for name, path in (("-o", options.output), ("--summary", options.summary)):
        if path is None or not path.exists():
            continue
        if options.file != "-" and Path(options.file).exists() and path.samefile(options.file):
            raise UsageError(name, f"{path} is the list itself; name another file")
    if options.output is not None and options.summary == options.output:
        raise UsageError("--summary", f"{options.summary} is the output, too; name another file")
