"""The JSON Lines of a recording: exact, strict, one clear error a fault."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from probe.model.observed import Part
from probe.recording import codec
from probe.recording import events as ev
from probe.recording.codec import RecordingError, decode, encode
from tests.support.reasons import missed
from tests.support.recordings import full_events


@pytest.mark.parametrize("event", full_events(), ids=lambda event: type(event).__name__)
def test_an_event_comes_back_equal(event: ev.Event) -> None:
    line = encode(event)
    assert "\n" not in line
    assert line.isascii()
    assert decode(line) == event


def test_the_sample_holds_every_kind_of_event() -> None:
    assert {type(event) for event in full_events()} == set(ev.Event.__args__)


def test_the_kinds_have_the_names_that_recordings_on_disk_use() -> None:
    kinds = {json.loads(encode(event))["kind"] for event in full_events()}
    assert kinds == {
        "started", "vantage", "dns", "session_opened", "connected", "sent", "received", "tls_established",
        "tls_failed", "session_closed", "https", "opinion", "message", "bounce", "not_reached", "finished",
        "local_mta", "log", "name_server_silent",
    }  # fmt: skip


def test_every_octet_survives_and_ascii_stays_readable() -> None:
    octets = bytes(range(256)) + b"250 ok\r\n"
    line = encode(ev.Received(1, 1, octets))
    assert "250 ok\\r\\n" in line
    assert decode(line) == ev.Received(1, 1, octets)


def changed(index: int, change: Callable[[dict[str, Any]], object]) -> str:
    fields = json.loads(encode(full_events()[index]))
    change(fields)
    return json.dumps(fields)


@pytest.mark.parametrize(
    ("line", "word"),
    [
        ("", "JSON"),
        ("{", "JSON"),
        ("[" * 100_000, "JSON"),
        ("NaN", "JSON"),
        ("9" * 5000, "JSON"),
        ("[]", "object"),
        ("{}", "kind"),
        ('{"kind":["sent"]}', "kind"),
        ('{"kind":"teleported"}', '"teleported" is unknown'),
        ('{"kind":"finished"}', "lacks the field at_ms"),
        ('{"kind":"finished","at_ms":1.0}', "whole number"),
        ('{"kind":"finished","at_ms":true}', "whole number"),
        ('{"kind":"finished","at_ms":1,"more":1}', 'unknown field "more"'),
        ('{"kind":"sent","at_ms":1,"session":1,"data":"\\u4e2d"}', "octets"),
        ('{"kind":"message","at_ms":1,"name":"x","data":"*"}', "base64"),
        ('{"kind":"session_closed","at_ms":1,"session":1,"reason":"bored"}', "one of"),
        ('{"kind":"connected","at_ms":1,"session":1,"local_ip":"1.2.3"}', "IP address"),
        ('{"kind":"connected","at_ms":1,"session":1,"local_ip":16909060}', "IP address"),
        (changed(0, lambda f: f.update(version=3)), "format version 3; this program reads 1 and 2"),
        (changed(0, lambda f: f.update(version=True)), "format version true"),
        (changed(0, lambda f: f.update(started_at="yesterday")), "RFC 3339"),
        (changed(0, lambda f: f.update(started_at="2026-11-21T08:00:00")), "UTC offset"),
        (changed(0, lambda f: f.update(target={"kind": "planet"})), "kind is one of"),
        (
            changed(0, lambda f: f.update(started_at="1969-12-31T23:59:59Z")),
            "is not in the years 1970 to 2999",
        ),
        (changed(0, lambda f: f.update(started_at="3000-01-01T00:00:00+14:00")), "is not in the years"),
        (changed(0, lambda f: f.update(started_at="20261121T080000Z")), "RFC 3339"),
        (changed(0, lambda f: f.update(started_at="2026-W01-1T00:00:00Z")), "RFC 3339"),
        (changed(0, lambda f: f["options"].update(ip="fe80::1%eth0")), "options.ip must be an IP address"),
        (changed(0, lambda f: f["options"].update(families=[4, 7])), "options.families must be from 4 to 6"),
        (changed(0, lambda f: f["options"].update(port=65536)), "options.port must be from 0 to 65535"),
        (changed(0, lambda f: f["options"].update(helo="\ud800")), "options.helo holds half a character"),
        (
            changed(0, lambda f: f["options"].update(selectors=["a", "\udfff"])),
            "options.selectors holds half",
        ),
        (changed(0, lambda f: f["target"]["forward_path"].update(local_part="x\ud800")), "half a character"),
        (changed(2, lambda f: f.update(at_ms=-1)), "dns.at_ms must be from 0 to 31622400000"),
        (changed(2, lambda f: f.update(at_ms=31_622_400_001)), "dns.at_ms must be from 0 to 31622400000"),
        (changed(2, lambda f: f["answer"].update(ttl=2**32)), "answer.ttl must be from 0 to 4294967295"),
        (changed(2, lambda f: f["answer"].update(aliases=["a" * 2001])), "is longer than a name can be"),
        (changed(2, lambda f: f["answer"]["question"].update(name="\ud800")), "question.name holds half"),
        (changed(2, lambda f: f["answer"]["records"][0].update(exchange="\ud800")), "exchange holds half"),
        (changed(2, lambda f: f["answer"]["records"][0].update(preference=65536)), "must be from 0 to 65535"),
        (changed(0, lambda f: f["options"].update(timeout="60")), "number"),
        (changed(0, lambda f: f["options"].update(timeout=10**400)), "large"),
        (changed(0, lambda f: f["options"].update(families=4)), "list"),
        (changed(2, lambda f: f["answer"]["records"][0].update(kind="hinfo")), "records[0]"),
        (changed(3, lambda f: f["answer"]["records"][0].pop("value")), "records[0]"),
    ],
)
def test_a_broken_line_is_one_clear_error(line: str, word: str) -> None:
    with pytest.raises(RecordingError) as caught:
        decode(line, 7)
    assert caught.value.line_number == 7
    assert str(caught.value).startswith("line 7: ")
    assert word in caught.value.reason


@pytest.mark.parametrize("usable", [[], [5], [4, 7]])
def test_a_mail_server_with_a_family_that_is_none(usable: list[int]) -> None:
    (place,) = (place for place, it in enumerate(full_events()) if isinstance(it, ev.SenderMtaRead))
    line = changed(place, lambda f: f["mta"]["families"].update(usable=usable))
    with pytest.raises(RecordingError, match=r"line 7: Families\.usable: .* is not 4, 6 or \(4, 6\)"):
        decode(line, 7)


def test_half_characters_in_what_is_only_shown_are_kept() -> None:
    """The name of a file, and the words of an operating system, may be of any octets."""
    for event in (
        ev.MessageGiven(1, "a\udcff.eml", b"x"),
        ev.NotReached(1, Part.SESSIONS, missed("y\udcff")),
    ):
        assert decode(encode(event)) == event


def test_an_overlong_line_is_refused_unread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codec, "LINE_LIMIT", 10)
    with pytest.raises(RecordingError, match="longer than 10 octets"):
        decode('{"kind":"finished","at_ms":1}')


def test_a_field_added_later_takes_its_default_in_an_old_recording() -> None:
    assert decode(changed(0, lambda f: f.pop("redacted"))) == full_events()[0]


def test_a_whole_number_is_a_timeout() -> None:
    event = decode(changed(0, lambda f: f["options"].update(timeout=60)))
    assert isinstance(event, ev.Started)
    assert event.options.timeout == 60.0
