"""What recordings say of this host's mail server that were made when sentences stood where reasons stand: all
of format 1, and the first of format 2. A sentence is kept, and shown, as it stands: `other_words`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Fields = dict[str, Any]
_FACTS = ("helo", "source_v4", "source_v6", "route", "tls", "size_limit")


def upgrade(fields: Fields, check: Callable[[Any, str], object]) -> Fields:
    """The fields of an event `local_mta` with reasons in the place of sentences. `check` is given what stands
    in each such place, and the place."""
    mta = fields.get("mta")
    if isinstance(mta, dict):
        facts = {name: _fact(mta[name], f"mta.{name}", check) for name in _FACTS if name in mta}
        fields = fields | {"mta": mta | facts}
    return fields | {"why": _reason(fields["why"], "why", check)} if "why" in fields else fields


def _fact(fact: Any, place: str, check: Callable[[Any, str], object]) -> Any:
    if not isinstance(fact, dict) or "reason" not in fact:
        return fact
    return fact | {"reason": _reason(fact["reason"], f"{place}.reason", check)}


def _reason(text: Any, place: str, check: Callable[[Any, str], object]) -> Any:
    check(text, place)
    if not isinstance(text, str):
        return text
    return {"tag": "other_words", "text": text} if text else None
