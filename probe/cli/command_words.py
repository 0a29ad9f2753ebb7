"""What can be typed behind `smtp-probe`: commands, options, their values. The words of the completion scripts
and of the manual pages; the CLI reference is made from the same declarations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import Enum, auto
from typing import Any

import typer

from probe import lab
from probe._dataclass import dataclass
from probe.checks.catalogue import all_checks
from probe.cli.app import build
from probe.cli.catalogue import paragraphs, rule_entries
from probe.cli.commands import COMMANDS, READING_THEMSELVES
from probe.cli.help import GENERAL, by_group
from probe.cli.light import LightParser
from probe.cli.program_help import VERSION_OPTION
from probe.reading.log.formats import FORMATS
from probe.report.schema import SCHEMAS

_CHOICES = re.compile(r"[a-z-]+(?:\|[a-z-]+)+")
_FILES = re.compile(r"(?:FILE|RECORDING)\b")


class Kind(Enum):
    """What a value is."""

    TEXT = auto()
    WORD = auto()  # one of a few
    FILE = auto()
    DIRECTORY = auto()


@dataclass(frozen=True, slots=True)
class Value:
    """A value, as the help names it; `words` are those that there are, of the kind `WORD`."""

    name: str
    kind: Kind
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OptionWords:
    """An option by its names; `value` is None for a switch. `group` is its heading in the help."""

    names: tuple[str, ...]
    help: str
    value: Value | None
    group: str
    is_repeatable: bool = False


@dataclass(frozen=True, slots=True)
class Operand:
    """An argument that stands by itself; `is_many`: there may be several."""

    value: Value
    help: str
    is_many: bool = False


@dataclass(frozen=True, slots=True)
class CommandWords:
    """One command: its line in `--help`, what it says of itself, its options and operands, its example."""

    name: str
    summary: str
    about: tuple[str, ...]
    options: tuple[OptionWords, ...]
    operands: tuple[Operand, ...]
    example: str


VERSION = OptionWords((VERSION_OPTION.name,), VERSION_OPTION.purpose, None, GENERAL)
HELP = OptionWords(("-h", "--help"), "Show this message and exit.", None, GENERAL)


def all_commands() -> tuple[CommandWords, ...]:
    """Every command, in the order of the help."""
    program: Any = typer.main.get_command(build())
    commands = program.commands
    return tuple(
        _of_parser(entry.name, entry.summary, entry.load().parser())
        if entry.name in READING_THEMSELVES
        else _of_typer(entry.name, entry.summary, commands[entry.name])
        for entry in COMMANDS
    )


def _of_typer(name: str, summary: str, command: Any) -> CommandWords:
    options = [param for param in command.params if param.param_type_name == "option"]
    return CommandWords(
        name,
        summary,
        tuple(paragraphs(command.help)),
        (*_options_of_typer(options), HELP),
        tuple(
            Operand(_value(name, param.metavar), param.help or "")
            for param in command.params
            if param.param_type_name == "argument"
        ),
        command.epilog or "",
    )


def _options_of_typer(options: Iterable[Any]) -> Iterator[OptionWords]:
    for group, members in by_group(options, GENERAL).items():
        for it in members:
            value = None if it.is_flag else _value("", it.metavar or "", it.opts)
            yield OptionWords(tuple(it.opts), it.help or "", value, group, it.multiple)


def _of_parser(name: str, summary: str, parser: LightParser) -> CommandWords:
    actions = [(group, action) for group, members in parser.panels.items() for action in members]
    options = tuple(
        OptionWords(
            tuple(it.option_strings),
            it.help or "",
            _value("", str(it.metavar), it.option_strings) if it.metavar else None,
            group,
            type(it).__name__ == "_AppendAction",
        )
        for group, it in actions
        if it.option_strings and it.dest != "help"
    )
    operands = tuple(
        Operand(_value(name, str(it.metavar)), it.help or "", it.nargs in ("+", "*"))
        for _, it in actions
        if not it.option_strings
    )
    about = tuple(paragraphs(parser.description))
    return CommandWords(name, summary, about, (*options, HELP), operands, parser.epilog or "")


def _value(command: str, metavar: str, options: Iterable[str] = ()) -> Value:
    """What a value is, by its name in the help, for operands by the command."""
    words = _words_of(command) or next((_OF_OPTIONS[it] for it in options if it in _OF_OPTIONS), ())
    if words:
        return Value(metavar, Kind.WORD, words)
    if _CHOICES.fullmatch(metavar):
        return Value(metavar, Kind.WORD, tuple(metavar.split("|")))
    if _FILES.match(metavar):
        return Value(metavar, Kind.FILE)
    return Value(metavar, Kind.DIRECTORY if metavar == "DIR" else Kind.TEXT)


def _words_of(command: str) -> tuple[str, ...]:
    match command:
        case "demo":
            return lab.identities()
        case "checks":
            return tuple(check.ID for check in all_checks())
        case "rules":
            return tuple(entry.id for entry in rule_entries())
        case "schema":
            return tuple(SCHEMAS)
        case "completion":
            return SHELLS
        case _:
            return ()


SHELLS = ("bash", "zsh", "fish")
# Values that the name in the help does not tell
_OF_OPTIONS = {"--log-format": tuple(row.name for row in FORMATS)}
