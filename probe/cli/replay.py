"""`smtp-probe replay RECORDING`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from probe.cli import choices
from probe.cli import options as opt
from probe.cli.errors import UsageError, unreadable

EXAMPLE = """
Example:
  smtp-probe check bob@example.com alice@example.net --record run.jsonl
  smtp-probe replay run.jsonl --format markdown
"""


def replay(
    recording: Annotated[str, typer.Argument(metavar="RECORDING", help="A file made by --record.")],
    form: opt.FormatOption = "text",
    output: opt.OutputOption = None,
    severities: opt.SeveritiesOption = None,
    quiet: opt.QuietOption = False,
    verbose: opt.VerboseOption = False,
) -> int:
    """Interpret a saved run again, offline.

    The same recording gives the same report; a newer version may read more out of it.
    """
    own = choices.severities(severities)
    destination = choices.destination(form, output, quiet=quiet, verbose=verbose)

    from probe import run
    from probe.cli.session import Delivery, deliver
    from probe.recording.codec import RecordingError

    try:
        report = run.replay(Path(recording), own)
    except OSError as error:
        raise unreadable("RECORDING", recording, error) from None
    except RecordingError as error:
        raise UsageError("RECORDING", f"{recording}: {error}") from None
    return deliver(report, Delivery(destination.form, destination.path, destination.verbosity))
