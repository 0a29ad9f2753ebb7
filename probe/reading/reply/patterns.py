"""Expressions that few replies need are compiled when a text first needs one: a run that reads one reply
would spend more time on compiling them all than on reading."""

from __future__ import annotations

import re
from functools import cache


@cache
def pattern_of(expression: str, flags: int = 0) -> re.Pattern[str]:
    """The compiled expression; `flags` are those of `re`."""
    return re.compile(expression, flags)
