"""How much goes to these mail servers?

Reads from the log given with --log what only a log shows: how many deliveries to the operator of the
recipient's mail servers were tried in the last hour and day of the log, the most in one minute, and which
part of the recipients was deferred at least once. It is shown beside the limits that the provider publishes,
if they are known.

What to do: where much is deferred, send fewer messages at once and over fewer connections; spread a large
sending over hours; give a new address time to warm up.
Source: RFC 5321 section 4.5.4.1; the providers' own pages, as recorded in knowledge/requirements.toml.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.checks.judging.wording import Voice
from probe.facts.logged import REF
from probe.facts.model import Facts
from probe.knowledge.requirements import Need, for_provider
from probe.model.finding import Finding

ID = "log-volume"
STEP = 7
say = Voice(ID, STEP, ("RFC 5321 section 4.5.4.1",))

_LIMITS = frozenset({Need.FEW_CONNECTIONS, Need.SLOW})
_MUCH = 0.2  # a healthy sender sees a few per cent deferred, mostly by greylisting
_LEAST = 5  # recipients; with fewer, a share says nothing


def check(facts: Facts) -> Iterator[Finding]:
    """Silent without --log."""
    if facts.log is None:
        return
    volume = facts.log.volume
    if volume is None:
        yield say("volume-none", (REF,), domain=facts.recipient.domain)
    else:
        is_much = volume.recipients >= _LEAST and volume.share_deferred >= _MUCH
        yield say(
            "volume-deferred" if is_much else "volume-told",
            (REF,),
            operator=volume.title,
            hour=volume.tried_last_hour,
            day=volume.tried_last_day,
            peak=volume.peak_minute,
            peak_at=volume.peak_at,
            percent=round(100 * volume.share_deferred),
            recipients=volume.recipients,
            waiting=volume.waiting,
            last_at=facts.log.last_at,
        )
    yield from _published(facts)


def _published(facts: Facts) -> Iterator[Finding]:
    provider = facts.recipient.provider
    limits = [it for it in for_provider(provider.id) if _LIMITS & set(it.needs)] if provider else []
    for limit in limits:
        yield say("volume-limit", ("mx-provider",), says=limit.says, checked=limit.checked)
    if provider is not None and not limits:
        yield say("volume-limit-not-known", ("mx-provider",), provider=provider.title)
