"""Does the server send or allow plaintext between STARTTLS and TLS?

Looks for octets that arrived in the clear after the server's 220 to STARTTLS. A host that sends, or lets
somebody on the way add, text at this point allows unprotected text to be taken for protected text
(CVE-2011-0411 and similar). The probe discards such text and reports it.

What to do: the server's operator upgrades the mail software or the proxy before it, which must discard
everything that was read before the handshake.
Source: RFC 3207 sections 4.2 and 6.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.wording import Voice
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.model.reply import Stage
from probe.standards.smtp.results import Deviation

ID = "tls-injection"
STEP = 1
say = Voice(ID, STEP, ("RFC 3207 section 6",))


def check(facts: Facts) -> Iterator[Finding]:
    """One warning for each session in which plaintext followed the 220 to STARTTLS."""
    pairs = [(s, e) for s in facts.sessions for e in s.exchanges if e.stage is Stage.STARTTLS and e.reply]
    if not pairs:
        yield say("tls-injection-not-tried")
        return
    findings = [
        say("tls-injected", (exchange.ref,), host=session.mx_host, ip=session.ip)
        for session, exchange in pairs
        if Deviation.INJECTED_BEFORE_TLS in exchange.deviations
    ]
    yield from findings or [say("tls-not-injected", (exchange.ref for _, exchange in pairs))]
