"""Whether a name server denies out of a zone of its own is asked for each zone by itself."""

from __future__ import annotations

import asyncio

from probe.model.target import Endpoint
from probe.net.dns_wire import Reply
from probe.net.lent_authority import LentAuthority
from probe.standards.dns.message import Question, RecordType, Status
from probe.standards.dns.provenance import Provenance, Soa

SERVER = Endpoint("192.0.2.53", 53)


def denial(zone: str) -> Reply:
    soa = Soa(zone, f"ns.{zone}", f"root.{zone}", 100, 60)
    return Reply(Status.NODATA, provenance=Provenance("192.0.2.53", True, True, soa))


async def test_a_zone_does_not_wait_for_another() -> None:
    """Of thousands of domains behind a slow forwarder each would wait for all before it."""
    authority = LentAuthority()
    is_over = asyncio.Event()

    async def ask_silent(question: Question) -> Reply | None:
        await is_over.wait()
        return None

    async def ask(question: Question) -> Reply | None:
        return denial(question.name)

    silent, other = (Question(name, RecordType.MX) for name in ("silent.example", "other.example"))
    first = asyncio.create_task(authority.withdraw(SERVER, silent, denial(silent.name), ask_silent))
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        reply = await authority.withdraw(SERVER, other, denial(other.name), ask)
    assert reply == denial(other.name)
    assert not first.done()
    is_over.set()
    assert await first == denial(silent.name)


async def test_denials_of_one_zone_at_once_are_tried_once() -> None:
    authority = LentAuthority()
    names = []

    async def ask(question: Question) -> Reply | None:
        names.append(question.name)
        await asyncio.sleep(0)
        return denial("example")

    questions = [Question(f"d{number}.example", RecordType.MX) for number in range(5)]
    await asyncio.gather(*(authority.withdraw(SERVER, it, denial("example"), ask) for it in questions))
    assert names == ["d0.example"] * 2
