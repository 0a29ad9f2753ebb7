"""The bounce of --bounce, as far as it is about the recipient of the run."""

from __future__ import annotations

from dataclasses import dataclass, replace

from probe.model.target import PairTarget, Target
from probe.reading.bounce.layouts import bounce_layouts
from probe.reading.bounce.read import read_notice
from probe.reading.bounce.results import DeliveryNotice, NoticeKind
from probe.recording import events as ev
from probe.recording.journal import Recording
from probe.standards.dsn.results import DeliveryStatus

REF = "bounce:1"


@dataclass(frozen=True, slots=True)
class BounceFacts:
    """`status` is what the bounce says of the recipient asked about; of its only one where that is
    another (`is_about_recipient` False); None where it is no bounce or names several others."""

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
    notice = read_notice(event.data, bounce_layouts())
    notice = replace(notice, recipients=tuple(item for item in notice.recipients if item.recipient))
    if notice.kind not in {NoticeKind.BOUNCE, NoticeKind.DELAY}:
        return BounceFacts(notice, None, False)
    address = _recipient_key(recording.started.target)
    for status in notice.recipients:
        if address in status.names:
            return BounceFacts(notice, status, True)
    only = notice.recipients[0] if len(notice.recipients) == 1 else None
    return BounceFacts(notice, only, False)


def _recipient_key(target: Target) -> str:
    """Compared without regard to case: servers that tell `Alice` from `alice` are not met (RFC 5321 2.4)."""
    return str(target.forward_path).lower().strip("<>") if isinstance(target, PairTarget) else ""
