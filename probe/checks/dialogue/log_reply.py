"""What does the mail log say?

Reads what the log given with --log says about this sender and recipient: whether the other side has the
message, or why it does not; whether its words say that nobody gets it; and whether a remote server said so or
the own mail server. A reply found in the log is used as evidence; a reply with `status=sent` shows the queue
id under which the other side has the message.

What to do: where the other side has it, send its administrator the prepared note; else read the causes.
Source: RFC 5321 section 4.2.5 (a 2yz after the end of DATA hands the message over) and section 6.1.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.wording import Voice
from probe.facts.logged import REF, has_passed, is_of_another_relay
from probe.facts.model import Facts
from probe.model.finding import Finding
from probe.model.logged import LogFate, LoggedDelivery
from probe.reading.log.taken import taken_as
from probe.reading.reply.disposition import disposition

ID = "log-reply"
STEP = 1
say = Voice(ID, STEP, ("RFC 5321 section 4.2.5", "RFC 5321 section 6.1"))


def check(facts: Facts) -> Iterator[Finding]:
    """Silent without --log."""
    log_facts = facts.log
    if log_facts is None:
        return
    delivery = log_facts.delivery
    if delivery is None:
        span = {"first_at": log_facts.first_at, "last_at": log_facts.last_at}
        yield say("log-without-pair", (REF,), names=log_facts.names, others=log_facts.others, **span)
        return
    yield _outcome(facts, delivery)
    if delivery.is_failure and has_passed(facts):
        yield say("log-deferral-passed", (REF,), reply=delivery.words)
    if is_of_another_relay(facts):
        yield say("log-relay-is-no-mx", (REF,), host=delivery.relay_host, domain=facts.recipient.domain)


def _outcome(facts: Facts, delivery: LoggedDelivery) -> Finding:
    host = delivery.relay_host or delivery.relay_ip
    log_facts: dict[str, str | int] = {
        "at": delivery.at,
        "queue_id": delivery.queue_id,
        "host": host,
        "words": delivery.words,
    }
    log_facts |= {"file": delivery.file, "line": delivery.line}
    if delivery.status is LogFate.SENT:
        if not delivery.is_remote:
            return say("log-handed-over", (REF,), **log_facts)
        log_facts["taken_as"] = taken_as(delivery.words)
        what = disposition(delivery.words)
        if what is not None:
            return say("log-taken-for-nobody", (REF,), disposition=what, **log_facts)
        return say("log-delivered", (REF,), **log_facts)
    tag = "log-with-remote-reply" if delivery.is_remote else "log-without-remote-reply"
    return say(
        tag, (REF,), log_fate=delivery.status, attempts=delivery.attempts, stage=delivery.stage, **log_facts
    )
