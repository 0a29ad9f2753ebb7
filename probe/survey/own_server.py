"""What the local mail server does with a message before any other server is contacted."""

from __future__ import annotations

from probe._dataclass import dataclass
from probe.model.mta_reason import MtaReason, MtaWhy
from probe.model.reason import Reason
from probe.model.sender_mta import HopKind, MtaSoftware, TlsLevel
from probe.model.verdict import Outcome, OutcomeReason
from probe.standards.dns.results import MxHost
from probe.survey.sending import Sending, leads_back

_BY_ROUTE = {
    HopKind.DEFERRED: (Outcome.DEFERRED, OutcomeReason.OWN_WAITS),
    HopKind.DISCARDED: (Outcome.INCONCLUSIVE, OutcomeReason.OWN_DISCARDS),
    HopKind.LOCAL: (Outcome.INCONCLUSIVE, OutcomeReason.OWN_DELIVERS),
    HopKind.PROGRAM: (Outcome.INCONCLUSIVE, OutcomeReason.OWN_PROGRAM),
}


@dataclass(frozen=True, slots=True)
class OwnDecision:
    """The outcome that follows from the server's own configuration, and why."""

    outcome: Outcome
    reason: Reason[OutcomeReason]


def own_decision(
    how: Sending, size: int | None, domain: str, hosts: tuple[MxHost, ...], *, leads_here: bool = False
) -> OwnDecision | None:
    """What happens to a message of that size in octets (None: not known) on this host; None if it is sent to
    the server that this run asks. `hosts` are the MX hosts of `domain`, or relays; `leads_here`: this host is
    a mail server of the domain, so local delivery is delivery to it."""
    mta = how.mta
    if mta is None or not how.goes_its_way:
        return None
    route, limit = mta.route, mta.size_limit.value
    if route.kind is HopKind.REFUSED:
        has_no_mailbox = route.reason is not None and route.reason.tag is MtaReason.NO_MAILBOX
        tag = OutcomeReason.OWN_NO_MAILBOX if has_no_mailbox else OutcomeReason.OWN_REFUSES
        return _decision(Outcome.REFUSED, tag, mta=route.reason)
    if size is not None and limit is not None and size > limit:
        return _decision(Outcome.REFUSED, OutcomeReason.OWN_SIZE, most=limit)
    if route.kind in _BY_ROUTE and not (route.kind is HopKind.LOCAL and leads_here):
        return _decision(*_BY_ROUTE[route.kind], mta=route.reason)
    if mta.tls.level is TlsLevel.INVALID and route.kind in (HopKind.MX, HopKind.RELAY):
        # when DANE fails, Exim bounces the message, Postfix keeps it in the queue
        outcome = Outcome.REFUSED if mta.software is MtaSoftware.EXIM else Outcome.DEFERRED
        return _decision(outcome, OutcomeReason.OWN_TLS, mta=mta.tls.reason)
    if leads_back(how, hosts):
        # what may be a mistake of relayhost is not sent back (smtp_connect.c)
        outcome = Outcome.DEFERRED if "relayhost" in route.source else Outcome.REFUSED
        return OwnDecision(outcome, Reason(OutcomeReason.OWN_LOOP, host=domain))
    if mta.tls.wrapped and route.kind is HopKind.RELAY:
        return _decision(Outcome.INCONCLUSIVE, OutcomeReason.OWN_WRAPPED)
    return None


def _decision(
    outcome: Outcome, tag: OutcomeReason, *, mta: MtaWhy | None = None, most: int | None = None
) -> OwnDecision:
    return OwnDecision(outcome, Reason(tag, mta=mta, most=most))
