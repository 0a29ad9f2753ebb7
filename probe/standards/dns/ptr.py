"""Forward-confirmed reverse DNS of an address (RFC 1912 section 2.1)."""

from __future__ import annotations

from ipaddress import IPv6Address

from probe.model.address import IPAddress
from probe.settings import SPF_PTR_LIMIT
from probe.standards.dns import names
from probe.standards.dns.message import Question, RecordType, Resolution, Status
from probe.standards.dns.results import PtrResult, PtrStatus

NAMES_LIMIT = SPF_PTR_LIMIT  # of one address; the bound that RFC 7208 section 4.6.4 sets for the same walk


def confirm_reverse(ip: IPAddress) -> Resolution[PtrResult]:
    """The names of `ip`, and which of them resolve to it.

    MISSING only when DNS denied the PTR, MISMATCH only when DNS answered for every name and none resolved to
    `ip`; anything that was not answered leaves the status UNKNOWN. So does an answer of a stub resolver or a
    hosts file about its own machine.
    """
    ip = unmap(ip)
    (ptr,) = yield (Question(names.reverse_name(ip), RecordType.PTR),)
    ptr = ptr.seen_outside()
    if ptr.is_negative:
        return PtrResult(ip, PtrStatus.MISSING, (), (), (ptr,))
    if ptr.status is not Status.ANSWER:
        return PtrResult(ip, PtrStatus.UNKNOWN, (), (), (ptr,))
    hosts = tuple(dict.fromkeys(name for name in ptr.names() if name))[:NAMES_LIMIT]
    answers = (yield tuple(Question(host, address_type(ip)) for host in hosts)) if hosts else ()
    forward = tuple(answer.seen_outside() for answer in answers)
    confirmed = tuple(h for h, answer in zip(hosts, forward, strict=True) if ip in answer.addresses())
    if confirmed:
        status = PtrStatus.CONFIRMED
    elif any(answer.is_unknown for answer in forward):
        status = PtrStatus.UNKNOWN
    else:
        status = PtrStatus.MISMATCH
    return PtrResult(ip, status, hosts, confirmed, (ptr, *forward))


def address_type(ip: IPAddress) -> RecordType:
    """The record type that holds addresses of this family."""
    return RecordType.A if ip.version == 4 else RecordType.AAAA


def unmap(ip: IPAddress) -> IPAddress:
    """The IPv4 address of an IPv4-mapped IPv6 address; any other address unchanged."""
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
        return ip.ipv4_mapped
    return ip
