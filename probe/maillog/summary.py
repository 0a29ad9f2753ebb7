"""Makes the report from the counts: the order of groups, their lines, what to run next."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import UTC, datetime

from probe._dataclass import replace
from probe.diagnosis.conclusion import at_relay
from probe.maillog.aggregate import Aggregate
from probe.maillog.further import Selection, command
from probe.maillog.groups import Fate, Group, Wording
from probe.maillog.no_mailbox import Taken
from probe.maillog.operators import LOCAL
from probe.maillog.pseudonym import Names
from probe.maillog.reach import SmartHost
from probe.maillog.report import (
    LogAttempt,
    LogCount,
    LogGroup,
    LogRefusal,
    LogTaken,
    LogTotals,
    LogVolume,
    LogWording,
)
from probe.maillog.volumes import Volume
from probe.model.evidence import Band
from probe.model.verdict import FixBy, Side
from probe.reading.log.event import Event, Speaker
from probe.reading.reply.disposition import Disposition

COLUMNS = 24  # of a time bar
DOMAINS_SHOWN = 20
WORDINGS_SHOWN = 5
VOLUMES_SHOWN = 50
REFUSALS_SHOWN = 10
TAKEN_SHOWN = 50
_UNREACHED = frozenset({"connection_failed", "dns_failure"})  # may be this machine's own network
_MANY = 3  # operators
ORDER = (
    FixBy.SENDER,
    FixBy.SENDER_NETWORK,
    FixBy.RECIPIENT_ADMIN,
    FixBy.RECIPIENT,
    FixBy.EITHER,
    FixBy.NOBODY,
)
_FAILING = (Fate.DEFERRED, Fate.BOUNCED, Fate.EXPIRED, Fate.UNKNOWN)
_NETWORK_ACTION = (
    "Most of the operators that were tried could not be reached: see first whether this machine reaches "
    "port 25 "
    "and the DNS at all."
)

_INFERRED = (
    "That {0} is a relay of this server's own (a smart host) is inferred: {1}. 'postconf -h relayhost "
    "transport_maps' (Exim: its routers) tells for sure."
)


def moment(seconds: int | None) -> str | None:
    """RFC 3339 in UTC; None for no time."""
    if not seconds:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z")


def totals(aggregate: Aggregate, fates: frozenset[Fate] = frozenset()) -> LogTotals:
    """All messages by their outcome."""

    def of(fate: Fate) -> int:
        return (
            sum(group.messages[fate] for group in aggregate.groups.values()) if _is_asked(fate, fates) else 0
        )

    sent = aggregate.sent if _is_asked(Fate.SENT, fates) else 0
    counts = {fate: of(fate) for fate in Fate}
    has_tries = aggregate.sent + aggregate.attempts > 0 and not fates
    held, held_counted, queued = aggregate.parked_counts()
    messages = sent + sum(counts[fate] for fate in _FAILING)
    discarded, quarantined = (
        aggregate.no_mailbox.total(it) if sent else 0
        for it in (Disposition.DISCARDED, Disposition.QUARANTINED)
    )
    delivered = sent - discarded - quarantined
    return LogTotals(
        messages=messages,
        sent=sent,
        cured=counts[Fate.SENT],
        deferred=counts[Fate.DEFERRED],
        bounced=counts[Fate.BOUNCED],
        expired=counts[Fate.EXPIRED],
        removed=counts[Fate.UNKNOWN],
        share_delivered=round(delivered / messages, 6) if messages and has_tries else None,
        attempts=aggregate.attempts,
        repeats=aggregate.repeats,
        local=aggregate.local,
        internal=aggregate.internal,
        held=held,
        queued=queued,
        refused=aggregate.refused,
        held_counted=held_counted,
        dropped=aggregate.dropped,
        discarded=discarded,
        quarantined=quarantined,
        discards=0 if fates else aggregate.discards,
    )


def _is_asked(fate: Fate, fates: Collection[Fate]) -> bool:
    return not fates or fate in fates


def groups(aggregate: Aggregate, selection: Selection) -> tuple[LogGroup, ...]:
    """The groups: by who acts, then those with the most messages. One without messages is left out, unless a
    whole queue was tried for it."""
    is_unreached = _is_unreached(aggregate)
    relays = aggregate.reaches.smart_hosts(aggregate.volumes)
    rows = [
        _group(group, aggregate, selection, is_unreached, relays.get(group.operator.id))
        for group in aggregate.groups.values()
    ]
    rows_with_messages = [it for it in rows if it.messages or it.cured or it.queue_tries]
    return tuple(
        sorted(
            rows_with_messages,
            key=lambda it: (ORDER.index(it.fix_by), -it.messages, -it.cured, it.operator, it.cause),
        )
    )


def _is_unreached(aggregate: Aggregate) -> bool:
    """Whether most operators that were tried could not be reached: then the fault is not theirs."""
    is_unreached = [
        it for it in aggregate.groups.values() if it.cause in _UNREACHED and it.operator is not LOCAL
    ]
    whose = {it.operator.id for it in is_unreached}
    volumes = [it for it in aggregate.volumes.by_id.values() if it.operator is not LOCAL]
    attempts = sum(it.sent + it.failed for it in volumes if it.operator.id in whose)
    failures = sum(it.attempts for it in is_unreached)
    return len(whose) >= _MANY and len(whose) * 2 > len(volumes) and failures * 2 > attempts


def key_of(group: Group) -> tuple[str, str, str]:
    """The key of a group, equal in all reports."""
    return (group.reason.fix_by.value, group.operator.id, group.cause)


def _group(
    group: Group, aggregate: Aggregate, selection: Selection, is_unreached: bool, relay: SmartHost | None
) -> LogGroup:
    conclusion = group.reason.conclusion
    if relay is not None and group.reason.side is Side.RECIPIENT:
        conclusion = at_relay(conclusion)
        conclusion = replace(conclusion, action=f"{conclusion.action} {_INFERRED.format(*relay)}")
    conduct = conclusion.conduct
    is_ours = is_unreached and group.cause in _UNREACHED and group.operator is not LOCAL
    is_given_up = group.messages[Fate.EXPIRED] > 0 and not group.messages[Fate.DEFERRED]
    action = conclusion.action
    if is_given_up and action == conclusion.advice.action:  # which tells what to do while it waits
        action = conclusion.advice.given_up or action
    fix_by = FixBy.SENDER_NETWORK if is_ours else conduct.fix_by
    if conclusion.band is Band.UNDECIDED and group.operator is not LOCAL:
        fix_by = FixBy.EITHER
    counts = {fate: group.messages[fate] if _is_asked(fate, selection.fates) else 0 for fate in Fate}
    wordings = sorted(group.wordings.values(), key=lambda it: (-it.messages, it.reason.key))
    domains = sorted(((n, c) for n, c in group.domains.items() if c > 0), key=lambda it: (-it[1], it[0]))
    cured = group.cured if _is_asked(Fate.SENT, selection.fates) else None
    since = (selection.since_last or {}).get(key_of(group)) if selection.since_last is not None else None
    return LogGroup(
        fix_by=fix_by,
        operator=group.operator.id,
        operator_title=group.operator.title,
        cause=group.cause,
        title=conclusion.cause.title if relay is not None else group.reason.title,
        band=conclusion.band,
        probability=round(conclusion.ranking[0].probability, 4),
        retry=conduct.retry,
        retry_after_s=conduct.retry_after,
        steps=conclusion.advice.steps,
        action=_NETWORK_ACTION if is_ours else action,
        messages=sum(counts[fate] for fate in _FAILING),
        deferred=counts[Fate.DEFERRED],
        bounced=counts[Fate.BOUNCED],
        expired=counts[Fate.EXPIRED],
        removed=counts[Fate.UNKNOWN],
        cured=counts[Fate.SENT],
        cured_after_s=cured.median() if cured is not None and cured.count else None,
        cured_longest_s=cured.longest if cured is not None and cured.count else None,
        attempts=group.attempts,
        repeats=group.repeats,
        fresh=group.fresh,
        first_at=moment(group.first),
        last_at=moment(group.last),
        bar=group.bins.bar(aggregate.first, aggregate.last, COLUMNS),
        domains=tuple(LogCount(name, count) for name, count in domains[:DOMAINS_SHOWN]),
        other_domains=max(0, group.other_domains) + sum(count for _, count in domains[DOMAINS_SHOWN:]),
        wordings=tuple(_wording(it, selection.names) for it in wordings[:WORDINGS_SHOWN]),
        other_wordings=max(0, group.other_wordings) + sum(it.messages for it in wordings[WORDINGS_SHOWN:]),
        source_ips=tuple(sorted(group.sources)),
        since_last=since,
        command=command(wordings[0], selection) if wordings else "",
        queue_tries=group.queue_tries if not selection.fates else 0,
    )


def _wording(wording: Wording, names: Names) -> LogWording:
    event = wording.example
    words = event.earlier if event.earlier is not None else event.words
    others = words.recipients if words is not None else ()
    reading = wording.reason.explanation.reading
    is_remote = wording.reason.is_remote
    return LogWording(
        template=names.text(wording.reason.key, event.recipient, wording.sender, *others),
        messages=wording.messages,
        is_remote=is_remote,
        code=reading.code if reading is not None and is_remote else None,
        enhanced_status=str(reading.enhanced)
        if reading is not None and is_remote and reading.enhanced
        else None,
        example=names.text(
            words.text if words is not None else "", event.recipient, wording.sender, event.orig_to, *others
        ),
        stage=words.stage.value if words is not None and words.stage is not None else "",
        queue_id=event.queue_id,
        sender=names.address(wording.sender),
        recipient=names.address(event.recipient),
        file=event.file,
        line=event.line,
    )


def no_mailbox(aggregate: Aggregate, selection: Selection) -> tuple[LogTaken, ...]:
    """What others took with a 2yz and gave to nobody, the most first."""
    if not _is_asked(Fate.SENT, selection.fates):
        return ()
    rows = sorted(aggregate.no_mailbox.rows.values(), key=lambda it: (-it.messages, it.operator.id))
    return tuple(_taken(it, selection.names) for it in rows[:TAKEN_SHOWN])


def _taken(row: Taken, names: Names) -> LogTaken:
    event, words = row.example, row.example.words
    domains = sorted(row.domains.items(), key=lambda it: (-it[1], it[0]))
    text = words.text if words is not None else ""
    return LogTaken(
        disposition=row.disposition,
        operator=row.operator.id,
        operator_title=row.operator.title,
        messages=row.messages,
        first_at=moment(row.first),
        last_at=moment(row.last),
        domains=tuple(LogCount(name, count) for name, count in domains[:DOMAINS_SHOWN]),
        example=names.text(text, event.recipient, row.sender, event.orig_to),
        queue_id=event.queue_id,
        sender=names.address(row.sender),
        recipient=names.address(event.recipient),
        file=event.file,
        line=event.line,
    )


def history(events: Sequence[Event], aggregate: Aggregate, names: Names) -> tuple[LogAttempt, ...]:
    """What happened to one message, in order."""
    return tuple(_attempt(event, aggregate, names) for event in events)


def _attempt(event: Event, aggregate: Aggregate, names: Names) -> LogAttempt:
    words = event.earlier if event.earlier is not None else event.words
    text = words.text if words is not None else ""
    return LogAttempt(
        at=moment(aggregate.seconds(event.at)),
        recipient=names.address(event.recipient),
        status=event.status.value,
        relay=event.relay.host if event.relay is not None else None,
        relay_ip=event.relay.ip if event.relay is not None else None,
        stage=words.stage.value if words is not None and words.stage is not None else "",
        is_remote=words is not None and words.speaker is Speaker.REMOTE,
        words=names.text(
            text,
            *(event.recipient, event.sender, event.orig_to),
            *(words.recipients if words is not None else ()),
        ),
        file=event.file,
        line=event.line,
    )


def volumes(aggregate: Aggregate) -> tuple[LogVolume, ...]:
    """The volumes by operator, the largest first."""
    aggregate.volumes.settle()
    rows = sorted(aggregate.volumes.by_id.values(), key=lambda it: (-(it.sent + it.failed), it.operator.id))
    return tuple(_volume(it, aggregate) for it in rows[:VOLUMES_SHOWN])


def _volume(volume: Volume, aggregate: Aggregate) -> LogVolume:
    bins = aggregate.volumes.bins[volume.operator.id]
    return LogVolume(
        operator=volume.operator.id,
        operator_title=volume.operator.title,
        sent=volume.sent,
        failed=volume.failed,
        last_hour=bins.since(aggregate.last - 3600),
        last_day=bins.since(aggregate.last - 86_400),
        peak_minute=volume.peak,
        peak_at=moment(volume.peak_at),
        in_no_mailbox=aggregate.no_mailbox.of(volume.operator),
    )


def refusals(aggregate: Aggregate, names: Names) -> tuple[LogRefusal, ...]:
    """What this server refused others, the most frequent first."""
    rows = sorted(aggregate.refusals.items(), key=lambda it: (-it[1], it[0]))
    return tuple(LogRefusal(names.text(text), count) for text, count in rows[:REFUSALS_SHOWN])
