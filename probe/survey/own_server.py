"""What this host's own mail server does with a message before any other server is asked."""

from __future__ import annotations

from dataclasses import dataclass

from probe.model.reason import Reason
from probe.model.sender_mta import HopKind, MtaSoftware, RouteChoice, TlsLevel
from probe.model.verdict import Outcome, OutcomeReason
from probe.survey.sending import Sending

_BY_ROUTE = {
    HopKind.REFUSED: (Outcome.REFUSED, OutcomeReason.OWN_REFUSES),
    HopKind.DEFERRED: (Outcome.DEFERRED, OutcomeReason.OWN_WAITS),
    HopKind.DISCARDED: (Outcome.INCONCLUSIVE, OutcomeReason.OWN_DISCARDS),
    HopKind.LOCAL: (Outcome.INCONCLUSIVE, OutcomeReason.OWN_DELIVERS),
    HopKind.PROGRAM: (Outcome.INCONCLUSIVE, OutcomeReason.OWN_PROGRAM),
}


@dataclass(frozen=True, slots=True)
class OwnDecision:
    """The outcome that the server's own configuration comes to, and why."""

    outcome: Outcome
    reason: Reason[OutcomeReason]


def own_decision(how: Sending, size: int | None, *, leads_here: bool = False) -> OwnDecision | None:
    """What becomes of a message of so many octets (None: not known) on this host; None where it is handed to
    the server that this run asks. `leads_here`: the mail servers of the domain are this host, so that what is
    delivered here was taken to them."""
    mta = how.mta
    if mta is None or how.options.route is RouteChoice.MX or how.options.mx is not None:
        return None
    route, limit = mta.route, mta.size_limit.value
    if route.kind is HopKind.REFUSED:
        return _decision(*_BY_ROUTE[route.kind], text=route.reason)
    if size is not None and limit is not None and size > limit:
        return _decision(Outcome.REFUSED, OutcomeReason.OWN_SIZE, most=limit)
    if route.kind in _BY_ROUTE and not (route.kind is HopKind.LOCAL and leads_here):
        return _decision(*_BY_ROUTE[route.kind], text=route.reason)
    if mta.tls.level is TlsLevel.INVALID and route.kind in (HopKind.MX, HopKind.RELAY):
        # Exim sends back what it cannot take to a host with DANE, Postfix lets it wait
        outcome = Outcome.REFUSED if mta.software is MtaSoftware.EXIM else Outcome.DEFERRED
        return _decision(outcome, OutcomeReason.OWN_TLS, text=mta.tls.reason)
    if mta.tls.wrapped and route.kind is HopKind.RELAY:
        return _decision(Outcome.INCONCLUSIVE, OutcomeReason.OWN_WRAPPED)
    return None


def _decision(
    outcome: Outcome, tag: OutcomeReason, *, text: str = "", most: int | None = None
) -> OwnDecision:
    return OwnDecision(outcome, Reason(tag, text=text, most=most))
