"""The server software that gave a reply, as far as the session shows, and its effect on rules."""

from __future__ import annotations

from probe._dataclass import replace
from probe._named_tuple import NamedTuple
from probe.model.evidence import Evidence
from probe.reading.reply.records import Programs


class Speaker(NamedTuple):
    """The program that speaks. `id` is that of software.toml; `says` how it was told, a clause for a reader;
    `is_named`: its greeting gives its name. What was told in another way counts `factor` of its weight."""

    id: str
    says: str
    is_named: bool = True
    factor: float = 1.0


def fits(programs: Programs, speaker: Speaker | None) -> bool:
    """Whether a rule about replies of certain programs applies."""
    if speaker is not None and speaker.id in programs.ids:
        return True
    is_contradicted = speaker is not None and speaker.is_named and programs.are_servers
    return not programs.needs_session and not is_contradicted


def with_program(item: Evidence, programs: Programs | None, speaker: Speaker) -> Evidence:
    """The evidence of such a rule, with how the program was recognised; words that need no session keep their
    weight."""
    if programs is None or speaker.id not in programs.ids:
        return item
    factor = speaker.factor if programs.needs_session else 1.0
    weights = {cause: weight * factor for cause, weight in item.weights.items()}
    return replace(item, weights=weights, says=f"{item.says} ({speaker.says})")
