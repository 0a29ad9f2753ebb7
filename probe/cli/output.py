"""Where a report goes: a terminal, a pipe or a file, and how it is set there."""

from __future__ import annotations

import io
import os
import shutil
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from probe.cli.errors import unreadable
from probe.report.style import Style

if TYPE_CHECKING:
    from probe.model.report import Report

MAX_COLUMNS = 100  # longer lines are harder to read, however wide the terminal


class Format(StrEnum):
    """How a report is written."""

    TEXT = "text"
    JSON = "json"
    MARKDOWN = "markdown"


def style_for(stream: TextIO | None, verbosity: int = 0, note: str = "") -> Style:
    """The style of a stream; None means a file: UTF-8, 100 columns, no colour."""
    if stream is None:
        return Style(verbosity=verbosity, note=note)
    is_terminal = stream.isatty()
    # https://no-color.org: set and not empty, whatever it says; a dumb terminal knows no SGR
    plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    columns = shutil.get_terminal_size((MAX_COLUMNS, 24)).columns
    return Style(
        width=min(columns, MAX_COLUMNS),
        colour=is_terminal and not plain,
        encoding=stream.encoding or "ascii",
        verbosity=verbosity,
        note=note,
    )


def render(report: Report, form: Format, style: Style) -> str:
    """The report as text in the wanted format."""
    if form is Format.JSON:
        from probe.report.json_report import to_json

        return to_json(report)
    if form is Format.MARKDOWN:
        from probe.report.markdown import to_markdown

        return to_markdown(report)
    from probe.report.text import to_text

    return to_text(report, style)


def deliver_text(text: str, path: Path | None) -> None:
    """Write to a file (UTF-8) or to stdout. A reader that went away is no error.

    Raises UsageError when it cannot be written.
    """
    if path is not None:
        try:
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise unreadable("-o", str(path), error, doing="write") from None
        return
    try:
        sys.stdout.write(text)
        sys.stdout.flush()
    except BrokenPipeError:
        abandon_stdout()
    except OSError as error:
        abandon_stdout()
        raise unreadable("", "standard output", error, doing="write") from None


def speak_utf8() -> None:
    """For formats that machines read: JSON between systems is UTF-8, whatever the locale
    (RFC 8259 section 8.1)."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")


def abandon_stdout() -> None:
    """Send what is still buffered nowhere, so that the interpreter's own last flush stays quiet."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
