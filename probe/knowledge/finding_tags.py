"""What a check can find: the tags of findings/*.toml, typed, and the words that their templates share."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from probe._dataclass import dataclass
from probe.knowledge.toml_import import HERE, load
from probe.model.finding import Severity

SIDES = ("recipient", "sender", "message", "dialogue", "vantage")


@dataclass(frozen=True, slots=True)
class FindingTag:
    """One table of findings/: an outcome of the check `check`, how much it matters, and the templates of its
    sentence and of what to do (empty: nothing), read as `probe.wording.sentence` says. `when`
    distinguishes it from another outcome with the same sentence; empty if there is none."""

    name: str
    check: str
    severity: Severity
    message: str
    remedy: str
    when: str


@cache
def finding_tags() -> Mapping[str, FindingTag]:
    """Every tag by its name, in the order of the files. Raises ValueError for a tag in two of them."""
    tags: dict[str, FindingTag] = {}
    for side in SIDES:
        for name, row in load(HERE / "findings" / f"{side}.toml").items():
            if name in tags:
                raise ValueError(f"findings/{side}.toml: the tag {name} stands in two files")
            tags[name] = FindingTag(
                name,
                row["check"],
                Severity(row["severity"]),
                row["message"],
                row.get("remedy", ""),
                row.get("when", ""),
            )
    return tags


def tags_of(check: str) -> tuple[FindingTag, ...]:
    """What the check with this id can find, in the order of the file."""
    return tuple(tag for tag in finding_tags().values() if tag.check == check)


@cache
def shared_words() -> Mapping[str, Mapping[str, str]]:
    """The tables of findings/words.toml and findings/reasons.toml: for each value of a vocabulary its words.
    All sentences on observations are made of these and of the templates of the tags."""
    folder = HERE / "findings"
    return {**load(folder / "words.toml"), **load(folder / "reasons.toml")}
