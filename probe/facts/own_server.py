"""What the local mail server decided before any other server was contacted."""

from __future__ import annotations

from probe.facts.model import Facts
from probe.model.observed import Gap, Part
from probe.survey.own_server import OwnDecision, own_decision
from probe.survey.sending import before_self


def own_decision_of(facts: Facts) -> OwnDecision | None:
    """The decision that kept the run from asking a server; None if there was none."""
    is_kept = any(it.part is Part.SESSIONS and it.reason.tag is Gap.KEPT_HERE for it in facts.not_reached)
    if not is_kept:
        return None
    mx = facts.recipient.mx
    return own_decision(facts.sending, facts.planned_size, facts.recipient.domain, mx.hosts)


def uses_one_family(facts: Facts) -> int | None:
    """The only address family (4 or 6) that the local mail server uses, if no option chose it."""
    if facts.mta is None or facts.user_options is None or facts.options.bind is not None:
        return None
    is_given = len(facts.user_options.families) == 1
    families = facts.options.families
    return families[0] if len(families) == 1 and not is_given else None


def is_backup(facts: Facts) -> bool:
    """Whether the local mail server is an MX host of the domain, behind the best ones. It then hands mail on
    to no fallback relay, for that could loop (postconf(5), smtp_fallback_relay; Exim specification,
    fallback_hosts; getmxrr of sendmail)."""
    hosts = facts.recipient.mx.hosts
    return not facts.relay and before_self(facts.sending, hosts) != hosts
