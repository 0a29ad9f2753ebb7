"""The report of a run is prepared while it waits: once it is under way, and at the server's farewell."""

from __future__ import annotations

import asyncio
from itertools import islice
from pathlib import Path

import pytest

from probe.cli import live_loop
from probe.recording import events as ev
from probe.recording.file import load
from probe.recording.journal import Recording
from probe.report.formats import Kind, formats_of
from probe.run import LiveReport

RECORDING = Path(__file__).resolve().parents[3] / "fixtures" / "recordings" / "lab-tmall" / "recording.jsonl"
FORM = formats_of(Kind.RUN)["json"]


class Counting(LiveReport):
    """Notes how many events there were at each preparation."""

    def __init__(self) -> None:
        super().__init__()
        self.lengths: list[int] = []

    def prepare(self, recording: Recording) -> None:
        self.lengths.append(len(recording))
        super().prepare(recording)


async def preparations(*, begins: bool) -> tuple[list[int], list[int]]:
    """The numbers of events at each preparation of a recorded run, and where QUIT was sent in it."""
    everything = list(load(RECORDING))
    recording, live = Recording.of(everything[:1]), Counting()
    preparation = live_loop._Preparation(FORM, [recording], live)
    if begins:
        preparation.begin()
        await preparation.end()
    farewells = []
    for event in islice(everything, 1, None):
        recording.append(event)
        preparation.append(event)
        if isinstance(event, ev.Sent) and event.data == b"QUIT\r\n":
            farewells.append(len(recording))
            await preparation.end()
    await preparation.end()
    return live.lengths, farewells


async def test_it_is_made_again_at_each_farewell() -> None:
    lengths, farewells = await preparations(begins=True)
    assert farewells
    assert lengths == [1, *farewells]


async def test_not_before_the_run_has_loaded_its_own_modules() -> None:
    assert (await preparations(begins=False))[0] == []


async def test_one_at_a_time() -> None:
    recording, live = Recording.of(islice(load(RECORDING), 1)), Counting()
    preparation = live_loop._Preparation(FORM, [recording], live)
    preparation.begin()
    preparation.append(ev.Sent(1, 1, b"QUIT\r\n"))
    await preparation.end()
    assert live.lengths == [1]


async def test_without_a_thread_it_is_made_once_in_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live_loop, "start_in_thread", lambda _: None)
    assert (await preparations(begins=True))[0] == [1]
    await asyncio.sleep(0)
