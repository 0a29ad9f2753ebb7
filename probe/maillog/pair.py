"""One sender and recipient in a log: the outcomes of their messages, and the volume to the same operator."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import tzinfo
from ipaddress import ip_address
from pathlib import PurePath

from probe.maillog.aggregate import Aggregate
from probe.maillog.groups import Fate
from probe.maillog.inside import is_inside
from probe.maillog.operators import Operator
from probe.maillog.outcome import Outcome
from probe.maillog.summary import moment
from probe.model.address import IPAddress
from probe.model.logged import LogAccount, LogFate, LoggedDelivery, LoggedVolume
from probe.reading.log.event import Event, Kind, Speaker
from probe.reading.log.reader import Piece, Reader

KEPT = 1_000  # outcomes that are kept, and messages that are followed
_ATTEMPT = Kind.ATTEMPT  # enum member look-ups are slow
_HOUR, _DAY = 3600, 86_400  # seconds


class PairLog:
    """Takes the records of a log, counts them all, and follows the messages to one recipient.

    `sender` None takes any; empty is the null reverse-path. `recipient` None takes any, which needs a
    `queue_id`."""

    def __init__(
        self,
        zone: tzinfo | None,
        sender: str | None,
        recipient: str | None,
        queue_id: str | None = None,
    ) -> None:
        self.all = Aggregate(zone)
        self._sender = sender.lower() if sender is not None else None
        self._recipient = recipient.lower() if recipient is not None else None
        self._queue_id = queue_id
        self._domain = self._recipient.rpartition("@")[2] if self._recipient is not None else None
        self._own = Aggregate(zone, emit=self._keep)
        self._ids: set[str] = set()
        self._last_events: dict[str, Event] = {}  # the last event of a message that names a server
        self._to_domain: dict[str, Event] = {}  # the last event to a domain that names one
        self.outcomes: list[Outcome] = []
        self.others = 0

    def read_by(self, reader: Reader) -> None:
        """What follows is read by this reader."""
        self.all.read_by(reader)
        self._own.read_by(reader)

    def take(self, records: Sequence[Piece]) -> None:
        """Count records, in the order of the log."""
        self.all.take(records)
        for record in records:
            if isinstance(record, Event) and record.relay is not None and record.kind is _ATTEMPT:
                self._heard_of_domain(record)
        mine = [it for it in records if isinstance(it, Event) and self._is_mine(it)]
        if mine:
            self._own.take(mine)

    def end(self) -> None:
        """The log has ended."""
        self.all.end()
        self._own.end()

    def log_facts(self, names: Collection[str], domain: str, recipient: str | None = None) -> LogAccount:
        """The facts of the log for the recipient's `domain`; for one `recipient`, if the log was read for
        any."""
        last = self.last(recipient)
        to_domain = self._to_domain.get(domain)
        of = self._tried_of(last.event) if last is not None else to_domain
        if of is None or (of.relay is None and to_domain is not None):
            of = to_domain or _nothing(domain)
        operator = self.all.operators.of(of, domain)
        return LogAccount(
            names=tuple(names),
            first_at=moment(self.all.first) or "",
            last_at=moment(self.all.last) or "",
            delivery=self.delivery(last) if last is not None else None,
            others=self.others,
            volume=self._volume(operator),
        )

    def last(self, recipient: str | None = None) -> Outcome | None:
        """The last outcome, of this recipient if one is named."""
        outcomes = self.outcomes
        if recipient is not None:
            outcomes = [it for it in outcomes if recipient.lower() in _names(it.event)]
        return max(outcomes, key=lambda it: self.all.seconds(it.event.at) or 0, default=None)

    def delivery(self, outcome: Outcome) -> LoggedDelivery:
        """An outcome in the form of a report."""
        event = outcome.event
        words = event.earlier or event.words
        last = self._tried_of(event)
        relay = last.relay
        return LoggedDelivery(
            status=LogFate(outcome.fate.value),
            at=moment(self.all.seconds(event.at)) or "",
            attempts=outcome.attempts,
            queue_id=event.queue_id or "",
            reverse_path=self._sender_of(event) or "",
            recipient=event.recipient or "",
            relay_host=(relay.host or "") if relay is not None else "",
            relay_ip=(relay.ip or "") if relay is not None else "",
            source_ip=_public(event.source_ip or last.source_ip),
            words=words.text if words is not None else "",
            is_remote=words is not None and words.speaker is Speaker.REMOTE,
            stage=words.stage if words is not None else None,
            file=PurePath(event.file).name,
            line=event.line,
        )

    def _keep(self, outcome: Outcome) -> None:
        if len(self.outcomes) >= KEPT:
            del self.outcomes[0]
        self.outcomes.append(outcome)

    def _heard_of_domain(self, event: Event) -> None:
        domain = (event.recipient or "").rpartition("@")[2].lower()
        if self._domain is None:
            if domain in self._to_domain or len(self._to_domain) < KEPT:
                self._to_domain[domain] = event
        elif domain == self._domain:
            self._to_domain[domain] = event

    def _is_mine(self, event: Event) -> bool:
        if event.kind is Kind.REFUSAL:
            return False
        if self._queue_id is not None and event.queue_id != self._queue_id:
            return False
        if event.recipient is None:  # of a whole message: told after its recipients were
            return event.queue_id in self._ids or self._queue_id is not None
        if self._recipient is not None and self._recipient not in _names(event):
            return False
        if self._sender is not None:
            sender = self._sender_of(event)
            if sender is not None and sender.lower() != self._sender:
                self.others += event.kind is Kind.ATTEMPT
                return False
        if event.queue_id is not None and len(self._ids) < KEPT:
            self._ids.add(event.queue_id)
            if event.relay is not None and event.relay.host:
                self._last_events[event.queue_id] = event
        return True

    def _tried_of(self, event: Event) -> Event:
        """The event, or the last one of the same message that names a server."""
        if event.relay is not None and event.relay.host:
            return event
        return self._last_events.get(event.queue_id or "", event)

    def _sender_of(self, event: Event) -> str | None:
        if event.sender is not None or event.queue_id is None or self.all.sender_of is None:
            return event.sender
        return self.all.sender_of(event.queue_id)

    def _volume(self, operator: Operator) -> LoggedVolume | None:
        total = self.all
        total.volumes.settle()
        volume = total.volumes.by_id.get(operator.id)
        if volume is None:
            return None
        groups = [it for it in total.groups.values() if it.operator.id == operator.id]
        bins = total.volumes.bins[operator.id]
        return LoggedVolume(
            operator=operator.id,
            title=operator.title,
            delivered=volume.sent,
            cured=sum(it.messages[Fate.SENT] for it in groups),
            waiting=sum(it.messages[Fate.DEFERRED] for it in groups),
            refused=sum(it.messages[Fate.BOUNCED] for it in groups),
            expired=sum(it.messages[Fate.EXPIRED] for it in groups),
            tried_last_hour=bins.since(total.last - _HOUR),
            tried_last_day=bins.since(total.last - _DAY),
            peak_minute=volume.peak,
            peak_at=moment(volume.peak_at) or "",
        )


def _names(event: Event) -> tuple[str, ...]:
    return tuple(name.lower() for name in (event.recipient, event.orig_to) if name is not None)


def _nothing(domain: str) -> Event:
    """An event that names no server: its operator is that of the recipient's domain."""
    from probe.reading.log.event import Status

    return Event("", 0, Kind.ATTEMPT, Status.DEFERRED, "", recipient=f"@{domain}")


def _public(text: str | None) -> IPAddress | None:
    """The address if it is public; the inner address of a translated network has no meaning outside."""
    try:
        result = ip_address((text or "").removeprefix("IPv6:"))
    except ValueError:
        return None
    return None if result.is_loopback or result.is_link_local or is_inside(result) else result
