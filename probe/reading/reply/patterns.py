"""Compiles regular expressions on first use: compiling all of them would take longer than reading one
reply, or one bounce."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple


@cache
def pattern_of(expression: str, flags: int = 0) -> re.Pattern[str]:
    """The compiled expression; `flags` are those of `re`."""
    return re.compile(expression, flags)


class Expression(NamedTuple):
    """An expression that is compiled when it is first used. Its methods are those of `re.Pattern`, and raise
    re.error for a wrong one."""

    text: str
    flags: int = 0

    def search(self, text: str) -> re.Match[str] | None:
        return pattern_of(self.text, self.flags).search(text)

    def match(self, text: str) -> re.Match[str] | None:
        return pattern_of(self.text, self.flags).match(text)

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        return pattern_of(self.text, self.flags).finditer(text)
