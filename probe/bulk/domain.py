"""What DNS says of one domain of many: where its mail goes, in as few questions as that takes.

The same rules as `standards.dns.mx` and the outcome of a run, over lean responses: a list has many
thousand domains, and most lead to the same few hosts. A host is looked up once a run. The first host that
mail can be taken to decides; only without it are all others asked.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from ipaddress import ip_address
from typing import Protocol

from probe._enum import StrEnum
from probe._named_tuple import NamedTuple
from probe.knowledge.operator_signs import networks_of
from probe.model.address import IPAddress
from probe.model.dialable import is_private, why_no_host
from probe.settings import BULK_HOSTS_KEPT, MX_LIMIT
from probe.standards.dns.helo import parse_literal
from probe.standards.dns.lean import LeanRecord
from probe.standards.dns.message import Answer, Question, RecordType, Status

NEGATIVE = frozenset({Status.NODATA, Status.NXDOMAIN})


class DomainState(StrEnum):
    """What became of a domain: it takes mail (the first three), it does not, or that is not known."""

    MX = "mx"
    IMPLICIT_MX = "implicit_mx"
    LITERAL = "literal"  # an address in brackets; nothing is asked
    NO_DOMAIN = "no_domain"  # NXDOMAIN, asked twice
    NULL_MX = "null_mx"
    NO_MAIL_HOST = "no_mail_host"  # neither MX nor address
    NO_USABLE_MX = "no_usable_mx"  # its MX hosts have no address
    LOOPBACK_MX = "loopback_mx"
    PRIVATE_MX = "private_mx"
    DNS_UNKNOWN = "dns_unknown"  # SERVFAIL, timeout, refusal, or the name server's own word


LIVE = frozenset({DomainState.MX, DomainState.IMPLICIT_MX, DomainState.LITERAL})
"""Where there is a mail server to ask."""


TOPS = ("com", "net", "org")  # there since 1985


def control_questions(mail_domains: Sequence[str]) -> tuple[Question, ...]:
    """What tells a resolver that denies all from a list whose domains are all gone: the NS records of
    top-level domains (RFC 1034 section 4.2.1), and the MX records of `mail_domains`, which have some."""
    zones = (Question(top, RecordType.NS) for top in TOPS)
    return (*zones, *(Question(it, RecordType.MX) for it in mail_domains))


def false_denials_in(answers: Sequence[Answer]) -> tuple[str, ...]:
    """The names that these answers to `control_questions` deny: all top-level domains, or all mail domains,
    else none. What else is denied there means nothing."""
    names: list[str] = []
    for rtype in (RecordType.NS, RecordType.MX):
        its = [it for it in answers if it.question.rtype is rtype]
        if all(it.is_negative for it in its):
            names += [it.question.name for it in its]
    return tuple(names)


class DomainResult(NamedTuple):
    """What was found out of `domain`. `hosts` are its MX hosts, the best first, at most MX_LIMIT; `failure`
    is what DNS answered instead, where it did not say: the question and the status. `host` is the one that
    mail is taken to first, or the best where there is none, `networks` those of its addresses (see
    `probe.knowledge.operator_signs`)."""

    domain: str
    state: DomainState
    hosts: tuple[str, ...] = ()
    failure: str = ""
    host: str = ""
    networks: tuple[bytes, ...] = ()


class LeanResponse(Protocol):
    """What is needed of a response."""

    @property
    def question(self) -> Question: ...
    @property
    def status(self) -> Status: ...
    @property
    def records(self) -> tuple[LeanRecord, ...]: ...
    @property
    def whole(self) -> Answer | None: ...


class HostState(StrEnum):
    """Whether mail can be taken to a host, by its addresses."""

    USABLE = "usable"
    PRIVATE = "private"
    LOOPBACK = "loopback"
    NONE = "none"  # DNS says that there is no address, or none of a single host
    UNKNOWN = "unknown"


class Hosts:
    """The hosts that have been looked up. `allow_private`: private and loopback addresses count, too."""

    def __init__(self, *, allow_private: bool = False) -> None:
        self._allow_private = allow_private
        self._by_name: dict[str, HostState] = {}
        self._networks: dict[str, tuple[bytes, ...]] = {}
        self.failures: dict[str, str] = {}

    def state(self, host: str) -> HostState | None:
        """What is known of it; None where it has not been looked up."""
        return self._by_name.get(host)

    def keep(self, host: str, state: HostState, networks: tuple[bytes, ...] = ()) -> HostState:
        """Remember the state of a host, the oldest give way."""
        if state is HostState.UNKNOWN:  # another domain asks again
            return state
        if len(self._by_name) >= BULK_HOSTS_KEPT:
            oldest = next(iter(self._by_name))
            del self._by_name[oldest]
            self._networks.pop(oldest, None)
        self._by_name[host] = state
        if networks:
            self._networks[host] = networks
        return state

    def networks(self, host: str) -> tuple[bytes, ...]:
        """The networks of the addresses of a usable host."""
        return self._networks.get(host, ())

    def judge(self, addresses: Sequence[bytes]) -> HostState:
        """The state that these addresses, packed, make; NONE for none."""
        states = {self._judge(ip_address(packed)) for packed in addresses}
        return next((it for it in HostState if it in states), HostState.NONE)

    def _judge(self, ip: IPAddress) -> HostState:
        if why_no_host(ip) is not None:
            return HostState.NONE
        if self._allow_private or not is_private(ip):
            return HostState.USABLE
        return HostState.LOOPBACK if ip.is_loopback or ip.is_link_local else HostState.PRIVATE


Heard = tuple[LeanResponse, ...]
LookUp = Generator[tuple[Question, ...], Heard, DomainResult]


def look_up(domain: str, hosts: Hosts) -> LookUp:
    """Find out where mail for `domain` (A-labels, or a literal in brackets) goes."""
    if domain.startswith("["):
        yield from ()
        return _literal(domain)
    question = Question(domain, RecordType.MX)
    (response,) = yield (question,)
    status = _status(response)
    if status is Status.NXDOMAIN:
        (response,) = yield (question,)  # a name server that was wrong once is not believed at once
        status = _status(response)
        if status is Status.NXDOMAIN:
            return DomainResult(domain, DomainState.NO_DOMAIN)
    if status is Status.NODATA:
        return (yield from _implicit(domain, hosts))
    if status is not Status.ANSWER:
        return DomainResult(domain, DomainState.DNS_UNKNOWN, failure=_failure(response))
    names = _exchanges(response)
    if "" in names:
        return DomainResult(domain, DomainState.NULL_MX)  # RFC 7505; beside others, too, as Postfix has it
    return (yield from _by_hosts(domain, names, hosts))


def look_up_mx(domain: str, hosts: Hosts) -> LookUp:
    """Find out which hosts `domain` names, by its MX records alone: MX, NULL_MX, NO_DOMAIN (asked once),
    IMPLICIT_MX where there are none, or DNS_UNKNOWN. For a plan."""
    if domain.startswith("["):
        yield from ()
        return _literal(domain)
    (response,) = yield (Question(domain, RecordType.MX),)
    status = _status(response)
    if status is Status.NXDOMAIN:
        return DomainResult(domain, DomainState.NO_DOMAIN)
    if status is Status.NODATA:
        return DomainResult(domain, DomainState.IMPLICIT_MX, (domain,), host=domain)
    if status is not Status.ANSWER:
        return DomainResult(domain, DomainState.DNS_UNKNOWN, failure=_failure(response))
    names = _exchanges(response)
    if "" in names:
        return DomainResult(domain, DomainState.NULL_MX)
    return DomainResult(domain, DomainState.MX, names[:MX_LIMIT], host=names[0])


def _literal(domain: str) -> DomainResult:
    ip = parse_literal(domain)
    networks = networks_of([ip.packed] if ip is not None else ())
    return DomainResult(domain, DomainState.LITERAL, host=domain, networks=networks)


def _exchanges(response: LeanResponse) -> tuple[str, ...]:
    """The MX hosts, the best first, each once; of equal ones the first by name."""
    records = sorted({it for it in response.records if isinstance(it, tuple) and _is_mx(it)})
    return tuple(dict.fromkeys(str(it[1]) for it in records))


def _is_mx(record: tuple[object, ...]) -> bool:
    return len(record) == 2 and isinstance(record[0], int) and isinstance(record[1], str)


def _status(response: LeanResponse) -> Status:
    """What the algorithms take it for: a name server's own word is neither an answer nor a denial."""
    return response.status if response.whole is None else response.whole.believed().status


def _failure(response: LeanResponse) -> str:
    return f"{response.question}: {_status(response)}"


def _implicit(domain: str, hosts: Hosts) -> LookUp:
    """RFC 5321 section 5.1: without any MX record the domain's own address is its MX."""
    state = yield from _host(domain, hosts)
    match state:
        case HostState.UNKNOWN:
            failure = hosts.failures.pop(domain, "")
            return DomainResult(domain, DomainState.DNS_UNKNOWN, failure=failure)
        case HostState.NONE:
            return DomainResult(domain, DomainState.NO_MAIL_HOST)
        case _:
            it = _BY_HOST[state] or DomainState.IMPLICIT_MX
            return DomainResult(domain, it, (domain,), host=domain, networks=hosts.networks(domain))


def _by_hosts(domain: str, names: tuple[str, ...], hosts: Hosts) -> LookUp:
    first = names[:MX_LIMIT]
    states: list[HostState] = []
    for name in first:  # one after the other: the first one nearly always decides
        state = yield from _host(name, hosts)
        if state is HostState.USABLE:
            return DomainResult(domain, DomainState.MX, first, host=name, networks=hosts.networks(name))
        states.append(state)
    failure = next((text for name in first if (text := hosts.failures.pop(name, ""))), "")
    if HostState.UNKNOWN in states:
        return DomainResult(domain, DomainState.DNS_UNKNOWN, first, failure, first[0])
    if len(names) > MX_LIMIT:
        more = f"its first {MX_LIMIT} MX hosts lead nowhere, and {len(names) - MX_LIMIT} more were not tried"
        return DomainResult(domain, DomainState.DNS_UNKNOWN, first, more, first[0])
    worst = next(it for it in HostState if it in states)
    return DomainResult(domain, _BY_HOST[worst] or DomainState.MX, first, host=first[0])


_BY_HOST = {
    HostState.USABLE: None,
    HostState.PRIVATE: DomainState.PRIVATE_MX,
    HostState.LOOPBACK: DomainState.LOOPBACK_MX,
    HostState.NONE: DomainState.NO_USABLE_MX,
    HostState.UNKNOWN: DomainState.DNS_UNKNOWN,
}


def _host(name: str, hosts: Hosts) -> Generator[tuple[Question, ...], Heard, HostState]:
    """The state of one host: by its A records, and by AAAA where these do not make it usable."""
    state = hosts.state(name)
    if state is not None:
        return state
    if _is_literal(name):  # RFC 5321 section 5.1: an MX names a host
        return HostState.NONE
    states: list[HostState] = []
    addresses: list[bytes] = []
    for rtype in (RecordType.A, RecordType.AAAA):
        (response,) = yield (Question(name, rtype),)
        status = _status(response)
        if status is Status.ANSWER:
            addresses = [it for it in response.records if isinstance(it, bytes)]
            state = hosts.judge(addresses)
        elif status in NEGATIVE:
            state = HostState.NONE
        else:
            state = HostState.UNKNOWN
            hosts.failures[name] = _failure(response)
        if state is HostState.USABLE:
            hosts.failures.pop(name, None)
            return hosts.keep(name, state, networks_of(addresses))
        states.append(state)
    return hosts.keep(name, next((it for it in _HEAVIEST if it in states), HostState.NONE))


# Of A and AAAA: what is not known may be an address that mail could be taken to
_HEAVIEST = (HostState.UNKNOWN, HostState.PRIVATE, HostState.LOOPBACK, HostState.NONE)


def _is_literal(host: str) -> bool:
    text = host.removeprefix("[").removesuffix("]")
    try:
        ip_address(text[5:] if text[:5].lower() == "ipv6:" else text)
    except ValueError:
        return False
    return True
