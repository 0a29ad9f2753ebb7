"""Statements of servers, bounces and logs on the address that mail of this side comes from."""

from __future__ import annotations

from probe._dataclass import dataclass
from probe._enum import StrEnum
from probe.model.address import IPAddress
from probe.model.dialable import AddressKind, is_private, why_not_dialable

# Documentation addresses; in a lab they stand for public ones
_OF_LABS = frozenset(
    {
        AddressKind.DOCUMENTATION,
        AddressKind.DOCUMENTATION_V6,
        AddressKind.DOCUMENTATION_V6_LARGE,
        AddressKind.BENCHMARK,
        AddressKind.RESERVED,
    }
)


class SightingPlace(StrEnum):
    """Where a client address was named."""

    EHLO = "ehlo"  # in the answer to EHLO
    REPLY = "reply"  # in a refusal of this run
    BOUNCE = "bounce"  # in the reply that a bounce quotes
    RECEIVED = "received"  # in a trace field of the message that came back
    LOG = "log"  # in the own mail log


@dataclass(frozen=True, slots=True)
class Sighting:
    """A statement on the address that mail, or this probe, comes from. `by` is who made it: a host name in
    lower case; `ref` how findings name the reply; `bound` the local address of that very connection (None:
    another machine's, or not known)."""

    ip: IPAddress
    by: str
    place: SightingPlace
    ref: str
    bound: IPAddress | None = None

    @property
    def is_of_this_run(self) -> bool:
        """Whether a server named it to this probe."""
        return self.place in (SightingPlace.EHLO, SightingPlace.REPLY)


class AddressBasis(StrEnum):
    """What the address that the sender is judged for rests on."""

    GIVEN = "given"  # --ip
    BOUND = "bound"  # the probe connects from it, and no source names another
    LOGGED = "logged"  # the own mail log names it
    SEEN = "seen"  # two servers name it
    SAID = "said"  # only one server names it
    PRIVATE = "private"  # none: this host's own is private, and no source names another
    NOWHERE = "nowhere"  # none: there is no route


def counts(ip: IPAddress, *, allow_private: bool, redacted: bool = False) -> bool:
    """Whether mail can leave from the address: it must be global. In a lab (`allow_private`), and in a
    redacted recording, documentation addresses count as global."""
    if is_private(ip):
        return False
    why = why_not_dialable(ip)
    return why is None or ((allow_private or redacted) and why.kind in _OF_LABS)
