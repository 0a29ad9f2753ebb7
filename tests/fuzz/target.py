"""What a fuzz target is, and what every target may demand of a result."""

from __future__ import annotations

import json
import os
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from probe.model.debugging import DEBUG
from probe.report.json_text import json_text

os.environ[DEBUG] = "1"  # no fault of the program is spared: a target sees it
FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
_LIVE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@dataclass(frozen=True)
class Target:
    """`check` takes any octets and raises when an invariant does not hold; `seeds` are octets that reach
    deep, `words` what a mutation may put in; `longest` is the size of the largest input."""

    name: str
    check: Callable[[bytes], None]
    seeds: Callable[[], Iterable[bytes]]
    words: tuple[bytes, ...] = ()
    longest: int = 4096


def fixtures(pattern: str) -> list[bytes]:
    """The octets of some fixtures, in the order of their names."""
    return [path.read_bytes() for path in sorted(FIXTURES.glob(pattern))]


def quiet(text: str) -> None:
    """Nothing in it acts on a terminal; line feeds may stand."""
    if text.isascii() and text.replace("\n", "").isprintable():
        return
    live = {char for char in text if char != "\n" and unicodedata.category(char) in _LIVE}
    assert not live, f"live in the output: {live}"


def valid_json(document: Any) -> Any:
    """The document as its reader gets it: one line of quiet UTF-8."""
    line = json_text(document)
    assert "\n" not in line
    quiet(line)
    return json.loads(line.encode("utf-8"), parse_constant=_refuse)


def _refuse(name: str) -> Any:
    raise AssertionError(f"{name} is no JSON")
