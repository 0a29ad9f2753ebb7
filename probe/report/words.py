"""The closed vocabularies of the verdict in words. Never *valid*, *exists* or *deliverable*."""

from __future__ import annotations

from probe.model.evidence import Band
from probe.model.reply import Stage
from probe.model.steps import StepStatus
from probe.model.text import duration
from probe.model.verdict import FixBy, Retry
from probe.reading.reply.disposition import Disposition

STAGES = {
    Stage.INPUT: "the address itself",
    Stage.DNS: "DNS",
    Stage.CONNECT: "connecting",
    Stage.GREETING: "the greeting",
    Stage.EHLO: "EHLO",
    Stage.STARTTLS: "STARTTLS",
    Stage.MAIL: "MAIL FROM",
    Stage.RCPT: "RCPT",
    Stage.DATA: "DATA",
    Stage.END_OF_DATA: "the end of DATA",
    Stage.RSET: "RSET",
    Stage.QUIT: "QUIT",
}

ASK_THEM = "ask who runs that server"
NO_MAILBOX = {
    Disposition.DISCARDED: f"by these words it was discarded and is in no mailbox: {ASK_THEM}",
    Disposition.QUARANTINED: f"by these words it is in quarantine, in no mailbox: {ASK_THEM}",
}

FIX_BY = {
    FixBy.SENDER: "you, the sender",
    FixBy.SENDER_NETWORK: "your network or mail operator",
    FixBy.RECIPIENT: "the recipient",
    FixBy.RECIPIENT_ADMIN: "the recipient's postmaster",
    FixBy.EITHER: "you or the recipient's postmaster",
    FixBy.NOBODY: "nobody",
}

STEP_STATUS = {
    StepStatus.PASS: "pass",
    StepStatus.WARN: "warning",
    StepStatus.FAIL: "fail",
    StepStatus.MANUAL: "by hand",
    StepStatus.NOT_ASSESSED: "not assessed",
}


_SURE = (Band.STATED, Band.LIKELY)


def retry(when: Retry, after_s: int | None, band: Band, reason: str | None = None) -> str:
    """Step 9 in a clause; `after_s` in seconds, `band` how sure the cause is, `reason` what it rests on if it
    is not the usual."""
    after = f" {duration(after_s)}" if after_s is not None else ""
    time = _when(when, f"in{after}" if after else "later", is_sure=band in _SURE)
    return f"{time} ({reason})" if reason else time


def _when(retry: Retry, later: str, *, is_sure: bool) -> str:
    match retry:
        case Retry.NOW:
            return "now: trying again may already work"
        case Retry.LATER:
            return later
        case Retry.AFTER_FIX if not is_sure:  # what to mend is a guess
            return "first settle the cause; until then another try tells nothing new"
        case Retry.AFTER_FIX:
            return "after the fix; before it, the answer stays the same"
        case Retry.NEVER:
            return "no: trying again will not change the answer"


def percent(probability: float) -> str:
    """A share in per cent; a share above 0 is never shown as 0, and none as 100."""
    if 0 < probability < 0.01:
        return "<1 %"
    if probability >= 0.995:
        return ">99 %"
    return f"{round(probability * 100)} %"


def decibans(weight: float) -> str:
    """A weight of evidence with its sign."""
    number = round(weight)
    return f"+{number}" if number > 0 else f"−{-number}" if number < 0 else "0"
