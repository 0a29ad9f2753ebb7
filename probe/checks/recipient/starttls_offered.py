"""Do the recipient's mail hosts offer TLS?

Looks for STARTTLS in the answer to EHLO. Without it mail is sent in the clear, and a sending server that
honours the domain's MTA-STS policy or DANE records does not deliver at all.

What to do: the host's operator installs a certificate and enables STARTTLS; when no host anywhere offers it
from your network, a device on the way removes it.
Source: RFC 3207 section 4; RFC 8461 section 5; RFC 7672 section 2.2.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging import dialogue
from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.facts.session import Session
from probe.model.finding import Finding

ID = "starttls-offered"
STEP = 2
say = Voice(ID, STEP, ("RFC 3207 section 4",))


def check(facts: Facts) -> Iterator[Finding]:
    """A missing STARTTLS counts only after EHLO was answered with 250."""
    certain = [(s, has_offer) for s in dialogue.main_sessions(facts) if (has_offer := _offer(s)) is not None]
    if not certain:
        yield say("starttls-not-seen", why=dialogue.no_dialogue(facts))
        return
    without = {s.mx_host: s for s, has_offer in certain if not has_offer}
    for host, session in without.items():
        demand = dialogue.demanded_by(facts, host)
        tag = "starttls-missing-demanded" if demand else "starttls-missing"
        yield say(tag, (dialogue.ref(session),), host=host, demand=demand)
    if not without:
        hosts = list(dict.fromkeys(s.mx_host for s, _ in certain))
        yield say("starttls-offered", (dialogue.ref(s) for s, _ in certain), hosts=hosts)


def _offer(session: Session) -> bool | None:
    if session.tls is not None and session.tls.offered is not None:
        return session.tls.offered
    extensions = session.plain_extensions
    if extensions is None or not (extensions.complete or extensions.offers("STARTTLS")):
        return None
    return extensions.offers("STARTTLS")
