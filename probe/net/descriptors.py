"""How many file descriptors this process may still open (RLIMIT_NOFILE), and how many checks go on at once.

A check that finds none left would end with half its questions unasked. So a check begins only where the
process has room for its sockets beside those of the checks that are under way; the others wait, and their
time counts from when they begin.
"""

from __future__ import annotations

import contextlib
import os
import resource

from probe.net.process_limit import ProcessLimit
from probe.settings import DESCRIPTORS_FEW, DESCRIPTORS_SPARE, RUN_DESCRIPTORS

_LISTS = ("/proc/self/fd", "/dev/fd")  # Linux; macOS and the BSDs
_UNLISTED = 32  # taken for open where the system does not tell
_WITHOUT_LIMIT = 1 << 20


def free() -> int:
    """Descriptors that this process may still open, by its own limit."""
    return max(0, _limit() - _open())


def are_few() -> bool:
    """Whether there are so few that what can be opened and closed ahead of a run should be."""
    return free() < DESCRIPTORS_FEW


def admission() -> contextlib.AbstractAsyncContextManager[None]:
    """Within, a check is under way. Waits until there is room for one more; the first always has it."""
    return _CHECKS.hold()


def _has_room(checks: int) -> bool:
    # what those under way have opened is counted twice: they may come to need as much again
    return not checks or free() - DESCRIPTORS_SPARE >= RUN_DESCRIPTORS * (checks + 1)


_CHECKS = ProcessLimit(_has_room)


def _limit() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _WITHOUT_LIMIT if soft == resource.RLIM_INFINITY else soft


def _open() -> int:
    for directory in _LISTS:
        try:
            with os.scandir(directory) as entries:
                return sum(1 for _ in entries) - 1  # one of them is this look itself
        except FileNotFoundError:
            continue
        except OSError:
            return _limit()  # not even one for looking
    return _UNLISTED
