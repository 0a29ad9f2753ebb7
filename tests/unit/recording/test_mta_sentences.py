"""What earlier recordings say of this host's mail server: a sentence is a reason in other words, and reads as
it did."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from probe.model.mta_reason import MtaReason, MtaWhy
from probe.recording import events as ev
from probe.recording.codec import RecordingError, decode, encode
from probe.recording.journal import Recording
from probe.recording.redact import redact
from probe.wording.spoken import spoken
from tests.support import recordings
from tests.support.recordings import SENDING_SERVER

PLACES = ("helo", "source_v4", "source_v6", "route", "tls", "size_limit")
SENTENCE = "hash:/etc/postfix/transport could not be read (exit status 75)"


def as_written(text: str, why: str = "") -> dict[str, Any]:
    """An event with this sentence at every place, as it was written before there were reasons."""
    fields = json.loads(encode(ev.SenderMtaRead(7, SENDING_SERVER)))
    for name in PLACES:
        fields["mta"][name]["reason"] = text
    return {**fields, "why": why}


def server_read(fields: dict[str, Any], version: int = 2) -> ev.SenderMtaRead:
    event = decode(json.dumps(fields), version=version)
    assert isinstance(event, ev.SenderMtaRead)
    return event


@pytest.mark.parametrize("version", [1, 2])
def test_a_sentence_is_kept_at_every_place(version: int) -> None:
    mta = server_read(as_written(SENTENCE), version).mta
    assert mta is not None
    reasons = [getattr(mta, name).reason for name in PLACES]
    assert reasons == [MtaWhy(MtaReason.OTHER_WORDS, text=SENTENCE)] * len(PLACES)
    assert {spoken(reason) for reason in reasons} == {SENTENCE}


@pytest.mark.parametrize("version", [1, 2])
def test_no_sentence_is_no_reason(version: int) -> None:
    event = server_read(as_written(""), version)
    assert event.why is None
    assert event.mta is not None
    assert [getattr(event.mta, name).reason for name in PLACES] == [None] * len(PLACES)


def test_why_there_is_none() -> None:
    event = server_read({"kind": "local_mta", "at_ms": 7, "mta": None, "why": "postconf: no such file"})
    assert spoken(event.why) == "postconf: no such file"
    assert decode(encode(event)) == event


def test_what_is_neither_a_sentence_nor_a_reason_is_an_error() -> None:
    reason = {"tag": "not_set"}
    first = as_written("")
    first["mta"]["helo"]["reason"] = reason
    with pytest.raises(RecordingError, match=r"local_mta\.mta\.helo\.reason must be a string"):
        server_read(first, version=1)
    with pytest.raises(RecordingError, match=r"local_mta\.why must be a string"):
        server_read({**as_written(""), "why": reason}, version=1)
    for wrong in (1, ["x"], {"tag": "no_such_tag"}, {"tag": "not_set", "more": 1}):
        with pytest.raises(RecordingError, match=r"local_mta\.why"):
            server_read({**as_written(""), "why": wrong})
    for whole in ({"kind": "local_mta", "at_ms": 7, "mta": 1}, {"kind": "local_mta", "mta": {"helo": "x"}}):
        with pytest.raises(RecordingError):
            server_read(whole)


def test_a_reason_holds_no_name_that_is_redacted() -> None:
    (event,) = [it for it in recordings.full_events() if isinstance(it, ev.SenderMtaRead)]
    why = MtaWhy(MtaReason.TABLE_UNREADABLE, "hash:/tmall.com", failure=recordings.COMPLAINT)
    events = [replace(it, why=why) if it is event else it for it in recordings.full_events()]
    redacted = encode(next(it for it in redact(Recording.of(events)) if isinstance(it, ev.SenderMtaRead)))
    assert "tmall" not in redacted
    assert "sender.co.uk" not in redacted
    assert "table_unreadable" in redacted
