"""Makes a recording shareable: all its mailboxes, addresses and host names are replaced.

Every mailbox becomes `userN@domainN.example`, every host `hostN.domainN.example`, every address one of the
documentation ranges (RFC 5737, RFC 3849) or of the same private range. The same original always becomes the
same pseudonym, and names that encode an address or contain another name (reverse DNS, blocklist queries, SPF
macros) are rewritten part by part, so a replay asks the redacted recording the same questions and gives the
same verdict. Certificates, TLSA data and the message are removed. Suffixes of mail providers and blocklists
are kept: they say where mail goes, not whose it is. DKIM keys and selectors are kept, too; somebody who knows
the domain can recognise them.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from functools import cache
from ipaddress import IPv4Address
from itertools import islice
from typing import TypeVar

from probe._dataclass import dataclass, replace
from probe._enum import StrEnum
from probe.model.address import IPAddress, Mailbox
from probe.model.answer_fault import AnswerWhy
from probe.model.logged import LogAccount
from probe.model.observed import Gap, Part
from probe.model.reason import Reason
from probe.model.target import DomainTarget, Endpoint, Options, PairTarget, Target
from probe.recording import events as ev
from probe.recording.codec import encode
from probe.recording.controls import controls_of
from probe.recording.journal import Recording
from probe.recording.pseudonyms import Keep, Pseudonyms
from probe.recording.redact_mta import MtaRedactor
from probe.recording.redact_remains import identifiers
from probe.recording.redact_text import TextRedactor, u_label
from probe.standards.dns.false_denial import false_denial_in
from probe.standards.dns.message import Answer, Mx, Question, Record, RecordType, Tlsa, Txt
from probe.standards.dns.names import address_of_reverse_name
from probe.standards.dns.provenance import ExtendedError, Provenance, Soa
from probe.standards.dns.rewriting import control_question

R = TypeVar("R", bound=Reason[StrEnum] | None)
_MOST_JUDGED = 16  # each replaces every network of an SPF record that contains it
# One that `Answer.doubt` recognises as made by a resolver, and one that it doubts for no name
_RESOLVER_SOA = Soa("", "localhost", "nobody.invalid", 0, 0)
_ZONE_SOA = Soa("", "ns.example", "hostmaster.example", 0, 0)
_TXT_STRING = 255  # octets, RFC 1035 section 3.3.14
_WORD = re.compile(r"[^\W\d_]{3,}")
_HOST = re.compile(r"(?:[\w-]{1,63}\.){1,40}[a-z]{2,63}")


@dataclass(frozen=True, slots=True, repr=False)
class Redaction:
    """A redacted recording, how many local parts, names (registered domains, labels of hosts) and
    addresses were replaced in it, and the identifiers of servers that were kept. `is_new`: it was not
    redacted before."""

    recording: Recording
    is_new: bool
    local_parts: int = 0
    names: int = 0
    addresses: int = 0
    identifiers: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The recording as JSON Lines, fit for a file."""
        return "".join(encode(event) + "\n" for event in self.recording)

    def __repr__(self) -> str:
        counts = f"{self.local_parts} local parts, {self.names} names, {self.addresses} addresses replaced"
        return f"<Redaction of {len(self.recording)} events: {counts}>"


def redact(recording: Recording) -> Recording:
    """A copy with pseudonyms. A recording that is redacted already comes back as it is."""
    return redaction(recording).recording


def redaction(recording: Recording) -> Redaction:
    """A copy with pseudonyms, with counts of what was replaced and what was not."""
    if recording.started.redacted:
        return Redaction(recording, is_new=False, identifiers=identifiers(recording))
    # The first pass only learns what the originals are, so that no pseudonym equals one of them and local
    # parts are known when they occur alone in a reply.
    first_pass = _Redactor(recording, None)
    first_pass.events()
    pseudonyms = first_pass.pseudonyms
    shared = Recording.of(_Redactor(recording, pseudonyms).events())
    names = len(pseudonyms.organizations()) + len(pseudonyms.labels())
    counts = len(pseudonyms.locals()), names, len(pseudonyms.addresses())
    return Redaction(shared, True, *counts, identifiers=identifiers(shared))


class _Redactor:
    def __init__(self, recording: Recording, pseudonyms: Pseudonyms | None) -> None:
        self._recording = recording
        options = recording.started.options
        self.pseudonyms = Pseudonyms(_keep(options), _identities(recording.started), pseudonyms)
        for name in _own_names(recording.started):
            self.pseudonyms.key(name)
        self._text = TextRedactor(self.pseudonyms, _spf_addresses(recording), pseudonyms)
        self._mta = MtaRedactor(self.pseudonyms, self._text.text)
        answers = [event.answer for event in recording.all(ev.DnsAnswered)]
        self._false_denial = false_denial_in(controls_of(answers))

    def events(self) -> list[ev.Event]:
        received = self._replacements()
        return [
            replace(event, data=received[index]) if isinstance(event, ev.Received) else self._event(event)
            for index, event in enumerate(self._recording)
        ]

    def _event(self, event: ev.Event) -> ev.Event:
        names, text = self.pseudonyms, self._text.text
        match event:
            case ev.Started():
                target, options = self._target(event.target), self._options(event.options)
                return replace(event, target=target, options=options, redacted=True)
            case ev.Vantage():
                helo, why = names.host(event.helo), self._reason(event.helo_reason)
                ip, host = self._optional(event.source_ip), names.host(event.hostname)
                own = tuple(map(names.address, event.addresses))
                return replace(event, source_ip=ip, hostname=host, helo=helo, helo_reason=why, addresses=own)
            case ev.SenderMtaRead():
                mta = self._mta.mta(event.mta) if event.mta is not None else None
                return replace(event, mta=mta, why=self._mta.reason(event.why))
            case ev.DnsAnswered():
                return replace(event, answer=self._answer(event.answer))
            case ev.NameServerSilent():
                return replace(event, server=self._endpoint(event.server))
            case ev.SessionOpened():
                host, ip = names.host(event.mx_host), names.address(event.ip)
                return replace(event, mx_host=host, ip=ip, reason=self._reason(event.reason))
            case ev.Connected():
                return replace(event, local_ip=names.address(event.local_ip))
            case ev.Sent():
                return replace(event, data=self._text.octets(event.data))
            case ev.TlsEstablished():
                return replace(event, chain=(), trust=self._reason(event.trust))
            case ev.TlsFailed():
                return replace(event, fault=self._reason(event.fault))
            case ev.SessionClosed():
                return replace(event, cause=self._reason(event.cause))
            case ev.HttpsFetched():
                body, fault = self._text.octets(event.body), self._reason(event.fault)
                kind = text(event.content_type)
                date = text(event.date)
                return replace(
                    event, url=text(event.url), content_type=kind, body=body, fault=fault, date=date
                )
            case ev.OpinionGiven():
                return self._opinion(event)
            case ev.MessageGiven():
                # An empty message would be judged as one without headers; it must count as not seen.
                return ev.NotReached(event.at_ms, Part.MESSAGE, Reason(Gap.REDACTED))
            case ev.BounceGiven():
                # A bounce contains addresses, hosts and the message itself everywhere.
                return ev.NotReached(event.at_ms, Part.BOUNCE, Reason(Gap.REDACTED))
            case ev.LogGiven():
                return replace(event, log_facts=self._log_facts(event.log_facts))
            case ev.NotReached():
                return replace(event, reason=self._reason(event.reason), words=text(event.words))
            case _:
                return event

    def _log_facts(self, log_facts: LogAccount) -> LogAccount:
        """The facts of a log: names and addresses are replaced as in the run, words as in any text. Queue ids
        and file names are removed."""
        text, delivery, volume = self._text.text, log_facts.delivery, log_facts.volume
        if delivery is not None:
            delivery = replace(
                delivery,
                queue_id="",
                reverse_path=text(delivery.reverse_path),
                recipient=text(delivery.recipient),
                relay_host=self._host(delivery.relay_host),
                relay_ip=text(delivery.relay_ip),
                source_ip=self._optional(delivery.source_ip),
                words=text(delivery.words),
                file="",
            )
        if volume is not None:
            operator = self._host(volume.operator)
            title = operator if volume.title == volume.operator else text(volume.title)
            volume = replace(volume, operator=operator, title=title)
        return replace(log_facts, names=(), delivery=delivery, volume=volume)

    def _host(self, name: str) -> str:
        """The pseudonym of a host name; if it is not a name (an operator's id, a socket), of a text."""
        return self.pseudonyms.host(name) if "." in name else self._text.text(name)

    def _reason(self, reason: R) -> R:
        """Replace its values: names and addresses as in the run, foreign words as in any text."""
        if reason is None:
            return reason
        names, text = self.pseudonyms, self._text.text
        address = reason.address
        if address is not None and address.inside is not None:
            inside = names.address(address.inside)
            address = replace(address, inside=inside if isinstance(inside, IPv4Address) else None)
        # a file of this machine, or a line of this program, identifies nobody
        return replace(
            reason,
            host=names.host(reason.host) if reason.host else "",
            ip=self._optional(reason.ip),
            address=address,
            mta=self._mta.reason(reason.mta),
            error=text(reason.error),
            text=text(reason.text),
        )

    def _opinion(self, event: ev.OpinionGiven) -> ev.OpinionGiven:
        text = self._text.text
        return replace(
            event,
            domain=self.pseudonyms.domain(event.domain),
            errors=tuple(map(text, event.errors)),
            warnings=tuple(map(text, event.warnings)),
            fault=self._reason(event.fault),
        )

    def _target(self, target: Target) -> Target:
        if isinstance(target, DomainTarget):
            return DomainTarget(self.pseudonyms.host(target.domain))
        reverse_path = target.reverse_path
        if isinstance(reverse_path, Mailbox):
            reverse_path = self.pseudonyms.mailbox(reverse_path)
        return PairTarget(reverse_path, self.pseudonyms.mailbox(target.forward_path))

    def _options(self, options: Options) -> Options:
        names = self.pseudonyms
        header_from = options.header_from
        return replace(
            options,
            ip=self._optional(options.ip),
            bind=self._optional(options.bind),
            helo=names.host(options.helo) if options.helo is not None else None,
            mta_config="",
            header_from=names.mailbox(header_from) if header_from is not None else None,
            nameservers=tuple(self._endpoint(endpoint) for endpoint in options.nameservers),
            mx=self._endpoint(options.mx) if options.mx is not None else None,
            dnsbl=tuple(names.zone(zone.lower()) for zone in options.dnsbl),
        )

    def _endpoint(self, endpoint: Endpoint) -> Endpoint:
        return replace(endpoint, host=self.pseudonyms.host(endpoint.host))

    def _optional(self, ip: IPAddress | None) -> IPAddress | None:
        return self.pseudonyms.address(ip) if ip is not None else None

    def _answer(self, answer: Answer) -> Answer:
        name = answer.question.name
        return replace(
            answer,
            question=Question(self.pseudonyms.domain(name), answer.question.rtype),
            records=tuple(self._record(name, record) for record in answer.records),
            aliases=tuple(self.pseudonyms.domain(alias) for alias in answer.aliases),
            why=self._answer_why(answer.why),
            provenance=self._provenance(answer),
        )

    def _answer_why(self, why: AnswerWhy | None) -> AnswerWhy | None:
        """Replace names and addresses as in the run, foreign words as in any text."""
        if why is None:
            return None
        name, text = self.pseudonyms.domain(why.name) if why.name else "", self._text.text
        return replace(why, server=text(why.server), name=name, text=text(why.text))

    def _provenance(self, answer: Answer) -> Provenance | None:
        """Pseudonyms lose the relation of a name to its zone, so its consequence is kept instead: the SOA
        record becomes that of a laboratory's root, or one that a resolver made."""
        provenance, text = answer.provenance, self._text.text
        if provenance is None:
            return None
        soa = provenance.soa
        if soa is not None:
            known_answer = self._false_denial.mark(answer) if self._false_denial is not None else answer
            soa = replace(
                _RESOLVER_SOA if known_answer.doubt else _ZONE_SOA, minimum=soa.minimum, ttl=soa.ttl
            )
        return replace(
            provenance,
            server=text(provenance.server),
            soa=soa,
            policy_zone=self.pseudonyms.domain(provenance.policy_zone),
            extended=tuple(ExtendedError(error.code, text(error.text)) for error in provenance.extended),
        )

    def _record(self, name: str, record: Record) -> Record:
        match record:
            case Mx():
                return replace(record, exchange=self.pseudonyms.host(record.exchange))
            case Txt():
                fresh = self._text.txt_record(name, record.data)
                strings = (fresh[at : at + _TXT_STRING] for at in range(0, max(len(fresh), 1), _TXT_STRING))
                return Txt(tuple(strings))
            case Tlsa():
                return replace(record, data=bytes(len(record.data)))
            case str():
                return self.pseudonyms.host(record)
            case _:
                return self.pseudonyms.address(record)

    def _replacements(self) -> dict[int, bytes]:
        """The new octets of each Received event. A name may be split over two packets, so complete lines are
        rewritten, and each is put into the packet in which it ended. TLS begins a new stream."""
        by_event: dict[int, bytes] = {}
        streams: dict[int, list[tuple[int, bytes]]] = {}
        for index, event in enumerate(self._recording):
            if isinstance(event, ev.Received):
                streams.setdefault(event.session, []).append((index, event.data))
            elif isinstance(event, ev.TlsEstablished | ev.TlsFailed):
                by_event.update(self._stream(streams.pop(event.session, [])))
        for chunks in streams.values():
            by_event.update(self._stream(chunks))
        return by_event

    def _stream(self, chunks: list[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
        lines = _lines(self._text.octets(b"".join(data for _, data in chunks)))
        for position, (index, data) in enumerate(chunks):
            is_last = position == len(chunks) - 1
            yield index, b"".join(lines if is_last else islice(lines, data.count(b"\n")))


def _lines(data: bytes) -> Iterator[bytes]:
    """Lines with their LF; a CR alone ends none."""
    return iter(io.BytesIO(data))


def _identities(started: ev.Started) -> frozenset[str]:
    """The domains of the target: always replaced, even if they are a provider's own."""
    target, options = started.target, started.options
    mailboxes: list[object] = [options.header_from]
    if isinstance(target, PairTarget):
        mailboxes += [target.reverse_path, target.forward_path]
    domains = {box.domain for box in mailboxes if isinstance(box, Mailbox) and box.literal is None}
    if isinstance(target, DomainTarget):
        domains.add(target.domain)
    return frozenset(domain.lower() for domain in domains)


def _own_names(started: ev.Started) -> frozenset[str]:
    """The names in the target's domains: the label in front of the public suffix, if it is long enough to be
    a name."""
    from probe.standards.public_suffix import organizational_domain

    names = (organizational_domain(domain) for domain in _identities(started))
    labels = {domain.partition(".")[0] for domain in names if domain is not None}
    labels |= {u_label(label) for label in labels}
    return frozenset(label for label in labels if len(label) > 3 or not label.isascii())


def _spf_addresses(recording: Recording) -> tuple[IPAddress, ...]:
    """The addresses of this side for which SPF is judged."""
    options = recording.started.options
    vantage = recording.last(ev.Vantage)
    ips = [options.ip, options.bind, vantage.source_ip if vantage is not None else None]
    ips += [event.local_ip for event in recording.all(ev.Connected)]
    # for addresses named by a server, a bounce or the log, PTR questions were asked
    ips += [_of_reverse_name(event.answer.question) for event in recording.all(ev.DnsAnswered)]
    return tuple(dict.fromkeys(ip for ip in ips if ip is not None))[:_MOST_JUDGED]


def _of_reverse_name(question: Question) -> IPAddress | None:
    """The address whose reverse name was asked for; None for any other question."""
    return address_of_reverse_name(question.name) if question.rtype is RecordType.PTR else None


def _keep(options: Options) -> Keep:
    data = _tables()
    return replace(
        data,
        own_zones=_longest_first(zone.lower() for zone in options.dnsbl),
        infrastructure=_longest_first(
            (*data.infrastructure, control_question(options.seed).name)
        ),  # nobody's
    )


@cache
def _tables() -> Keep:
    from probe.knowledge.dnsbl import all_lists
    from probe.knowledge.providers import all_providers
    from probe.knowledge.redaction import infrastructure, roles, words

    lists, providers = all_lists(), all_providers()
    greetings = (text for provider in providers for text in provider.greetings)
    greeting_hosts = (host for text in greetings for host in _HOST.findall(text.lower()))
    return Keep(
        zones=_longest_first(entry.zone for entry in lists if entry.zone),
        own_zones=(),
        key_zones=_longest_first(entry.key_zone for entry in lists if entry.key_zone),
        providers=_longest_first(suffix for provider in providers for suffix in provider.mx_suffixes),
        infrastructure=_longest_first((*infrastructure(), *greeting_hosts)),
        words=words(),
        roles=roles(),
        vocabulary=_vocabulary(),
    )


def _vocabulary() -> frozenset[str]:
    """Every word that a reply rule may look for."""
    from probe.knowledge.rules import all_rules

    conditions = (rule.conditions[key] for rule in all_rules() for key in rule.conditions.keys() - {"hosts"})
    return frozenset(word for condition in conditions for word in _WORD.findall(str(condition).lower()))


def _longest_first(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(names), key=lambda name: (-len(name), name)))
