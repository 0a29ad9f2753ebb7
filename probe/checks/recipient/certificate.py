"""Does the certificate of the recipient's mail hosts verify?

Looks at the certificate that came with STARTTLS: chain of trust, name, dates. Most mail is delivered whatever
the certificate says (opportunistic TLS), so a fault is only a notice. Where MTA-STS in mode enforce applies,
or the sender demands it, it must verify. If TLSA records match, DANE replaces all of this.

What to do: the host's operator installs a certificate of a public authority that names the MX host, with its
intermediate certificates, and renews it before it expires.
Source: RFC 8461 section 4.2; RFC 7435; RFC 7672 section 3.1.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging import dialogue
from probe.checks.judging.dialogue import TlsDemand
from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.facts.session import Session, TlsFacts
from probe.model.finding import Finding
from probe.model.target import TlsMode
from probe.standards.tls.results import DaneStatus

ID = "certificate"
STEP = 2
say = Voice(ID, STEP, ("RFC 8461 section 4.2", "RFC 7672 section 3.1"))


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each host whose certificate does not verify, else ok."""
    by_host = {s.mx_host: (s, s.tls) for s in dialogue.main_sessions(facts) if s.tls and s.tls.established}
    if not by_host:
        yield say("certificate-not-seen")
        return
    if all(tls.certificate is None and not tls.problems for _, tls in by_host.values()):
        yield say("certificate-not-recorded", hosts=list(by_host))
        return
    faults = [_fault(facts, session, tls) for session, tls in by_host.values() if tls.problems or _own(tls)]
    evidence = (dialogue.ref(s) for s, _ in by_host.values())
    without_verdict = [(s, tls) for s, tls in by_host.values() if tls.trusted is None and not tls.problems]
    if faults or not without_verdict:
        yield from faults or [say("certificate-verified", evidence, hosts=list(by_host))]
    for session, tls in without_verdict:
        yield say(
            "certificate-not-judged",
            (dialogue.ref(session),),
            host=session.mx_host,
            reason=tls.trust or "no trust store was asked",
        )


def _fault(facts: Facts, session: Session, tls: TlsFacts) -> Finding:
    host = session.mx_host
    return say(
        _tag(facts, host),
        (dialogue.ref(session),),
        host=host,
        problems=tls.problems,
        fault=_own(tls),
        demand=dialogue.authenticated_by(facts, host),
    )


def _tag(facts: Facts, host: str) -> str:
    if dialogue.has_dane(facts, host, DaneStatus.MATCHED):
        return "certificate-vouched-for"
    if dialogue.authenticated_by(facts, host) is TlsDemand.MTA_STS:
        return "certificate-not-verified-demanded"
    if facts.options.tls is TlsMode.REQUIRE:
        return "certificate-not-verified-required"
    return "certificate-not-verified"


def _own(tls: TlsFacts) -> str:
    """What is wrong with a certificate that has no problem of its own; empty if nothing is wrong."""
    if tls.problems:
        return ""
    if tls.trusted is False:
        return "not_trusted"
    return "other_name" if tls.name_matches is False else ""
