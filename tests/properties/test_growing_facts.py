"""Facts that grow with a recording are at every point those that are read from its beginning."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.facts import build
from probe.facts.build import GrowingFacts, facts_of
from probe.model.debugging import DEBUG
from probe.model.observed import Gap, Part
from probe.model.program_part import ProgramPart
from probe.model.reason import Reason
from probe.reading.message import read as message_reader
from probe.reading.message import signatures
from probe.recording import events as ev
from probe.recording.file import load
from probe.recording.journal import Recording
from tests.support.recordings import any_event, full_events

RECORDINGS = sorted((Path(__file__).parents[2] / "fixtures" / "recordings").glob("*/*.jsonl"))
MESSAGE = ev.MessageGiven(
    1,
    "m.eml",
    b"From: bob@sender.example\r\n"
    b"DKIM-Signature: v=1; a=rsa-sha256; d=tmall.com; s=s1; h=from; bh=AA==; b=AA==\r\n"
    b"\r\nsee https://www.link.example/x\r\n",
)


def held_to_its_prefixes(events: list[ev.Event], stops: list[int]) -> None:
    growing = GrowingFacts()
    for stop in sorted({*stops, len(events)}):
        facts = growing.after(events[growing.events : stop])
        assert facts == facts_of(Recording.of(events[:stop])), f"after {stop} events"


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.parent.name)
def test_of_every_stored_recording(path: Path) -> None:
    events = list(load(path))
    chosen = random.Random(path.parent.name)
    held_to_its_prefixes(events, [1, *(chosen.randrange(1, len(events) + 1) for _ in range(12))])


def test_of_a_recording_with_everything_event_by_event() -> None:
    events = full_events()
    held_to_its_prefixes(events, list(range(1, len(events) + 1)))


@given(st.data())
def test_in_whatever_order_things_are_seen(data: st.DataObject) -> None:
    started, *rest = full_events()
    events = [
        started,
        *data.draw(st.permutations([MESSAGE, *rest])),
        *data.draw(st.lists(any_event(), max_size=3)),
    ]
    events = [started, *(event for event in events[1:] if not isinstance(event, ev.Started))]
    stops = data.draw(st.lists(st.integers(1, len(events)), max_size=4))
    held_to_its_prefixes(events, stops)


def test_only_what_the_new_events_bear_on_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    for module, name in (
        (message_reader, "read_message"),
        (signatures, "verify_signatures"),
        (build, "_recipient_by"),
        (build, "_sender_by"),
    ):
        monkeypatch.setattr(module, name, _noted(read, name, getattr(module, name)))
    started, *rest = full_events()
    growing = GrowingFacts()
    growing.after([started, MESSAGE, *rest])
    assert set(read) == {"read_message", "verify_signatures", "_recipient_by", "_sender_by"}
    read.clear()
    growing.after([ev.NotReached(9, Part.SESSIONS, Reason(Gap.DEADLINE))])
    assert read == []


def _noted(read: list[str], name: str, inner: Any) -> Any:
    def call(*arguments: object, **named: object) -> Any:
        read.append(name)
        return inner(*arguments, **named)

    return call


def test_the_fault_of_a_part_that_is_kept_is_told_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ArithmeticError("planted")

    monkeypatch.delenv(DEBUG)
    monkeypatch.setattr(build, "operator", fail)
    events = full_events()
    growing = GrowingFacts()
    first = growing.after(events[:-1])
    assert [fault.part for fault in first.faults] == [ProgramPart.PROVIDER]
    assert growing.after(events[-1:]).faults == first.faults == facts_of(Recording.of(events)).faults
