"""Does TLS come about with the recipient's mail hosts?

Looks at the handshake after STARTTLS and at the version that was agreed. When it fails, some sending servers
go on in the clear and others put the mail off; where MTA-STS or DANE asks for TLS nothing is delivered.

What to do: the host's operator enables TLS 1.2 and 1.3 and checks certificate, key and cipher settings.
Source: RFC 3207 section 4.1; RFC 8996 (TLS 1.0 and 1.1 are deprecated); RFC 9325.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging import dialogue
from probe.checks.judging.wording import Voice, series
from probe.facts.model import Facts
from probe.model.finding import Finding

ID = "tls-handshake"
STEP = 2
say = Voice(ID, STEP, ("RFC 3207 section 4.1", "RFC 8996"))

_DEPRECATED = {"SSLv3", "TLSv1", "TLSv1.0", "TLSv1.1"}


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each host whose handshake failed or agreed on an old version."""
    tried = [
        (s, s.tls) for s in dialogue.main_sessions(facts) if s.tls and (s.tls.established or s.tls.error)
    ]
    if not tried:
        yield say.not_assessed("no TLS handshake was made")
        return
    faulty: set[str] = set()
    for session, tls in tried:
        host = session.mx_host
        if host in faulty:
            continue
        if not tls.established:
            faulty.add(host)
            yield say.of(
                dialogue.tls_severity(facts, host),
                f"the TLS handshake with {host} [{session.ip}] failed: {tls.error}",
                (dialogue.ref(session),),
                f"The operator of {host} mends its TLS configuration.",
            )
        elif tls.version in _DEPRECATED:
            faulty.add(host)
            yield say.warning(
                f"{host} agreed on {tls.version}, which is deprecated",
                (dialogue.ref(session),),
                f"The operator of {host} enables TLS 1.2 and 1.3.",
            )
    if not faulty:
        versions = series(
            dict.fromkeys(
                f"{s.mx_host} ({tls.version or 'version not known'}, {tls.cipher or 'cipher not known'})"
                for s, tls in tried
            )
        )
        yield say.ok(f"TLS was established with {versions}", (dialogue.ref(s) for s, _ in tried))
