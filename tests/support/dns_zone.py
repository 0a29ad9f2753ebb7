"""DNS answers out of a table, for driving the DNS algorithms without a resolver."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import ip_address

from probe.model.answer_fault import AnswerFault, AnswerWhy
from probe.standards.dns import names
from probe.standards.dns.message import (
    Answer,
    Mx,
    Question,
    Record,
    RecordType,
    Resolution,
    Status,
    T,
    Txt,
)

_WHY = AnswerWhy(AnswerFault.OTHER_WORDS, text="from the test's table")
Zone = Mapping[str, Sequence[str] | Status]
"""Keys are "TYPE name"; values record texts (MX as "10 host", TXT one string each) or a failure."""


class Table:
    """Answers questions from a zone, and remembers the rounds in which they were asked.

    A name without any entry is NXDOMAIN, a name with entries of other types only is NODATA.
    `secure` sets the AD bit, on every answer or on those of the types given.
    """

    def __init__(self, zone: Zone, *, secure: bool | frozenset[RecordType] = False) -> None:
        self._zone = {key.lower(): value for key, value in zone.items()}
        self._names = {key.split(" ", 1)[1].lower() for key in zone}
        self._secure = frozenset(RecordType if secure else ()) if isinstance(secure, bool) else secure
        self.rounds: list[tuple[Question, ...]] = []

    @property
    def asked(self) -> list[Question]:
        return [question for batch in self.rounds for question in batch]

    def answer(self, question: Question) -> Answer:
        aliases: list[str] = []
        name = question.name
        while f"cname {name}" in self._zone and len(aliases) < 8:
            name = str(self._zone[f"cname {name}"][0])
            aliases.append(name)
        result = self._zone.get(f"{question.rtype} {name}".lower())
        if isinstance(result, Status):
            return Answer(question, result, aliases=tuple(aliases), why=_WHY)
        if result is None:
            status = Status.NODATA if name in self._names else Status.NXDOMAIN
            return Answer(
                question, status, aliases=tuple(aliases), authenticated=question.rtype in self._secure
            )
        records = tuple(_record(question.rtype, text) for text in result)
        return Answer(
            question,
            Status.ANSWER,
            records,
            tuple(aliases),
            ttl=300,
            authenticated=question.rtype in self._secure,
        )

    def drive(self, resolution: Resolution[T]) -> T:
        """Run a resolution to its end."""
        try:
            batch = next(resolution)
            while True:
                self.rounds.append(batch)
                batch = resolution.send(tuple(self.answer(question) for question in batch))
        except StopIteration as stop:
            result: T = stop.value
            return result


def _record(rtype: RecordType, text: str) -> Record:
    if rtype in (RecordType.A, RecordType.AAAA):
        return ip_address(text)
    if rtype is RecordType.MX:
        preference, exchange = text.split(" ", 1)
        return Mx(int(preference), names.normal(exchange) if exchange != "." else "")
    if rtype is RecordType.TXT:
        return Txt((text.encode("latin-1"),))
    return names.normal(text)
