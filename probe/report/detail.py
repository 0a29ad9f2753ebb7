"""How detailed a report is."""

from __future__ import annotations

from enum import Enum


class Detail(Enum):
    """The purpose of a report; builders choose the content by it."""

    BRIEF = "brief"  # -q: the verdict and its cause
    SCREEN = "screen"  # a terminal
    FULL = "full"  # -v: all that was seen
    PAGE = "page"  # a page for a browser: all that was seen, for readers who do not have the program
    TICKET = "ticket"  # pasted elsewhere, for readers who do not have the program

    @property
    def is_for_others(self) -> bool:
        """Whether its readers do not have the program."""
        return self in (Detail.PAGE, Detail.TICKET)
