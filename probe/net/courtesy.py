"""What all runs of a world together ask of the mail servers of one operator."""

from __future__ import annotations

import contextlib
import threading
import weakref
from collections.abc import AsyncIterator

from probe.model.address import IPAddress
from probe.net.process_limit import ProcessLimit, at_most
from probe.settings import SESSIONS_WITH_ONE_ADDRESS, SESSIONS_WITH_ONE_OPERATOR


class Courtesy:
    """The sessions that are under way, by operator and by address: one operator has many addresses, and the
    servers of many domains may stand at one address. Further sessions wait in their order, whatever event
    loop or thread they are held in."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._limits: weakref.WeakValueDictionary[str | IPAddress, ProcessLimit]
        self._limits = weakref.WeakValueDictionary()

    @contextlib.asynccontextmanager
    async def turn(self, operator: str, ip: IPAddress) -> AsyncIterator[None]:
        """Waits until one more session with the operator, at this address, is no burden; within, it is under
        way."""
        # always in this order: a session that holds the first waits only for some that end by themselves
        with_operator = self._of(operator, SESSIONS_WITH_ONE_OPERATOR)
        at_address = self._of(ip, SESSIONS_WITH_ONE_ADDRESS)
        async with with_operator.hold(), at_address.hold():
            yield

    def _of(self, key: str | IPAddress, number: int) -> ProcessLimit:
        with self._lock:
            return self._limits.setdefault(key, ProcessLimit(at_most(number)))
