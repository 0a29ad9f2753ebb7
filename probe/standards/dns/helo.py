"""The EHLO name judged as a receiving server would judge it (RFC 5321 sections 2.3.5 and 4.1.4)."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address

from probe.model.address import IPAddress
from probe.standards.dns import names
from probe.standards.dns.message import Answer, Question, RecordType, Resolution, Status
from probe.standards.dns.ptr import address_type, unmap
from probe.standards.dns.results import HeloResult, PtrResult, PtrStatus


def judge_helo(name: str, source_ip: IPAddress | None, ptr: PtrResult | None) -> Resolution[HeloResult]:
    """Whether `name` is an FQDN, resolves, leads to `source_ip`, and is its PTR name.

    None where it cannot be known, as by what a stub resolver says of its own machine. An address literal is
    not looked up: it "matches" when it is
    the source address, and a literal that is none matches nothing.
    """
    source = unmap(source_ip) if source_ip is not None else None
    if name.startswith("["):
        literal = parse_literal(name)
        matches = None if source is None else literal == source
        addresses = () if literal is None else (literal,)
        return HeloResult(name, False, True, None, matches, None, addresses, ())
    host = names.normal(name)
    answers: tuple[Answer, ...] = ()
    if host and names.why_bad_name(host) is None:
        both = yield (Question(host, RecordType.A), Question(host, RecordType.AAAA))
        answers = tuple(answer.seen_outside() for answer in both)
    ips = tuple(ip for answer in answers for ip in answer.addresses())
    return HeloResult(
        name,
        names.is_fqdn(host),
        False,
        _resolves(answers),
        _matches(answers, source),
        _equals_ptr(host, ptr),
        ips,
        answers,
    )


def parse_literal(text: str) -> IPAddress | None:
    """The address of `[192.0.2.1]` or `[IPv6:2001:db8::1]` (RFC 5321 section 4.1.3), else None."""
    if not (text.startswith("[") and text.endswith("]")):
        return None
    inner = text[1:-1]
    try:
        return IPv6Address(inner[5:]) if inner[:5].lower() == "ipv6:" else IPv4Address(inner)
    except ValueError:
        return None


def _resolves(answers: tuple[Answer, ...]) -> bool | None:
    """Whether the name resolves; False if it cannot be asked for (no answers)."""
    if any(answer.status is Status.ANSWER for answer in answers):
        return True
    return None if any(answer.is_unknown for answer in answers) else False


def _matches(answers: tuple[Answer, ...], source: IPAddress | None) -> bool | None:
    if source is None:
        return None
    if any(source in answer.addresses() for answer in answers):
        return True
    of_family = [answer for answer in answers if answer.question.rtype is address_type(source)]
    return None if any(answer.is_unknown for answer in of_family) else False


def _equals_ptr(host: str, ptr: PtrResult | None) -> bool | None:
    if ptr is None or ptr.status is PtrStatus.MISSING:
        return None
    if host in ptr.names:
        return True
    # names empty: the PTR itself was not answered
    return False if ptr.names else None
