"""Makes the manual pages: smtp-probe(1), and one for each command."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from probe._version import VERSION
from probe.cli.command_words import CommandWords, OptionWords, all_commands
from probe.cli.commands import COMMANDS, Group
from probe.cli.help import GENERAL
from probe.cli.program_help import ABOUT, EPILOG, OPTIONS

# The date of a page changes the octets of a wheel: it is that of the last change of their form
_DATE = "2026-11-29"
_ORIGIN = '.\\" Made by python -m probe.cli.reference; do not edit.'
_PROGRAM = "smtp-probe"
_PURPOSE = "why a mail does not go through, with the evidence, and who must act"


def manual() -> dict[str, str]:
    """The text of each page, by its file name."""
    commands = all_commands()
    pages = {f"{_PROGRAM}.1": _of_program(commands)}
    pages |= {f"{_PROGRAM}-{it.name}.1": _of_command(it) for it in commands}
    return {name: "\n".join(lines) + "\n" for name, lines in pages.items()}


def _of_program(commands: Sequence[CommandWords]) -> Iterator[str]:
    yield from _head("", _PURPOSE)
    yield from _synopsis("", "[OPTIONS] COMMAND [ARGS]...")
    yield ".SH DESCRIPTION"
    yield from _paragraphs(ABOUT.strip().split("\n\n"))
    groups = {entry.name: entry.group for entry in COMMANDS}
    for group in Group:
        yield f".SH {group.value.upper()} COMMANDS"
        for command in commands:
            if groups[command.name] is group:
                yield from (".TP", f".BR {_page(command.name)} (1)", *_fill(command.summary))
    yield ".SH OPTIONS"
    for row in OPTIONS:
        yield from (".TP", f".B {_escape(row.name)}", _escape(row.purpose))
    yield from _epilog(EPILOG)
    yield from _see_also([command.name for command in commands])


def _of_command(command: CommandWords) -> Iterator[str]:
    summary = command.summary.rstrip(".")
    yield from _head(command.name, f"{summary[:1].lower()}{summary[1:]}")
    operands = " ".join(f"{it.value.name}{'...' if it.is_many else ''}" for it in command.operands)
    yield from _synopsis(command.name, f"[OPTIONS] {operands}".strip())
    yield ".SH DESCRIPTION"
    yield from _paragraphs(command.about)
    if command.operands:
        yield ".SH ARGUMENTS"
        for operand in command.operands:
            yield from (".TP", f".I {_escape(operand.value.name)}", *_fill(operand.help))
    groups = list(dict.fromkeys(option.group for option in command.options))
    for group in sorted(groups, key=lambda it: it == GENERAL):
        other = "OTHER OPTIONS" if len(groups) > 1 else "OPTIONS"
        yield f".SH {other if group == GENERAL else _escape(group).upper()}"
        for option in command.options:
            if option.group == group:
                yield from _option(option)
    yield from _epilog(command.example)
    yield from _see_also([""])


def _head(command: str, purpose: str) -> Iterator[str]:
    name = _page(command)
    yield _ORIGIN
    yield f'.TH {name.upper()} 1 {_DATE} "{_PROGRAM} {VERSION}" "User Commands"'
    yield ".SH NAME"
    yield from (f"{name} \\-", *_fill(purpose))


def _synopsis(command: str, arguments: str) -> Iterator[str]:
    words = " ".join(filter(None, (_PROGRAM, command)))
    yield from (".SH SYNOPSIS", f".B {_escape(words)}", _escape(arguments))


def _paragraphs(texts: Sequence[str]) -> Iterator[str]:
    for place, text in enumerate(texts):
        if place:
            yield ".PP"
        yield from _fill(text)


def _fill(text: str) -> list[str]:
    """A paragraph in lines of the source, with room for escapes."""
    lines = textwrap.wrap(" ".join(text.split()), 66, break_on_hyphens=False, break_long_words=False)
    return [*map(_escape, lines)] or ["\\&"]


def _option(option: OptionWords) -> Iterator[str]:
    names = ", ".join(f"\\fB{_escape(name)}\\fR" for name in option.names)
    value = f" \\fI{_escape(option.value.name)}\\fR" if option.value is not None else ""
    yield from (".TP", f"{names}{value}")
    yield from _fill(option.help)


def _epilog(text: str) -> Iterator[str]:
    """What stands behind the options of a help: exit codes and examples, each under a line that ends in a
    colon; lines are kept."""
    block: list[str] = []
    for line in [*textwrap.dedent(text).strip().splitlines(), ""]:
        if line and not line.startswith(" ") and line.endswith(":"):
            yield from _as_is(block)
            block = []
            yield f".SH {_TITLES.get(line, _escape(line[:-1]).upper())}"
        else:
            block.append(line)
    yield from _as_is(block)


_TITLES = {"Exit codes:": "EXIT STATUS", "Example:": "EXAMPLES"}


def _as_is(lines: Sequence[str]) -> Iterator[str]:
    text = textwrap.dedent("\n".join(lines)).strip("\n")
    if not text:
        return
    if not lines[0].startswith(" "):  # prose between them
        yield from _paragraphs(text.split("\n\n"))
        return
    yield from (".nf", *(_escape(line) or "\\&" for line in text.split("\n")), ".fi")


def _see_also(names: Sequence[str]) -> Iterator[str]:
    yield ".SH SEE ALSO"
    for place, name in enumerate(names, 1):
        yield f".BR {_page(name)} (1){'' if place == len(names) else ','}"


def _page(command: str) -> str:
    return _escape("-".join(filter(None, (_PROGRAM, command))))


def _escape(text: str) -> str:
    """One line for roff(7): hyphens that can be copied, and nothing that is a request."""
    line = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{line}" if line.startswith((".", "'")) else line
