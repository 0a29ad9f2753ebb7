"""`smtp-probe schema NAME`."""

from __future__ import annotations

from typing import Annotated

from probe.cli import choices
from probe.cli import options as opt
from probe.cli import output as out
from probe.cli.errors import UsageError
from probe.cli.parameters import Argument

EXAMPLE = """
Example:
  smtp-probe schema report -o report-schema.json
"""


def schema(
    name: Annotated[
        str, Argument(metavar="NAME", help="report: what check, domain and replay print; log; bulk; doctor.")
    ],
    output: opt.OutputOption = None,
) -> int:
    """Print the JSON Schema (2020-12) of a JSON format."""
    from probe.report.json_text import json_text
    from probe.report.schema import SCHEMAS

    if name not in SCHEMAS:
        raise UsageError("NAME", f"{name!r} is unknown; there are {', '.join(SCHEMAS)}")
    path = choices.output_path(output)
    out.speak_utf8()
    out.deliver_text(json_text(SCHEMAS[name](), indent=2) + "\n", path)
    return 0
