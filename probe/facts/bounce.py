"""The bounce of --bounce, as far as it is about the recipient of the run."""

from __future__ import annotations

from dataclasses import dataclass

from probe.model.target import PairTarget, Target
from probe.reading.bounce.about import read_about
from probe.reading.bounce.results import DeliveryNotice, NoticeKind
from probe.recording import events as ev
from probe.recording.journal import Recording
from probe.standards.dsn.results import DeliveryStatus

REF = "bounce:1"


@dataclass(frozen=True, slots=True)
class BounceFacts:
    """As `probe.reading.bounce.about.About`."""

    notice: DeliveryNotice
    status: DeliveryStatus | None
    is_about_recipient: bool

    @property
    def is_refusal(self) -> bool:
        """Whether it tells of a failure for the recipient asked about."""
        return self.is_about_recipient and self.notice.kind is NoticeKind.BOUNCE


def bounce_of(recording: Recording) -> BounceFacts | None:
    """Read the bounce that was given; None when there was none."""
    event = recording.last(ev.BounceGiven)
    if event is None:
        return None
    return BounceFacts(*read_about(event.data, _recipient(recording.started.target)))


def _recipient(target: Target) -> str:
    return str(target.forward_path).lower().strip("<>") if isinstance(target, PairTarget) else ""
