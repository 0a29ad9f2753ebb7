"""The bounce of --bounce, as far as it is about the recipient of the run."""

from __future__ import annotations

from probe.reading.bounce.about import BounceFacts, read_about, recipient_name
from probe.recording import events as ev
from probe.recording.journal import Recording

REF = "bounce:1"


def bounce_of(recording: Recording) -> BounceFacts | None:
    """Read the bounce that was given; None when there was none."""
    event = recording.last(ev.BounceGiven)
    if event is None:
        return None
    return read_about(event.data, recipient_name(recording.started.target))
