"""The reviewed lists behind the judgement of a message: knowledge/message.toml."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from probe.knowledge.toml_import import HERE, load


@cache
def words() -> Mapping[str, Any]:
    """The tables links, subject and attachments."""
    return load(HERE / "message.toml")


def refused_attachments(names: tuple[str, ...]) -> tuple[str, ...]:
    """Those attachment names whose extension large providers refuse."""
    refused = frozenset(words()["attachments"]["refused_extensions"])
    return tuple(
        name for name in names if name.rstrip(". ").lower().rpartition(".")[2] in refused and "." in name
    )
