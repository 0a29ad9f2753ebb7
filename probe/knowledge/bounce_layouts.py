"""The layouts of prose bounces: bounce_layouts.toml, compiled."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from probe.knowledge.toml_import import load
from probe.standards.dsn.layout import Layouts

FILE = Path(__file__).with_name("bounce_layouts.toml")


@cache
def bounce_layouts() -> Layouts:
    """All layouts, wrappings and words."""
    return Layouts.of(load(FILE))
