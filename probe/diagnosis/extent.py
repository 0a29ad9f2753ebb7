"""What a run asked about, and why no more: a mailbox, a mail server, or DNS alone."""

from __future__ import annotations

from probe.diagnosis.run_result import Ground, RunResult
from probe.diagnosis.why import why
from probe.facts.deciding import main_sessions
from probe.facts.model import Facts
from probe.model.reply import Stage
from probe.model.target import PairTarget
from probe.model.verdict import Extent, Outcome

NO_MAILBOX = "the command domain asks about no mailbox"


def extent_of(facts: Facts, result: RunResult) -> tuple[Extent, str | None]:
    """What was asked about, and why no more (None if the mailbox was asked about)."""
    sessions = main_sessions(facts.sessions)
    is_pair = isinstance(facts.target, PairTarget)
    if is_pair and any(session.exchange(Stage.RCPT) is not None for session in sessions):
        return Extent.MAILBOX, None
    how_far = Extent.SERVER if any(session.connected for session in sessions) else Extent.DNS
    if not is_pair and result.outcome is Outcome.ACCEPTED and result.ground is not Ground.NOT_ASKED:
        return how_far, NO_MAILBOX
    return how_far, why(result) or _answered(result)


def _answered(result: RunResult) -> str:
    """A reply ended the session before RCPT."""
    word = result.outcome.value if result.outcome is not Outcome.INCONCLUSIVE else "the session ended"
    return f"{word} at {result.stage.words}"
