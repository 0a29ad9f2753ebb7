"""May this network be blocking port 25?

Cloud providers and access networks commonly drop outbound connections to port 25. When every mail host of the
recipient timed out, the fault may be here, and the recipient cannot be blamed before another host, or another
network, was tried.

What to do: connect to port 25 of other mail hosts from here; ask the hosting company to open port 25, or
probe from the mail server itself.
Source: RFC 5068 section 4.2 and M3AAWG, "Managing Port 25 for Residential or Dynamic IP Space"; the hosting
companies' documentation.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging import dialogue
from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.facts.session import Session
from probe.model.finding import Finding
from probe.model.session import EndReason

ID = "port25"
STEP = 9
say = Voice(ID, STEP, ("RFC 5068 section 4.2",))


def check(facts: Facts) -> Iterator[Finding]:
    """A warning when every connection timed out; never a word against the recipient."""
    sessions = [s for s in dialogue.main_sessions(facts) if s.end is not EndReason.NOT_DIALLED]
    if not sessions:
        yield say("port-not-tried", why=dialogue.no_dialogue(facts))
        return
    ips = list(dict.fromkeys(s.ip for s in sessions))
    yield say(_tag(sessions), [dialogue.ref(s) for s in sessions], port=sessions[0].port, ips=ips)


def _tag(sessions: list[Session]) -> str:
    if any(s.connected for s in sessions):
        return "port-open"
    if all(s.end is EndReason.TIMEOUT for s in sessions):
        return "port-silent"
    is_answered = any(s.end in (EndReason.REFUSED, EndReason.RESET) for s in sessions)
    return "port-refused" if is_answered else "port-not-judged"
