"""What the runs of one world are told of each other's DNS, second by second."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

import pytest

from probe.model.answer_fault import AnswerFault, AnswerWhy
from probe.model.target import Endpoint
from probe.net import answers
from probe.net.answers import Answers
from probe.settings import SHARED_ANSWERS_FOR
from probe.standards.dns.message import Answer, Question, RecordType, Status
from probe.standards.dns.provenance import ExtendedError, Provenance, Soa

WHY = AnswerWhy(AnswerFault.SERVFAIL)
HERE = (Endpoint("192.0.2.53", 53),)
ELSEWHERE = (Endpoint("192.0.2.54", 53),)
ASKED = Question("mx.example.com", RecordType.A)
SOA = Soa("example.com", "ns.example.com", "root.example.com", 100, 60)
FOUND = Answer(
    ASKED,
    Status.ANSWER,
    (ip_address("192.0.2.1"),),
    ttl=30,
    elapsed_ms=12,
    provenance=Provenance("192.0.2.53"),
)
DENIED = Answer(ASKED, Status.NXDOMAIN, provenance=Provenance("192.0.2.53", soa=SOA))


class Time:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def shared(time: Time) -> Answers:
    return Answers(time)


def test_records_are_told_for_their_ttl_which_grows_less(shared: Answers, time: Time) -> None:
    shared.keep(HERE, FOUND)
    assert shared.recall(HERE, ASKED) == replace(FOUND, elapsed_ms=0)
    time.now += 29.9
    assert shared.recall(HERE, ASKED) == replace(FOUND, ttl=1, elapsed_ms=0)
    time.now += 0.1
    assert shared.recall(HERE, ASKED) is None


@pytest.mark.parametrize(("minimum", "ttl", "holds"), [(100, 60, 60), (40, 60, 40)])
def test_a_denial_holds_as_long_as_its_soa_says(
    shared: Answers, time: Time, minimum: int, ttl: int, holds: int
) -> None:
    soa = replace(SOA, minimum=minimum, ttl=ttl)
    shared.keep(HERE, replace(DENIED, provenance=Provenance("192.0.2.53", soa=soa)))
    time.now += holds - 1
    result = shared.recall(HERE, ASKED)
    assert result is not None and result.provenance is not None
    assert result.provenance.soa == replace(soa, ttl=ttl - (holds - 1))
    time.now += 1
    assert shared.recall(HERE, ASKED) is None


def test_nothing_holds_longer_than_a_mended_record_may_wait(shared: Answers, time: Time) -> None:
    shared.keep(HERE, replace(FOUND, ttl=86400))
    time.now += SHARED_ANSWERS_FOR - 1
    assert shared.recall(HERE, ASKED) is not None
    time.now += 1
    assert shared.recall(HERE, ASKED) is None


@pytest.mark.parametrize(
    "answer",
    [
        *(Answer(ASKED, status, why=WHY, ttl=30) for status in Status if status not in
          (Status.ANSWER, Status.NODATA, Status.NXDOMAIN)),
        replace(DENIED, provenance=Provenance("192.0.2.53")),
        replace(FOUND, ttl=0),
        replace(FOUND, ttl=None),
        replace(FOUND, provenance=Provenance("192.0.2.53", extended=(ExtendedError(4),))),
        replace(DENIED, provenance=Provenance("192.0.2.53", soa=SOA, extended=(ExtendedError(15),))),
    ],
    ids=str,
)  # fmt: skip
def test_what_may_be_heard_otherwise_is_asked_again(shared: Answers, answer: Answer) -> None:
    shared.keep(HERE, answer)
    assert shared.recall(HERE, ASKED) is None


def test_other_name_servers_and_questions_are_others(shared: Answers) -> None:
    shared.keep(HERE, FOUND)
    assert shared.recall(ELSEWHERE, ASKED) is None
    assert shared.recall(HERE, replace(ASKED, rtype=RecordType.AAAA)) is None


def test_the_longest_kept_go_first(shared: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "SHARED_ANSWERS", 2)
    questions = [Question(f"{n}.example.com", RecordType.A) for n in range(3)]
    for question in (questions[0], questions[1], questions[0], questions[2]):
        shared.keep(HERE, replace(FOUND, question=question))
    assert [shared.recall(HERE, question) is None for question in questions] == [False, True, False]
