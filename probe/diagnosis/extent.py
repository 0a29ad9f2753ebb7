"""How far the question of a run went, and why no further: a mailbox, a mail server, or DNS alone."""

from __future__ import annotations

from probe.diagnosis.observed import Ground, Observed
from probe.diagnosis.why import why
from probe.facts.deciding import main_sessions
from probe.facts.model import Facts
from probe.model.reply import Stage
from probe.model.target import PairTarget
from probe.model.verdict import Extent, Outcome

NO_MAILBOX = "the command domain asks about no mailbox"


def extent_of(facts: Facts, observed: Observed) -> tuple[Extent, str | None]:
    """How far the question went, and why nothing was asked beyond: None where the mailbox was asked about."""
    sessions = main_sessions(facts.sessions)
    is_pair = isinstance(facts.target, PairTarget)
    if is_pair and any(session.exchange(Stage.RCPT) is not None for session in sessions):
        return Extent.MAILBOX, None
    how_far = Extent.SERVER if any(session.connected for session in sessions) else Extent.DNS
    if not is_pair and observed.outcome is Outcome.ACCEPTED and observed.ground is not Ground.NOT_ASKED:
        return how_far, NO_MAILBOX
    return how_far, why(observed) or _answered(observed)


def _answered(observed: Observed) -> str:
    """A reply ended the session before RCPT."""
    word = observed.outcome.value if observed.outcome is not Outcome.INCONCLUSIVE else "the session ended"
    return f"{word} at {observed.stage.words}"
