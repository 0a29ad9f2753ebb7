"""The lanes of a list over hours of virtual time: no operator sees more than its courtesy."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from contextlib import closing
from ipaddress import ip_address
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest

from probe import run as program
from probe.bulk.domain import DomainState
from probe.bulk.row import DomainFacts
from probe.cli.bulk_answers import Answers
from probe.cli.bulk_smtp import SmtpAsking
from probe.cli.bulk_state import BulkState, DomainRecord
from probe.cli.bulk_verdicts import Verdicts
from probe.knowledge.operator_signs import network, signs_of
from probe.model.address_parse import parse_mailbox
from probe.model.observed import SessionReason
from probe.model.reason import Reason
from probe.model.reply import Stage
from probe.model.session import EndReason, Experiment
from probe.model.target import Options, PairTarget
from probe.reading.list.reader import ListReader
from probe.recording import events as ev
from tests.support import virtual_time

SENDER = parse_mailbox("me@sender.example")
STEP = 0.1  # seconds of a reply
Reply = Callable[[str, int], str]


class Servers:
    """Mail servers by address; `reply` gives the reply to an RCPT, or with an empty mailbox the greeting."""

    def __init__(self, addresses: dict[str, list[str]], reply: Reply) -> None:
        self._addresses = addresses
        self._reply = reply
        self.rcpts: list[tuple[float, str, str]] = []  # when, which operator, which mailbox
        self.sessions: dict[str, list[tuple[float, float]]] = {}
        self.overlaps = 0
        self._open: set[str] = set()

    async def route(self, domain: str) -> Any:
        await asyncio.sleep(STEP)
        ips = tuple(map(ip_address, self._addresses[domain]))
        return SimpleNamespace(hosts=(SimpleNamespace(host=f"mx.{domain}", addresses=ips),))

    async def visit(self, target: Any, mx: Any, hosts: Any, sink: Any, on_reply: Any) -> None:
        who, loop = str(hosts[0].addresses[0]).rpartition(".")[0], asyncio.get_running_loop()
        self.overlaps += who in self._open
        self._open.add(who)
        begin = loop.time()
        sink(
            ev.SessionOpened(
                0,
                1,
                hosts[0].host,
                hosts[0].addresses[0],
                25,
                Experiment.TARGET,
                Reason(SessionReason.PLANNED),
            )
        )
        sink(ev.Connected(0, 1, ip_address("192.0.2.9")))
        await self._talk(target, who, sink, on_reply, len(self.sessions.get(who, [])))
        sink(ev.SessionClosed(0, 1, EndReason.QUIT, None))
        self._open.discard(who)
        self.sessions.setdefault(who, []).append((begin, loop.time()))

    async def _talk(self, target: Any, who: str, sink: Any, on_reply: Any, number: int) -> None:
        def say(text: str) -> None:
            sink(ev.Received(0, 1, f"{text}\r\n".encode()))

        await asyncio.sleep(STEP)
        greeting = self._reply("", number)
        say(greeting)
        if not greeting.startswith("220"):
            return
        for command in ("EHLO me.example", "MAIL FROM:<me@sender.example>"):
            sink(ev.Sent(0, 1, f"{command}\r\n".encode()))
            await asyncio.sleep(STEP)
            say("250 ok")
        paths = [target.forward_path] if isinstance(target, PairTarget) else []
        place = 0
        while place < len(paths):
            self.rcpts.append((asyncio.get_running_loop().time(), who, str(paths[place])))
            sink(ev.Sent(0, 1, f"RCPT TO:<{paths[place]}>\r\n".encode()))
            await asyncio.sleep(STEP)
            say(self._reply(str(paths[place]), number))
            paths = list(on_reply(SimpleNamespace(stage=Stage.RCPT)) or paths)
            place += 1


def users(mailbox: str, _number: int) -> str:
    """Only mailboxes that begin with "user" are there."""
    return "220 mx" if not mailbox else "250 ok" if mailbox.startswith("user") else "550 5.1.1 no such user"


@contextlib.contextmanager
def state_of(rows: list[str], networks: dict[str, str]) -> Iterator[BulkState]:
    """A state whose domains were asked about in DNS; `networks` has the first address of each."""
    with closing(BulkState(None)) as state:
        state.verdicts = Verdicts(state.base)
        state.keep_rows(ListReader(rows).rows(), lambda _count: None)
        state.prepare(by_domain=True, by_lane=True, values={})
        records = []
        for number, name in state.open_domains():
            signs = signs_of(f"mx.{name}", (network(ip_address(networks[name]).packed),))
            records.append(DomainRecord(number, DomainFacts(DomainState.MX), signs, 1, is_final=False))
        state.keep_domains(records)
        state.base.execute("commit")
        yield state


def ask(state: BulkState, servers: Servers, parallel: int = 100, *, mailboxes: bool = True) -> float:
    """Ask all; how many seconds of virtual time it took."""

    async def work() -> float:
        loop = asyncio.get_running_loop()
        answers = Answers(state)
        reader = program.session_reader(Options(seed=1, allow_private=True))
        sender = SENDER if mailboxes else None
        asking = SmtpAsking(answers, servers, reader, sender, parallel, now=lambda: 1e9 + loop.time())
        await asking.run()
        answers.lanes.close()
        return loop.time()

    return virtual_time.run(work())


def most_in_an_hour(times: list[float]) -> int:
    return max(sum(begin <= it < begin + 3600 for it in times) for begin in times)


@pytest.mark.parametrize("parallel", [1, 100])
def test_no_operator_sees_more_than_its_courtesy(parallel: int) -> None:
    domains = {f"d{n}.example": f"10.0.{n % 3}.{n + 1}" for n in range(9)}
    rows = [f"{who}{n}@{name}" for n in range(20) for name in domains for who in ("user", "nobody")]
    servers = Servers({name: [ip] for name, ip in domains.items()}, users)
    with state_of(rows, domains) as state:
        ask(state, servers, parallel)
        ((count,),) = state.query("select count(*) from answers")
        ((still_open,),) = state.query("select count(*) from domains where done is null")
    assert (count, still_open, servers.overlaps) == (len(rows), 0, 0)
    names = [mailbox for _, _, mailbox in servers.rcpts]
    assert len(names) == len(set(names)) == len(rows) + len(domains)  # and one that nobody has in each domain
    for who, sessions in servers.sessions.items():
        pauses = [after[0] - before[1] for before, after in pairwise(sessions)]
        assert min(pauses) >= 2.0 - 1e-6
        times = [when for when, it, _ in servers.rcpts if it == who]
        assert most_in_an_hour(times) <= 200
        assert max(sum(begin <= when <= end for when in times) for begin, end in sessions) <= 3


def test_an_operator_that_pauses_holds_up_no_other() -> None:
    domains = {"slow.example": "10.0.1.1", "quick.example": "10.0.2.1"}
    rows = ["user0@slow.example", *(f"user{n}@quick.example" for n in range(30)), "user1@slow.example"]

    def reply(mailbox: str, number: int) -> str:
        if mailbox == "user0@slow.example":
            return "450 4.7.0 too many connections from your address, try again later"
        return users(mailbox, number)

    servers = Servers({name: [ip] for name, ip in domains.items()}, reply)
    with state_of(rows, domains) as state:
        seconds = ask(state, servers, parallel=1)
    last_quick = max(when for when, who, _ in servers.rcpts if who == "10.0.2")
    slow = [when for when, _, mailbox in servers.rcpts if mailbox.endswith("@slow.example")]
    assert last_quick < 120 and slow[1] - slow[0] >= 1800 <= seconds


def test_an_operator_that_refuses_the_guest_twice_is_left_alone() -> None:
    domains = {f"d{n}.example": "10.0.1.1" for n in range(5)}
    rows = [f"user{n}@{name}" for name in domains for n in range(3)]
    servers = Servers(
        {name: [ip] for name, ip in domains.items()}, lambda _mailbox, _number: "554 5.7.1 blocked: spamhaus"
    )
    with state_of(rows, domains) as state:
        ask(state, servers)
        cells = state.query("select distinct verdict from domains where done is not null")
        assert state.verdicts is not None
        verdict = state.verdicts.get(cells[0][0])
        ((still_open,),) = state.query("select count(*) from domains where done is null")
    assert len(servers.sessions["10.0.1"]) == 2 and still_open == 0 and len(cells) == 1
    assert verdict is not None and (verdict.extent, verdict.cause) == ("server", "ip_blocklisted")


@pytest.mark.parametrize("mailboxes", [True, False])
def test_lanes_that_turn_out_to_be_one_are_asked_one_at_a_time(*, mailboxes: bool) -> None:
    """DNS had named one address of each; the servers have a second one, in the same network."""
    domains = {f"d{n}.example": f"10.0.{n}.1" for n in range(6)}
    rows = [f"user{k}@{name}" for k in range(4) for name in domains] if mailboxes else list(domains)

    class OneOperator(Servers):
        async def visit(self, target: Any, mx: Any, hosts: Any, sink: Any, on_reply: Any) -> None:
            here = SimpleNamespace(host=hosts[0].host, addresses=(ip_address("10.9.9.1"),))
            await super().visit(target, mx, [here], sink, on_reply)

    servers = OneOperator({name: [ip, "10.9.9.1"] for name, ip in domains.items()}, users)
    with state_of(rows, domains) as state:
        ask(state, servers, mailboxes=mailboxes)
        ((still_open,),) = state.query("select count(*) from domains where done is null")
    assert (servers.overlaps, still_open) == (0, 0)
    sessions = servers.sessions["10.9.9"]
    assert all(after[0] - before[1] >= 2.0 - 1e-6 for before, after in pairwise(sessions))
    assert mailboxes or len(sessions) == 1


def test_what_an_earlier_process_asked_counts() -> None:
    domains = {"d.example": "10.0.1.1"}
    rows = [f"user{n}@d.example" for n in range(6)]
    servers = Servers({"d.example": ["10.0.1.1"]}, users)
    with state_of(rows, domains) as state:
        for number in range(199):
            state.base.execute(
                "insert into traffic values ('domain:d.example', 'rcpt', ?)", (1e9 - 100 + number / 10,)
            )
        seconds = ask(state, servers)
    assert seconds >= 3600 - 100 and len(servers.rcpts) == 7


def test_a_domain_that_takes_everybody_is_found_out_once() -> None:
    rows = [f"x{n}@d.example" for n in range(50)]
    servers = Servers({"d.example": ["10.0.1.1"]}, lambda mailbox, _number: "250 ok" if mailbox else "220 mx")
    with state_of(rows, {"d.example": "10.0.1.1"}) as state:
        ask(state, servers)
        ((catch_all, count),) = state.query("select catch_all, (select count(*) from answers) from domains")
    assert (catch_all, count, len(servers.rcpts)) == (1, 1, 2)


def test_with_smtp_alone_one_session_speaks_for_all_domains_of_an_operator() -> None:
    domains = {f"d{n}.example": "10.0.1.1" for n in range(30)}
    servers = Servers({name: [ip] for name, ip in domains.items()}, users)
    with state_of(list(domains), domains) as state:
        ask(state, servers, mailboxes=False)
        ((still_open,),) = state.query("select count(*) from domains where done is null")
    assert (len(servers.sessions["10.0.1"]), servers.rcpts, still_open) == (1, [], 0)
