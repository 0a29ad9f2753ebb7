"""`smtp-probe --help`, made from the table of commands alone: loading typer and every command would take most
of the time."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from probe._named_tuple import NamedTuple
from probe.cli.commands import COMMANDS, Group
from probe.cli.terminal import terminal_columns

ABOUT = """Find out why a mail will not go through: the evidence, and who must act.

The dialogue with a mail server stops before DATA; nothing is ever delivered.
"""
EPILOG = """
Exit codes:
  0   accepted at RCPT, or no mailbox asked about; nothing found that is likely to refuse it later
  1   refused for good
  2   usage error
  3   deferred
  4   inconclusive: the network, this machine or the deadline stood between
  5   accepted at RCPT, but likely to be refused or junked later: a fault of the sender's
  70  internal error

Example:
  smtp-probe check bob@example.com alice@example.net
"""
MAX_COLUMNS = 100
_MIN_COLUMNS = 50
_INDENT = 2
_NAMES = 34  # largest width of the names, as in `probe.cli.help`; a longer name has its own line


class Row(NamedTuple):
    """A command or an option, and what it does."""

    name: str
    purpose: str


VERSION_OPTION = Row("--version", "Show the version, and stop.")
OPTIONS = (VERSION_OPTION, Row("-h, --help", "Show this message and exit."))


def program_help(width: int | None = None) -> str:
    """The help in lines of at most `width` columns; by default as wide as the terminal, with a margin."""
    return "\n".join(_lines(width or help_width())) + "\n"


def help_width() -> int:
    """Columns of any help: those of the terminal, with a margin."""
    return max(min(terminal_columns(80), MAX_COLUMNS) - _INDENT, _MIN_COLUMNS)


def prose(text: str, width: int) -> Iterator[str]:
    """Paragraphs, an empty line before each."""
    margin = " " * _INDENT
    for paragraph in text.split("\n\n"):
        yield ""
        yield from textwrap.wrap(paragraph, width, initial_indent=margin, subsequent_indent=margin)


def _lines(width: int) -> Iterator[str]:
    yield "Usage: smtp-probe [OPTIONS] COMMAND [ARGS]..."
    yield from prose(ABOUT, width)
    for group in Group:
        rows = [Row(entry.name, entry.summary) for entry in COMMANDS if entry.group is group]
        yield from section(group.value, rows, width)
    yield from section("Options", OPTIONS, width)
    yield from ("", *EPILOG.strip().splitlines())


def section(title: str, rows: Sequence[Row], width: int) -> Iterator[str]:
    """Names and what they do, in two columns, an empty line and the title before them."""
    yield from ("", f"{title}:")
    names = min(max(len(row.name) for row in rows) + 2, _NAMES)
    for row in rows:
        first, *more = textwrap.wrap(row.purpose, max(width - names - _INDENT, 10))
        if len(row.name) > names - 2:
            yield f"{'':{_INDENT}}{broken_name(row.name, width, _INDENT)}"
            yield f"{'':{names + _INDENT}}{first}"
        else:
            yield f"{'':{_INDENT}}{row.name:{names}}{first}"
        yield from (f"{'':{names + _INDENT}}{line}" for line in more)


def broken_name(name: str, width: int, indent: int) -> str:
    """A name in lines of at most `width` columns, of which the first begins after `indent`: one that lists
    many words (`--format text|json|...`) is broken behind a bar."""
    first, *words = name.split("|")
    lines = [first]
    for word in words:
        if indent + len(lines[-1]) + len(word) + 2 > width:
            lines[-1] += "|"
            lines.append(f"{'':{2 * indent + 2}}{word}")
        else:
            lines[-1] += f"|{word}"
    return "\n".join(lines)
