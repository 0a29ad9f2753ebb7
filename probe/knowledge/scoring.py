"""The weights and limits of scoring (scoring.toml): priors, caps of facets, bands."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from probe.knowledge import toml_import


@cache
def scoring() -> Mapping[str, Any]:
    """The table as in the file."""
    return toml_import.load(Path(__file__).with_name("scoring.toml"))
