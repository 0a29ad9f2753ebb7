"""The layouts of prose bounces: bounce_layouts.toml, compiled."""

from __future__ import annotations

from functools import cache

from probe.knowledge.rule_files import HERE
from probe.knowledge.toml_import import load
from probe.reading.bounce.layout import Layouts

FILE = HERE / "bounce_layouts.toml"


@cache
def bounce_layouts() -> Layouts:
    """All layouts, wrappings and words."""
    return Layouts.of(load(FILE))
