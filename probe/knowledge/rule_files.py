"""Which files hold the reviewed rules of replies, and how a pattern is written in them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent
SOFTWARE = HERE / "software.toml"
NOTIONS = HERE / "notions.toml"
VOCABULARY = HERE / "vocabulary.toml"
QUOTATIONS = HERE / "quotations.toml"
WAITS = HERE / "waits.toml"
WRAPPINGS = HERE / "wrappings.toml"
_TABLES = ("causes.toml", "scoring.toml", "enhanced_status.toml")


def rule_files() -> list[Path]:
    """The files that hold reply rules, in a fixed order (the order must not matter)."""
    return [*sorted((HERE / "replies").glob("*.toml")), SOFTWARE]


def compiled_from() -> list[Path]:
    """The files that the table of `probe.reading.reply.table` is made of."""
    return [NOTIONS, VOCABULARY, QUOTATIONS, WAITS, WRAPPINGS, *rule_files()]


def sources() -> list[Path]:
    """Every file that the reading of a reply depends on."""
    return [*(HERE / name for name in _TABLES), *compiled_from()]


def expression(pattern: str | Sequence[str | Sequence[str]]) -> str:
    """The regular expression of a rule. In a list each entry is an alternative, a string or a list of parts.

    Of the alternatives that match at one place the first counts, so a longer one must come before its own
    prefix.
    """
    if isinstance(pattern, str):
        return pattern
    return "|".join(entry if isinstance(entry, str) else "".join(entry) for entry in pattern)
