"""What the DNS algorithms conclude. All immutable; each points at the answers it rests on."""

from __future__ import annotations

from probe._dataclass import dataclass
from probe._enum import StrEnum
from probe.model.address import IPAddress
from probe.standards.dns.message import Answer


class RouteKind(StrEnum):
    """How mail for a domain is routed (RFC 5321 section 5.1, RFC 7505)."""

    MX = "mx"
    IMPLICIT_MX = "implicit_mx"
    NULL_MX = "null_mx"
    ADDRESS_LITERAL = "address_literal"
    FIXED = "fixed"  # --mx named the host
    NO_DOMAIN = "no_domain"  # NXDOMAIN
    NO_MAIL_HOST = "no_mail_host"  # the name exists, but has neither MX nor A nor AAAA
    UNKNOWN = "unknown"  # DNS did not say: SERVFAIL, timeout, refusal, deadline


@dataclass(frozen=True, slots=True)
class MxHost:
    """One mail exchanger. `addresses` holds A and AAAA in the order they are to be tried;
    `is_alias` is a CNAME at the MX target (RFC 2181 section 10.3 forbids it); `is_literal` an
    address where a name belongs; `secure` means that all that DNS said of its addresses had the AD bit."""

    preference: int
    host: str
    addresses: tuple[IPAddress, ...]
    answers: tuple[Answer, ...]
    is_alias: bool = False
    is_literal: bool = False
    secure: bool = False

    @property
    def is_dangling(self) -> bool:
        """DNS said that the target has no address at all."""
        return not self.addresses and all(answer.is_negative for answer in self.answers)


@dataclass(frozen=True, slots=True)
class MxResult:
    """Where mail for `domain` goes. `hosts` in the order of trying; `dropped` counts MX records
    beyond the cap; `has_null_mx_among_others` is the fault that RFC 7505 section 3 forbids: kind NULL_MX
    where the root stands for the whole domain, MX where the others are used."""

    domain: str
    kind: RouteKind
    hosts: tuple[MxHost, ...]
    answers: tuple[Answer, ...]
    dropped: int = 0
    has_null_mx_among_others: bool = False

    @property
    def secure(self) -> bool:
        """The MX answer was authenticated (AD)."""
        return bool(self.answers) and self.answers[0].authenticated

    @property
    def decisive_denials(self) -> tuple[Answer, ...]:
        """The denials that decide where the mail goes, or that it goes nowhere; empty if records do."""
        match self.kind:
            case RouteKind.NO_DOMAIN | RouteKind.NO_MAIL_HOST:
                answers = self.answers
            case RouteKind.IMPLICIT_MX:
                answers = self.answers[:1]  # there is no MX record
            case RouteKind.MX if all(host.is_dangling or host.is_literal for host in self.hosts):
                answers = tuple(answer for host in self.hosts for answer in host.answers)
            case _:
                return ()
        return tuple(answer for answer in answers if answer.is_negative)

    @property
    def null_mx_preference(self) -> int | None:
        """The preference of the record that names the root; RFC 7505 section 3 has 0. None: there is none."""
        records = (mx for answer in self.answers for mx in answer.mxs())
        return next((mx.preference for mx in records if not mx.exchange), None)

    @property
    def all_answers(self) -> tuple[Answer, ...]:
        """What DNS said of the domain, then of its hosts."""
        return (*self.answers, *(answer for host in self.hosts for answer in host.answers))


class PtrStatus(StrEnum):
    """Forward-confirmed reverse DNS of an address."""

    CONFIRMED = "confirmed"
    MISMATCH = "mismatch"
    MISSING = "missing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PtrResult:
    """`names` as DNS gave them, without the root, which names no host; `confirmed` those with an A or AAAA
    record of `ip`."""

    ip: IPAddress
    status: PtrStatus
    names: tuple[str, ...]
    confirmed: tuple[str, ...]
    answers: tuple[Answer, ...]

    @property
    def first_name(self) -> str:
        """The name to show: a confirmed one, else the first, else the root, which a PTR may be."""
        return next((name for name in (*self.confirmed, *self.names) if name), ". (the root)")


@dataclass(frozen=True, slots=True)
class HeloResult:
    """The EHLO name judged: `is_fqdn` (two labels or more, letters-digits-hyphen), `is_literal`,
    `resolves` and `matches_source` (None unknown), `equals_ptr` (None when there is no PTR)."""

    name: str
    is_fqdn: bool
    is_literal: bool
    resolves: bool | None
    matches_source: bool | None
    equals_ptr: bool | None
    addresses: tuple[IPAddress, ...]
    answers: tuple[Answer, ...]
