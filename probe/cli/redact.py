"""`smtp-probe redact RECORDING`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from probe.cli import options as opt
from probe.cli import output as out
from probe.cli import values
from probe.cli.errors import UsageError, unreadable

EXAMPLE = """
Example:
  smtp-probe redact run.jsonl -o shareable.jsonl
"""


def redact(
    recording: Annotated[str, typer.Argument(metavar="RECORDING", help="A file made by --record.")],
    output: opt.OutputOption = None,
) -> int:
    """Make a recording fit to share: names, addresses and message text are replaced.

    The redacted recording replays to the same outcome, cause and exit code. What rests on real names is gone:
    documented facts about a domain, certificates, the message. Read it before you share it.
    """
    path = values.output_file("-o", output) if output is not None else None

    from probe.recording.codec import RecordingError, encode
    from probe.recording.file import load
    from probe.recording.redact import redact as redacted

    try:
        events = redacted(load(Path(recording)))
    except OSError as error:
        raise unreadable("RECORDING", recording, error) from None
    except RecordingError as error:
        raise UsageError("RECORDING", f"{recording}: {error}") from None
    out.deliver_text("".join(encode(event) + "\n" for event in events), path)
    return 0
