"""Whether a chain would do for a client that insists on TLS with an authenticated server."""

from __future__ import annotations

from datetime import datetime

from probe.model.reason import Reason
from probe.model.trust import Trust
from probe.standards.tls.certificate import problems, read_certificate
from probe.standards.tls.dane import match_tlsa
from probe.standards.tls.results import DaneStatus, TlsaSet

NO_TLSA = TlsaSet()


def is_verified(
    chain: tuple[bytes, ...], host: str, at: datetime, trust: Reason[Trust], tlsas: TlsaSet = NO_TLSA
) -> bool:
    """Whether nothing stands against the chain (DER, leaf first).

    `tlsas` are the host's, from a secure answer: one that matches vouches for the
    certificate, whoever issued it (RFC 7672 section 3.1). Else chain, name and dates must be in
    order; `trust` is what the trust store said, and a trust that could not be judged is no fault.
    """
    if match_tlsa(chain, tlsas.records, tlsas.names, at)[0] is DaneStatus.MATCHED:
        return True
    if not chain:
        return False
    try:
        certificate = read_certificate(chain[0])
    except ValueError:
        return False
    return not problems(certificate, host, at, trust)
