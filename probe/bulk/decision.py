"""What to do with a row of a list, in one word: what a filter in front of a send looks at.

It follows from what the row says elsewhere, so that a script need not put it together from five keys.
"""

from __future__ import annotations

from functools import lru_cache

from probe._enum import StrEnum
from probe.bulk.verdict import Verdict
from probe.knowledge.causes import causes
from probe.model.verdict import FixBy, Outcome, Retry


class Decision(StrEnum):
    """The words, in the order in which a summary has them."""

    SEND = "send"  # nothing found stands in the way
    LATER = "later"  # deferred, or not known now: time may answer it
    MEND = "mend"  # refused for a fault of this machine, its network or the sender; not of the recipient
    HOLD = "hold"  # refused or not known, and only the recipient's side can say more: do not send, keep it
    CORRECT = "correct"  # no address as it stands, or a slip of the fingers
    DROP = "drop"  # refused for good: take it off the list
    SKIP = "skip"  # the same address as an earlier row


MEANING = {
    Decision.SEND: "nothing found stands in the way",
    Decision.LATER: "deferred, or not known now: ask or send again",
    Decision.MEND: "refused for a fault on your side: mend that, then ask again",
    Decision.HOLD: "do not send: the recipient's side has to mend it, or to say more",
    Decision.CORRECT: "no address as it stands, or a slip of the fingers",
    Decision.DROP: "refused for good: take it off the list",
    Decision.SKIP: "the same as an earlier row",
}
_OF_RECIPIENT = frozenset({"recipient", "domain"})  # families of causes


@lru_cache(maxsize=4096)
def decide(verdict: Verdict, *, is_slip: bool) -> Decision:
    """What to do with the first row of an address, or of a domain, with this verdict. `is_slip`: its domain
    looks like a slip for a large provider's."""
    if is_slip or verdict.cause == "address_syntax":
        return Decision.CORRECT
    if verdict.outcome is Outcome.ACCEPTED:
        return Decision.SEND
    if verdict.retry is Retry.NEVER:
        return Decision.DROP
    if verdict.retry is not Retry.AFTER_FIX:
        return Decision.LATER
    return Decision.MEND if is_of_sender(verdict) else Decision.HOLD


def is_of_sender(verdict: Verdict) -> bool:
    """Whether it was not accepted for a fault of this machine, its network or the sender. To correct the
    address or to leave it is the sender's task, too, and no such fault."""
    if verdict.outcome is Outcome.ACCEPTED or verdict.cause is None:
        return False
    is_mended_here = verdict.fix_by in (FixBy.SENDER, FixBy.SENDER_NETWORK)
    return is_mended_here and causes()[verdict.cause].family not in _OF_RECIPIENT
