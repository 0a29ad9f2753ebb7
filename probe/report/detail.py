"""How much a report tells."""

from __future__ import annotations

from enum import Enum


class Detail(Enum):
    """For which occasion a report is made; a builder decides by it what is said."""

    BRIEF = "brief"  # -q: the verdict and its cause
    SCREEN = "screen"  # a terminal
    FULL = "full"  # -v: all that was seen
    TICKET = "ticket"  # pasted elsewhere, read by others, without the program at hand
