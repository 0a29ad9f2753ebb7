"""A nameserver class for dnspython that passes every question to the run's own resolver.

For libraries that ask DNS themselves, each in its own thread. So their questions count toward the limit of
the run, are recorded like all others, never asked twice, and parsed by our own parser; and a DNS failure is
distinguished from a missing record.
"""

from __future__ import annotations

from collections.abc import Callable

import dns.exception
import dns.message
import dns.name
import dns.nameserver
import dns.rcode
import dns.rdata
import dns.rdataclass
import dns.rdatatype
import dns.rdtypes.ANY.TXT

from probe.model.observed import OpinionFault
from probe.model.reason import Reason
from probe.net.opinion import AskNow
from probe.standards.dns import names
from probe.standards.dns.message import Answer, Mx, Question, Record, RecordType, Status, Txt


class Stop(BaseException):
    """Ends an inquiry from inside a query. Not an Exception: dnspython and the libraries above it treat every
    Exception of a nameserver as a failed try, and would continue to ask."""


class Watch:
    """One inquiry: its limits, and why it was given up. Questions for `excluded` record types are answered
    here with NODATA. At most `limit` questions."""

    def __init__(
        self,
        seconds_left: Callable[[], float],
        exclusions: frozenset[dns.rdatatype.RdataType],
        limit: int,
    ) -> None:
        self.seconds_left = seconds_left
        self.problem: Reason[OpinionFault] | None = None
        self._exclusions = exclusions
        self._limit = limit
        self._questions: set[Question] = set()

    def give_up(self, why: Reason[OpinionFault]) -> None:
        """End the inquiry; the first reason is kept."""
        self.problem = self.problem or why

    def question_of(self, request: dns.message.Message) -> Question | None:
        """The question to ask; None for an excluded one. Raises Stop when the inquiry is over."""
        if self.seconds_left() <= 0:
            self.give_up(Reason(OpinionFault.LATE))
        first = request.question[0]
        if first.rdtype in self._exclusions:
            return None
        kind = dns.rdatatype.to_text(first.rdtype)
        if kind not in RecordType.__members__:
            self.give_up(Reason(OpinionFault.OTHER_TYPE, rtype=kind))
        elif len(self._questions) >= self._limit:
            self.give_up(Reason(OpinionFault.TOO_MANY, most=self._limit))
        if self.problem is not None:
            raise Stop
        question = Question(names.from_labels(first.name.labels), RecordType(kind))
        self._questions.add(question)
        return question


class SharedNameserver(dns.nameserver.Nameserver):
    """Asks through `ask`."""

    def __init__(self, ask: AskNow, watch: Watch) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._ask = ask
        self._watch = watch

    def __str__(self) -> str:
        return "the resolver of this run"

    def kind(self) -> str:
        return "shared"

    def is_always_max_size(self) -> bool:
        return True

    def answer_nameserver(self) -> str:
        return ""

    def answer_port(self) -> int:
        return 0

    def query(
        self,
        request: dns.message.QueryMessage,
        timeout: float,
        source: str | None,
        source_port: int,
        max_size: bool,
        one_rr_per_rrset: bool = False,
        ignore_trailing: bool = False,
    ) -> dns.message.Message:
        question = self._watch.question_of(request)
        response = dns.message.make_response(request, recursion_available=True)
        if question is None:
            return response
        answer = self._answer(question)
        if answer.is_unknown:
            self._watch.give_up(_about(OpinionFault.NO_ANSWER, question))
            raise Stop
        try:
            _fill(response, answer)
        except (dns.exception.DNSException, ValueError) as error:
            self._watch.give_up(_about(OpinionFault.NOT_HANDED_ON, question, str(error)))
            raise Stop from None
        return response

    async def async_query(self, *arguments: object, **options: object) -> dns.message.Message:
        """Never used: these libraries are synchronous."""
        raise NotImplementedError

    def _answer(self, question: Question) -> Answer:
        try:
            return self._ask(question, self._watch.seconds_left())
        except TimeoutError:
            self._watch.give_up(Reason(OpinionFault.LATE))
            raise Stop from None


def _about(tag: OpinionFault, question: Question, text: str = "") -> Reason[OpinionFault]:
    return Reason(tag, host=question.name, rtype=question.rtype.value, text=text)


def _fill(response: dns.message.Message, answer: Answer) -> None:
    """Fill the message from the answer: the chain of aliases, then the records at its end."""
    name = response.question[0].name
    for alias in answer.aliases:
        _add(response, name, answer.ttl, dns.rdata.from_text("IN", "CNAME", _name(alias).to_text()))
        name = _name(alias)
    for record in answer.records:
        _add(response, name, answer.ttl, _rdata(answer.question.rtype, record))
    if answer.status is Status.NXDOMAIN:
        response.set_rcode(dns.rcode.NXDOMAIN)


def _add(
    response: dns.message.Message, owner: dns.name.Name, ttl: int | None, record: dns.rdata.Rdata
) -> None:
    rrset = response.find_rrset(response.answer, owner, record.rdclass, record.rdtype, create=True)
    rrset.add(record, ttl or 0)


def _rdata(rtype: RecordType, record: Record) -> dns.rdata.Rdata:
    if isinstance(record, Txt):
        kind = dns.rdatatype.TXT
        return dns.rdtypes.ANY.TXT.TXT(dns.rdataclass.IN, kind, record.strings)
    text = str(record)
    if isinstance(record, Mx):
        text = f"{record.preference} {_name(record.exchange)}"
    elif isinstance(record, str):
        text = _name(record).to_text()
    return dns.rdata.from_text("IN", rtype.value, text)


def _name(text: str) -> dns.name.Name:
    return dns.name.Name((*names.to_labels(text), b""))
