"""Whether any name server of a run has answered yet, and when to stop waiting for one that does not."""

from __future__ import annotations

from collections.abc import Callable

from probe.model.target import Endpoint
from probe.standards.dns.health import UNHEARD, is_failure, is_use
from probe.standards.dns.message import Status


class Liveness:
    """Which servers answered so far. `on_silence` is called once for each server that did not answer a query,
    with the status."""

    def __init__(self, on_silence: Callable[[Endpoint, Status], None] | None = None) -> None:
        self._on_silence = on_silence
        self._silent: set[Endpoint] = set()
        self._speakers: set[Endpoint] = set()
        self._is_of_use = False
        self.is_dead = False

    @property
    def is_silent(self) -> bool:
        """Whether no server has answered."""
        return not self._speakers

    def note(self, server: Endpoint, status: Status) -> None:
        """Note how a query to that server ended."""
        if status not in UNHEARD:
            self._speakers.add(server)
            self._is_of_use = self._is_of_use or is_use(status)
            self.is_dead = False
        elif server not in self._silent | self._speakers:
            self._silent.add(server)
            if self._on_silence is not None:
                self._on_silence(server, status)

    def is_in_doubt(self, status: Status) -> bool:
        """Whether a question that ended like this raises doubt that any resolver works."""
        return not self._is_of_use and is_failure(status)

    def conclude(self, control: Status) -> None:
        """Note how the test question, which every resolver can answer, ended."""
        self.is_dead = self.is_silent and control in UNHEARD
