"""Does the certificate of the recipient's mail hosts verify?

Looks at the certificate that came with STARTTLS: chain of trust, name, dates. Most mail is delivered
whatever the certificate says (opportunistic TLS); where MTA-STS in mode enforce applies it must verify.
Where TLSA records match, DANE stands in the place of all this.

What to do: the host's operator installs a certificate of a public authority that names the MX host, with its
intermediate certificates, and renews it before it expires.
Source: RFC 8461 section 4.2; RFC 7435; RFC 7672 section 3.1.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging import dialogue
from probe.checks.judging.wording import Voice, series
from probe.facts.model import Facts
from probe.facts.session import Session, TlsObserved
from probe.model.finding import Finding, Severity
from probe.standards.tls.results import DaneStatus

ID = "certificate"
STEP = 2
say = Voice(ID, STEP, ("RFC 8461 section 4.2", "RFC 7672 section 3.1"))


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for each host whose certificate does not verify, else ok."""
    shown = {s.mx_host: (s, s.tls) for s in dialogue.main_sessions(facts) if s.tls and s.tls.established}
    if not shown:
        yield say.not_assessed("no certificate was seen, because TLS was not established")
        return
    if all(tls.certificate is None and not tls.problems for _, tls in shown.values()):
        yield say.not_assessed(f"the certificate of {series(shown)} is not in the recording")
        return
    faults = [
        _fault(facts, session, problems) for session, tls in shown.values() if (problems := _problems(tls))
    ]
    yield from faults or [
        say.ok(f"the certificate of {series(shown)} verifies", (dialogue.ref(s) for s, _ in shown.values()))
    ]


def _fault(facts: Facts, session: Session, problems: str) -> Finding:
    host, evidence = session.mx_host, (dialogue.ref(session),)
    if any(dane.host == host and dane.status is DaneStatus.MATCHED for dane in facts.recipient.dane):
        return say.notice(
            f"the certificate of {host} would not verify by itself ({problems}), but its TLSA record "
            "vouches for it",
            evidence,
        )
    demand = dialogue.tls_demand(facts, host)
    enforced = demand.startswith("MTA-STS")
    return say.of(
        Severity.ERROR if enforced else Severity.WARNING,
        f"the certificate of {host} does not verify: {problems}"
        + (f"; its {demand} policy demands that it does" if enforced else ""),
        evidence,
        f"The operator of {host} installs a valid certificate that names {host}.",
    )


def _problems(tls: TlsObserved) -> str:
    problems = list(tls.problems)
    if not problems and tls.trusted is False:
        problems.append("the chain of trust does not verify")
    if not problems and tls.name_matches is False:
        problems.append("it names another host")
    return series(problems)
