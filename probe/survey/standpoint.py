"""Which address the mail of this host really leaves from, and who says so: the address the sender is judged
for.

A host behind address translation, a proxy or a pool of addresses connects from an address that is not seen
outside. Servers name the address that they see, but a server may lie: a statement of only one server is shown
and not used; two servers that agree are believed, and so is one that names the bound address itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from probe._dataclass import dataclass
from probe.model.address import IPAddress
from probe.model.dialable import is_private
from probe.model.reply import Reply, Stage
from probe.model.sighting import AddressBasis, Sighting, SightingPlace, counts
from probe.model.target import Options
from probe.reading.reply.client_address import client_address


@dataclass(frozen=True, slots=True)
class Standpoint:
    """`ip` is the address that SPF, PTR and blocklists are judged for, None if none is known; `by` lists who
    names it."""

    ip: IPAddress | None
    basis: AddressBasis
    by: tuple[str, ...] = ()


def sightings_in(
    by: str,
    replies: Iterable[tuple[Stage, str, Reply, str]],
    *,
    server: IPAddress,
    bound: IPAddress | None,
) -> tuple[Sighting, ...]:
    """The addresses that one session names, each once, from (stage, command, reply, reference) in their
    order."""
    named: dict[IPAddress, Sighting] = {}
    for stage, sent, reply, ref in replies:
        ip = client_address(reply, stage, sent=sent, server=server)
        if ip is not None:
            place = SightingPlace.EHLO if reply.is_positive else SightingPlace.REPLY
            named.setdefault(ip, Sighting(ip, by.lower().rstrip("."), place, ref, bound))
    return tuple(named.values())


def standpoint(
    options: Options, bound: IPAddress | None, sightings: Sequence[Sighting], *, redacted: bool = False
) -> Standpoint:
    """Decide for which address the sender is judged. `bound` is the one that the probe connects from."""
    if options.ip is not None:
        return Standpoint(options.ip, AddressBasis.GIVEN)
    usable = [it for it in sightings if _is_usable(it, options, bound, redacted)]
    is_public = bound is not None and not is_private(bound)
    if is_public and any(it.ip == bound for it in usable):
        return Standpoint(bound, AddressBasis.BOUND, _speakers(usable, bound))
    log_sighting = next((it for it in usable if it.place is SightingPlace.LOG), None)
    if log_sighting is not None:
        return Standpoint(log_sighting.ip, AddressBasis.LOGGED, (log_sighting.by,))
    # a bounce is about earlier mail, perhaps from another machine: it can confirm, but not contradict
    first = next((it for it in usable if it.is_of_this_run or not is_public), None)
    for it in usable:
        if (it.is_of_this_run or not is_public) and len(_speakers(usable, it.ip)) > 1:
            return Standpoint(it.ip, AddressBasis.SEEN, _speakers(usable, it.ip))
    if first is not None:
        return Standpoint(first.ip, AddressBasis.SAID, (first.by,))
    if bound is None:
        return Standpoint(None, AddressBasis.NOWHERE)
    return Standpoint(bound, AddressBasis.BOUND) if is_public else Standpoint(None, AddressBasis.PRIVATE)


def _is_usable(it: Sighting, options: Options, bound: IPAddress | None, redacted: bool) -> bool:
    is_other_family = bound is not None and it.ip.version != bound.version
    return not is_other_family and counts(it.ip, allow_private=options.allow_private, redacted=redacted)


def _speakers(sightings: Sequence[Sighting], ip: IPAddress | None) -> tuple[str, ...]:
    """The sources that name this address, each once."""
    return tuple(dict.fromkeys(it.by for it in sightings if it.ip == ip))
