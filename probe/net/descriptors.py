"""How many file descriptors this process may still open (RLIMIT_NOFILE), which limits the number of
concurrent checks.

A check without descriptors could not ask half of its questions. So a check begins only if the process has
descriptors for its sockets and those of the running checks; others wait, and their time counts from their
start.
"""

from __future__ import annotations

import contextlib
import os
import resource

from probe.net.process_limit import ProcessLimit
from probe.settings import DESCRIPTORS_FEW, DESCRIPTORS_SPARE, RUN_DESCRIPTORS

_LISTS = ("/proc/self/fd", "/dev/fd")  # Linux; macOS and the BSDs
_UNLISTED = 32  # assumed to be open if the system does not say
_WITHOUT_LIMIT = 1 << 20


def free() -> int:
    """Descriptors that this process may still open, by its own limit."""
    return max(0, _limit() - _open())


def are_few() -> bool:
    """Whether there are so few that files should be opened and closed before a run where possible."""
    return free() < DESCRIPTORS_FEW


def admission() -> contextlib.AbstractAsyncContextManager[None]:
    """A context for one check. Waits until there is room for one more; there always is for the first."""
    return _CHECKS.hold()


def _has_room(checks: int) -> bool:
    # descriptors of running checks are counted twice, because these may need as many again
    return not checks or free() - DESCRIPTORS_SPARE >= RUN_DESCRIPTORS * (checks + 1)


_CHECKS = ProcessLimit(_has_room)


def _limit() -> int:
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _WITHOUT_LIMIT if soft == resource.RLIM_INFINITY else soft


def _open() -> int:
    for directory in _LISTS:
        try:
            with os.scandir(directory) as entries:
                return sum(1 for _ in entries) - 1  # without the descriptor of the listing itself
        except FileNotFoundError:
            continue
        except OSError:
            return _limit()  # not even one for the listing
    return _UNLISTED
