"""What a sender demands of TLS with a host, and what of a certificate."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import pytest

from probe.model.observed import CertificateFault
from probe.model.reason import Reason
from probe.model.sender_mta import TlsLevel, TlsPolicy
from probe.model.target import Options, TlsMode
from probe.model.trust import Trust
from probe.standards.dns.message import Tlsa
from probe.standards.tls.dane import public_key_of
from probe.standards.tls.required import NO_TLSA, CertificateDemand, Proof, why_unverified
from probe.standards.tls.results import TlsaSet
from probe.survey.demand import HostTls, tls_towards
from probe.survey.sending import Sending
from probe.wording.spoken import spoken
from tests.support.certificates import issue
from tests.unit.checks.vantage.test_sender_mta import MTA

HOST, DOMAIN = "mx.example.net", "example.org"
AT = datetime.now(UTC)
TRUSTED = Reason(Trust.TRUSTED)
USABLE = TlsaSet((Tlsa(3, 1, 1, bytes(32)),), (HOST,))
UNUSABLE = TlsaSet((Tlsa(1, 1, 1, bytes(32)),), (HOST,))


@cache
def leaf(name: str) -> bytes:
    return issue(name).der


def towards(level: TlsLevel, tlsas: TlsaSet | None = NO_TLSA, **policy: object) -> HostTls:
    result = TlsPolicy(level, "s", **policy)  # type: ignore[arg-type]
    mode = TlsMode.DANE if level is TlsLevel.DANE else TlsMode.REQUIRE
    return tls_towards(Sending(Options(tls=mode), MTA, (), result), HOST, DOMAIN, tlsas)


@pytest.mark.parametrize(
    ("level", "tlsas", "mode"),
    [
        (TlsLevel.DANE, NO_TLSA, TlsMode.AUTO),
        (TlsLevel.DANE, UNUSABLE, TlsMode.ENCRYPT),
        (TlsLevel.DANE, USABLE, TlsMode.REQUIRE),
        (TlsLevel.DANE, None, TlsMode.REQUIRE),
        (TlsLevel.DANE_ONLY, NO_TLSA, TlsMode.REQUIRE),
        (TlsLevel.DANE_ONLY, UNUSABLE, TlsMode.REQUIRE),
    ],
)
def test_what_dane_comes_to(level: TlsLevel, tlsas: TlsaSet | None, mode: TlsMode) -> None:
    """RFC 7672 section 2.2: unusable records demand TLS; what is not known is not none."""
    demand = towards(level, tlsas)
    assert demand.mode is mode
    assert (demand.certificate is not None) == (mode is TlsMode.REQUIRE)


def test_the_words_of_a_policy_stand_for_names() -> None:
    words = ("hostname", "nexthop", "Dot-Nexthop", "mail.example.com")
    demand = towards(TlsLevel.SECURE, USABLE, names=words).certificate
    assert demand is not None
    assert demand.names == (HOST, DOMAIN, ".example.org", "mail.example.com")
    assert (demand.proof, demand.tlsas) == (Proof.AUTHORITY, NO_TLSA)


def test_without_a_policy_of_the_server_the_hosts_own_name_counts_and_tlsa_may_vouch() -> None:
    result = tls_towards(Sending(Options(tls=TlsMode.REQUIRE)), HOST, DOMAIN, USABLE)
    assert result == HostTls(TlsMode.REQUIRE, CertificateDemand(names=(HOST,), tlsas=USABLE))
    assert tls_towards(Sending(Options()), HOST, DOMAIN) == HostTls(TlsMode.AUTO)


def faults(
    demand: CertificateDemand, name: str = HOST, trust: Reason[Trust] = TRUSTED
) -> list[CertificateFault]:
    chain = (leaf(name),)
    return [fault.tag for fault in why_unverified(chain, HOST, AT, trust, demand)]


@pytest.mark.parametrize(
    ("wanted", "text", "is_named"),
    [
        ((HOST,), "MX.example.net", True),
        (("other.example.net", HOST), HOST, True),
        ((".example.net",), HOST, True),
        ((".example.net",), "a.b.example.net", True),
        ((".example.net",), "example.net", False),
        ((".example.net",), "mx.badexample.net", False),
        ((DOMAIN,), HOST, False),
        ((), "any.example.com", True),
    ],
)
def test_one_of_the_names_is_enough(wanted: tuple[str, ...], text: str, is_named: bool) -> None:
    result = faults(CertificateDemand(Proof.AUTHORITY, wanted), text)
    assert result == ([] if is_named else [CertificateFault.OTHER_NAME])


def test_a_client_that_knows_no_authority_trusts_none() -> None:
    demand = CertificateDemand(Proof.AUTHORITY, (HOST,), has_roots=False)
    assert faults(demand) == [CertificateFault.NO_ROOTS]
    assert faults(demand, trust=Reason(Trust.NOT_ISSUED)) == [CertificateFault.NO_ROOTS]
    trusting = replace(demand, has_roots=True)
    assert faults(trusting, trust=Reason(Trust.NOT_ISSUED)) == [CertificateFault.NOT_TRUSTED]


@pytest.mark.parametrize("digest", ["sha256", "sha1"])
def test_a_fingerprint_is_of_the_certificate_or_of_its_key(digest: str) -> None:
    der = leaf("any.example.com")
    for octets in (der, public_key_of(der)):
        text = hashlib.new(digest, octets).hexdigest().upper()
        colons = ":".join(text[at : at + 2] for at in range(0, len(text), 2))
        demand = CertificateDemand(Proof.FINGERPRINT, fingerprints=("00:11", colons), digest=digest)
        assert not why_unverified((der,), HOST, AT, Reason(Trust.NOT_ISSUED), demand)
    none = CertificateDemand(Proof.FINGERPRINT, fingerprints=("00:11",), digest=digest)
    (fault,) = why_unverified((der,), HOST, AT, TRUSTED, none)
    assert fault.tag is CertificateFault.OTHER_FINGERPRINT
    assert digest in fault.text


def test_a_digest_that_there_is_not_is_a_fault_and_no_exception() -> None:
    demand = CertificateDemand(Proof.FINGERPRINT, fingerprints=("00",), digest="nonsense")
    assert faults(demand) == [CertificateFault.UNREADABLE]


def test_tlsa_alone_counts_where_it_is_demanded() -> None:
    demand = CertificateDemand(Proof.TLSA, tlsas=USABLE)
    assert faults(demand) == [CertificateFault.OTHER_TLSA]
    assert faults(CertificateDemand(Proof.TLSA)) == [CertificateFault.NO_TLSA]
    matching = Tlsa(3, 1, 1, hashlib.sha256(public_key_of(leaf(HOST))).digest())
    own = TlsaSet((matching,), (HOST,))
    assert not faults(CertificateDemand(Proof.TLSA, tlsas=own), trust=Reason(Trust.SELF_SIGNED))
    assert not faults(CertificateDemand(Proof.EITHER, tlsas=own), trust=Reason(Trust.SELF_SIGNED))
    assert faults(CertificateDemand(Proof.EITHER, tlsas=USABLE), "x.example") == [CertificateFault.OTHER_NAME]


def test_no_certificate_and_an_unreadable_one_are_faults() -> None:
    for chain, tag in (
        ((), CertificateFault.NO_CERTIFICATE),
        ((b"no certificate",), CertificateFault.UNREADABLE),
    ):
        (fault,) = why_unverified(chain, HOST, AT, TRUSTED, CertificateDemand())
        assert fault.tag is tag
        assert spoken(fault).startswith("unreadable certificate: ")
