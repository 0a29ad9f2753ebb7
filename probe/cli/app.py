"""The commands of `smtp-probe`, assembled."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated, Any

import typer

from probe._version import VERSION
from probe.cli.commands import COMMANDS, CommandEntry
from probe.cli.help import Command, Group
from probe.cli.parameters import Argument, Parameter, parameters_of
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
        command = app.command(
            entry.name,
            cls=Command,
            rich_help_panel=entry.group,
            epilog=getattr(entry.load(), entry.example),
        )
        command(as_typer_reads(entry.function))
        return

    def reads_itself() -> None:
        """A placeholder for --help; `main` runs the command before typer is loaded."""

    app.command(entry.name, cls=Command, rich_help_panel=entry.group, help=entry.summary)(reads_itself)


def as_typer_reads(command: Callable[..., int]) -> Callable[..., int]:
    """The same function; its parameters are declared in typer's way."""

    def call(**values: Any) -> int:
        return command(**values)

    parameters = [
        inspect.Parameter(
            it.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if it.is_required else it.default,
            annotation=_annotation(it),
        )
        for it in parameters_of(command)
    ]
    call.__doc__ = command.__doc__
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    call.__annotations__ = {it.name: it.annotation for it in parameters}
    return call


def _annotation(parameter: Parameter) -> Any:
    declaration = parameter.declaration
    if isinstance(declaration, Argument):
        read: Any = typer.Argument(metavar=declaration.metavar, show_default=False, help=declaration.help)
    else:
        read = typer.Option(
            *declaration.names.split(),
            metavar=declaration.metavar,
            rich_help_panel=declaration.panel,
            show_default=False,
            help=declaration.help,
        )
    return Annotated[parameter.hint, read]
