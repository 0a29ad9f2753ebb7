"""The commands of `smtp-probe`, assembled."""

from __future__ import annotations

from typing import Annotated

import typer

from probe._version import VERSION
from probe.cli.commands import COMMANDS, CommandEntry
from probe.cli.help import Command, Group
from probe.cli.program_help import ABOUT, EPILOG, VERSION_OPTION


def _show_version(is_wanted: bool) -> None:
    if is_wanted:
        typer.echo(f"smtp-probe {VERSION}")
        raise typer.Exit


def _program(
    version: Annotated[
        bool,
        typer.Option(VERSION_OPTION.name, callback=_show_version, is_eager=True, help=VERSION_OPTION.purpose),
    ] = False,
) -> None:
    """The callback that typer needs for the program itself."""


def build() -> typer.Typer:
    """The typer application."""
    app = typer.Typer(
        name="smtp-probe",
        cls=Group,
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        no_args_is_help=False,
        context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
        epilog=EPILOG,
    )
    app.callback(cls=Group, help=ABOUT, epilog=EPILOG)(_program)

    for entry in COMMANDS:
        _add(app, entry)
    return app


def _add(app: typer.Typer, entry: CommandEntry) -> None:
    if not entry.reads_itself:
        module = entry.load()
        function, epilog = getattr(module, entry.name), getattr(module, entry.example)
        app.command(entry.name, cls=Command, rich_help_panel=entry.group, epilog=epilog)(function)
        return

    def reads_itself() -> None:
        """A placeholder for --help; `main` runs the command before typer is loaded."""

    app.command(entry.name, cls=Command, rich_help_panel=entry.group, help=entry.summary)(reads_itself)
