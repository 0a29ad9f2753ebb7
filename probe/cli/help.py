"""Plain, grouped help: no boxes and no colour, so that it looks the same in a terminal, pager and mail."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import Any

from typer.core import TyperCommand, TyperGroup

from probe.cli.program_help import broken_name, program_help

GENERAL = "Other"


def by_group(entries: Iterable[Any], default: str) -> dict[str, list[Any]]:
    """Parameters or commands by the name of their group, in the order of first appearance."""
    groups: dict[str, list[Any]] = {}
    for entry in entries:
        groups.setdefault(getattr(entry, "rich_help_panel", None) or default, []).append(entry)
    return groups


def _write_epilog(text: str | None, formatter: Any) -> None:
    """Example and exit codes: lines are not wrapped."""
    if text:
        formatter.write_paragraph()
        for line in textwrap.dedent(text).strip().splitlines():
            formatter.write(f"{line}\n" if line else "\n")


class Command(TyperCommand):
    """A command with grouped options and unwrapped examples."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Arguments first, then each group, -h last."""
        arguments = self._arguments()
        if arguments:
            with formatter.section("Arguments"):
                formatter.write_dl([(argument.metavar, argument.help or "") for argument in arguments])
        options = [param for param in self.get_params(ctx) if param.param_type_name == "option"]
        for title, params in by_group(options, GENERAL).items():
            records = [record for param in params if (record := param.get_help_record(ctx))]
            if records:
                with formatter.section(title):
                    indent = formatter.current_indent
                    rows = [(broken_name(name, formatter.width, indent), text) for name, text in records]
                    formatter.write_dl(rows, col_max=34)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """`[OPTIONS] SENDER RECIPIENT`: argument names as they were declared."""
        return ["[OPTIONS]", *(argument.metavar for argument in self._arguments())]

    def _arguments(self) -> list[Any]:
        return [param for param in self.params if param.param_type_name == "argument"]

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """The example."""
        _write_epilog(self.epilog, formatter)


class Group(TyperGroup):
    """The program itself: its commands in groups."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """The help that is shown without typer, too."""
        formatter.write(program_help(formatter.width))

    def list_commands(self, ctx: Any) -> list[str]:
        """In the order of registration, which is that of importance."""
        return list(self.commands)
