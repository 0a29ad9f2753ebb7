"""What the rules are given to read of a bounce."""

from __future__ import annotations

import re

from probe.knowledge.match import Reading, read_reply
from probe.knowledge.unwrap import unwrap
from probe.model.reply import EnhancedStatus, Stage
from probe.standards.dsn.results import DeliveryStatus

_WORD = re.compile(r"[^\W\d_]{2}")
_LEADING_CODE = re.compile(r"\s*([245]\d\d)[ -]\s*")


def telling(status: DeliveryStatus) -> str:
    """What the rules are given to read: the remote server's own words where it gave any.

    The report's status is the reporting server's verdict: Sendmail says 5.1.1 of many a 550, Exim and
    Courier 5.0.0 of everything. It counts where no remote server spoke, and is then put into the words.
    """
    told = status.status
    reply = status.reply
    spoken = status.is_remote and _WORD.search(reply) is not None
    if told is None or told.is_generic or spoken or str(told) in reply:
        return reply
    match = _LEADING_CODE.match(reply)
    if match:
        return f"{match.group(1)} {told} {reply[match.end() :]}"
    return f"{told} {reply}".rstrip()


def own_status(status: DeliveryStatus) -> EnhancedStatus | None:
    """The enhanced status that stands in the reply itself; None where it holds none."""
    return next(iter(unwrap(status.reply).enhanced), None)


def told_stage(status: DeliveryStatus) -> Stage | None:
    """Where the reply was given: as the notice says, else as the wrapping of the prose tells."""
    return status.stage or unwrap(status.added).stage


def read_bounced(status: DeliveryStatus, ref: str) -> Reading:
    """Read what a bounce says of one recipient; `ref` goes into the evidence."""
    return read_reply(telling(status), told_stage(status), status.remote_mta, ref)
