"""Python's garbage collector while a command starts.

Modules and tables are many objects and no garbage: looking through them time and again took a fifteenth of a
`replay`. So the first collection comes late; from then on they come as often as ever.
"""

from __future__ import annotations

import gc

_FIRST = 100_000  # new objects; more than a report of one run needs


def begin_late() -> None:
    """Put the first collection off. Who sets another threshold meanwhile keeps it."""
    usual = gc.get_threshold()

    def begin(phase: str, _: dict[str, int]) -> None:
        if phase == "start" and gc.get_threshold()[0] == _FIRST:
            gc.set_threshold(*usual)
            gc.callbacks.remove(begin)

    gc.callbacks.append(begin)
    gc.set_threshold(_FIRST, *usual[1:])
