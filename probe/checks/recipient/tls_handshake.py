"""Does the TLS handshake with the recipient's mail hosts succeed?

Looks at the handshake after STARTTLS and at the version that was agreed. When it fails, some sending servers
go on in the clear and others put the mail off; where MTA-STS or DANE asks for TLS nothing is delivered.

What to do: the host's operator enables TLS 1.2 and 1.3 and checks certificate, key and cipher settings.
Source: RFC 3207 section 4.1; RFC 8996 (TLS 1.0 and 1.1 are deprecated); RFC 9325.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging import dialogue
from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.facts.session import Session, TlsFacts
from probe.model.finding import Finding

ID = "tls-handshake"
STEP = 2
say = Voice(ID, STEP, ("RFC 3207 section 4.1", "RFC 8996"))

_DEPRECATED = {"SSLv3", "TLSv1", "TLSv1.0", "TLSv1.1"}


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each host whose handshake failed or agreed on an old version."""
    handshakes = [
        (s, s.tls) for s in dialogue.main_sessions(facts) if s.tls and (s.tls.established or s.tls.fault)
    ]
    if not handshakes:
        yield say("tls-not-tried")
        return
    # that this side ended it is no failure of the server's
    cut = [session for session, _ in handshakes if session.was_left_in_handshake]
    handshakes = [(session, tls) for session, tls in handshakes if session not in cut]
    faulty: set[str] = set()
    for session, tls in handshakes:
        tag = _tag_of_fault(facts, session, tls)
        if tag and session.mx_host not in faulty:
            faulty.add(session.mx_host)
            yield say(
                tag,
                (dialogue.ref(session),),
                host=session.mx_host,
                ip=session.ip,
                error=tls.fault,
                version=tls.version,
                demand=dialogue.demanded_by(facts, session.mx_host),
            )
    if cut and not faulty:
        hosts = list(dict.fromkeys(session.mx_host for session in cut))
        yield say("tls-not-finished", (dialogue.ref(session) for session in cut), hosts=hosts)
    elif not faulty:
        parameters = dict.fromkeys((s.mx_host, tls.version, tls.cipher) for s, tls in handshakes)
        hosts, versions, ciphers = zip(*parameters, strict=True)
        evidence = (dialogue.ref(s) for s, _ in handshakes)
        yield say("tls-established", evidence, hosts=hosts, versions=versions, ciphers=ciphers)


def _tag_of_fault(facts: Facts, session: Session, tls: TlsFacts) -> str:
    """The tag of what is wrong; empty if nothing is."""
    if not tls.established:
        return "tls-failed-demanded" if dialogue.demanded_by(facts, session.mx_host) else "tls-failed"
    return "tls-deprecated" if tls.version in _DEPRECATED else ""
