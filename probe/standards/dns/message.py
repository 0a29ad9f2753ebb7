"""Questions and answers of DNS, and the generator protocol that every DNS algorithm here speaks.

An algorithm (MX selection, SPF check_host, DMARC discovery, DNSBL, PTR) is a generator: it
yields a tuple of questions that may be asked at once and is sent the answers in the same order.
The same code so runs over a live resolver, a recording, or a dict.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator
from typing import TypeVar

from probe._dataclass import dataclass, replace
from probe._enum import StrEnum
from probe.model.address import IPAddress
from probe.model.answer_fault import AnswerFault, AnswerWhy, OwnWordWhy
from probe.model.dialable import nat64_inner
from probe.standards.dns.provenance import Provenance, is_own_refusal, why_own_answer, why_own_denial


class RecordType(StrEnum):
    """The record types that the program asks for."""

    A = "A"
    AAAA = "AAAA"
    MX = "MX"
    TXT = "TXT"
    CNAME = "CNAME"
    PTR = "PTR"
    NS = "NS"
    SOA = "SOA"
    TLSA = "TLSA"


class Status(StrEnum):
    """The result of a question. Only NODATA and NXDOMAIN say that there is no such record. OWN_WORD is what
    `Answer.believed` makes of a denial, or of records, that a name server made itself."""

    ANSWER = "answer"
    NODATA = "nodata"
    NXDOMAIN = "nxdomain"
    SERVFAIL = "servfail"
    REFUSED = "refused"
    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    MALFORMED = "malformed"
    BAD_NAME = "bad_name"
    CNAME_LOOP = "cname_loop"
    NOT_ASKED = "not_asked"
    OWN_WORD = "own_word"


@dataclass(frozen=True, slots=True)
class Question:
    """`name` is lower-case A-labels without a trailing dot ("" is the root)."""

    name: str
    rtype: RecordType

    def __str__(self) -> str:
        return f"{self.rtype} {self.name or '.'}"


@dataclass(frozen=True, slots=True)
class Mx:
    """RFC 1035 section 3.3.9; exchange "" is the root, the null MX of RFC 7505."""

    preference: int
    exchange: str


@dataclass(frozen=True, slots=True)
class Txt:
    """One TXT record, its character-strings kept apart."""

    strings: tuple[bytes, ...]

    @property
    def data(self) -> bytes:
        """The strings joined without a separator (RFC 7208 section 3.3)."""
        return b"".join(self.strings)


@dataclass(frozen=True, slots=True)
class Tlsa:
    """RFC 6698 section 2.1."""

    usage: int
    selector: int
    matching_type: int
    data: bytes


Record = IPAddress | Mx | Txt | Tlsa | str
"""A and AAAA: an address; MX, TXT, TLSA: their class; PTR, CNAME, NS: a name; SOA: the mname."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the resolver said to one question.

    `records` are those of the asked type at the end of the CNAME chain `aliases` (the names that were
    followed to, in order); `authenticated` is the AD bit (RFC 4035) from that resolver; `ttl` the lowest of
    the answer in seconds (None unknown); `why` why there is neither an answer nor a denial, as far as there
    is more to say than `status` does; `provenance` who said it and how (None: no reply was read, or the
    recording is from before that was kept); `own` why the resolver made it itself, where only other answers
    show that (`probe.standards.dns.rewriting`, `false_denial` beside it).
    """

    question: Question
    status: Status
    records: tuple[Record, ...] = ()
    aliases: tuple[str, ...] = ()
    ttl: int | None = None
    authenticated: bool = False
    why: AnswerWhy | None = None
    elapsed_ms: int = 0
    provenance: Provenance | None = None
    own: OwnWordWhy | None = None

    @property
    def is_negative(self) -> bool:
        """True only when DNS said that there is no such record."""
        return self.status in (Status.NODATA, Status.NXDOMAIN)

    @property
    def end_name(self) -> str:
        """The name at the end of the aliases, which it is about."""
        return self.aliases[-1] if self.aliases else self.question.name

    @property
    def is_unknown(self) -> bool:
        """True when nothing can be concluded: neither an answer nor a denial."""
        return self.status is not Status.ANSWER and not self.is_negative

    @property
    def failure(self) -> AnswerWhy | None:
        """Why there is neither an answer nor a denial, with the name server and its words if known; None if
        there is one."""
        if not self.is_unknown:
            return None
        why, provenance = self.why or AnswerWhy(AnswerFault(self.status.value)), self.provenance
        if provenance is None or not (provenance.extended or self.status is Status.REFUSED):
            return why
        if why.server or provenance.server in why.text:
            return why
        words = next((error.text for error in provenance.extended if error.text), "")
        return replace(why, server=provenance.server, words=words)

    @property
    def doubt(self) -> AnswerWhy | None:
        """Why the name server probably made the records or the denial itself; None if there is no sign of
        that."""
        if self.provenance is None:
            return None
        own = self.own
        tag = _OWN_TAGS.get(self.status, AnswerFault.OWN_RECORDS)
        if own is not None:
            return AnswerWhy(tag, server=self.provenance.server, own=own)
        if self.is_negative:
            own = why_own_denial(
                self.provenance,
                self.end_name,
                authenticated=self.authenticated,
                is_whole_name=self.status is Status.NXDOMAIN,
            )
        elif self.status is Status.ANSWER:
            addresses = self.addresses()
            dns64 = bool(addresses) and all(nat64_inner(ip) is not None for ip in addresses)
            null = bool(addresses) and all(ip.is_unspecified for ip in addresses)
            own = why_own_answer(
                self.provenance, is_dns64=dns64, is_null=null, authenticated=self.authenticated
            )
        return AnswerWhy(tag, server=self.provenance.server, own=own) if own is not None else None

    @property
    def is_local(self) -> bool:
        """Whether the server answered from local data, as stub resolvers do for the names of their machine
        and for hosts files: with authority (AA) and a TTL of 0."""
        provenance = self.provenance
        if (
            provenance is None
            or self.status is not Status.ANSWER
            or self.ttl != 0
            or not provenance.authoritative
        ):
            return False
        return (
            provenance.recursive
            or provenance.server == "::1"
            or provenance.server.startswith(("127.", "[::1]"))
        )

    @property
    def is_own_word(self) -> bool:
        """Whether the name server itself denied, made or refused this, without the zone."""
        if self.status is Status.REFUSED:
            return self.provenance is not None and is_own_refusal(self.provenance)
        return self.status is Status.OWN_WORD or self.doubt is not None

    def believed(self) -> Answer:
        """The answer for the algorithms: data that a name server made itself counts as unknown."""
        doubt = self.doubt
        if doubt is None:
            return self
        return replace(self, status=Status.OWN_WORD, records=(), ttl=None, authenticated=False, why=doubt)

    @property
    def ref(self) -> str:
        """The reference of this answer in findings and evidence."""
        return f"dns:{self.question.rtype}:{self.question.name or '.'}"

    def seen_outside(self) -> Answer:
        """The answer as seen by others: local data of the server's own machine counts as unknown."""
        if self.provenance is None or not self.is_local:
            return self
        why = AnswerWhy(AnswerFault.OWN_DATA, server=self.provenance.server)
        return replace(self, status=Status.OWN_WORD, records=(), ttl=None, authenticated=False, why=why)

    def addresses(self) -> tuple[IPAddress, ...]:
        """The A or AAAA records."""
        return tuple(r for r in self.records if not isinstance(r, Mx | Txt | Tlsa | str))

    def mxs(self) -> tuple[Mx, ...]:
        """The MX records."""
        return tuple(r for r in self.records if isinstance(r, Mx))

    def txts(self) -> tuple[Txt, ...]:
        """The TXT records."""
        return tuple(r for r in self.records if isinstance(r, Txt))

    def tlsas(self) -> tuple[Tlsa, ...]:
        """The TLSA records."""
        return tuple(r for r in self.records if isinstance(r, Tlsa))

    def names(self) -> tuple[str, ...]:
        """The names of a PTR, CNAME or NS answer."""
        return tuple(r for r in self.records if isinstance(r, str))


_OWN_TAGS = {Status.NXDOMAIN: AnswerFault.OWN_NXDOMAIN, Status.NODATA: AnswerFault.OWN_NODATA}

T = TypeVar("T")
Resolution = Generator[tuple[Question, ...], tuple[Answer, ...], T]


def run(resolution: Resolution[T], lookup: Callable[[Question], Answer]) -> T:
    """Drive a resolution over something that already knows the answers (a recording, a dict). Each answer is
    passed on as `believed`."""
    try:
        questions = next(resolution)
        while True:
            questions = resolution.send(tuple(lookup(question).believed() for question in questions))
    except StopIteration as stop:
        result: T = stop.value
        return result


async def run_async(
    resolution: Resolution[T], ask: Callable[[tuple[Question, ...]], Awaitable[tuple[Answer, ...]]]
) -> T:
    """Drive a resolution over a live resolver; `ask` answers a batch, in order. Each answer is passed on as
    `believed`."""
    try:
        questions = next(resolution)
        while True:
            answers = await ask(questions)
            questions = resolution.send(tuple(answer.believed() for answer in answers))
    except StopIteration as stop:
        result: T = stop.value
        return result
