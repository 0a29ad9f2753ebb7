"""How a run sends: as its options say; what they leave open is as the local mail server does it."""

from __future__ import annotations

from collections.abc import Mapping

from probe._dataclass import dataclass, replace
from probe.model.address import AddressError, IPAddress, Mailbox
from probe.model.address_parse import parse_mailbox
from probe.model.sender_mta import (
    SMTP_PORT,
    Families,
    Hop,
    HopKind,
    MtaSoftware,
    Route,
    RouteChoice,
    SenderMta,
    TextFact,
    TlsLevel,
    TlsPolicy,
)
from probe.model.target import Endpoint, Options, PairTarget, TlsMode
from probe.standards.dns.helo import parse_literal
from probe.standards.dns.message import Answer, Resolution
from probe.standards.dns.mx import fixed_route, literal_route, resolve_mx
from probe.standards.dns.results import MxHost, MxResult, RouteKind

_ALL_FAMILIES = Options().families
# Seen of Exim 4.96 and OpenSMTPD 6.8 in the lab; Postfix 3.7 and sendmail 8.17 give the mail up.
_IGNORE_ROOT = frozenset({MtaSoftware.EXIM, MtaSoftware.OPENSMTPD})
_MODES: Mapping[TlsLevel, TlsMode] = {
    TlsLevel.NONE: TlsMode.NEVER,
    TlsLevel.MAY: TlsMode.AUTO,
    TlsLevel.ENCRYPT: TlsMode.ENCRYPT,
    TlsLevel.FINGERPRINT: TlsMode.REQUIRE,
    TlsLevel.DANE: TlsMode.DANE,
    TlsLevel.DANE_ONLY: TlsMode.REQUIRE,
    TlsLevel.VERIFY: TlsMode.REQUIRE,
    TlsLevel.SECURE: TlsMode.REQUIRE,
    TlsLevel.INVALID: TlsMode.AUTO,  # no server is contacted
}


@dataclass(frozen=True, slots=True)
class Sending:
    """`options` are the effective options of this run; `mta` is the mail server that they follow (None:
    none); `relay` is where it sends the mail (empty: the MX hosts are asked); `tls_policy` is its TLS
    requirement there (None: the options decide)."""

    options: Options
    mta: SenderMta | None = None
    relay: tuple[Hop, ...] = ()
    tls_policy: TlsPolicy | None = None

    def source(self, family: int) -> IPAddress | None:
        """The local address to connect from towards one of that family; None: the system's choice."""
        if self.options.bind is not None:
            return self.options.bind
        return self.mta.source(family).value if self.mta is not None else None

    @property
    def ignores_root(self) -> bool:
        """Whether the mail server leaves out a null MX that stands among other MX records (RFC 7505 section 3
        forbids to publish it so)."""
        return self.mta is not None and self.mta.software in _IGNORE_ROOT

    @property
    def port(self) -> int:
        """The port to connect to."""
        return self.relay[0].port if self.relay else self.options.smtp_port

    @property
    def goes_its_way(self) -> bool:
        """Whether the run asks those whom the server asks: neither --route mx nor --mx chose others."""
        return self.mta is not None and _is_its_way(self.options)

    def leaving(self, pair: PairTarget) -> PairTarget:
        """The envelope that leaves: aliases and address maps of the server may change both addresses. An MX
        that is asked by choice is asked for the recipient that was named."""
        if self.mta is None:
            return pair
        sender, recipient = self.mta.sends_from, self.mta.sends_to if self.goes_its_way else None
        return PairTarget(
            _mailbox_in(sender) or pair.reverse_path, _mailbox_in(recipient) or pair.forward_path
        )

    @property
    def logs_in(self) -> bool:
        """Whether the server would authenticate itself at the relay."""
        return bool(self.relay) and self.mta is not None and self.mta.route.authenticates


def sending(options: Options, mta: SenderMta | None) -> Sending:
    """Options that were given are kept; the mail server's values fill the others."""
    if mta is None:
        return Sending(options)
    policy = _policy(options, mta)
    return Sending(
        replace(
            options,
            helo=options.helo if options.helo is not None else mta.helo.value,
            families=mta.families.usable if options.families == _ALL_FAMILIES else options.families,
            tls=_MODES[policy.level] if policy is not None and policy.level is not None else options.tls,
        ),
        mta,
        _relay(options, mta),
        policy,
    )


def fallbacks(options: Options, mta: SenderMta | None) -> tuple[Sending, ...]:
    """How a run asks each of the relays that the server hands mail on to, in order; `options` are the user's.
    Empty where it has none, and where the run asks others than the server does. A relay that a probe cannot
    speak to (TLS from the first octet), or that the server hands nothing, is left out."""
    if mta is None or not _is_its_way(options):
        return ()
    own = mta.route
    policies = own.fallback_tls or (mta.tls,) * len(own.fallback)
    source = own.fallback_by.value if own.fallback_by is not None else own.source
    each = []
    for hop, policy in zip(own.fallback, policies, strict=False):
        onward = Route(HopKind.RELAY, own.transport, source, (hop,), own.authenticates)
        each.append(sending(options, replace(mta, tls=policy, route=onward)))
    return tuple(it for it in each if it.relay and not _is_invalid(it.tls_policy))


def _is_invalid(policy: TlsPolicy | None) -> bool:
    return policy is not None and policy.level is TlsLevel.INVALID


def _is_its_way(options: Options) -> bool:
    return options.route is RouteChoice.MTA and options.mx is None


def _policy(options: Options, mta: SenderMta) -> TlsPolicy | None:
    """A TLS policy for a relay does not apply to an MX that is asked instead."""
    is_elsewhere = mta.route.kind is not HopKind.MX and not _relay(options, mta)
    if options.tls is not TlsMode.AUTO or mta.tls.level is None or is_elsewhere or options.mx is not None:
        return None
    return mta.tls


def _relay(options: Options, mta: SenderMta) -> tuple[Hop, ...]:
    """The hosts with the port of the first one; another port would be another question."""
    if not _is_its_way(options) or mta.route.kind is not HopKind.RELAY or mta.tls.wrapped:
        return ()
    return tuple(hop for hop in mta.route.hops if hop.port == mta.route.hops[0].port)


def route(domain: str, options: Options, *, ignores_root: bool = False) -> Resolution[MxResult]:
    """The route of mail for `domain`: --mx, the address literal, or the MX records (`ignores_root` as in
    resolve_mx)."""
    if options.mx is not None:
        return (yield from fixed_route(options.mx, families=options.usable_families))
    literal = parse_literal(domain)
    if literal is not None:
        return (yield from literal_route(literal))
    return (
        yield from resolve_mx(
            domain, families=options.usable_families, seed=options.seed, ignores_root=ignores_root
        )
    )


def route_as(domain: str, how: Sending) -> Resolution[MxResult]:
    """The same for a run that sends so: a relay takes precedence over the MX records."""
    if not how.relay:
        return (yield from route(domain, how.options, ignores_root=how.ignores_root))
    results = []
    for hop in how.relay:
        results.append((yield from _hosts_of(hop, how)))
    hosts = tuple(replace(host, preference=place) for place, host in enumerate(_all_hosts(results)))
    answers: tuple[Answer, ...] = tuple(answer for result in results for answer in result.answers)
    return MxResult(how.relay[0].host, RouteKind.FIXED, hosts, answers)


def before_self(how: Sending, hosts: tuple[MxHost, ...]) -> tuple[MxHost, ...]:
    """The hosts that the local mail server asks: of MX hosts only those that come before itself (RFC 5321
    section 5.1), and no relay at an address of its own (smtp_addr.c of Postfix; on port 25 alone)."""
    own = frozenset(how.mta.own.addresses) if how.mta is not None and how.goes_its_way else frozenset()
    if not own or how.port != SMTP_PORT:
        return hosts
    others = tuple(host for host in hosts if own.isdisjoint(host.addresses))
    if how.relay:
        return others
    best = min((host.preference for host in hosts if host not in others), default=None)
    return tuple(host for host in others if best is None or host.preference < best)


def leads_back(how: Sending, hosts: tuple[MxHost, ...]) -> bool:
    """Whether no host is left to ask, because the best of them is the local mail server itself."""
    return any(host.addresses for host in hosts) and not any(
        host.addresses for host in before_self(how, hosts)
    )


def _mailbox_in(fact: TextFact | None) -> Mailbox | None:
    """The address that a server sends with, if it is one that this program can send with, too."""
    if fact is None or fact.value is None:
        return None
    try:
        return parse_mailbox(fact.value)
    except AddressError:
        return None


def in_order(how: Sending, hosts: tuple[MxHost, ...]) -> tuple[MxHost, ...]:
    """The hosts in the order of the local mail server: at equal preference the preferred address family
    first, and no more addresses than it tries (smtp_address_preference, smtp_balance_inet_protocols,
    smtp_mx_address_limit of Postfix). A host may occur once for each family."""
    families = how.mta.families if how.mta is not None else None
    if families is None:
        return hosts
    if families.preferred is not None and how.options.families == families.usable:
        hosts = _by_family(hosts, families.preferred)
    return _first(hosts, families) if families.most is not None else hosts


def _by_family(hosts: tuple[MxHost, ...], preferred: int) -> tuple[MxHost, ...]:
    halves = [
        (host.preference, ip_family != preferred, place, replace(host, addresses=addresses))
        for place, host in enumerate(hosts)
        for ip_family in (4, 6)
        if (addresses := tuple(ip for ip in host.addresses if ip.version == ip_family))
    ]
    without = [(host.preference, True, place, host) for place, host in enumerate(hosts) if not host.addresses]
    return tuple(half[3] for half in sorted([*halves, *without], key=lambda half: half[:3]))


def _first(hosts: tuple[MxHost, ...], families: Families) -> tuple[MxHost, ...]:
    """The hosts with the first addresses alone. If balanced, the last place is reserved for the other family
    when one family would take all places."""
    every = [ip for host in hosts for ip in host.addresses]
    chosen = every[: families.most]
    others = [ip for ip in every if chosen and ip.version != chosen[0].version]
    if families.is_balanced and len(chosen) > 1 and others and {ip.version for ip in chosen} != {4, 6}:
        chosen[-1] = others[0]
    return tuple(
        replace(host, addresses=tuple(ip for ip in host.addresses if ip in chosen)) for host in hosts
    )


def _hosts_of(hop: Hop, how: Sending) -> Resolution[MxResult]:
    families, seed = how.options.usable_families, how.options.seed
    if hop.addresses:
        own = tuple(ip for ip in hop.addresses if ip.version in families)
        return MxResult(hop.host, RouteKind.FIXED, (MxHost(0, hop.host, own, ()),), ())
    if hop.by_mx:
        return (yield from resolve_mx(hop.host, families=families, seed=seed, ignores_root=how.ignores_root))
    return (yield from fixed_route(Endpoint(hop.host, hop.port), families=families))


def _all_hosts(results: list[MxResult]) -> list[MxHost]:
    return [host for result in results for host in result.hosts]
