"""The local mail server, for the report."""

from __future__ import annotations

from probe.facts.fallback import fallback_sessions
from probe.facts.model import Facts
from probe.model import report as rp
from probe.model.mta_reason import MtaWhy
from probe.model.sender_mta import AddressFact, Hop, NumberFact, SenderMta, TextFact
from probe.wording.spoken import spoken


def sender_mta(facts: Facts) -> rp.ReportSenderMta | None:
    """What its tools printed; None if there is none."""
    mta = facts.mta
    if mta is None:
        return None
    return rp.ReportSenderMta(
        software=mta.software,
        version=mta.version,
        config=mta.config,
        helo=mta.helo.value,
        source_v4=_address(mta.source_v4),
        source_v6=_address(mta.source_v6),
        families=mta.families.usable,
        route=mta.route.kind,
        transport=mta.route.transport,
        relays=_hops(mta.route.hops),
        decided_by=mta.route.source,
        reason=spoken(mta.route.reason),
        authenticates=mta.route.authenticates,
        tls=mta.tls.level,
        size_limit=mta.size_limit.value,
        instances=mta.instances,
        relay_asked=bool(facts.relay),
        sources=tuple(_sources(mta)),
        reason_tag=mta.route.reason.tag if mta.route.reason is not None else None,
        sends_from=_text(mta.sends_from),
        sends_to=_text(mta.sends_to),
        content_filter=_text(mta.content_filter),
        reply_filter=_text(mta.reply_filter),
        status_filter=_text(mta.status_filter),
        fallback_relays=_hops(mta.route.fallback),
        fallback_by=mta.route.fallback_by,
        fallback_asked=bool(fallback_sessions(facts)),
    )


def _hops(hops: tuple[Hop, ...]) -> tuple[rp.ReportHop, ...]:
    return tuple(rp.ReportHop(hop.host, hop.port, hop.by_mx) for hop in hops)


def _text(fact: TextFact | None) -> str | None:
    return fact.value if fact is not None else None


def _address(fact: AddressFact) -> str | None:
    return str(fact.value) if fact.value is not None else None


def _sources(mta: SenderMta) -> list[str]:
    facts: dict[str, TextFact | AddressFact | NumberFact | None] = {
        "helo": mta.helo,
        "source_v4": mta.source_v4,
        "source_v6": mta.source_v6,
        "size_limit": mta.size_limit,
        "sends_from": mta.sends_from,
        "sends_to": mta.sends_to,
        "content_filter": mta.content_filter,
        "reply_filter": mta.reply_filter,
        "status_filter": mta.status_filter,
    }
    lines = [f"{name}: {fact.source}{_why(fact.reason)}" for name, fact in facts.items() if fact is not None]
    return [*lines, f"families: {mta.families.source}", f"tls: {mta.tls.source}{_why(mta.tls.reason)}"]


def _why(reason: MtaWhy | None) -> str:
    return f" ({spoken(reason)})" if reason is not None else ""
