"""What a bounce says about one recipient."""

from __future__ import annotations

from probe._dataclass import dataclass, replace
from probe.model.target import PairTarget, Target
from probe.reading.bounce.layouts import bounce_layouts
from probe.reading.bounce.read import read_notice
from probe.reading.bounce.results import DeliveryNotice, NoticeKind
from probe.standards.dsn.results import Action, DeliveryStatus


@dataclass(frozen=True, slots=True)
class BounceFacts:
    """`status` is what the notice says about the requested recipient; if it has only one other recipient,
    about that one (`is_about_recipient` False); None if it is not a bounce or names several others."""

    notice: DeliveryNotice
    status: DeliveryStatus | None
    is_about_recipient: bool

    @property
    def is_refusal(self) -> bool:
        """Whether it reports a failure for the requested recipient."""
        return self.is_about_recipient and self.notice.kind is NoticeKind.BOUNCE

    @property
    def is_given_up(self) -> bool:
        """Whether the reporting server tries no more to reach the requested recipient."""
        status = self.status if self.is_about_recipient else None
        return status is not None and (status.action is Action.FAILED or status.has_ended)


def recipient_name(target: Target) -> str:
    """The recipient of a run as `read_about` takes it; empty where the run has none."""
    return str(target.forward_path).lower().strip("<>") if isinstance(target, PairTarget) else ""


def read_about(data: bytes, recipient: str) -> BounceFacts:
    """Read what a message says about `recipient`, in lower case. No real server distinguishes `Alice` from
    `alice` (RFC 5321 section 2.4). Never raises on any octets."""
    notice = read_notice(data, bounce_layouts())
    notice = replace(notice, recipients=tuple(item for item in notice.recipients if item.recipient))
    if notice.kind not in {NoticeKind.BOUNCE, NoticeKind.DELAY}:
        return BounceFacts(notice, None, False)
    for status in notice.recipients:
        if recipient in status.names:
            return BounceFacts(notice, status, True)
    only = notice.recipients[0] if len(notice.recipients) == 1 else None
    return BounceFacts(notice, only, False)
