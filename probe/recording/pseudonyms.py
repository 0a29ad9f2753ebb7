"""The pseudonyms of a redacted recording: one for each mailbox, name and address."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from itertools import count
from typing import TYPE_CHECKING

from probe._dataclass import dataclass
from probe.knowledge.names import label_count
from probe.model.address import IPAddress, Mailbox
from probe.recording.address_pseudonyms import AddressPseudonyms
from probe.recording.suffixes import Suffixes

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

_SPECIAL_LABELS = frozenset({"*", "mta-sts", "localhost", "localdomain"})
_MACRO_V = frozenset({"in-addr", "ip6"})  # what %{v} of an SPF macro becomes (RFC 7208 section 7.3)
_NIBBLES = 32


@dataclass(frozen=True, slots=True)
class Keep:
    """What is not replaced: `zones` of blocklists, `providers` whose suffix is kept, `infrastructure` names,
    `words`, `roles`, and the `vocabulary` of the reply rules. `own_zones` are those of --dnsbl: they are
    replaced, but end a query name, too; `key_zones` are those below which a customer's key is. Zones and
    suffixes are sorted with the longest first."""

    zones: tuple[str, ...]
    own_zones: tuple[str, ...]
    key_zones: tuple[str, ...]
    providers: tuple[str, ...]
    infrastructure: tuple[str, ...]
    words: frozenset[str]
    roles: frozenset[str]
    vocabulary: frozenset[str] = frozenset()


class Pseudonyms:
    """Assigns pseudonyms in the order of requests. `avoid` are the originals, which no pseudonym may equal;
    `identities` are domains that may be part of longer names (SPF macros)."""

    def __init__(self, keep: Keep, identities: frozenset[str], avoid: Pseudonyms | None = None) -> None:
        self.keep = keep
        self.identities = identities
        self.names: set[str] = set()  # every name that was asked for, in lower case
        self.keys: set[str] = set()  # customers' keys of blocklists, and what a target's domain is called by
        self._avoid = avoid.originals() if avoid is not None else frozenset()
        self._orgs: dict[str, str] = {}
        self._labels: dict[str, str] = {}
        self._locals: dict[str, str] = {}
        self._addresses = AddressPseudonyms(self._avoid)
        self._fresh: dict[str, Iterator[str]] = {}  # for each form the pseudonyms not yet in use
        self._own_zones, self._zones = Suffixes(keep.own_zones), Suffixes(keep.zones)
        self._infrastructure, self._providers = Suffixes(keep.infrastructure), Suffixes(keep.providers)

    def originals(self) -> frozenset[str]:
        """All replaced names and addresses, as text."""
        return frozenset((*self._orgs, *self._labels, *self._locals, *map(str, self.addresses())))

    def locals(self) -> frozenset[str]:
        """The local parts that were replaced, in lower case."""
        return frozenset(self._locals)

    def labels(self) -> frozenset[str]:
        """The labels of host names that were replaced."""
        return frozenset(self._labels)

    def organizations(self) -> frozenset[str]:
        """The registered domains that were replaced."""
        return frozenset(self._orgs)

    def addresses(self) -> Mapping[IPAddress, IPAddress]:
        """The replaced addresses and their pseudonyms."""
        return self._addresses.given()

    def has_address(self, ip: IPAddress) -> bool:
        """Whether the address has a pseudonym already."""
        return ip in self.addresses()

    def address(self, ip: IPAddress) -> IPAddress:
        """The pseudonym of an address, of the same kind and family."""
        return self._addresses.address(ip)

    def local_part(self, local: str) -> str:
        """`userN`; role accounts are kept."""
        name = local.lower()
        if name in self.keep.roles:
            return local
        return self._number(self._locals, name, "user{}")

    def mailbox(self, mailbox: Mailbox) -> Mailbox:
        """The pseudonym of a mailbox."""
        local = self.local_part(mailbox.local_part)
        domain = self.host(mailbox.domain)
        literal = self.address(mailbox.literal) if mailbox.literal is not None else None
        return Mailbox(local, domain, domain, literal)

    def host(self, text: str) -> str:
        """The pseudonym of a name, an address or a bracketed literal."""
        inner = text[1:-1] if text.startswith("[") and text.endswith("]") else text
        is_tagged = inner[:5].lower() == "ipv6:"
        try:
            # without the zone index of a link-local name server (fe80::1%eth0)
            fresh = str(self.address(ip_address((inner[5:] if is_tagged else inner).partition("%")[0])))
        except ValueError:
            return self.domain(text)
        return text.replace(inner, f"IPv6:{fresh}" if is_tagged else fresh)

    def domain(self, name: str) -> str:
        """The pseudonym of a domain name: the parts that are an address, a list, a service or a subdomain are
        replaced by such a part, so that an algorithm asks for the same name again."""
        name = name.lower()
        self.names.add(name)
        labels = name.split(".")
        if not name or set(labels) <= _SPECIAL_LABELS:
            return name
        if name in self.identities:
            return self._registered_domain(labels)
        return (
            self._reverse_name(labels)
            or self._listed_name(name)
            or self._with_address(labels)
            or self._with_service(labels)
            or self._with_identity(labels)
            or self._known_suffix(name, labels)
            or self._registered_domain(labels)
        )

    def zone(self, zone: str) -> str:
        """A blocklist's zone: known ones are kept, without the customer's key."""
        if zone in self.keep.zones:
            return zone
        for suffix in self.keep.key_zones:
            if zone.endswith("." + suffix):
                return self._join(self.key(zone[: -len(suffix) - 1]), suffix)
        return self.domain(zone)

    def key(self, text: str) -> str:
        """The pseudonym of a customer's key, or of a label that identifies its owner."""
        self.keys.add(text.lower())
        return self._label(text.lower())

    def _reverse_name(self, labels: list[str]) -> str | None:
        """in-addr.arpa and ip6.arpa (RFC 1035 section 3.5, RFC 3596 section 2.5)."""
        if labels[-1] != "arpa" or len(labels) < 3:
            return None
        left, suffix = labels[:-2], labels[-2:]
        return self._join(self._reversed_address(left) or self._all_labels(left), *suffix)

    def _listed_name(self, name: str) -> str | None:
        """A blocklist query: the subject in front of the zone (RFC 5782 section 2.1)."""
        zone = self._own_zones.above(name) or self._zones.above(name)
        if not zone:
            return None
        left = name[: -len(zone) - 1]
        # RFC 5782 section 5: the test entries of domain lists are single labels
        subject = left if "." not in left else self._reversed_address(left.split(".")) or self.domain(left)
        return self._join(subject, self.zone(zone))

    def _with_address(self, labels: list[str]) -> str | None:
        """An address in front of a name, reversed as for blocklists or in normal order (%{i} of SPF)."""
        for length in (_NIBBLES, 4):
            left, rest = labels[:length], labels[length:]
            if len(rest) < 2 or (fresh := self._reversed_address(left)) is None:
                continue
            if length == 4 and self.has_address(forward := IPv4Address(".".join(left))):
                fresh = str(self.address(forward))
            return self._join(fresh, self.domain(".".join(rest)))
        return None

    def _reversed_address(self, labels: list[str]) -> str | None:
        """The labels of a reversed address, replaced by those of its pseudonym."""
        try:
            if len(labels) == 4:
                return _backwards(self.address(IPv4Address(".".join(reversed(labels)))))
            if len(labels) == _NIBBLES and all(len(label) == 1 for label in labels):
                return _backwards(self.address(IPv6Address(int("".join(reversed(labels)), 16))))
        except ValueError:
            pass
        return None

    def _with_service(self, labels: list[str]) -> str | None:
        """Underscored service labels are kept (RFC 8552), and the DKIM selector in front of them."""
        last = max((i for i, label in enumerate(labels) if label.startswith("_")), default=-1)
        if labels[0] in _SPECIAL_LABELS:
            last = max(last, 0)
        if last < 0 or last + 1 >= len(labels):
            return None
        first = next((i for i, label in enumerate(labels) if label.startswith("_")), 0)
        service, front = labels[first : last + 1], labels[:first]
        if service[0] == "_report":  # RFC 9990: domain._report._dmarc.domain
            front = [self.domain(".".join(front))] if front else []
        elif service[0] != "_domainkey":
            front = [self._all_labels(front)]
        prefixes = [label if label.startswith("_") else self._label(label) for label in service]
        return self._join(*front, *prefixes, self.domain(".".join(labels[last + 1 :])))

    def _with_identity(self, labels: list[str]) -> str | None:
        for length in range(len(labels) - 2, 1, -1):
            left = ".".join(labels[:length])
            if left in self.identities:
                return self._join(self.domain(left), self.domain(".".join(labels[length:])))
        return None

    def _known_suffix(self, name: str, labels: list[str]) -> str | None:
        if self._infrastructure.around(name) and not _is_below(name, self.identities):
            return name
        depth = label_count(self._providers.around(name))
        return self._join(self._all_labels(labels[:-depth]), *labels[-depth:]) if depth else None

    def _registered_domain(self, labels: list[str]) -> str:
        """`hostN.domainN.example`: the registered domain is one unit, and each label before it."""
        from probe.standards.public_suffix import organizational_domain

        name = ".".join(labels)
        if len(labels) == 1:
            return "example" if is_top_level(name) else self._label(name)
        organization = organizational_domain(name)
        if organization is None:
            return "example"  # a public suffix; all have the same pseudonym
        depth = organization.count(".") + 1
        fresh = self._number(self._orgs, organization, "domain{}.example")
        return self._join(self._all_labels(labels[:-depth]), fresh)

    def _all_labels(self, labels: list[str]) -> str:
        """Labels in front of a name. Parts that SPF macros put there (RFC 7208 section 7.2) are recognised:
        an address, a local part, a domain of the target."""
        fresh: list[str] = []
        at = 0
        while at < len(labels):
            length, text = next(
                (
                    (length, value)
                    for length in range(min(len(labels) - at, _NIBBLES), 1, -1)
                    if (value := self._macro_value(labels[at : at + length])) is not None
                ),
                (1, self._label(labels[at])),
            )
            fresh.append(text)
            at += length
        return ".".join(fresh)

    def _macro_value(self, labels: list[str]) -> str | None:
        text = ".".join(labels)
        if text in self._locals:
            return self._locals[text]
        if text in self.identities:
            return self.domain(text)
        if len(labels) == 4 and all(label.isdigit() for label in labels):
            try:
                forward = IPv4Address(text)
            except ValueError:
                return None
            return str(self.address(forward)) if self.has_address(forward) else self._reversed_address(labels)
        return self._reversed_address(labels) if len(labels) == _NIBBLES else None

    def _label(self, label: str) -> str:
        if label in _SPECIAL_LABELS or label in _MACRO_V or label.startswith("_") or not label:
            return label
        if label in self._locals:
            return self._locals[label]
        return self._number(self._labels, label, "host{}")

    def _number(self, table: dict[str, str], original: str, form: str) -> str:
        if original not in table:
            fresh = self._fresh.setdefault(form, (form.format(n) for n in count(1)))
            table[original] = next(name for name in fresh if name not in self._avoid)
        return table[original]

    @staticmethod
    def _join(*parts: str) -> str:
        return ".".join(part for part in parts if part)


def _is_below(name: str, domains: Iterable[str]) -> bool:
    return any(name == domain or name.endswith("." + domain) for domain in domains)


def _backwards(ip: IPAddress) -> str:
    return re.sub(r"\.(?:in-addr|ip6)\.arpa$", "", ip.reverse_pointer)


def is_top_level(label: str) -> bool:
    """Whether a single label is a top-level domain of the public suffix list."""
    return _suffixes().publicsuffix(label) is not None


@cache
def _suffixes() -> PublicSuffixList:
    from publicsuffixlist import PublicSuffixList

    return PublicSuffixList(accept_unknown=False)
