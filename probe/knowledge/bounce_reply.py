"""What the rules are given to read of a bounce."""

from __future__ import annotations

import re

from probe.knowledge.match import Reading, read_reply
from probe.knowledge.unwrap import unwrap
from probe.model.reply import Stage
from probe.standards.dsn.results import DeliveryStatus

_LEADING_CODE = re.compile(r"\s*([245]\d\d)[ -]\s*")


def telling(status: DeliveryStatus) -> str:
    """The reply, with the report's specific status put in where the reply has none of its own."""
    told = status.status
    reply = status.reply
    if told is None or told.is_generic or str(told) in reply:
        return reply
    match = _LEADING_CODE.match(reply)
    if match:
        return f"{match.group(1)} {told} {reply[match.end() :]}"
    return f"{told} {reply}".rstrip()


def told_stage(status: DeliveryStatus) -> Stage | None:
    """Where the reply was given: as the notice says, else as the wrapping of the prose tells."""
    return status.stage or unwrap(status.added).stage


def read_bounced(status: DeliveryStatus, ref: str) -> Reading:
    """Read what a bounce says of one recipient; `ref` goes into the evidence."""
    return read_reply(telling(status), told_stage(status), status.remote_mta, ref)
