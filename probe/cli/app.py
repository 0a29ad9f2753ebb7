"""The commands of `smtp-probe`, assembled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

import typer

from probe._version import VERSION
from probe.cli import catalogue, check, demo, domain, redact, replay, schema
from probe.cli.help import Command, Group

LIVE, OFFLINE, KNOWLEDGE = "Live", "Offline", "Reference"

EPILOG = """
Exit codes:
  0   accepted at RCPT, and nothing found that is likely to refuse it later
  1   refused for good
  2   usage error
  3   deferred
  4   inconclusive: the network, this machine or the deadline stood between
  5   accepted at RCPT, but likely to be refused or junked later: a fault of the sender's
  70  internal error

Example:
  smtp-probe check bob@example.com alice@example.net
"""


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"smtp-probe {VERSION}")
        raise typer.Exit


def explain_in_argparse(ctx: typer.Context) -> int:
    """Say what an SMTP reply means, who must act and when to retry."""
    from probe.cli import explain

    return explain.main(ctx.args)


def bounce_in_argparse(ctx: typer.Context) -> int:
    """Read bounce messages: whom, why, and who must act."""
    from probe.cli import bounce

    return bounce.main(ctx.args)


def _program(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version, and stop."),
    ] = False,
) -> None:
    """Find out why a mail will not go through: the evidence, and who must act.

    The dialogue with a mail server stops before DATA; nothing is ever delivered.
    """


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
    app.callback(cls=Group, epilog=EPILOG)(_program)

    def add(
        function: Callable[..., Any], group: str, epilog: str, name: str | None = None, **more: Any
    ) -> None:
        app.command(name, cls=Command, rich_help_panel=group, epilog=epilog, **more)(function)

    add(check.check, LIVE, check.EXAMPLE)
    add(domain.domain, LIVE, domain.EXAMPLE)
    add(demo.demo, LIVE, demo.EXAMPLE)
    add(
        explain_in_argparse,
        OFFLINE,
        "",
        "explain",
        add_help_option=False,
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    )
    add(
        bounce_in_argparse,
        OFFLINE,
        "",
        "bounce",
        add_help_option=False,
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
    )
    add(replay.replay, OFFLINE, replay.EXAMPLE)
    add(redact.redact, OFFLINE, redact.EXAMPLE)
    add(catalogue.checks, KNOWLEDGE, catalogue.CHECKS_EXAMPLE)
    add(catalogue.rules, KNOWLEDGE, catalogue.RULES_EXAMPLE)
    add(schema.schema, KNOWLEDGE, schema.EXAMPLE)
    return app
