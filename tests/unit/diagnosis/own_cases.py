"""For each predicate about this host's own mail server: facts that show it, and facts that do not."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address
from typing import Any

from probe.facts.model import Facts
from probe.model.mta_reason import MtaReason, MtaWhy
from probe.model.observed import EndCause
from probe.model.reason import Reason
from probe.model.reply import Stage
from probe.model.sender_mta import FallbackBy, Hop, HopKind, MtaSoftware, OwnAddresses, TlsLevel, TlsPolicy
from probe.model.session import Stop
from probe.model.target import Options, TlsMode
from probe.standards.dns.message import RecordType, Status
from probe.standards.dns.results import MxResult, RouteKind
from probe.standards.tls.results import DaneStatus
from tests.support import facts as make
from tests.support.certificates import issue
from tests.support.own_server import kept_here
from tests.unit.checks.vantage.test_sender_mta import BROKEN, MTA, to
from tests.unit.diagnosis.test_outcome import met


def unverified(policy: TlsPolicy, software: MtaSoftware = MtaSoftware.POSTFIX, **changes: Any) -> Facts:
    """A session that ended because the certificate is not what this policy demands."""
    cause = Reason(EndCause.STOP, stop=Stop.TLS_NOT_VERIFIED)
    tls = make.tls(chain=(issue(make.MX_NAME).der,))
    session = met(Stage.STARTTLS, make.reply(220, "go"), tls=tls, cause=cause)
    mode = TlsMode.DANE if policy.level is TlsLevel.DANE else TlsMode.REQUIRE
    mta, options = replace(MTA, tls=policy, software=software), Options(tls=mode)
    return make.facts(sessions=(session,), mta=mta, options=options, tls_policy=policy, **changes)


def by_dane(level: TlsLevel, status: DaneStatus) -> Facts:
    """The same by the TLSA records of the host."""
    return unverified(TlsPolicy(level, "s"), recipient=make.recipient_facts(dane=(make.dane(status),)))


def of_one_family(own: Options) -> Facts:
    """A server that uses IPv4 alone, and hosts with IPv6 addresses alone; `own` are the user's options."""
    answer = make.answer("mx.test", RecordType.AAAA, ip_address("2620:fe::9"))
    host = make.mx_host("mx.test", answers=(answer,), addresses=())
    return make.facts(
        sessions=(),
        mta=replace(MTA, families=replace(MTA.families, usable=(4,))),
        options=Options(families=(4,)),
        user_options=own,
        recipient=make.recipient_facts(mx=make.mx_result(RouteKind.MX, host)),
    )


REFUSES, WAITS = kept_here(to(HopKind.REFUSED, "no mail")), kept_here(to(HopKind.DEFERRED, "paused"))
NO_MAILBOX = MtaWhy(MtaReason.NO_MAILBOX, "alice@d.example")
UNKNOWN_USER = replace(to(HopKind.REFUSED), route=replace(to(HopKind.REFUSED).route, reason=NO_MAILBOX))
WITHOUT_MAILBOX = kept_here(UNKNOWN_USER)
ITSELF = kept_here(replace(MTA, own=OwnAddresses(tuple(make.mx_host().addresses))))
NO_ROOTS = unverified(TlsPolicy(TlsLevel.VERIFY, "s", ("hostname",), roots=""))
MISMATCH = by_dane(TlsLevel.DANE, DaneStatus.MISMATCHED)
NO_TLSA = by_dane(TlsLevel.DANE_ONLY, DaneStatus.ABSENT)


def handing_on_to(status: Status) -> Facts:
    """A deferral of the MX, and a fallback relay of whose address DNS says this."""
    relay = Hop("relay.example.org")
    answers = tuple(make.answer(relay.host, it, status=status) for it in (RecordType.A, RecordType.AAAA))
    return make.facts(
        sessions=(met(Stage.RCPT, make.reply(451, "4.3.0 later")),),
        mta=replace(MTA, route=replace(MTA.route, fallback=(relay,), fallback_by=FallbackBy.POSTFIX)),
        user_options=Options(),
        fallback_routes=(MxResult(relay.host, RouteKind.FIXED, (), answers),),
    )


FALLBACK_NOWHERE, FALLBACK_UNKNOWN = handing_on_to(Status.NXDOMAIN), handing_on_to(Status.SERVFAIL)
OWN_CASES: dict[str, tuple[Facts, Facts]] = {
    "own_refuses": (REFUSES, WAITS),
    "own_no_mailbox": (WITHOUT_MAILBOX, REFUSES),
    "own_fallback_nowhere": (FALLBACK_NOWHERE, FALLBACK_UNKNOWN),
    "own_loop": (ITSELF, REFUSES),
    "own_waits": (WAITS, REFUSES),
    "own_size": (kept_here(MTA, options=Options(size=10_240_001)), REFUSES),
    "own_tls": (kept_here(BROKEN), WAITS),
    "own_family": (of_one_family(Options()), of_one_family(Options(families=(4,)))),
    "no_roots": (NO_ROOTS, MISMATCH),
    "no_tlsa": (NO_TLSA, MISMATCH),
    "other_tlsa": (MISMATCH, NO_TLSA),
}
