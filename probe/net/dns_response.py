"""The response to one of many questions: tuples, from which an `Answer` is made on demand."""

from __future__ import annotations

from probe._named_tuple import NamedTuple
from probe.net.answers import seconds_kept, with_age
from probe.net.dns_query import Query
from probe.net.dns_wire import Reply, read_reply
from probe.standards.dns import lean
from probe.standards.dns.lean import LeanRecord, LeanReply
from probe.standards.dns.message import Answer, Mx, Question, Record, Status, Tlsa, Txt


class Response(NamedTuple):
    """The response to `question`. `ttl` is its time to live in seconds, also of a denial (0: must not be
    cached); `records` are in their compact form; `wire` is the datagram, parsed completely by `answer`."""

    question: Question
    status: Status
    records: tuple[LeanRecord, ...]
    ttl: int
    authenticated: bool
    server: str
    elapsed_ms: int
    wire: bytes
    whole: Answer | None = None
    age: int = 0

    def answer(self) -> Answer:
        """The same as an `Answer`, as `Resolver` returns it."""
        whole = self.whole
        if whole is None:
            reply = read_carefully(self.question, self.wire)
            if reply is None:
                raise AssertionError("the lean reader took for an answer what the careful one does not")
            whole = reply.of(self.server).answer_to(self.question, self.elapsed_ms)
        return with_age(whole, self.age) if self.age else whole

    def after(self, seconds: int) -> Response:
        """The same from the cache, that many seconds later."""
        return self._replace(ttl=self.ttl - seconds, elapsed_ms=0, age=seconds)


def of_lean(question: Question, reply: LeanReply, wire: bytes, server: str, elapsed_ms: int) -> Response:
    """A response from the result of the fast parser."""
    return Response(question, *reply, server, elapsed_ms, wire)


def of_wire(question: Question, section: bytes, wire: bytes, server: str) -> Response:
    """A response from a datagram that the fast parser has read before."""
    reply = lean.read(wire, section, question)
    if reply is None:
        raise AssertionError("the lean reader does not read again what it has read")
    return of_lean(question, reply, wire, server, 0)


def read_carefully(question: Question, wire: bytes) -> Reply | None:
    """Parse a datagram with the id of the query for `question`, as `read_reply` does."""
    return read_reply(Query(int.from_bytes(wire[:2], "big"), question, b""), wire)


def of_answer(answer: Answer) -> Response:
    """A response from an answer."""
    return Response(
        answer.question,
        answer.status,
        tuple(map(_lean, answer.records)),
        int(seconds_kept(answer)),
        answer.authenticated,
        answer.provenance.server if answer.provenance is not None else "",
        answer.elapsed_ms,
        b"",
        answer,
    )


def _lean(record: Record) -> LeanRecord:
    match record:
        case str():
            return record
        case Mx():
            return (record.preference, record.exchange)
        case Txt():
            return record.strings
        case Tlsa():
            return (record.usage, record.selector, record.matching_type, record.data)
        case _:
            return record.packed
