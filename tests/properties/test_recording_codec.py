"""What holds for every event and every line."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from probe.recording import events as ev
from probe.recording.codec import RecordingError, decode, encode
from tests.support.recordings import any_event, full_events

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(any_event())
def test_every_event_comes_back_equal(event: ev.Event) -> None:
    line = encode(event)
    assert line.isascii()
    assert "\n" not in line
    assert decode(line) == event


@given(st.binary(max_size=200))
def test_arbitrary_octets_are_an_event_or_a_recording_error(line: bytes) -> None:
    try:
        decode(line)
    except RecordingError as error:
        assert str(error).startswith("line 1: ")


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    result = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        result += places(inner, (*path, key))
    return result


@given(st.data())
def test_a_line_with_one_wrong_value_is_an_event_or_a_recording_error(data: st.DataObject) -> None:
    value = json.loads(encode(data.draw(st.sampled_from(full_events()))))
    path = data.draw(st.sampled_from(places(value)))
    target = value
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = data.draw(JSON_VALUES)
    try:
        event = decode(json.dumps(value))
    except RecordingError:
        return
    assert decode(encode(event)) == event
