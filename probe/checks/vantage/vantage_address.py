"""From which address does your mail really leave?

SPF, PTR and blocklists belong to an address, and servers judge the one that they see. Behind address
translation, a proxy or a pool of addresses that is not the one that this host connects from. Servers name the
address that they see in their answers to EHLO and in refusals; a bounce and the log show it, and --ip gives
it. What only one server says is shown but does not count as a fault, because it may be false. A private
address is not judged at all if no other address is known.

What to do: run the probe on the sending host, or name the address that your mail leaves from with --ip.
Source: RFC 7208 section 2.4 (the address of the client that connects is what is judged); RFC 2663; RFC 6890.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.public_address import why_not_public
from probe.checks.judging.wording import Voice
from probe.facts.model import Facts, VantageFacts
from probe.model.finding import Finding
from probe.model.sender_mta import HopKind
from probe.model.sighting import AddressBasis, SightingPlace
from probe.standards.spf.results import SpfVerdict
from probe.wording.spoken import clause

ID = "vantage-address"
STEP = 6
say = Voice(ID, STEP, ("RFC 7208 section 2.4",))

_OUTSIDE = {
    AddressBasis.SEEN: "probe-seen-elsewhere",
    AddressBasis.SAID: "probe-said-elsewhere",
    AddressBasis.LOGGED: "probe-logged-elsewhere",
    AddressBasis.PRIVATE: "probe-private",
}
_EARLIER = (SightingPlace.BOUNCE, SightingPlace.RECEIVED)


def check(facts: Facts) -> Iterator[Finding]:
    """ok if all sources agree; a notice if they differ, or if nothing is known."""
    vantage = facts.vantage
    why = why_not_public(facts, vantage.probe_ip) if vantage.probe_ip is not None else None
    evidence = ("vantage", *dict.fromkeys(it.ref for it in vantage.sightings if it.ip == vantage.source_ip))
    yield say(
        _tag(facts),
        evidence,
        probe_ip=vantage.probe_ip,
        ip=vantage.source_ip,
        by=vantage.basis_by or _speakers(vantage),
        others=_others(vantage),
        kind=clause(why) if why is not None else None,
    )
    yield from _of_the_bounce(vantage)


def _tag(facts: Facts) -> str:
    vantage = facts.vantage
    if vantage.probe_ip is None and (vantage.source_ip is None or vantage.basis is AddressBasis.GIVEN):
        return "probe-without-route"
    if vantage.basis in _OUTSIDE:
        return _OUTSIDE[vantage.basis]
    if vantage.is_sending_address is True:
        is_here = vantage.probe_ip == vantage.source_ip
        return "probe-at-sending-address" if is_here else "probe-seen-at-sending-address"
    if vantage.is_sending_address is False and vantage.source_ip is not None:
        return "probe-seen-at-another-address" if _others(vantage) else "probe-elsewhere"
    return "probe-place-agreed" if _agrees(facts) else "probe-place-not-known"


def _agrees(facts: Facts) -> bool:
    """Whether something confirms that mail leaves from the probe's address, and nothing names another one: a
    server or the log names it, the local mail server delivers such mail to the MX itself, or the SPF record
    of the sender's domain permits it."""
    vantage = facts.vantage
    spf = facts.sender.spf
    is_permitted = spf is not None and spf.verdict is SpfVerdict.PASS and spf.ip == vantage.source_ip
    is_routed_here = facts.mta is not None and facts.mta.route.kind is HopKind.MX and not facts.relay
    return bool(vantage.basis_by) or is_permitted or is_routed_here


def _speakers(vantage: VantageFacts) -> tuple[str, ...]:
    """The servers that name the probe's address."""
    return tuple(dict.fromkeys(it.by for it in vantage.sightings if it.is_of_this_run))


def _others(vantage: VantageFacts) -> tuple[str, ...]:
    """Addresses that servers of this run name, other than the judged one."""
    ips = dict.fromkeys(it.ip for it in vantage.sightings if it.is_of_this_run and it.ip != vantage.source_ip)
    return tuple(str(ip) for ip in ips)


def _of_the_bounce(vantage: VantageFacts) -> Iterator[Finding]:
    """The bounce is about mail that left from another address than the probe's."""
    here = {vantage.source_ip, vantage.outside_ip}
    for it in vantage.sightings:
        if it.place in _EARLIER and it.ip not in here:
            yield say("bounce-names-another-address", (it.ref,), ip=it.ip, by=it.by, here=vantage.outside_ip)
            return
