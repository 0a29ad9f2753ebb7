"""The facts at the relay that the local mail server hands mail on to, which has the last word."""

from __future__ import annotations

from probe._dataclass import replace
from probe.facts.deciding import farthest
from probe.facts.model import Facts
from probe.facts.session import Session
from probe.model.observed import SessionReason
from probe.model.session import Experiment
from probe.standards.dns.results import MxHost, MxResult, RouteKind
from probe.survey.sending import fallbacks


def fallback_sessions(facts: Facts) -> tuple[Session, ...]:
    """The sessions with such relays, in the order of dialling."""
    return tuple(it for it in facts.sessions if it.experiment is Experiment.FALLBACK)


def leads_nowhere(facts: Facts) -> bool:
    """Whether DNS says that none of these relays has an address."""
    routes = facts.fallback_routes
    answers = [a for it in routes for a in (*it.answers, *(a for host in it.hosts for a in host.answers))]
    has_address = any(host.addresses for it in routes for host in it.hosts)
    return bool(answers) and not has_address and not any(answer.is_unknown for answer in answers)


def at_fallback(facts: Facts) -> Facts:
    """The facts with the relay that came farthest in the place of the recipient's servers, as in a run whose
    route is that relay; as they are if none was connected to."""
    groups = _by_relay(fallback_sessions(facts))
    connections = [session for group in groups for session in group if session.connected]
    if not connections:
        return facts
    deciding = farthest(connections)
    sessions = next(group for group in groups if deciding in group)
    place = (sessions[0].reason.host, sessions[0].port)
    relays = fallbacks(facts.user_options or facts.options, facts.mta)
    how = next((it for it in relays if (it.relay[0].host, it.port) == place), None)
    if how is None:
        return facts
    hosts = tuple(MxHost(0, it.mx_host, (it.ip,), ()) for it in sessions)
    route = MxResult(how.relay[0].host, RouteKind.FIXED, hosts, ())
    return replace(
        facts,
        options=how.options,
        recipient=replace(facts.recipient, mx=route, provider=None, dane=()),
        sessions=tuple(replace(it, experiment=Experiment.TARGET) for it in sessions),
        mta=how.mta,
        relay=how.relay,
        tls_policy=how.tls_policy,
        was_handed_on=True,
    )


def _by_relay(sessions: tuple[Session, ...]) -> list[list[Session]]:
    """The sessions with each relay: the first one of each says whom the mail is handed on to."""
    groups: list[list[Session]] = []
    for session in sessions:
        if session.reason.tag is SessionReason.HANDED_ON or not groups:
            groups.append([])
        groups[-1].append(session)
    return groups
