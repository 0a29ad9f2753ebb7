"""Does this machine reach port 25 of others?

Cloud providers and access networks commonly close outbound connections to port 25: they drop them silently,
refuse them in the server's name, or a gateway reports that there is no route. A missing route is also a fault
of this machine, for example to IPv6 addresses when the hosts have no others. None of that says anything about
the recipient. When the only mail hosts of the recipient timed out, the fault may be on either side; try
another host, or another network, before blaming anybody.

What to do: connect to port 25 of other mail hosts from here; ask the hosting company to open port 25, or
probe from the mail server itself.
Source: RFC 5068 section 4.2 and M3AAWG, "Managing Port 25 for Residential or Dynamic IP Space"; RFC 792 and
RFC 4443 for ICMP; the hosting companies' documentation.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging import dialogue
from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.facts.reach import Barrier, barrier, networks
from probe.facts.session import Session
from probe.model.finding import Finding
from probe.model.observed import EndCause
from probe.model.session import EndReason

ID = "port25"
STEP = 9
say = Voice(ID, STEP, ("RFC 5068 section 4.2",))


def check(facts: Facts) -> Iterator[Finding]:
    """A warning when no connection could be made for a reason on this side; never against the recipient."""
    sessions = [s for s in dialogue.main_sessions(facts) if s.end is not EndReason.NOT_DIALLED]
    if not sessions:
        yield say("port-not-tried", why=dialogue.no_dialogue(facts))
        return
    ips = list(dict.fromkeys(s.ip for s in sessions))
    by = next((s.cause.ip for s in sessions if s.cause is not None and s.cause.tag is EndCause.GATEWAY), None)
    yield say(
        _tag(sessions),
        [dialogue.ref(s) for s in sessions],
        port=sessions[0].port,
        ips=ips,
        by=by,
        count=len(networks(ips)),
        family=6 if all(ip.version == 6 for ip in ips) else 4 if all(ip.version == 4 for ip in ips) else 0,
        text=next((s.cause.text for s in sessions if s.cause is not None), ""),
    )


_TAGS = {
    Barrier.NO_ROUTE: "port-without-route",
    Barrier.GATEWAY: "port-turned-away-by-gateway",
    Barrier.LOCAL: "port-not-dialled-here",
    Barrier.SILENT_EVERYWHERE: "port-silent-everywhere",
    Barrier.REFUSED_EVERYWHERE: "port-refused-everywhere",
    Barrier.SILENT: "port-silent",
    Barrier.REFUSED: "port-refused",
}


def _tag(sessions: list[Session]) -> str:
    if any(s.connected for s in sessions):
        return "port-open"
    obstacle = barrier(sessions)
    if obstacle is Barrier.OTHER and any(s.end in (EndReason.REFUSED, EndReason.RESET) for s in sessions):
        return "port-refused"
    return _TAGS.get(obstacle, "port-not-judged") if obstacle is not None else "port-not-judged"
