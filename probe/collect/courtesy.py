"""What all runs of a process together ask of one mail server."""

from __future__ import annotations

import threading
import weakref

from probe.model.address import IPAddress
from probe.net.process_limit import ProcessLimit, at_most
from probe.settings import SESSIONS_WITH_ONE_ADDRESS

_lock = threading.Lock()
_limits: weakref.WeakValueDictionary[IPAddress, ProcessLimit] = weakref.WeakValueDictionary()


def sessions_with(ip: IPAddress) -> ProcessLimit:
    """What a session with this address holds: at most SESSIONS_WITH_ONE_ADDRESS at once, the others wait in
    their order."""
    with _lock:
        return _limits.setdefault(ip, ProcessLimit(at_most(SESSIONS_WITH_ONE_ADDRESS)))
