"""The data of the lab's DNS server: records, names that fail, and blocklists with their test entries."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from ipaddress import ip_address

import dns.flags
import dns.message
import dns.name
import dns.node
import dns.rcode
import dns.rdataclass
import dns.rdatatype
import dns.rrset
import dns.zone

from probe.knowledge.dnsbl import BlockList
from probe.lab.scenario import ListedSubject
from probe.model.address import IPAddress
from probe.standards.dnsbl.blocklist import SubjectKind
from probe.standards.dnsbl.query import query_name

_TTL = 300
_DEPTH = 6  # labels of what is looked up on a list of domains
_ALIASES = 16  # CNAMEs followed for one question
_START_OF_AUTHORITY = "ns.lab.example. hostmaster.lab.example. 1 3600 600 86400 60"


class Zone:
    """The whole name space of a lab, answered as a validating resolver would answer it.

    `records` is master-file text with absolute names; `secure` are domains whose answers are
    authenticated, `failing` names that get SERVFAIL. Raises dns.exception.DNSException for text that
    is no master file.
    """

    def __init__(self, records: str, secure: Iterable[str] = (), failing: Iterable[str] = ()) -> None:
        text = f"$TTL {_TTL}\n. SOA {_START_OF_AUTHORITY}\n{records}\n"
        self._zone = dns.zone.from_text(text, origin=".", relativize=False, check_origin=False)
        # A name below which there are names exists, though it holds nothing (RFC 8020).
        self._names_with_parents = {
            parent for name in self._zone.nodes for parent in _and_ancestors(_absolute(name))
        }
        self._secure = tuple(map(_absolute, secure))
        self._failing_names = frozenset(map(_absolute, failing))

    def answer(self, query: dns.message.Message) -> dns.message.Message:
        """The response to a query for one name; FORMERR for any other number of questions."""
        response = dns.message.make_response(query, recursion_available=True)
        if len(query.question) != 1:
            response.set_rcode(dns.rcode.FORMERR)
            return response
        question = query.question[0]
        name = question.name
        if name in self._failing_names:
            response.set_rcode(dns.rcode.SERVFAIL)
            return response
        secure = True
        for _ in range(_ALIASES):
            secure = secure and self._is_secure(name)
            node = self._zone.get_node(name)
            rdataset = _records(node, name, question.rdtype)
            if rdataset is not None:
                response.answer.append(rdataset)
                break
            alias = _records(node, name, dns.rdatatype.CNAME)
            if alias is None:
                self._deny(response, name)
                break
            response.answer.append(alias)
            name = alias[0].target
        if secure and (query.flags & dns.flags.AD or query.ednsflags & dns.flags.DO):
            response.flags |= dns.flags.AD  # RFC 6840 section 5.8
        return response

    def _deny(self, response: dns.message.Message, name: dns.name.Name) -> None:
        """NODATA for a name that exists, else NXDOMAIN (RFC 2308 section 2)."""
        if name not in self._names_with_parents:
            response.set_rcode(dns.rcode.NXDOMAIN)
        response.authority.append(dns.rrset.from_text(".", _TTL, "IN", "SOA", _START_OF_AUTHORITY))

    def _is_secure(self, name: dns.name.Name) -> bool:
        return any(name.is_subdomain(domain) for domain in self._secure)


def blocklist_records(lists: Iterable[BlockList], listed: Iterable[ListedSubject]) -> str:
    """Master-file text that makes each list a working one (RFC 5782 section 5), with what it lists."""
    lines = [line for blocklist in lists for line in _test_entries(blocklist)]
    for entry in listed:
        name = query_name(_subject(entry.subject), entry.zone)
        text = entry.text.replace("\\", "\\\\").replace('"', '\\"')
        lines += [f"{name}. A {entry.code}", f'{name}. TXT "{text}"']
    return "\n".join(lines)


def listing_code(blocklist: BlockList) -> str:
    """An answer that the list documents for a listing; 127.0.0.2 where it documents none."""
    for rule in blocklist.codes:
        if rule.pattern.bit:
            return f"127.0.0.{rule.pattern.bit}"
        return ".".join(str(low) for low, _ in rule.pattern.octets)
    return "127.0.0.2"


def _test_entries(blocklist: BlockList) -> Iterator[str]:
    code = listing_code(blocklist)
    names = {
        query_name(_subject(test), blocklist.zone): None
        for kind in SubjectKind
        if kind in blocklist.subjects
        for test in _tests(blocklist, kind)
    }
    yield from (f"{name}. A {code}" for name in names)


def _tests(blocklist: BlockList, kind: SubjectKind) -> Iterator[str]:
    """The test entries to create; for lists of domains those with several labels, if there are any, and all
    names below them."""
    tests = blocklist.positive_tests(kind)
    domains = [test for test in tests if "." in test] if kind is SubjectKind.DOMAIN else []
    yield from domains or tests
    yield from (f"{'www.' * depth}{test}" for test in domains for depth in range(1, _DEPTH))


def _subject(text: str) -> IPAddress | str:
    try:
        return ip_address(text)
    except ValueError:
        return text


def _records(
    node: dns.node.Node | None, name: dns.name.Name, kind: dns.rdatatype.RdataType
) -> dns.rrset.RRset | None:
    rdataset = node.get_rdataset(dns.rdataclass.IN, kind) if node is not None else None
    if rdataset is None:
        return None
    return dns.rrset.from_rdata_list(name, rdataset.ttl, list(rdataset))


def _absolute(name: str | dns.name.Name) -> dns.name.Name:
    return dns.name.from_text(name) if isinstance(name, str) else name


def _and_ancestors(name: dns.name.Name) -> Iterator[dns.name.Name]:
    yield name
    while name != dns.name.root:
        name = name.parent()
        yield name
