"""Whether the local mail server hands mail on to its fallback relay, so that a run asks there, too."""

from __future__ import annotations

from probe.diagnosis.outcome import observe
from probe.facts.build import facts_of
from probe.model.fault import recover
from probe.model.program_part import ProgramPart
from probe.model.verdict import OutcomeReason
from probe.recording.journal import Recording


def is_handed_on(recording: Recording) -> bool:
    """Whether it does so after what the recording shows. If this program fails to decide, no more is
    asked."""
    return recover(ProgramPart.EXPERIMENTS, lambda: _is_handed_on(recording), False, step=1)


def _is_handed_on(recording: Recording) -> bool:
    return observe(facts_of(recording)).is_for(OutcomeReason.OWN_FALLBACK)
