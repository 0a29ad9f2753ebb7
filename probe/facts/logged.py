"""What the log of --log tells, beside what the run saw."""

from __future__ import annotations

from probe.facts.model import Facts
from probe.model.logged import LogFate
from probe.model.observed import Gap, Part
from probe.model.reply import Stage

REF = "log:1"
_AFTER_RCPT = frozenset({Stage.DATA, Stage.END_OF_DATA})  # stages that a probe does not reach


def is_handed_over(facts: Facts) -> bool:
    """Whether the log says that the other side has the message."""
    delivery = facts.log.delivery if facts.log is not None else None
    return delivery is not None and delivery.status is LogFate.SENT


def has_passed(facts: Facts) -> bool:
    """Whether the log has a deferral that is over: this run was accepted."""
    delivery = facts.log.delivery if facts.log is not None else None
    if delivery is None or delivery.is_given_up or delivery.stage in _AFTER_RCPT:
        return False
    return delivery.is_failure and _was_accepted(facts)


def tells_of_failure(facts: Facts) -> bool:
    """Whether the bounce or the log tells that the message did not get through; a bounce that was redacted
    may have."""
    delivery = facts.log.delivery if facts.log is not None else None
    is_bounced = facts.bounce is not None and facts.bounce.is_refusal
    is_redacted = any(it.part is Part.BOUNCE and it.reason.tag is Gap.REDACTED for it in facts.not_reached)
    return is_bounced or is_redacted or (delivery is not None and delivery.is_failure)


def is_given_up(facts: Facts) -> bool:
    """Whether, by the bounce or the log, no server tries the message any more."""
    delivery = facts.log.delivery if facts.log is not None else None
    is_bounced = facts.bounce is not None and facts.bounce.is_given_up
    return is_bounced or (delivery is not None and delivery.is_given_up)


def is_of_another_relay(facts: Facts) -> bool:
    """Whether the server that answered in the log is none of the domain's MX hosts."""
    delivery = facts.log.delivery if facts.log is not None else None
    hosts = facts.recipient.mx.hosts
    if delivery is None or not delivery.relay_host or not delivery.is_remote or not hosts:
        return False
    names = {host.host.lower().rstrip(".") for host in hosts}
    addresses = {str(ip) for host in hosts for ip in host.addresses}
    return delivery.relay_host.lower().rstrip(".") not in names and delivery.relay_ip not in addresses


def _was_accepted(facts: Facts) -> bool:
    return any(
        exchange.stage is Stage.RCPT and exchange.reply is not None and exchange.reply.is_positive
        for session in facts.sessions
        if session.experiment.value == "target"
        for exchange in session.exchanges
    )
