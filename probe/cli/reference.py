"""Writes docs/reference from the code and the data: `python -m probe.cli.reference docs/reference`.

Nothing in those files is written by hand; a test compares them with what this module makes.
"""

from __future__ import annotations

import re
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from probe.checks import catalogue as checks_catalogue
from probe.cli import bounce, explain
from probe.cli.app import build
from probe.cli.catalogue import paragraphs, rule_entries
from probe.cli.help import GENERAL, grouped
from probe.model.steps import STEP_TITLES
from probe.model.text import printable
from probe.report.json_text import json_text
from probe.report.markdown_text import markdown_code, markdown_fence
from probe.report.schema import report_schema

_SPECIAL = re.compile(r"(?i)[\\`*_\[\]|~#!$^]|(?<=[a-z0-9+.-]):(?=//)|(?<=www)\.|^(?:[-+=:]|\d{1,9}[.)])")
_MADE = "<!-- Made by python -m probe.cli.reference; do not edit. -->"


def pages() -> dict[str, str]:
    """File name to content, for all of docs/reference."""
    return {
        "cli.md": _page("Command line", _cli()),
        "checks.md": _page("Checks", _checks()),
        "rules.md": _page("Rules", _rules()),
        "report-schema.json": json_text(report_schema(), indent=2) + "\n",
    }


def _page(title: str, blocks: Iterator[str]) -> str:
    return "\n\n".join((_MADE, f"# {title}", *blocks)) + "\n"


def _cli() -> Iterator[str]:
    program: Any = typer.main.get_command(build())
    yield from _prose(program.help)
    yield _example(program.epilog)
    for name, command in program.commands.items():
        yield f"## smtp-probe {name}"
        if name in {"explain", "bounce"}:
            yield from _in_argparse(explain.parser() if name == "explain" else bounce.parser())
            continue
        context: Any = command.make_context(name, [], resilient_parsing=True)
        yield markdown_code(" ".join(("smtp-probe", name, *command.collect_usage_pieces(context))))
        yield from _prose(command.help)
        arguments = [param for param in command.params if param.param_type_name == "argument"]
        if arguments:
            yield _definitions((argument.metavar, argument.help or "") for argument in arguments)
        options = [param for param in command.params if param.param_type_name == "option"]
        for group, members in grouped(options, GENERAL).items():
            yield f"**{group}**"
            yield _definitions(record for option in members if (record := option.get_help_record(context)))
        yield _example(command.epilog)


def _in_argparse(parser: ArgumentParser) -> Iterator[str]:
    """The same for a command that argparse reads."""
    operands = (action for action in parser._actions if not action.option_strings)
    names = " ".join(f"{action.metavar}{'...' if action.nargs == '+' else ''}" for action in operands)
    yield markdown_code(f"{parser.prog} [OPTIONS] {names}")
    yield from _prose(parser.description)
    yield _definitions(
        (
            " ".join(part for part in (", ".join(action.option_strings), str(action.metavar or "")) if part),
            action.help or "",
        )
        for action in parser._actions
        if action.dest != "help"
    )
    yield _example(parser.epilog)


def _literal(text: str) -> str:
    """One line of our own words, none of them markup. A stranger's words need `markdown_text`."""
    text = _SPECIAL.sub(lambda match: f"{match[0][:-1]}\\{match[0][-1]}", printable(text).strip())
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _prose(text: str | None) -> Iterator[str]:
    for paragraph in paragraphs(text):
        yield _literal(paragraph)


def _definitions(pairs: Any) -> str:
    return "\n".join(f"- {markdown_code(term)}: {_literal(text)}" for term, text in pairs)


def _example(text: str | None) -> str:
    return "\n".join(markdown_fence((text or "").strip("\n").split("\n")))


def _checks() -> Iterator[str]:
    yield "What each finding of a report means. `smtp-probe checks ID` prints the same."
    step = 0
    for check in checks_catalogue.all_checks():
        if step != check.STEP:
            step = check.STEP
            yield f"## Step {step}: {STEP_TITLES[step]}"
        yield f"### {_literal(check.ID)}"
        for paragraph in paragraphs(check.__doc__):
            yield _literal(paragraph)


def _rules() -> Iterator[str]:
    yield (
        "What is read out of a reply or a fact, and how much it weighs for and against each cause. Weights "
        "are in decibans: +10 makes a cause ten times likelier. `smtp-probe rules ID` prints the same."
    )
    for entry in rule_entries():
        yield f"## {_literal(entry.id)}"
        yield _literal(entry.says)
        yield "\n".join(
            f"- {label}: {markdown_code(text) if label.startswith('matches') else _literal(text)}"
            for label, text in entry.rows
        )


def main(directory: Path) -> None:
    """Write every page."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, content in pages().items():
        (directory / name).write_text(content, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
