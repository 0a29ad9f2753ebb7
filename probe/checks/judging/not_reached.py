"""A part of a run that was not made, in words."""

from __future__ import annotations

from probe.recording.events import NotReached
from probe.wording.spoken import words_of


def part_of(omission: NotReached) -> str:
    """The part, with the control, server or file that it names."""
    why = omission.reason
    return words_of(
        omission.part,
        experiment=omission.experiment,
        words=omission.words,
        host=why.host,
        ip=why.ip,
        where=why.where,
        line=why.line,
    )
