"""Whom an SPF record is evaluated for, and the names that its macros make of that (RFC 7208 section 7.2)."""

from __future__ import annotations

from probe._dataclass import dataclass
from probe.model.address import IPAddress
from probe.standards.dns import names
from probe.standards.dns.message import Answer, Question, RecordType
from probe.standards.dns.ptr import address_type
from probe.standards.spf.macros import MacroString, expand, expand_domain, needs_validated_name
from probe.standards.spf.record import Mechanism, SpfRecord, is_spf

UNKNOWN_NAME = "unknown"  # section 7.3: %{p} without a validated name, %{r} without a known receiver


@dataclass(frozen=True, slots=True)
class Client:
    """The arguments of check_host that stay the same through includes; `ip` is never IPv4-mapped,
    `timestamp` is what %{t} gives, in seconds since 1970."""

    ip: IPAddress
    sender_local: str
    sender_domain: str
    helo: str
    receiver: str
    timestamp: int

    @property
    def address_type(self) -> RecordType:
        """A or AAAA, by the family of the client (section 5: IPv4 addresses only match A)."""
        return address_type(self.ip)

    @property
    def ptr_question(self) -> Question:
        """The question for the client's own names."""
        return Question(names.reverse_name(self.ip), RecordType.PTR)

    def matches(self, mechanism: Mechanism, answer: Answer) -> IPAddress | None:
        """The first address of an answer whose prefix holds the client; None when there is none."""
        length = mechanism.prefix4 if self.ip.version == 4 else mechanism.prefix6
        shift = self.ip.max_prefixlen - length
        for ip in answer.addresses():
            if ip.version == self.ip.version and int(ip) >> shift == int(self.ip) >> shift:
                return ip
        return None

    def target(self, spec: MacroString | None, domain: str, validated_name: str = UNKNOWN_NAME) -> str:
        """The name that a domain-spec (None: the current domain) stands for, as DNS writes it."""
        if spec is None:
            return names.normal(domain)
        name = expand_domain(spec, self._values(domain, validated_name))
        # a backslash is an ordinary character of SPF, and an escape in the text form of a name
        return names.normal(name).replace("\\", "\\\\")

    def explain(self, text: MacroString, domain: str, validated_name: str) -> str:
        """An explain-string expanded (section 6.2)."""
        return expand(text, self._values(domain, validated_name))

    def _values(self, domain: str, validated_name: str) -> dict[str, str]:
        return {
            "s": f"{self.sender_local}@{self.sender_domain}",
            "l": self.sender_local,
            "o": self.sender_domain,
            "d": domain,
            "i": str(self.ip) if self.ip.version == 4 else ".".join(f"{int(self.ip):032X}"),
            "p": validated_name,
            "v": "in-addr" if self.ip.version == 4 else "ip6",
            "h": self.helo,
            "c": str(self.ip),
            "r": self.receiver or UNKNOWN_NAME,
            "t": str(self.timestamp),
        }

    def decides(self, mechanism: Mechanism) -> bool:
        """Whether a mechanism matches without DNS: all, or ip4/ip6 around the client."""
        if mechanism.network is None:
            return mechanism.name == "all"
        return mechanism.network.version == self.ip.version and self.ip in mechanism.network

    def first_question(self, mechanism: Mechanism, domain: str) -> Question | None:
        """What evaluating a mechanism asks first; None when that takes %{p} or asks nothing."""
        if not mechanism.asks_dns:
            return None
        if mechanism.name == "ptr":
            return self.ptr_question
        if mechanism.target is not None and needs_validated_name(mechanism.target):
            return None
        name = self.target(mechanism.target, domain)
        by_name = {"include": RecordType.TXT, "mx": RecordType.MX, "exists": RecordType.A}
        return Question(name, by_name.get(mechanism.name, self.address_type))

    def reachable(self, record: SpfRecord) -> tuple[Mechanism, ...]:
        """The mechanisms up to the first that decides without DNS."""
        for index, mechanism in enumerate(record.mechanisms):
            if self.decides(mechanism):
                return record.mechanisms[:index]
        return record.mechanisms


def spf_records(answer: Answer) -> tuple[bytes, ...]:
    """The SPF records among TXT records (section 4.5)."""
    return tuple(txt.data for txt in answer.txts() if is_spf(txt.data))
