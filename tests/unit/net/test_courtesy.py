"""Turns with an operator and at an address, over all runs that are one guest."""

from __future__ import annotations

import asyncio
from ipaddress import ip_address

import pytest

from probe.net import courtesy
from probe.net.courtesy import Courtesy

A, B = ip_address("192.0.2.1"), ip_address("192.0.2.2")


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch) -> Courtesy:
    monkeypatch.setattr(courtesy, "SESSIONS_WITH_ONE_OPERATOR", 2)
    monkeypatch.setattr(courtesy, "SESSIONS_WITH_ONE_ADDRESS", 2)
    return Courtesy()


async def most_at_once(ledger: Courtesy, *turns: tuple[str, str]) -> int:
    """How many of these turns were held at once; every one of them comes."""
    held, most, run = 0, 0, 0

    async def hold(operator: str, ip: str) -> None:
        nonlocal held, most, run
        async with ledger.turn(operator, ip_address(ip)):
            held += 1
            most = max(most, held)
            for _ in range(10):
                await asyncio.sleep(0)
            held -= 1
            run += 1

    await asyncio.gather(*(hold(*turn) for turn in turns))
    assert run == len(turns)
    return most


@pytest.mark.parametrize(
    ("turns", "at_once"),
    [
        ([("one.example", f"192.0.2.{n}") for n in range(6)], 2),
        ([(f"{n}.example", "192.0.2.1") for n in range(6)], 2),
        ([(f"{n}.example", f"192.0.2.{n}") for n in range(6)], 6),
        ([(f"{n % 2}.example", f"192.0.2.{n % 3}") for n in range(12)], 4),
    ],
    ids=["one operator", "one address", "strangers to each other", "crosswise"],
)
async def test_so_many_are_held_at_once(ledger: Courtesy, turns: list[tuple[str, str]], at_once: int) -> None:
    assert await most_at_once(ledger, *turns) <= at_once
    assert await most_at_once(ledger, *turns) >= min(2, at_once)


async def test_who_gives_up_waiting_leaves_the_turn_to_others(ledger: Courtesy) -> None:
    async with ledger.turn("one.example", A), ledger.turn("one.example", B):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01), ledger.turn("one.example", A):
                raise AssertionError("nobody gave a turn back")
    async with ledger.turn("one.example", A), ledger.turn("one.example", A):
        pass


async def test_two_ledgers_limit_independently_of_each_other(ledger: Courtesy) -> None:
    other = Courtesy()
    async with ledger.turn("x", A), ledger.turn("x", A), other.turn("x", A), other.turn("x", A):
        pass
