"""A survey driven live and one driven over a recording ask the same; live, no branch waits for another."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_address
from typing import Any, cast

import pytest

from probe.collect import driver as driving
from probe.collect.context import Context, UserFiles
from probe.collect.driver import Driver, part
from probe.model.address import NullReversePath
from probe.model.address_parse import parse_mailbox
from probe.model.debugging import DEBUG
from probe.model.observed import Part
from probe.model.target import DomainTarget, Options, PairTarget, Target
from probe.net.clock import Clock
from probe.recording import events as ev
from probe.recording.journal import Recording
from probe.standards.dns.message import Answer, Mx, Question, Record, RecordType, Status, Txt
from probe.survey import recipient, reputation, sender
from probe.survey.driving import Place, Survey, drive
from probe.survey.identities import identities
from probe.survey.sending import Sending

HERE = Place(ip_address("192.0.2.9"), ip_address("192.0.2.9"), "out.sender.example")
PAIR = PairTarget(parse_mailbox("bob@sender.example"), parse_mailbox("alice@recipient.example"))
MESSAGE = b"DKIM-Signature: v=1; a=rsa-sha256; d=brand.example; s=k1; h=from; bh=AA==; b=AA==\r\n\r\nx\r\n"
OPTIONS = Options(dnsbl=("bl.example",), seed=7)
ZONE: dict[str, tuple[Record, ...]] = {
    "MX recipient.example": (Mx(10, "mx.recipient.example"),),
    "A mx.recipient.example": (ip_address("9.9.9.1"),),
    "TXT _mta-sts.recipient.example": (Txt((b"v=STSv1; id=1;",)),),
    "MX sender.example": (Mx(10, "mail.sender.example"),),
    "A mail.sender.example": (ip_address("192.0.2.9"),),
    "TXT sender.example": (Txt((b"v=spf1 include:_spf.sender.example -all",)),),
    "TXT _spf.sender.example": (Txt((b"v=spf1 ip4:192.0.2.0/24 -all",)),),
    "TXT _dmarc.sender.example": (Txt((b"v=DMARC1; p=reject",)),),
    "PTR 9.2.0.192.in-addr.arpa": ("out.sender.example",),
    "A out.sender.example": (ip_address("192.0.2.9"),),
}


@pytest.fixture(autouse=True)
def _without_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    async def here(work: Callable[[], object]) -> object:
        return work()

    monkeypatch.setattr(driving, "in_thread", here)


async def turns() -> None:
    """As many turns of the event loop as anything here can take."""
    for _ in range(500):
        await asyncio.sleep(0)


def answer(question: Question) -> Answer:
    records = ZONE.get(str(question), ())
    return Answer(question, Status.ANSWER if records else Status.NXDOMAIN, records)


class Resolver:
    """Notes what it is asked, and keeps one question waiting."""

    def __init__(self, held: str = "") -> None:
        self.questions: list[Question] = []
        self.held = held

    async def ask(self, questions: tuple[Question, ...]) -> tuple[Answer, ...]:
        self.questions += questions
        await asyncio.sleep(0)
        if any(str(question) == self.held for question in questions):
            await asyncio.Event().wait()
        return tuple(map(answer, questions))


def context(target: Target, options: Options, resolver: Resolver) -> Context:
    started = ev.Started(1, "0", "2026-11-29T00:00:00.000Z", target, options)
    clock = Clock()
    nothing, recording = cast(Any, None), Recording(started)
    return Context(
        target=target,
        options=options,
        world=nothing,
        judges=nothing,
        clock=clock,
        deadline=clock.deadline(60),
        resolver=cast(Any, resolver),
        recording=recording,
        record=recording.append,
        say=lambda _: None,
        files=UserFiles(),
    )


def surveys(target: Target, options: Options, message: bytes | None) -> tuple[Survey[object], ...]:
    who = identities(target, options)
    return (
        recipient.survey("recipient.example", options),
        sender.survey(who, options, message),
        reputation.survey(who, options, lambda: ("www.link.example",)),
    )


async def asked_live(target: Target, options: Options, message: bytes | None, held: str = "") -> set[str]:
    """What the three sides ask, until nothing goes on any more."""
    resolver = Resolver(held)
    run = context(target, options, resolver)
    driver = Driver(run)
    driver.how.set_result(Sending(options))
    run.world = cast(Any, _NoPolicies())
    tasks = [asyncio.ensure_future(driver.drive(it)) for it in surveys(target, options, message)]
    driver.place.set_result(HERE)
    await turns()
    assert all(task.done() for task in tasks) is not bool(held)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return set(map(str, resolver.questions))


class _NoPolicies:
    async def fetch(self, *_: object, **__: object) -> None:
        raise AssertionError("the policy host has no address")


def asked_of_a_recording(target: Target, options: Options, message: bytes | None) -> set[str]:
    lines: set[str] = set()

    def look_up(question: Question) -> Answer:
        lines.add(str(question))
        return answer(question)

    for survey in surveys(target, options, message):
        drive(survey, look_up, HERE)
    return lines


@pytest.mark.parametrize(
    ("target", "options", "message"),
    [
        (PAIR, OPTIONS, None),
        (PAIR, OPTIONS, MESSAGE),
        (PAIR, replace(OPTIONS, header_from=parse_mailbox("news@brand.example")), MESSAGE),
        (replace(PAIR, reverse_path=NullReversePath()), OPTIONS, None),
        (replace(PAIR, reverse_path=parse_mailbox("bob@[192.0.2.1]")), OPTIONS, None),
        (DomainTarget("recipient.example"), OPTIONS, None),
    ],
    ids=["a pair", "a message", "another From", "the null reverse-path", "an address literal", "a domain"],
)
async def test_both_drivers_ask_the_same(target: Target, options: Options, message: bytes | None) -> None:
    assert await asked_live(target, options, message) == asked_of_a_recording(target, options, message)


AFTER: dict[str, set[str]] = {
    "MX recipient.example": {
        *("A mx.recipient.example", "AAAA mx.recipient.example", "TXT _smtp._tls.recipient.example"),
        *("TXT _mta-sts.recipient.example", "A mta-sts.recipient.example", "AAAA mta-sts.recipient.example"),
    },
    "TXT _mta-sts.recipient.example": {"A mta-sts.recipient.example", "AAAA mta-sts.recipient.example"},
    "MX sender.example": {
        *("A mail.sender.example", "AAAA mail.sender.example", "TXT k1._domainkey.sender.example"),
    },
    "TXT sender.example": {"TXT _spf.sender.example"},
    "PTR 9.2.0.192.in-addr.arpa": {"A out.sender.example", "AAAA out.sender.example"},
    "TXT _dmarc.sender.example": set(),
    "TXT _spf.sender.example": set(),
    "A 9.2.0.192.bl.example": set(),
    "TXT k1._domainkey.brand.example": set(),
}


@pytest.mark.parametrize("held", AFTER)
async def test_only_what_an_answer_decides_waits_for_it(held: str) -> None:
    """Everything else is asked all the same: no branch waits for another."""
    everything = asked_of_a_recording(PAIR, OPTIONS, MESSAGE)
    assert held in everything
    missing = everything - await asked_live(PAIR, OPTIONS, MESSAGE, held)
    assert missing == AFTER[held]


async def test_surveys_wait_for_the_place_and_the_others_do_not() -> None:
    resolver = Resolver()
    driver = Driver(context(PAIR, OPTIONS, resolver))
    driver.how.set_result(Sending(OPTIONS))
    task = asyncio.ensure_future(driver.drive(surveys(PAIR, OPTIONS, None)[1]))
    await turns()
    questions = set(map(str, resolver.questions))
    assert {"MX sender.example", "TXT _dmarc.sender.example"} <= questions
    assert not any(it.startswith("PTR") for it in questions)
    driver.place.set_result(HERE)
    await task
    assert "PTR 9.2.0.192.in-addr.arpa" in set(map(str, resolver.questions))


async def test_one_who_stops_waiting_for_the_place_leaves_it_to_the_others() -> None:
    driver = Driver(context(PAIR, OPTIONS, Resolver()))
    driver.how.set_result(Sending(OPTIONS))
    tasks = [asyncio.ensure_future(driver.drive(it)) for it in surveys(PAIR, OPTIONS, None)[1:]]
    await turns()
    tasks[0].cancel()
    await asyncio.gather(tasks[0], return_exceptions=True)
    driver.place.set_result(HERE)
    assert await tasks[1] is not None


async def test_a_part_that_fails_is_not_reached_and_something_stands_in_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(DEBUG)
    run = context(PAIR, OPTIONS, Resolver())

    async def fail() -> int:
        raise ArithmeticError("planted")

    async def succeed() -> int:
        return 7

    assert await part(run, Part.OPINIONS, fail, -1) == -1
    assert await part(run, Part.SESSIONS, succeed, -1) == 7
    assert [it.part for it in run.recording.all(ev.NotReached)] == [Part.OPINIONS]
    assert run.pending == {}


async def test_a_part_is_open_until_the_last_of_its_pieces_is_done() -> None:
    run = context(PAIR, OPTIONS, Resolver())
    goes_on = asyncio.Event()

    async def soon() -> None:
        return None

    async def late() -> None:
        await goes_on.wait()

    run.pending[Part.SENDER_POLICY] = 0
    task = asyncio.ensure_future(part(run, Part.SENDER_POLICY, late, None))
    await turns()
    await part(run, Part.SENDER_POLICY, soon, None)
    assert list(run.pending) == [Part.SENDER_POLICY]
    goes_on.set()
    await task
    assert run.pending == {}


def test_the_route_is_told_before_what_depends_on_it() -> None:
    survey = recipient.survey("recipient.example", OPTIONS)
    result = cast(tuple[Question, ...], next(survey))
    assert [it.rtype for it in result] == [RecordType.MX]
