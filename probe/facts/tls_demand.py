"""The TLS requirements of this sender for a host, and why they were not met."""

from __future__ import annotations

from probe.facts.model import Facts
from probe.facts.session import Session
from probe.model.observed import CertificateFault
from probe.model.reason import Reason
from probe.model.target import TlsMode
from probe.standards.tls.results import DaneResult, DaneStatus

# modes that do not go on without TLS
NEEDED = (TlsMode.REQUIRE, TlsMode.ENCRYPT)

_BY_STATUS = {
    DaneStatus.MATCHED: TlsMode.REQUIRE,
    DaneStatus.MISMATCHED: TlsMode.REQUIRE,
    DaneStatus.NOT_SEEN: TlsMode.REQUIRE,
    DaneStatus.UNKNOWN: TlsMode.REQUIRE,  # RFC 7672 section 2.1.2
    DaneStatus.UNUSABLE: TlsMode.ENCRYPT,
}


_FAULTS = {
    DaneStatus.UNKNOWN: CertificateFault.UNANSWERED_TLSA,
    DaneStatus.MISMATCHED: CertificateFault.OTHER_TLSA,
    DaneStatus.NOT_SEEN: CertificateFault.OTHER_TLSA,
}


def mode_with(facts: Facts, host: str) -> TlsMode:
    """The TLS mode for a host; with DANE it depends on the host's records."""
    if facts.tls_policy is None or facts.options.tls is not TlsMode.DANE:
        return facts.options.tls
    dane = _dane_of(facts, host)
    return _BY_STATUS.get(dane.status, TlsMode.AUTO) if dane is not None else TlsMode.AUTO


def own_demand(facts: Facts, host: str) -> bool:
    """Whether the local mail server requires TLS; then its mail waits in the queue without it."""
    return facts.tls_policy is not None and mode_with(facts, host) in NEEDED


def waits_for_tls(facts: Facts, host: str) -> bool:
    """Whether its mail waits where TLS is offered and fails: it demands TLS, or does not go on without."""
    return own_demand(facts, host) or (facts.tls_policy is not None and not facts.tls_policy.falls_back)


def certificate_faults(facts: Facts, session: Session) -> tuple[Reason[CertificateFault], ...]:
    """The faults of the certificate that ended a session."""
    tls, policy = session.tls, facts.tls_policy
    if tls is None:
        return ()
    if policy is None:
        return tls.problems
    # few mail servers of one's own have such a policy
    from probe.standards.tls.required import held_to
    from probe.survey.demand import BY_TLSA, tls_towards

    if policy.level in BY_TLSA:
        return (_by_tlsa(_dane_of(facts, session.mx_host)),)
    demand = tls_towards(facts.sending, session.mx_host, facts.recipient.mx.domain).certificate
    if demand is None or tls.certificate is None or not tls.chain:
        return tls.problems
    return held_to(demand, tls.chain, tls.certificate, tls.problems, None)


def _dane_of(facts: Facts, host: str) -> DaneResult | None:
    return next((dane for dane in facts.recipient.dane if dane.host == host), None)


def _by_tlsa(dane: DaneResult | None) -> Reason[CertificateFault]:
    status = dane.status if dane is not None else DaneStatus.ABSENT
    return Reason(_FAULTS.get(status, CertificateFault.NO_TLSA))
