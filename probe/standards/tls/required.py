"""Whether a chain would do for a client that insists on TLS with an authenticated server."""

from __future__ import annotations

from datetime import datetime

from probe.standards.tls.certificate import problems, read_certificate
from probe.standards.tls.dane import match_tlsa
from probe.standards.tls.results import DaneStatus, TlsaSet

NO_TLSA = TlsaSet()


def why_unverified(
    chain: tuple[bytes, ...], host: str, at: datetime, trust_error: str, tlsas: TlsaSet = NO_TLSA
) -> str:
    """What stands against the chain (DER, leaf first), as clauses; "" when it verifies.

    `tlsas` are the host's, from a secure answer: one that matches vouches for the
    certificate, whoever issued it (RFC 7672 section 3.1). Else chain, name and dates must be in
    order; `trust_error` is what the trust store said, and a trust that could not be judged is no fault.
    """
    if match_tlsa(chain, tlsas.records, tlsas.names, at)[0] is DaneStatus.MATCHED:
        return ""
    if not chain:
        return "the server showed no certificate"
    try:
        certificate = read_certificate(chain[0])
    except ValueError as error:
        return f"unreadable certificate: {error}"
    return ", ".join(problems(certificate, host, at, trust_error))
