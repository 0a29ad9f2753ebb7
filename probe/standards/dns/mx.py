"""Where mail for a domain goes: RFC 5321 section 5.1, null MX (RFC 7505), fixed hosts and literals."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import ip_address

from probe.model.address import IPAddress
from probe.model.dialable import why_not_dialable
from probe.model.target import Endpoint
from probe.settings import MX_ADDRESS_LIMIT, MX_LIMIT
from probe.standards.dns import names
from probe.standards.dns.message import Answer, Mx, Question, RecordType, Resolution, Status
from probe.standards.dns.results import MxHost, MxResult, RouteKind
from probe.standards.dns.rewriting import Rewriting, by_control, control_question

FAMILIES = (4, 6)
_JUDGED = 50  # addresses of one host and family that are considered


def resolve_mx(
    domain: str, *, families: tuple[int, ...] = FAMILIES, seed: int = 0, ignores_root: bool = False
) -> Resolution[MxResult]:
    """The mail exchangers of `domain` (A-labels) in the order of trying.

    `families` says which addresses may be used, in the order in which they alternate; A and AAAA
    are both asked in any case, so that a host is called dangling only when it is. `seed` orders
    hosts of equal preference. `ignores_root` leaves out a null MX that stands among other records, as
    Exim and OpenSMTPD do; else it stands for the whole domain. What DNS did not say gives kind
    UNKNOWN, never a missing domain.
    """
    domain = names.normal(domain)
    (mx,) = yield (Question(domain, RecordType.MX),)
    if mx.status is Status.NXDOMAIN:
        return MxResult(domain, RouteKind.NO_DOMAIN, (), (mx,))
    if mx.status is Status.NODATA:
        return (yield from _implicit_mx(domain, mx, families, seed))
    if mx.status is not Status.ANSWER:
        return MxResult(domain, RouteKind.UNKNOWN, (), (mx,))
    named = [record for record in mx.mxs() if record.exchange]
    has_root = len(named) < len(mx.mxs())
    if has_root and not (named and ignores_root):
        # RFC 7505 section 3: the root as exchange says that the domain takes no mail. It must stand alone,
        # with preference 0; Postfix and sendmail send no mail there where it does not, either.
        return MxResult(domain, RouteKind.NULL_MX, (), (mx,), has_null_mx_among_others=bool(named))
    if mx.aliases:  # in place of NXDOMAIN, a resolver may give an alias of a host of its own, with its MX
        (control,) = yield (control_question(seed),)
        mx = _of_zone(by_control(control), mx)
        if mx.is_unknown:
            return MxResult(domain, RouteKind.UNKNOWN, (), (mx,))
    records = in_order_of_trying(named, seed)
    first = records[:MX_LIMIT]
    hosts = yield from _mx_hosts(first, families)
    answers = (mx, *(answer for host in hosts for answer in host.answers))
    return MxResult(
        domain,
        RouteKind.MX,
        hosts,
        answers,
        dropped=len(records) - len(first),
        has_null_mx_among_others=has_root,
    )


def literal_route(ip: IPAddress) -> Resolution[MxResult]:
    """The route of an address literal (RFC 5321 section 4.1.3): that address; nothing is asked."""
    yield from ()
    literal = f"[{ip}]" if ip.version == 4 else f"[IPv6:{ip}]"
    return MxResult(literal, RouteKind.ADDRESS_LITERAL, (MxHost(0, literal, (ip,), ()),), ())


def fixed_route(endpoint: Endpoint, *, families: tuple[int, ...] = FAMILIES) -> Resolution[MxResult]:
    """The route to the host of --mx, a name or an address; an address is taken in any family."""
    named = _literal_of(endpoint.host)
    if named is not None:
        host = MxHost(0, endpoint.host, (named,), ())
        return MxResult(endpoint.host, RouteKind.FIXED, (host,), ())
    name = names.normal(endpoint.host)
    (host,) = yield from _mx_hosts([Mx(0, name)], families)
    return MxResult(name, RouteKind.FIXED, (host,), host.answers)


def in_order_of_trying(records: Iterable[Mx], seed: int) -> list[Mx]:
    """By preference; equal preferences in an order that `seed` decides, whatever the order of the
    answer was (RFC 5321 section 5.1 wants it random; a recorded seed lets a replay repeat it).
    A host named twice keeps its best place."""
    best: dict[str, int] = {}
    for record in records:
        name = names.normal(record.exchange)
        best[name] = min(record.preference, best.get(name, record.preference))
    hosts = [Mx(preference, name) for name, preference in best.items()]
    if len({mx.preference for mx in hosts}) == len(hosts):
        return sorted(hosts, key=lambda mx: mx.preference)
    return sorted(hosts, key=lambda mx: (mx.preference, _lot(mx.exchange, seed), mx.exchange))


def _lot(name: str, seed: int) -> bytes:
    import hashlib  # OpenSSL takes longer to load than all that the MX question needs

    return hashlib.sha256(f"{seed} {name}".encode()).digest()


def _implicit_mx(domain: str, mx: Answer, families: tuple[int, ...], seed: int) -> Resolution[MxResult]:
    """RFC 5321 section 5.1: without any MX record the domain's own address is its MX. Beside it a name that
    does not exist is asked for: a resolver may give an address for those, too."""
    a, aaaa, control = yield (*_address_questions(domain), control_question(seed))
    rewriting = by_control(control)
    by_question = {it.question: _of_zone(rewriting, it, a) for it in (a, aaaa)}
    host = _mx_host(Mx(0, domain), by_question, families)
    answers = (mx, *host.answers)
    if any(answer.status is Status.ANSWER for answer in host.answers):
        return MxResult(domain, RouteKind.IMPLICIT_MX, (host,), answers)
    if host.is_dangling:
        return MxResult(domain, RouteKind.NO_MAIL_HOST, (), answers)
    return MxResult(domain, RouteKind.UNKNOWN, (), answers)


def _mx_hosts(records: list[Mx], families: tuple[int, ...]) -> Resolution[tuple[MxHost, ...]]:
    """The hosts with their addresses, all asked in one batch."""
    to_ask = [mx for mx in records if _literal_of(mx.exchange) is None]
    questions = tuple(question for mx in to_ask for question in _address_questions(mx.exchange))
    answers = (yield questions) if questions else ()
    by_question = {answer.question: answer for answer in answers}
    return tuple(_mx_host(mx, by_question, families) for mx in records)


def _address_questions(name: str) -> tuple[Question, ...]:
    return Question(name, RecordType.A), Question(name, RecordType.AAAA)


def _of_zone(rewriting: Rewriting | None, answer: Answer, of_v4: Answer | None = None) -> Answer:
    """The answer; unknown if the resolver gives the same for names that do not exist."""
    return rewriting.mark(answer, of_v4).believed() if rewriting is not None else answer


def _mx_host(mx: Mx, answers: dict[Question, Answer], families: tuple[int, ...]) -> MxHost:
    literal = _literal_of(mx.exchange)
    if literal is not None:
        # RFC 5321 section 5.1: an MX names a host; its address is noted, and not for dialling
        return MxHost(mx.preference, mx.exchange, (literal,), (), is_literal=True)
    both = tuple(answers[Question(mx.exchange, t)] for t in (RecordType.A, RecordType.AAAA))
    return MxHost(
        mx.preference,
        mx.exchange,
        _alternate(both, families),
        both,
        is_alias=any(answer.aliases for answer in both),
        secure=_is_secure(both),
    )


def _is_secure(answers: tuple[Answer, ...]) -> bool:
    """Whether all answers are authenticated by DNSSEC; missing answers do not count."""
    usable = [answer for answer in answers if not answer.is_unknown]
    return bool(usable) and all(answer.authenticated for answer in usable)


def _alternate(answers: tuple[Answer, ...], families: tuple[int, ...]) -> tuple[IPAddress, ...]:
    """Addresses of the families in turn, so that a dead family costs one attempt, not all of them.

    If there are more than the limit, addresses that must not be dialled are left out first.
    """
    addresses = [ip for answer in answers for ip in answer.addresses()]
    columns = [[ip for ip in addresses if ip.version == family][:_JUDGED] for family in families]
    longest = max((len(column) for column in columns), default=0)
    in_turn = [column[row] for row in range(longest) for column in columns if row < len(column)]
    once = list(dict.fromkeys(in_turn))
    if len(once) > MX_ADDRESS_LIMIT:
        once = sorted(once, key=lambda ip: why_not_dialable(ip) is not None)
    return tuple(once[:MX_ADDRESS_LIMIT])


def _literal_of(host: str) -> IPAddress | None:
    """The address when a host is written as one, with or without brackets."""
    text = host.removeprefix("[").removesuffix("]")
    try:
        return ip_address(text[5:] if text[:5].lower() == "ipv6:" else text)
    except ValueError:
        return None
