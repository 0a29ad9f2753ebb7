"""The causes a refusal can have: what each means, who can mend it, and when to try again."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from probe._named_tuple import NamedTuple
from probe.knowledge import toml_import
from probe.model.evidence import Band
from probe.model.reply import Stage
from probe.model.verdict import Conduct, FixBy, Retry, Side

UNSETTLED = "unknown"  # its advice is used if no cause stands out


class Cause(NamedTuple):
    """One entry of causes.toml. `steps` are numbers of the nine-step checklist, `at_fault` the step that
    fails if this is the cause (None: none by itself); `actions` what to do instead of `action` after a
    refusal at a stage (by its value), `refused` after a 5yz (empty: the same), `given_up` for a
    deferred message that is not tried any more (empty: the same); `by` the title, meaning and
    action that differ where another side than the recipient's decided."""

    id: str
    title: str
    family: str
    meaning: str
    transient: Conduct
    permanent: Conduct
    steps: tuple[int, ...]
    action: str
    source: str
    actions: Mapping[str, str]
    at_fault: int | None
    refused: str = ""
    given_up: str = ""
    by: Mapping[Side, Mapping[str, str]] = {}

    def action_at(self, stage: Stage | None, permanent: bool | None = None) -> str:
        """What to do after a refusal that was given at `stage`, with a 5yz (True) or not."""
        if permanent and self.refused:
            return self.refused
        return self.actions.get(stage.value, self.action) if stage is not None else self.action

    def conduct(self, permanent: bool | None) -> Conduct:
        """What to do after a 5yz (True) or 4yz (False); without a code the nature of the cause decides."""
        return self.transient if permanent is False else self.permanent

    def told_by(self, side: Side) -> Cause:
        """The same cause in the words for this side: where the sender's own relay or server decided, the
        recipient's side cannot mend it."""
        words = self.by.get(side)
        if words is None:
            return self
        cause = self._replace(
            title=words.get("title", self.title), meaning=words.get("meaning", self.meaning)
        )
        if "action" not in words:
            return cause
        return cause._replace(action=words["action"], actions={}, refused="", given_up="")

    @property
    def passes(self) -> bool:
        """True if the cause is transient by nature: even after a 5yz another try makes sense."""
        return self.permanent.retry.is_without_fix

    @property
    def lasts(self) -> bool:
        """True if the cause is permanent by nature: even after a 4yz time alone does not help."""
        return not self.transient.retry.is_without_fix


@lru_cache(maxsize=1)
def causes() -> Mapping[str, Cause]:
    """All causes by id, in the order of the file."""
    table = toml_import.load(Path(__file__).with_name("causes.toml"))
    return {identity: _cause(identity, row) for identity, row in table["cause"].items()}


def advice_cause(cause: str, certainty: Band) -> Cause:
    """The cause whose conduct and action to follow: this one, or `unknown` if it is only a guess."""
    return causes()[UNSETTLED if certainty is Band.UNDECIDED else cause]


def _cause(identity: str, row: Mapping[str, Any]) -> Cause:
    return Cause(
        id=identity,
        title=row["title"],
        family=row["family"],
        meaning=row["meaning"],
        transient=_conduct(*row["transient"]),
        permanent=_conduct(*row["permanent"]),
        steps=tuple(row["steps"]),
        action=row["action"],
        source=row["source"],
        actions=row.get("at", {}),
        at_fault=row.get("at_fault"),
        refused=row.get("refused", ""),
        given_up=row.get("given_up", ""),
        by={Side(name): words for name, words in row.get("by", {}).items()},
    )


def _conduct(fix_by: str, retry: str, retry_after: int | None = None) -> Conduct:
    return Conduct(FixBy(fix_by), Retry(retry), retry_after)
