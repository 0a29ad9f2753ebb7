"""Compiles regular expressions on first use: compiling all of them would take longer than reading one
reply, or one bounce."""

from __future__ import annotations

import re
from functools import cache

from probe._regex import regex


@cache
def pattern_of(expression: str, flags: int = 0) -> re.Pattern[str]:
    """The compiled expression; `flags` are those of `re`."""
    return regex(expression, flags)
