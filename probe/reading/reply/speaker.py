"""Which program gave a reply, as far as the session told, and what rules make of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from probe.model.evidence import Evidence


class Speaker(NamedTuple):
    """The program that speaks. `id` is that of software.toml; `says` how it was told, a clause for a reader;
    `is_named`: its greeting gives its name. What was told in another way counts `factor` of its weight."""

    id: str
    says: str
    is_named: bool = True
    factor: float = 1.0


def fits(wanted: Sequence[Any], speaker: Speaker | None) -> bool:
    """Whether a rule about replies of certain programs may speak. `wanted`: their ids; whether only a session
    tells them; whether they are servers, so that the greeting of another one contradicts."""
    programs, needs_session, are_servers = wanted
    if speaker is not None and speaker.id in programs:
        return True
    contradicted = speaker is not None and speaker.is_named and are_servers
    return not needs_session and not contradicted


def as_told(item: Evidence, wanted: Sequence[Any] | None, speaker: Speaker | None) -> Evidence:
    """The evidence of such a rule, with how the program was told; words that need no session keep their
    weight."""
    if wanted is None or speaker is None or speaker.id not in wanted[0]:
        return item
    factor = speaker.factor if wanted[1] else 1.0
    weights = {cause: weight * factor for cause, weight in item.weights.items()}
    return replace(item, weights=weights, says=f"{item.says} ({speaker.says})")
