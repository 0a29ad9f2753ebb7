"""`smtp-probe replay RECORDING`."""

from __future__ import annotations

from probe.cli import choices
from probe.cli import options as opt
from probe.cli import recording_options as saved
from probe.cli.errors import UsageError, unreadable
from probe.cli.output import refuse_input

EXAMPLE = """
Example:
  smtp-probe check bob@example.com alice@example.net
  smtp-probe replay --last --format markdown
  smtp-probe check bob@example.com alice@example.net --record run.jsonl
  smtp-probe replay run.jsonl
"""


def replay(
    recording: saved.RecordingArgument = None,
    last: saved.LastOption = False,
    form: opt.FormatOption = "text",
    output: opt.OutputOption = None,
    severities: opt.SeveritiesOption = None,
    quiet: opt.QuietOption = False,
    verbose: opt.VerboseOption = False,
    pager: opt.PagerOption = False,
) -> int:
    """Interpret a saved run again, offline.

    The same recording gives the same report; a newer version may read more out of it. The last runs of check
    and domain are kept in $XDG_STATE_HOME/smtp-probe (~/.local/state/smtp-probe), for you alone;
    SMTP_PROBE_HISTORY=0 keeps none.
    """
    path = choices.recording(recording, last=last)
    own = choices.severities(severities)
    destination = choices.destination(form, output, quiet=quiet, verbose=verbose, pager=pager)
    refuse_input(destination.path, (str(path), severities))

    from probe import run
    from probe.cli.delivery import Delivery, deliver
    from probe.recording.codec import RecordingError

    try:
        report = run.replay(path, own)
    except OSError as error:
        raise unreadable("RECORDING", str(path), error) from None
    except RecordingError as error:
        from probe.cli.slips import no_recording

        raise UsageError("RECORDING", no_recording(str(path), str(error))) from None
    return deliver(report, Delivery(destination))
