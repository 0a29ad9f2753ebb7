"""How would the mail server of this host send this mail?

Asks the tools of Postfix (postconf, postmap), Exim (exim -bP, -bt), sendmail (sendmail -bt) or OpenSMTPD
(smtpd -n, and its smtpd.conf) what they would do with mail from SENDER to RECIPIENT: the name in EHLO, the
address it leaves from, the address family, the TLS requirements, the largest message, and the route. If the
route is a relay, this host does not connect to the MX hosts of the recipient; a refusal by that relay must be
corrected by whoever runs this host.

Where it hands on to another relay what it cannot leave there (smtp_fallback_relay, fallback_hosts,
FallbackMXhost, FallbackSmartHost), the same run asks that one, too, and its answer decides: it is the last
that the mail meets.

What to do: --mta none ignores the local mail server; --route mx asks the MX hosts as it would; --config-dir
DIR names another instance of it.
Source: postconf(5), transport(5), trivial-rewrite(8) of Postfix; Exim specification, chapters 5, 14 and 30;
the sendmail installation and operation guide; smtpd.conf(5) of OpenSMTPD.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.dialogue import answering_sessions
from probe.checks.judging.wording import Voice
from probe.facts.fallback import fallback_sessions
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.model.sender_mta import Hop, HopKind, MtaSoftware, SenderMta, TlsLevel
from probe.model.target import Endpoint, TlsMode
from probe.standards.dns.results import RouteKind

ID = "sender-mta"
STEP = 1
say = Voice(ID, STEP)
_REF = ("sender_mta",)
_ROUTES = {
    HopKind.LOCAL: "mta-delivers-itself",
    HopKind.PROGRAM: "mta-hands-to-program",
    HopKind.REFUSED: "mta-refuses",
    HopKind.DEFERRED: "mta-makes-wait",
    HopKind.DISCARDED: "mta-discards",
    HopKind.UNKNOWN: "mta-route-unknown",
}
# What DNS says is no fault of the configuration of a server that asked it.
_UNROUTED = (HopKind.REFUSED, HopKind.DEFERRED)
_NO_MAIL = (RouteKind.NO_DOMAIN, RouteKind.NULL_MX, RouteKind.NO_MAIL_HOST, RouteKind.UNKNOWN)
_DEMANDS = (TlsLevel.NONE, TlsLevel.MAY)
_WRAPPED_BY = {
    MtaSoftware.POSTFIX: "postconf smtp_tls_wrappermode",
    MtaSoftware.EXIM: "protocol = smtps",
    MtaSoftware.OPENSMTPD: "smtps://",
    MtaSoftware.SENDMAIL: "sendmail.cf",
}


def check(facts: Facts) -> Iterator[Finding]:
    """One finding for the route, one for requirements and limits, one for tools that gave no answer."""
    mta = facts.mta
    if mta is None:
        if facts.why_no_mta:
            yield say("mta-not-read", reason=facts.why_no_mta)
        return
    software, domain = mta.software.label, facts.recipient.domain
    if mta.route.kind is HopKind.RELAY:
        yield _relay(facts, mta)
    elif mta.route.kind in _UNROUTED and facts.recipient.mx.kind in _NO_MAIL and _asks_dns(mta):
        yield say("mta-routes-nowhere", _REF, software=software, domain=domain, reason=mta.route.reason)
    elif (tag := _ROUTES.get(mta.route.kind)) is not None:
        yield say(
            tag, _REF, software=software, domain=domain, source=mta.route.source, reason=mta.route.reason
        )
    else:
        yield say("mta-hands-to-mx", _REF, software=software, domain=domain)
    if mta.route.fallback and facts.sending.goes_its_way:
        hosts = _places(mta.route.fallback)
        tag = "mta-handed-on" if fallback_sessions(facts) else "mta-hands-on"
        setting = mta.route.fallback_by.value if mta.route.fallback_by is not None else ""
        yield say(tag, _REF, software=software, domain=domain, hosts=hosts, setting=setting)
    for tag, fact in (("mta-sends-from", mta.sends_from), ("mta-sends-to", mta.sends_to)):
        if fact is not None and fact.value is not None:
            yield say(tag, _REF, software=software, address=fact.value, source=fact.source)
    own = mta.sends_from
    if own is not None and own.value is None:
        yield say("mta-sends-from-unknown", _REF, software=software, source=own.source, reason=own.reason)
    for tag, fact in (
        ("mta-filters-content", mta.content_filter),
        ("mta-changes-replies", mta.reply_filter),
        ("mta-changes-status", mta.status_filter),
    ):
        if fact is not None:
            yield say(tag, _REF, software=software, table=fact.value or "", source=fact.source)
    if mta.waits_at_refusal:
        yield say("mta-keeps-refused", _REF, software=software)
    yield from _demand(facts, mta)
    size, limit = facts.planned_size, mta.size_limit.value
    if size is not None and limit is not None and size > limit:
        yield say("mta-size-too-large", _REF, software=software, size=size, limit=limit)
    yield from _larger(facts, mta)
    if mta.helo.value is None and facts.user_options is not None and facts.user_options.helo is None:
        yield say("mta-helo-unknown", _REF, software=software, source=mta.helo.source, reason=mta.helo.reason)


def _places(hops: tuple[Hop, ...]) -> list[str]:
    return [str(Endpoint(hop.host, hop.port)) for hop in hops]


def _asks_dns(mta: SenderMta) -> bool:
    """Whether it looks the domain up before it gives a route; of the others DNS is asked at the delivery."""
    return mta.software is MtaSoftware.EXIM


def _larger(facts: Facts, mta: SenderMta) -> Iterator[Finding]:
    """Without a planned size, the largest message that this host accepts counts."""
    limit, sessions = mta.size_limit.value, answering_sessions(facts)
    extensions = (sessions[-1].extensions or sessions[-1].plain_extensions) if sessions else None
    theirs = extensions.size_limit if extensions is not None else None
    if facts.planned_size is None and limit and theirs and limit > theirs:
        host = sessions[-1].mx_host
        yield say("mta-size-beyond", _REF, software=mta.software.label, limit=limit, host=host, theirs=theirs)


def _relay(facts: Facts, mta: SenderMta) -> Finding:
    hosts = _places(mta.route.hops)
    is_unasked = mta.tls.wrapped and facts.sending.goes_its_way
    tag = "mta-relays" if facts.relay else "mta-relays-unasked" if is_unasked else "mta-relays-mx-asked"
    return say(
        tag,
        _REF,
        software=mta.software.label,
        domain=facts.recipient.domain,
        hosts=hosts,
        source=mta.route.source,
        login=facts.mta is not None and mta.route.authenticates,
    )


def _demand(facts: Facts, mta: SenderMta) -> Iterator[Finding]:
    level = mta.tls.level
    if mta.tls.wrapped:
        yield say("mta-tls-wrapped", _REF, software=mta.software.label, source=_WRAPPED_BY[mta.software])
    if (
        level is None
        or level in _DEMANDS
        or (facts.user_options is not None and facts.user_options.tls is not TlsMode.AUTO)
    ):
        return
    if level is TlsLevel.INVALID:
        software, reason = mta.software.label, mta.tls.reason
        domain = facts.recipient.domain
        yield say(
            "mta-tls-invalid", _REF, software=software, domain=domain, source=mta.tls.source, reason=reason
        )
        return
    if level is TlsLevel.DANE:
        yield say("mta-goes-by-dane", _REF, software=mta.software.label, source=mta.tls.source)
    else:
        yield say(
            "mta-demands-tls", _REF, software=mta.software.label, level=level.value, source=mta.tls.source
        )
