"""What holds for SPF whatever anybody publishes."""

from __future__ import annotations

from ipaddress import ip_address

from hypothesis import given
from hypothesis import strategies as st

from probe.settings import SPF_LOOKUP_LIMIT, SPF_VOID_LIMIT
from probe.standards.dns.message import Answer, Mx, Question, Record, RecordType, Status, Txt
from probe.standards.spf.check_host import check_host
from probe.standards.spf.macros import MacroError, parse_domain_spec, parse_explanation
from probe.standards.spf.record import RecordError, is_spf, parse
from probe.standards.spf.results import SpfResult
from tests.support.dns_zone import Table

_TERMS = (
    "a mx ptr all -all include:a.example include:b.example redirect=a.example exists:%{p}.c.example "
    "exp=b.example a:%{l}.c.example a/24//64 mx:b.example/0 ip4:192.0.2.0/24 ip6:::/0 ip4:1 %{ / : = "
    "a:c.example ptr:%{d} ?include:%{h} exists:%{ir}.%{v}.%{o4r-}"
)
_PIECES = st.sampled_from(_TERMS.split())
_RECORDS = st.lists(_PIECES, max_size=15).map(lambda terms: " ".join(["v=spf1", *terms]).encode())
_STATUSES = st.sampled_from(list(Status))


@given(st.binary(max_size=300))
def test_reading_a_record_raises_nothing_but_its_own_error(rest: bytes) -> None:
    data = b"v=spf1 " + rest
    assert is_spf(data)
    try:
        parse(data)
    except RecordError as error:
        assert str(error)


@given(st.text(alphabet="%{}dlpcr19.-+/_ =ax", max_size=40))
def test_reading_a_macro_string_raises_nothing_but_its_own_error(text: str) -> None:
    for read in (parse_domain_spec, parse_explanation):
        try:
            read(text)
        except MacroError as error:
            assert str(error)


class AnyZone(Table):
    """Answers everything, out of what hypothesis drew."""

    def __init__(self, records: list[bytes], statuses: list[Status]) -> None:
        super().__init__({})
        self._records = records
        self._statuses = statuses

    def answer(self, question: Question) -> Answer:
        place = sum(question.name.encode("utf-8", "replace"))
        status = self._statuses[place % len(self._statuses)]
        if question.rtype is RecordType.TXT and place % 3:
            status = Status.ANSWER
        if status is not Status.ANSWER:
            return Answer(question, status)
        return Answer(question, status, (self._record(question, place),))

    def _record(self, question: Question, place: int) -> Record:
        if question.rtype is RecordType.TXT:
            return Txt((self._records[place % len(self._records)],))
        if question.rtype is RecordType.MX:
            return Mx(1, "c.example")
        if question.rtype is RecordType.PTR:
            return "c.example"
        return ip_address("192.0.2.1" if question.rtype is RecordType.A else "2001:db8::1")


def _evaluate(records: list[bytes], statuses: list[Status], ip: str, local: str) -> tuple[SpfResult, AnyZone]:
    zone = AnyZone(records, statuses)
    result = zone.drive(check_host(ip_address(ip), "a.example", local, "a.example", "mail.a.example"))
    return result, zone


_ZONES = (
    st.lists(_RECORDS, min_size=1, max_size=4),
    st.lists(_STATUSES, min_size=1, max_size=4),
    st.sampled_from(["192.0.2.1", "198.51.100.1", "2001:db8::1"]),
    st.text(max_size=10),
)


@given(*_ZONES)
def test_evaluation_ends_within_the_limits(
    records: list[bytes], statuses: list[Status], ip: str, local: str
) -> None:
    result, zone = _evaluate(records, statuses, ip, local)
    assert result.lookups <= SPF_LOOKUP_LIMIT + 1
    assert result.void_lookups <= SPF_VOID_LIMIT + 1
    assert len(zone.asked) == len(set(zone.asked))
    assert len(zone.asked) < 150


@given(*_ZONES)
def test_the_same_zone_gives_the_same_result(
    records: list[bytes], statuses: list[Status], ip: str, local: str
) -> None:
    assert _evaluate(records, statuses, ip, local)[0] == _evaluate(records, statuses, ip, local)[0]
