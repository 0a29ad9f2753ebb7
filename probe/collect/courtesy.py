"""What all runs of a process together ask of one mail server."""

from __future__ import annotations

import contextlib
import threading
import weakref
from collections.abc import AsyncIterator

from probe.model.address import IPAddress
from probe.net.process_limit import ProcessLimit, at_most
from probe.settings import SESSIONS_WITH_ONE_ADDRESS

_lock = threading.Lock()
_limits: weakref.WeakValueDictionary[IPAddress, ProcessLimit] = weakref.WeakValueDictionary()


@contextlib.asynccontextmanager
async def session_with(ip: IPAddress) -> AsyncIterator[None]:
    """Within, a session with this address may be had: at most SESSIONS_WITH_ONE_ADDRESS at once, the others
    wait in their order."""
    with _lock:
        limit = _limits.setdefault(ip, ProcessLimit(at_most(SESSIONS_WITH_ONE_ADDRESS)))
    async with limit.held():
        yield
