"""The TLS requirements for one host: those of --tls, else those of the local mail server."""

from __future__ import annotations

from probe._dataclass import dataclass
from probe.model.sender_mta import MtaSoftware, TlsLevel, TlsPolicy
from probe.model.target import TlsMode
from probe.standards.tls.dane import why_unusable
from probe.standards.tls.required import NO_TLSA, CertificateDemand, Proof
from probe.standards.tls.results import TlsaSet
from probe.survey.sending import Sending

BY_TLSA = (TlsLevel.DANE, TlsLevel.DANE_ONLY)


@dataclass(frozen=True, slots=True)
class HostTls:
    """The TLS mode for a host; `certificate` says what the certificate must be, if anything."""

    mode: TlsMode
    certificate: CertificateDemand | None = None


def tls_towards(how: Sending, host: str, domain: str, tlsas: TlsaSet | None = NO_TLSA) -> HostTls:
    """The requirement for a host that the MX records of `domain` name. `tlsas` are its TLSA records from a
    secure answer; None: they could not be learned."""
    policy, mode = how.tls_policy, how.options.tls
    if policy is None or policy.level is None:
        demand = CertificateDemand(names=(host,), tlsas=tlsas or NO_TLSA)
        return HostTls(mode, demand if mode is TlsMode.REQUIRE else None)
    if policy.level in BY_TLSA:
        is_exim = how.mta is not None and how.mta.software is MtaSoftware.EXIM
        return _by_tlsa(policy.level, tlsas, is_exim=is_exim)
    if policy.level is TlsLevel.FINGERPRINT:
        demand = CertificateDemand(Proof.FINGERPRINT, fingerprints=policy.names, digest=policy.digest)
        return HostTls(mode, demand)
    if mode is not TlsMode.REQUIRE:
        return HostTls(mode)
    names = _allowed_names(policy, host, domain)
    return HostTls(mode, CertificateDemand(Proof.AUTHORITY, names, has_roots=policy.roots != ""))


def _by_tlsa(level: TlsLevel, tlsas: TlsaSet | None, *, is_exim: bool) -> HostTls:
    """RFC 7672 section 2.2: usable records must match; if there are records but none is usable, TLS is still
    required; without records nothing changes. `dane-only` never delivers without a match, except that Exim
    accepts TLS if no record is usable."""
    demand = CertificateDemand(Proof.TLSA, tlsas=tlsas or NO_TLSA)
    is_unusable = bool(tlsas and tlsas.records) and all(map(why_unusable, (tlsas or NO_TLSA).records))
    if is_unusable and (level is TlsLevel.DANE or is_exim):
        return HostTls(TlsMode.ENCRYPT)
    if tlsas is not None and not tlsas.records and level is TlsLevel.DANE:
        return HostTls(TlsMode.AUTO)
    return HostTls(TlsMode.REQUIRE, demand)


def _allowed_names(policy: TlsPolicy, host: str, domain: str) -> tuple[str, ...]:
    """The names of a policy with `hostname`, `nexthop` and `dot-nexthop` filled in (postconf(5),
    smtp_tls_verify_cert_match)."""
    words = {"hostname": host, "nexthop": domain, "dot-nexthop": f".{domain}"}
    return tuple(dict.fromkeys(words.get(name.lower(), name) for name in policy.names))
