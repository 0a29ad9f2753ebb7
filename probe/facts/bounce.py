"""The bounce of --bounce, as far as it is about the recipient of the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe.recording import events as ev
from probe.recording.journal import Recording

if TYPE_CHECKING:
    from probe.reading.bounce.about import BounceFacts

REF = "bounce:1"


def bounce_of(recording: Recording) -> BounceFacts | None:
    """Read the bounce that was given; None when there was none."""
    event = recording.last(ev.BounceGiven)
    if event is None:
        return None
    from probe.reading.bounce.about import read_about, recipient_name

    return read_about(event.data, recipient_name(recording.started.target))
