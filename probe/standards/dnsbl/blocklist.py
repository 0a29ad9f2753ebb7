"""What a DNS blocklist is, as its operator documents it, and how one of its answers reads (RFC 5782)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address

from probe._dataclass import dataclass, field
from probe._enum import StrEnum
from probe.model.address import IPAddress
from probe.model.listing import CodeKind, ListingReason, ListingWhy
from probe.standards.dnsbl.results import ListingCode

LISTING_RANGE = IPv4Network("127.0.0.0/8")  # RFC 5782 section 2.1
REFUSAL_RANGE = IPv4Network("127.255.255.0/24")  # Spamhaus since 2019-09-30, others after it
_MOST_CODES = 64  # of one answer; combined lists give a handful
NO_LISTING = IPv4Address("127.0.0.1")  # never a listing unless the list's own description says so
UNDOCUMENTED_WEIGHT = 4  # a code, or a whole list, that nothing is known about


class SubjectKind(StrEnum):
    """What can be looked up on a list."""

    IPV4 = "ipv4"
    IPV6 = "ipv6"
    DOMAIN = "domain"


class Use(StrEnum):
    """`on` and `info` lists are asked by default, `info` ones weigh next to nothing; `off` only when
    named with --dnsbl; `never` are dead or fake and stay known so that naming one can be answered."""

    ON = "on"
    INFO = "info"
    OFF = "off"
    NEVER = "never"


# RFC 5782 section 5: the entry that every list must have, and the one that none may have.
RFC_TEST_LISTED: Mapping[SubjectKind, tuple[str, ...]] = {
    SubjectKind.IPV4: ("127.0.0.2",),
    SubjectKind.IPV6: ("::ffff:7f00:2",),
    SubjectKind.DOMAIN: ("test",),
}
RFC_TEST_NOT_LISTED: Mapping[SubjectKind, tuple[str, ...]] = {
    SubjectKind.IPV4: ("127.0.0.1",),
    SubjectKind.IPV6: ("::ffff:7f00:1",),
    SubjectKind.DOMAIN: ("invalid",),
}


class PatternError(ValueError):
    """A return-code pattern that cannot be read; the message names it."""


@dataclass(frozen=True, slots=True)
class CodePattern:
    """Which answers a documented code covers: one range an octet, or one bit of 127.0.0.x."""

    text: str
    octets: tuple[tuple[int, int], ...]
    bit: int = 0

    @classmethod
    def parse(cls, text: str) -> CodePattern:
        """Read `127.0.0.2`, `127.0.0.4-7`, `127.0.*.3` or `bit 4`. Raises PatternError."""
        if text.startswith("bit "):
            bit = _number(text[4:], text)
            if bit not in (1, 2, 4, 8, 16, 32, 64, 128):
                raise PatternError(f"{text!r}: a bit is a power of two below 256")
            return cls(text, ((127, 127), (0, 0), (0, 0), (0, 255)), bit)
        parts = text.split(".")
        if len(parts) != 4:
            raise PatternError(f"{text!r}: four octets are needed")
        return cls(text, tuple(_octet(part, text) for part in parts))

    def covers(self, answer: IPv4Address) -> bool:
        """Whether the answer carries this code."""
        packed = answer.packed
        in_range = all(low <= octet <= high for octet, (low, high) in zip(packed, self.octets, strict=True))
        return in_range and (not self.bit or bool(packed[3] & self.bit))


@dataclass(frozen=True, slots=True)
class CodeRule:
    """One documented return code; `weight` 0 to 10."""

    pattern: CodePattern
    meaning: str
    kind: CodeKind
    weight: int


@dataclass(frozen=True, slots=True)
class RefusalRule:
    """An answer that means "you were not served", never "listed"."""

    pattern: CodePattern
    meaning: str


class Sight(StrEnum):
    """What one query showed. `answered`: codes of the list. `absent`: NXDOMAIN or NODATA."""

    ANSWERED = "answered"
    ABSENT = "absent"
    REFUSED = "refused"
    BOGUS = "bogus"  # an answer that no blocklist gives
    UNKNOWN = "unknown"  # no answer


@dataclass(frozen=True, slots=True)
class Reading:
    """One query, read. `why` is set for refused, bogus and unknown."""

    sight: Sight
    codes: tuple[ListingCode, ...] = ()
    why: ListingWhy | None = None

    @property
    def lists(self) -> bool:
        """Whether the answer is about the subject, positive or negative, and not only a category."""
        return any(code.kind is not CodeKind.INFO for code in self.codes)

    @property
    def accuses(self) -> bool:
        """Whether the answer is a listing of the subject."""
        return any(code.kind in (CodeKind.REPUTATION, CodeKind.POLICY) for code in self.codes)


@dataclass(frozen=True, slots=True)
class BlockList:
    """One list as its operator describes it.

    `zone` is the DNS suffix ("" when there is no public one), `key_zone` the suffix behind a
    customer's key label; `subjects` what it takes; `test_listed`/`test_not_listed` replace the test
    entries of RFC 5782 section 5 for a kind of subject (an empty tuple: documented to have none);
    `status` is alive, unconfirmed, private or dead, as a dated source says (`checked`), and not as
    resolved; `weight` 0 to 10 is how much a plain listing counts; `kinds_are_guessed` that nobody said
    which kinds of subject it takes, so that its test entries must tell; `delist_url` where to ask for removal
    and `removal` how an entry ends; `reply_names` the words, in small letters, by which replies name it.
    """

    id: str
    title: str
    zone: str
    subjects: tuple[SubjectKind, ...]
    use: Use = Use.OFF
    status: str = "unconfirmed"
    status_note: str = ""
    weight: int = UNDOCUMENTED_WEIGHT
    is_allow_list: bool = False
    codes: tuple[CodeRule, ...] = ()
    refusals: tuple[RefusalRule, ...] = ()
    test_listed: Mapping[SubjectKind, tuple[str, ...]] = field(default_factory=dict)
    test_not_listed: Mapping[SubjectKind, tuple[str, ...]] = field(default_factory=dict)
    key_zone: str = ""
    other_zones: tuple[str, ...] = ()
    reply_names: tuple[str, ...] = ()
    delist_url: str = ""
    removal: str = ""
    policy: str = ""
    note: str = ""
    source: str = ""
    checked: str = ""
    confirmed: str = "no"
    kinds_are_guessed: bool = False

    @property
    def is_dead(self) -> bool:
        """Whether a source says that the list has ended (or never was genuine)."""
        return self.status == "dead"

    def positive_tests(self, kind: SubjectKind) -> tuple[str, ...]:
        """Subjects that a working list holds; one of them is enough.

        For a documented list of both families the IPv4 test entry also counts for IPv6: RFC 5782 section 5
        asks for ::FFFF:7F00:2, which few operators publish beside 127.0.0.2.
        """
        tests = self.test_listed.get(kind, RFC_TEST_LISTED[kind])
        if kind is SubjectKind.IPV6 and self.source and SubjectKind.IPV4 in self.subjects:
            tests = (*tests, *self.positive_tests(SubjectKind.IPV4))
        return tests

    def negative_tests(self, kind: SubjectKind) -> tuple[str, ...]:
        """Subjects that a correct list does not contain."""
        return self.test_not_listed.get(kind, RFC_TEST_NOT_LISTED[kind])

    def read(self, addresses: Iterable[IPAddress]) -> Reading:
        """Read the A records of an answer that has some."""
        answers = tuple(addresses)
        if len(answers) > _MOST_CODES:
            return Reading(Sight.BOGUS, why=ListingWhy(ListingReason.TOO_MANY_CODES, count=len(answers)))
        for answer in answers:
            if isinstance(answer, IPv6Address) or answer not in LISTING_RANGE:
                return Reading(Sight.BOGUS, why=ListingWhy(ListingReason.NO_CODE, ip=answer))
        ips = tuple(answer for answer in answers if isinstance(answer, IPv4Address))
        for answer in ips:
            refusal = self._refusal(answer)
            if refusal is not None:
                return Reading(Sight.REFUSED, why=refusal)
        codes = tuple(dict.fromkeys(code for answer in ips for code in self._codes(answer)))
        if not codes:
            return Reading(Sight.BOGUS, why=ListingWhy(ListingReason.NO_LISTING, ip=NO_LISTING))
        return Reading(Sight.ANSWERED, codes)

    def _refusal(self, answer: IPv4Address) -> ListingWhy | None:
        for rule in self.refusals:
            if rule.pattern.covers(answer):
                return ListingWhy(ListingReason.REFUSAL_CODE, ip=answer, text=rule.meaning)
        if answer in REFUSAL_RANGE:
            return ListingWhy(ListingReason.REFUSAL_RANGE, ip=answer)
        return None

    def _codes(self, answer: IPv4Address) -> tuple[ListingCode, ...]:
        codes = tuple(
            ListingCode(_spell(answer, rule.pattern), rule.meaning, rule.kind, rule.weight)
            for rule in self.codes
            if rule.pattern.covers(answer)
        )
        if codes or answer == NO_LISTING:
            return codes
        kind = CodeKind.ALLOW if self.is_allow_list else CodeKind.REPUTATION
        meaning = "listed; this code is not described" if self.codes else "listed"
        return (ListingCode(str(answer), meaning, kind, min(self.weight, UNDOCUMENTED_WEIGHT)),)


def _spell(answer: IPv4Address, pattern: CodePattern) -> str:
    return f"{answer} {pattern.text}" if pattern.bit else str(answer)


def _octet(part: str, text: str) -> tuple[int, int]:
    if part == "*":
        return 0, 255
    low, dash, high = part.partition("-")
    first = _number(low, text)
    last = _number(high, text) if dash else first
    if not 0 <= first <= last <= 255:
        raise PatternError(f"{text!r}: {part!r} is no octet or range of octets")
    return first, last


def _number(digits: str, text: str) -> int:
    if not (digits.isascii() and digits.isdigit()):
        raise PatternError(f"{text!r}: {digits!r} is no number")
    return int(digits)
