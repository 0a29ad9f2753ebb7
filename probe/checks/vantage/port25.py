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
from probe.checks.judging.wording import Voice, series
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.model.session import EndReason

ID = "port25"
STEP = 9
say = Voice(ID, STEP, ("RFC 5068 section 4.2",))


def check(facts: Facts) -> Iterator[Finding]:
    """A warning when every connection timed out; never a word against the recipient."""
    sessions = [s for s in dialogue.main_sessions(facts) if s.end is not EndReason.NOT_DIALLED]
    if not sessions:
        yield say.not_assessed(f"outbound connections: {dialogue.why_no_dialogue(facts)}")
        return
    evidence = [dialogue.ref(s) for s in sessions]
    port = sessions[0].port
    if any(s.connected for s in sessions):
        yield say.ok(f"port {port} can be reached from this network", evidence)
    elif all(s.end is EndReason.TIMEOUT for s in sessions):
        yield say.warning(
            f"every connection to port {port} timed out "
            f"({series(dict.fromkeys(str(s.ip) for s in sessions))}): this network may block it",
            evidence,
            "Connect to port 25 of another mail host from here, or probe from another network, before "
            "blaming the recipient.",
        )
    elif any(s.end in (EndReason.REFUSED, EndReason.RESET) for s in sessions):
        yield say.ok(f"port {port} is answered, if only by refusals: it is not silently blocked", evidence)
    else:
        yield say.not_assessed(
            f"no connection to port {port} came about, for other reasons than a silent block", evidence
        )
