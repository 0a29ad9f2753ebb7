"""`smtp-probe redact RECORDING`."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

from probe.cli import choices
from probe.cli import options as opt
from probe.cli import output as out
from probe.cli import recording_options as saved
from probe.cli.errors import UsageError, unreadable
from probe.model.text import printable

if TYPE_CHECKING:
    from probe.recording.redact import Redaction

_MOST_IDENTIFIERS = 5  # identifiers
_IDENTIFIER_LENGTH = 60

EXAMPLE = """
Example:
  smtp-probe redact run.jsonl -o shareable.jsonl
"""


def redact(
    recording: saved.RecordingArgument = None,
    last: saved.LastOption = False,
    output: opt.OutputOption = None,
) -> int:
    """Make a recording fit to share: names, addresses and message text are replaced.

    The redacted recording replays to the same outcome, cause and exit code, but for what only a bounce said.
    What rests on real names is gone: documented facts about a domain, certificates, the message, the bounce.
    Hashes, GUIDs, queue ids and ticket numbers stay: those that are recognized are named when it is done.
    Read it before you share it.
    """
    source = choices.recording(recording, last=last)
    path = choices.output_path(output)
    out.refuse_input(path, (str(source),))

    from probe.cli.slips import no_recording
    from probe.recording.codec import RecordingError
    from probe.recording.file import load
    from probe.recording.redact import redaction

    try:
        result = redaction(load(source))
    except OSError as error:
        raise unreadable("RECORDING", str(source), error) from None
    except RecordingError as error:
        raise UsageError("RECORDING", no_recording(str(source), str(error))) from None
    out.deliver_text(result.text, path)
    # if the recording goes to stdout, or to a file that may be stdout, nothing else is written there
    stream = sys.stdout if path is not None and path.is_file() else sys.stderr
    if stream is not None:
        with contextlib.suppress(OSError, ValueError):
            print(printable(_summary(result)), file=stream, flush=True)
    return 0


def _summary(result: Redaction) -> str:
    """A summary: what was replaced, and what could not be."""
    counts = (
        _count(result.local_parts, "local part"),
        _count(result.names, "name"),
        _count(result.addresses, "address"),
    )
    head = f"Replaced {', '.join(counts)}." if result.is_new else "Redacted before, and given as it is."
    examples = ", ".join(text[:_IDENTIFIER_LENGTH] for text in result.identifiers[:_MOST_IDENTIFIERS])
    more = len(result.identifiers) - _MOST_IDENTIFIERS
    here = f" (here {examples}{f' and {more} more' if more > 0 else ''})" if examples else ""
    return (
        f"{head} What stays: times, the words of servers, DKIM keys and selectors; hashes, GUIDs, queue ids "
        f"and ticket numbers{here}: who has the log can look them up. Read the file before you share it."
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}{'es' if what.endswith('s') else 's'}"
