"""The options that name recordings, each declared once."""

from __future__ import annotations

from typing import Annotated

from probe.cli.options import REPORT
from probe.cli.parameters import Argument, Option

RecordOption = Annotated[
    str | None,
    Option(
        "--record",
        metavar="FILE|DIR/|-",
        panel=REPORT,
        help="Save everything that was observed (JSON Lines, readable by you alone); see replay, redact. In "
        'DIR/ the file gets a name of its own; "-" is stdout, and the report then goes to stderr, or to -o.',
    ),
]
RecordingArgument = Annotated[
    str | None,
    Argument(
        metavar="RECORDING",
        help='A file made by --record ("-" is stdin), or the name that the last line of a report gives to a '
        "kept run.",
    ),
]
LastOption = Annotated[
    bool,
    Option(
        "--last",
        help="The last run that was kept; `--last 2` is the one before it.",
    ),
]
