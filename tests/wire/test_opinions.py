"""checkdmarc's opinion over a DNS server on loopback, from threads and from a process of its own."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest

from probe.model.observed import OpinionFault, OpinionSubject
from probe.model.reason import Reason
from probe.model.target import Endpoint
from probe.net import opinion_process
from probe.net.clock import Clock
from probe.net.opinion import Opinion, subjects_of
from probe.net.opinions import opinions
from probe.net.resolver import Resolver
from tests.support.dns_server import DnsServer, Fault
from tests.support.patience import PATIENCE

ZONE = {
    "TXT sender.example": ['"v=spf1 a mx include:_spf.sender.example -all"'],
    "TXT _spf.sender.example": ['"v=spf1 ip4:192.0.2.0/24 -all"'],
    "A sender.example": ["192.0.2.1"],
    "MX sender.example": ["10 mx.sender.example."],
    "A mx.sender.example": ["192.0.2.2"],
    "TXT _dmarc.sender.example": ['"v=DMARC1; p=reject; rua=mailto:d@sender.example"'],
    "TXT _mta-sts.recipient.example": ['"v=STSv1; id=20260101T000000"'],
    "TXT _smtp._tls.recipient.example": ['"v=TLSRPTv1; rua=mailto:tls@recipient.example"'],
    "MX recipient.example": ["10 mx.sender.example."],
}

Source = Callable[..., Awaitable[tuple[Opinion, ...]]]

PREAMBLE = """
import asyncio
from probe.model.target import Endpoint
from probe.net.clock import Clock
from probe.net.opinion import subjects_of
from probe.net.resolver import Resolver
servers = (Endpoint('127.0.0.1', {port}),)
deadline = Clock().deadline
"""


@pytest.fixture(params=["threads", "process"])
def source(request: pytest.FixtureRequest) -> Source:
    return opinions if request.param == "threads" else from_process


async def from_process(*arguments: Any, **options: Any) -> tuple[Opinion, ...]:
    result = await opinion_process.opinions(*arguments, **options)
    assert result is not None, "no process could load the library"
    return result


@asynccontextmanager
async def asked(
    zone: dict[str, list[str]],
    faults: dict[str, Fault] | None = None,
    *,
    seconds: float = 20.0,
    source: Source = opinions,
) -> AsyncIterator[tuple[dict[OpinionSubject, Opinion], DnsServer]]:
    async with DnsServer(zone, faults) as server:
        deadline = Clock().deadline(seconds)
        async with Resolver(
            (server.endpoint,), seconds_left=deadline.seconds_left, query_timeout=0.5, lifetime=1
        ) as resolver:
            subjects = subjects_of("sender.example", "sender.example", "recipient.example")
            result = await source(subjects, resolver.ask, deadline=deadline)
        yield {opinion.subject: opinion for opinion in result}, server


_CONTACTED: list[Any] = []
_WATCHING = threading.Event()


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if _WATCHING.is_set() and event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        _CONTACTED.append(arguments[1])
    if _WATCHING.is_set() and event in ("socket.getaddrinfo", "socket.gethostbyname"):
        _CONTACTED.append(arguments)


@contextmanager
def contacted() -> Iterator[list[Any]]:
    """Every address that any thread of this process connects or sends to. An audit hook cannot be
    taken out again, so it is put in once and switched."""
    if not getattr(_note, "hooked", False):
        sys.addaudithook(_note)
        _note.hooked = True  # type: ignore[attr-defined]
    _CONTACTED.clear()
    _WATCHING.set()
    try:
        yield _CONTACTED
    finally:
        _WATCHING.clear()


async def test_good_records_have_no_errors(source: Source) -> None:
    async with asked(ZONE, source=source) as (argument, _):
        assert set(argument) == set(OpinionSubject)
        for opinion in argument.values():
            assert (opinion.errors, opinion.fault) == ((), None), opinion
            assert opinion.library.startswith("checkdmarc ")
        assert argument[OpinionSubject.DMARC].domain == "sender.example"
        assert argument[OpinionSubject.MTA_STS].domain == "recipient.example"


async def test_all_traffic_goes_to_the_nameserver_that_was_given() -> None:
    zone = {
        **ZONE,
        "TXT sender.example": [
            '"v=spf1 a mx ptr exists:%{i}.x.example include:_spf.sender.example exp=why.sender.example -all"'
        ],
        "TXT _dmarc.sender.example": [
            '"v=DMARC1; p=reject; rua=mailto:d@elsewhere.example,https://r.example/"'
        ],
    }
    with contacted() as addresses:
        async with asked(zone) as (argument, server):
            assert len(argument) == 4
            here = (server.endpoint.host, server.endpoint.port)
            assert len(server.queries) > 10
    questions = [address for address in addresses if address[1] == here[1]]
    others = [address for address in addresses if address not in questions]
    assert set(questions) == {here}
    assert all(str(address[0]).startswith("127.") and address[1] not in (53, 443) for address in others), (
        others
    )


async def test_the_policy_host_is_never_asked_for(source: Source) -> None:
    async with asked(ZONE, source=source) as (_, server):
        assert not server.asked("mta-sts.recipient.example")


async def test_faulty_records_are_errors_with_its_text(source: Source) -> None:
    zone = {
        **ZONE,
        "TXT sender.example": ['"v=spf1 ip4:999.1.1.1 -all"'],
        "TXT _dmarc.sender.example": ['"v=DMARC1; p=rejct"'],
        "TXT _mta-sts.recipient.example": ['"v=STSv1; id=not-valid"'],
        "TXT _smtp._tls.recipient.example": ['"v=TLSRPTv1; rua=nowhere"'],
    }
    async with asked(zone, source=source) as (argument, _):
        for opinion in argument.values():
            assert opinion.errors, opinion
            assert opinion.fault is None
        assert "999.1.1.1" in argument[OpinionSubject.SPF].errors[0]


async def test_a_missing_record_is_a_warning(source: Source) -> None:
    async with asked(
        {"A sender.example": ["192.0.2.1"], "A recipient.example": ["192.0.2.1"]}, source=source
    ) as (
        argument,
        _,
    ):
        for opinion in argument.values():
            assert (opinion.errors, opinion.fault) == ((), None)
            assert any("does not exist" in warning for warning in opinion.warnings)


@pytest.mark.parametrize("fault", [Fault.SERVFAIL, Fault.REFUSED, Fault.SILENCE, Fault.GARBAGE])
async def test_a_failure_of_dns_is_no_fault_of_the_record(fault: Fault, source: Source) -> None:
    faults = {
        "_spf.sender.example": fault,
        "_dmarc.sender.example": fault,
        "_mta-sts.recipient.example": fault,
        "_smtp._tls.recipient.example": fault,
    }
    async with asked(ZONE, faults, source=source) as (argument, _):
        for opinion in argument.values():
            assert (opinion.errors, opinion.warnings) == ((), ())
            assert opinion.fault is not None and opinion.fault.tag is OpinionFault.NO_ANSWER
            assert (opinion.fault.rtype, opinion.fault.host[:1]) == ("TXT", "_"), opinion


async def test_an_unanswered_question_ends_the_inquiry(source: Source) -> None:
    async with asked(ZONE, {"*": Fault.SERVFAIL}, source=source) as (argument, server):
        assert all(opinion.fault for opinion in argument.values())
        texts = {(query.name, query.rtype) for query in server.queries}
    assert texts == {
        ("sender.example", "TXT"),
        ("_dmarc.sender.example", "TXT"),
        ("_mta-sts.recipient.example", "TXT"),
        ("_smtp._tls.recipient.example", "TXT"),
        (".", "NS"),  # whether it answers for any name
    }


async def test_obsolete_and_needless_questions_are_not_asked(source: Source) -> None:
    async with asked(ZONE, source=source) as (_, server):
        assert not {"SPF", "CNAME"} & {query.rtype for query in server.queries}


async def test_a_second_nameserver_makes_good_for_the_first() -> None:
    async with (
        DnsServer(ZONE, {"*": Fault.SERVFAIL}) as broken,
        DnsServer(ZONE) as sound,
        Resolver((broken.endpoint, sound.endpoint)) as resolver,
    ):
        subjects = subjects_of(None, None, "recipient.example")
        result = await opinions(subjects, resolver.ask, deadline=Clock().deadline(20))
    assert [(o.subject, o.errors, o.fault) for o in result] == [
        (OpinionSubject.MTA_STS, (), None),
        (OpinionSubject.SMTP_TLS_REPORTING, (), None),
    ]


async def test_nothing_is_remembered_from_one_run_to_the_next(source: Source) -> None:
    async with asked(ZONE, source=source) as (first, _):
        assert not first[OpinionSubject.DMARC].errors
    async with asked({**ZONE, "TXT _dmarc.sender.example": ['"v=DMARC1; p=rejct"']}, source=source) as (
        second,
        _,
    ):
        assert second[OpinionSubject.DMARC].errors


async def test_the_deadline_ends_it_with_no_opinion(source: Source) -> None:
    async with asked(ZONE, {"*": Fault.SILENCE}, seconds=0.6, source=source) as (argument, _):
        for opinion in argument.values():
            assert (opinion.errors, opinion.warnings) == ((), ())
            assert opinion.fault


async def test_a_tree_of_includes_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """However far the library itself goes."""
    monkeypatch.setattr("probe.net.checkdmarc_records.OPINION_QUERIES", 5)
    zone = {
        f"TXT i{n}.example": [f'"v=spf1 include:i{2 * n + 1}.example include:i{2 * n + 2}.example ~all"']
        for n in range(400)
    }
    zone["TXT sender.example"] = ['"v=spf1 include:i0.example -all"']
    async with asked({**ZONE, **zone}) as (argument, server):
        assert argument[OpinionSubject.SPF].fault == Reason(OpinionFault.TOO_MANY, most=5)
        assert len(server.queries) < 20


async def test_no_question_is_asked_twice(source: Source) -> None:
    """The run's own resolver remembers: what the program has asked already, the library asks nobody."""
    async with asked(ZONE, source=source) as (_, server):
        texts = [(query.name, query.rtype) for query in server.queries]
    assert len(texts) == len(set(texts))


async def test_hostile_records_do_not_break_it(source: Source) -> None:
    hostile = ['"v=spf1 \\255\\000\\027[31m include:" "%{%{%{"', '"v=DMARC1;;;===;p"', '"\\255"']
    zone = {**ZONE}
    for name in ("sender.example", "_dmarc.sender.example"):
        zone[f"TXT {name}"] = hostile
    async with asked(zone, source=source) as (argument, _):
        assert set(argument) == set(OpinionSubject)


async def test_no_side_gives_no_opinion() -> None:
    async with Resolver((Endpoint("127.0.0.1", 9),)) as resolver:
        assert await opinions((), resolver.ask, deadline=Clock().deadline(1)) == ()


async def test_a_stuck_inquiry_does_not_hold_up_the_end_of_the_process() -> None:
    async with DnsServer({}, {"*": Fault.SILENCE}) as server:
        program = (
            f"{PREAMBLE.format(port=server.endpoint.port)}"
            "from probe.net import checkdmarc_records as records, opinions as o\n"
            "records._INQUIRIES[records.OpinionSubject.SPF] = lambda *_: __import__('time').sleep(600)\n"
            "records.load()\n"
            "async def go():\n"
            "    async with Resolver(servers) as resolver:\n"
            "        subjects = subjects_of('a.example', None, None)\n"
            "        return await o.opinions(subjects, resolver.ask, deadline=Clock().deadline(2))\n"
            "print(asyncio.run(go())[0].fault.tag)\n"
        )
        run = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-c", program], capture_output=True, timeout=PATIENCE, text=True
        )
    assert run.stdout.startswith("no_opinion")
    assert (run.returncode, run.stderr) == (0, "")


async def test_nothing_is_printed_about_nameservers_that_fail() -> None:
    async with DnsServer({}, {"*": Fault.GARBAGE}) as server:
        program = (
            f"{PREAMBLE.format(port=server.endpoint.port)}"
            "from probe.net.opinions import opinions\n"
            "async def go():\n"
            "    async with Resolver(servers) as resolver:\n"
            "        subjects = subjects_of('a.example', 'b.example', None)\n"
            "        return await opinions(subjects, resolver.ask, deadline=deadline(5))\n"
            "print(len(asyncio.run(go())))\n"
        )
        run = await asyncio.to_thread(
            subprocess.run, [sys.executable, "-c", program], capture_output=True, timeout=PATIENCE, text=True
        )
    assert (run.stdout, run.stderr) == ("2\n", "")
