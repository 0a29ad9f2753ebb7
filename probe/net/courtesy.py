"""Limits the sessions of all runs of a world with the mail servers of one operator."""

from __future__ import annotations

import contextlib
import threading
import weakref
from collections.abc import AsyncIterator

from probe.model.address import IPAddress
from probe.net.process_limit import ProcessLimit, at_most
from probe.settings import SESSIONS_WITH_ONE_ADDRESS, SESSIONS_WITH_ONE_OPERATOR


class Courtesy:
    """Counts the open sessions by operator and by address: an operator has many addresses, and one address
    may serve many domains. Further sessions wait in order, across event loops and threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._limits: weakref.WeakValueDictionary[str | IPAddress, ProcessLimit]
        self._limits = weakref.WeakValueDictionary()

    @contextlib.asynccontextmanager
    async def turn(self, operator: str, ip: IPAddress) -> AsyncIterator[None]:
        """A context: waits until the limits allow one more session with the operator at this address, and
        counts it."""
        # always in this order, so that sessions never wait for each other
        with_operator = self._of(operator, SESSIONS_WITH_ONE_OPERATOR)
        at_address = self._of(ip, SESSIONS_WITH_ONE_ADDRESS)
        async with with_operator.hold(), at_address.hold():
            yield

    def _of(self, key: str | IPAddress, number: int) -> ProcessLimit:
        with self._lock:
            return self._limits.setdefault(key, ProcessLimit(at_most(number)))
