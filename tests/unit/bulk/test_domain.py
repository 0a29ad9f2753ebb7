"""What DNS says of one domain: which questions are asked, and what follows from the responses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import ip_address

import pytest

from probe.bulk.domain import DomainResult, DomainState, Hosts, LookUp, look_up
from probe.bulk.verdict import verdict
from probe.model.verdict import Outcome
from probe.net.dns_response import Response
from probe.standards.dns.lean import LeanRecord
from probe.standards.dns.message import Question, RecordType, Status

Replies = Mapping[str, Sequence[Status | tuple[LeanRecord, ...]]]
GOOD = (ip_address("8.8.4.4").packed,)
LOOP = (ip_address("127.0.0.1").packed,)
PRIVATE = (ip_address("10.1.2.3").packed,)
ANY = (ip_address("0.0.0.0").packed,)
NX, NODATA, SERVFAIL = Status.NXDOMAIN, Status.NODATA, Status.SERVFAIL
MX = ((10, "mx.example"),)


def drive(work: LookUp, replies: Replies) -> tuple[DomainResult, list[str]]:
    """The result, and the questions in order; each gets the next response of its row, the last again."""
    questions: list[str] = []
    responses: tuple[Response, ...] | None = None
    while True:
        try:
            batch = work.send(responses)  # type: ignore[arg-type]
        except StopIteration as stop:
            return stop.value, questions
        responses = tuple(_response(question, questions, replies) for question in batch)
        questions += map(str, batch)


def _response(question: Question, before: Sequence[str], replies: Replies) -> Response:
    name = str(question)
    row = replies.get(name, (NX,))
    it = row[min(before.count(name), len(row) - 1)]
    status, records = (it, ()) if isinstance(it, Status) else (Status.ANSWER, it)
    return Response(question, status, records, 60, False, "192.0.2.53:53", 1, b"")


@pytest.mark.parametrize(
    ("replies", "state"),
    [
        ({"MX d.example": (MX,), "A mx.example": (GOOD,)}, DomainState.MX),
        ({"MX d.example": (MX,), "A mx.example": (NODATA,), "AAAA mx.example": (GOOD,)}, DomainState.MX),
        ({"MX d.example": (NODATA,), "A d.example": (GOOD,)}, DomainState.IMPLICIT_MX),
        ({"MX d.example": (NODATA,), "A d.example": (NODATA,)}, DomainState.NO_MAIL_HOST),
        ({"MX d.example": (NODATA,), "A d.example": (SERVFAIL,)}, DomainState.DNS_UNKNOWN),
        ({"MX d.example": (((0, ""),),)}, DomainState.NULL_MX),
        ({"MX d.example": (((0, ""), (10, "mx.example")),)}, DomainState.NULL_MX),
        ({"MX d.example": (MX,)}, DomainState.NO_USABLE_MX),
        ({"MX d.example": (MX,), "A mx.example": (ANY,)}, DomainState.NO_USABLE_MX),
        ({"MX d.example": (((10, "192.0.2.1"),),)}, DomainState.NO_USABLE_MX),
        ({"MX d.example": (MX,), "A mx.example": (SERVFAIL,)}, DomainState.DNS_UNKNOWN),
        ({"MX d.example": (MX,), "A mx.example": (LOOP,)}, DomainState.LOOPBACK_MX),
        ({"MX d.example": (MX,), "A mx.example": (PRIVATE,)}, DomainState.PRIVATE_MX),
        ({"MX d.example": (MX,), "A mx.example": (LOOP + PRIVATE,)}, DomainState.PRIVATE_MX),
        ({"MX d.example": (MX,), "A mx.example": (PRIVATE + GOOD,)}, DomainState.MX),
        ({"MX d.example": (SERVFAIL,)}, DomainState.DNS_UNKNOWN),
        ({"MX d.example": (NX,)}, DomainState.NO_DOMAIN),
        ({"MX d.example": (NX, MX), "A mx.example": (GOOD,)}, DomainState.MX),
        ({"MX d.example": (NX, SERVFAIL)}, DomainState.DNS_UNKNOWN),
        ({"MX d.example": (NX, NODATA), "A d.example": (GOOD,)}, DomainState.IMPLICIT_MX),
    ],
)
def test_the_state_follows_from_the_responses(replies: Replies, state: DomainState) -> None:
    assert drive(look_up("d.example", Hosts()), replies)[0].state is state


def test_a_missing_domain_is_asked_for_twice_before_it_is_believed() -> None:
    result, questions = drive(look_up("d.example", Hosts()), {})
    assert result.state is DomainState.NO_DOMAIN
    assert questions == ["MX d.example", "MX d.example"]


def test_the_best_host_decides_and_is_asked_once_in_a_run() -> None:
    replies: Replies = {"MX d.example": (((20, "b.example"), (10, "a.example")),), "A a.example": (GOOD,)}
    hosts = Hosts()
    result, questions = drive(look_up("d.example", hosts), replies)
    assert (result.hosts, questions) == (("a.example", "b.example"), ["MX d.example", "A a.example"])
    assert drive(look_up("d.example", hosts), replies)[1] == ["MX d.example"]


def test_what_is_not_known_of_a_host_is_asked_again_and_told() -> None:
    hosts = Hosts()
    replies: Replies = {"MX d.example": (MX,), "A mx.example": (SERVFAIL, SERVFAIL, GOOD)}
    first = drive(look_up("d.example", hosts), replies)[0]
    assert first.failure == "A mx.example: servfail"
    recovered = drive(look_up("d.example", hosts), {**replies, "A mx.example": (GOOD,)})[0]
    assert (recovered.state, recovered.failure) == (DomainState.MX, "")


def test_a_usable_host_behind_one_that_leads_nowhere_counts() -> None:
    replies: Replies = {"MX d.example": (((10, "a.example"), (20, "b.example")),), "A b.example": (GOOD,)}
    result, questions = drive(look_up("d.example", Hosts()), replies)
    assert result.state is DomainState.MX
    assert questions == ["MX d.example", "A a.example", "AAAA a.example", "A b.example"]


def test_hundreds_of_hosts_without_an_answer_are_not_all_asked_and_prove_nothing() -> None:
    replies: Replies = {"MX d.example": (tuple((10, f"m{n:03}.example") for n in range(300)),)}
    result, questions = drive(look_up("d.example", Hosts()), replies)
    assert result.state is DomainState.DNS_UNKNOWN and len(questions) == 41
    assert "280 more were not tried" in result.failure


def test_private_addresses_count_where_they_are_allowed() -> None:
    replies: Replies = {"MX d.example": (MX,), "A mx.example": (LOOP,)}
    hosts = Hosts(allow_private=True)
    assert drive(look_up("d.example", hosts), replies)[0].state is DomainState.MX


def test_a_literal_asks_nothing() -> None:
    result, questions = drive(look_up("[192.0.2.1]", Hosts()), {})
    assert (result.state, questions) == (DomainState.LITERAL, [])


def test_only_what_dns_denies_is_refused() -> None:
    refused = {state for state in DomainState if verdict(state).outcome is Outcome.REFUSED}
    assert refused == {
        DomainState.NO_DOMAIN,
        DomainState.NULL_MX,
        DomainState.NO_MAIL_HOST,
        DomainState.NO_USABLE_MX,
        DomainState.LOOPBACK_MX,
    }
    never = {state for state in DomainState if verdict(state).retry.value == "never"}
    assert never == {DomainState.NO_DOMAIN, DomainState.NULL_MX}


def test_the_questions_are_of_three_types() -> None:
    replies: Replies = {"MX d.example": (MX,), "A mx.example": (NODATA,)}
    _, questions = drive(look_up("d.example", Hosts()), replies)
    assert {it.split(" ")[0] for it in questions} == {RecordType.MX, RecordType.A, RecordType.AAAA}
