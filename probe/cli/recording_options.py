"""The options that name recordings, each declared once."""

from __future__ import annotations

from typing import Annotated

import typer

from probe.cli.options import REPORT

RecordOption = Annotated[
    str | None,
    typer.Option(
        "--record",
        metavar="FILE|DIR/|-",
        rich_help_panel=REPORT,
        show_default=False,
        help="Save everything that was observed (JSON Lines, readable by you alone); see replay, redact. In "
        'DIR/ the file gets a name of its own; "-" is stdout, and the report then goes to stderr, or to -o.',
    ),
]
RecordingArgument = Annotated[
    str | None,
    typer.Argument(
        metavar="RECORDING",
        show_default=False,
        help='A file made by --record ("-" is stdin), or the name that the last line of a report gives to a '
        "kept run.",
    ),
]
LastOption = Annotated[
    bool,
    typer.Option(
        "--last",
        show_default=False,
        help="The last run that was kept; `--last 2` is the one before it.",
    ),
]
