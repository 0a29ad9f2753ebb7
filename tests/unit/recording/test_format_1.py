"""Recordings of format 1: every sentence that was ever written is a reason now, and reads as it did."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from probe.checks.judging.not_reached import part_of
from probe.model.report import Report
from probe.recording import events as ev
from probe.recording import format_1_sentences as old
from probe.recording.codec import RecordingError, decode, encode
from probe.recording.file import read
from probe.recording.format_1 import NEW, SENTENCES
from probe.recording.journal import Recording
from probe.recording.redact import redact
from probe.run import report_of
from probe.wording.spoken import spoken

STORED = sorted((Path(__file__).resolve().parents[3] / "fixtures" / "recordings").glob("*/recording.jsonl"))
STARTED = {
    "kind": "started",
    "version": 1,
    "tool_version": "0.9",
    "started_at": "2026-11-21T08:00:00Z",
    "target": {"kind": "domain_target", "domain": "r.example"},
    "options": {},
}
OPENED = {
    "kind": "session_opened",
    "at_ms": 1,
    "session": 1,
    "mx_host": "mx.r.example",
    "ip": "192.0.2.1",
    "port": 25,
    "experiment": "target",
    "reason": "the planned question",
}


def rewritten(recording: Recording) -> Recording:
    """The same, written as format 2 and read again."""
    lines = "".join(encode(event) + "\n" for event in recording)
    assert json.loads(lines.partition("\n")[0])["version"] == 2
    return read(BytesIO(lines.encode()))


def as_format_1(event: dict[str, Any]) -> ev.Event:
    return decode(json.dumps(event), version=1)


@pytest.mark.parametrize("path", STORED, ids=lambda path: path.parent.name)
def test_a_stored_recording_gives_the_same_report_as_either_format(path: Path) -> None:
    with path.open("rb") as stream:
        assert json.loads(stream.readline())["version"] == 1
        stream.seek(0)
        recording = read(stream)
    again = rewritten(recording)
    assert list(again) == list(recording)
    assert report_of(again) == report_of(recording)
    shared = redact(recording)
    assert report_of(rewritten(shared)) == report_of(shared)


# A sentence of each kind, as format 1 wrote it, and the tag that it is
VANTAGE = {"kind": "vantage", "at_ms": 1, "source_ip": None, "hostname": "h", "helo": "h"}
TLS = {"kind": "tls_established", "at_ms": 1, "session": 1, "version": "TLSv1.3", "cipher": "x", "chain": []}
CLOSED = {"kind": "session_closed", "at_ms": 1, "session": 1, "reason": "timeout"}
HTTPS = {"kind": "https", "at_ms": 1, "url": "u", "status": None, "content_type": "", "body": ""}
OPINION = {"kind": "opinion", "at_ms": 1, "subject": "spf", "domain": "d.example", "library": "checkdmarc 6"}
OPINION |= {"errors": [], "warnings": []}
NOT_JUDGED = old.NOT_JUDGED
FIELDS = [
    (VANTAGE, "helo_reason", "helo_reason", "given with --helo", "given"),
    (VANTAGE, "helo_reason", "helo_reason", "this host has no name and no route", "none"),
    (VANTAGE, "helo_reason", "helo_reason", "named by the oracle", "other_words"),
    (OPENED, "reason", "reason", "TLS failed; once without", "tls_failed"),
    (OPENED, "reason", "reason", "mx.b.example [192.0.2.7] could not be reached (timeout)", "not_connected"),
    (OPENED, "reason", "reason", "b [::1] did not come to an answer (closed_by_peer)", "no_answer"),
    (OPENED, "reason", "reason", "b [::1] did not come to an answer (EHLO was refused)", "no_answer"),
    (OPENED, "reason", "reason", "b [999.1] could not be reached (timeout)", "other_words"),
    (OPENED | {"experiment": "other_mx"}, "reason", "reason", old.QUESTIONS["other_mx"], "control"),
    (OPENED, "reason", "reason", old.QUESTIONS["other_mx"], "other_words"),
    (TLS, "trust_error", "trust", "self-signed", "self_signed"),
    (TLS, "trust_error", "trust", "cert is not valid at validation time", "other_words"),
    (TLS, "trust_error", "trust", "unreadable certificate: odd", "unreadable"),
    ({"kind": "tls_failed", "at_ms": 1, "session": 1}, "error", "fault", "no handshake within 20 s", "late"),
    (
        {"kind": "tls_failed", "at_ms": 1, "session": 1},
        "error",
        "fault",
        "wrong version number",
        "other_words",
    ),
    (CLOSED, "detail", "cause", "no reply within 0.25 s", "no_reply"),
    (CLOSED, "detail", "cause", "no connection within 30 s", "no_connection"),
    (CLOSED, "detail", "cause", "the reverse-path was refused", "stop"),
    (CLOSED, "detail", "cause", "more than 262144 octets", "octets"),
    (CLOSED, "detail", "cause", "more than 3 replies that nobody had asked for", "replies"),
    (CLOSED, "detail", "cause", "a private address (RFC 1918)", "not_public"),
    (CLOSED, "detail", "cause", "a 6to4 address around 10.0.0.1, a private address (RFC 1918)", "not_public"),
    (CLOSED, "detail", "cause", "a 6to4 address around 10.0.0.1, a strange address", "other_words"),
    (CLOSED, "detail", "cause", "cannot be reached from ::1, an address of the other family", "other_family"),
    (CLOSED, "detail", "cause", "this machine has no file descriptor left", "shortage"),
    (CLOSED, "detail", "cause", "Connection refused", "other_words"),
    (HTTPS, "error", "fault", "timed out after 9.87 s", "late"),
    (HTTPS, "error", "fault", "no connection to 192.0.2.1 within 5 s", "no_connection"),
    (HTTPS, "error", "fault", "not fetched: 127.0.0.1 is a loopback address", "not_public"),
    (HTTPS, "error", "fault", "larger than 65536 octets", "too_large"),
    (HTTPS, "error", "fault", "certificate has expired", "certificate"),
    (HTTPS, "error", "fault", "certificate refused: self-signed certificate", "certificate"),
    (HTTPS, "error", "fault", "TLS failed: wrong version number", "tls"),
    (HTTPS, "error", "fault", "no usable answer from DNS (A x: SERVFAIL)", "other_words"),
    (OPINION, "error", "fault", "no opinion within 12.5 s", "no_opinion"),
    (OPINION, "error", "fault", "it asks for LOC records, which this program does not ask for", "other_type"),
    (OPINION, "error", "fault", "checkdmarc failed: KeyError: 'x'", "failed"),
    (OPINION, "error", "fault", "checkdmarc cannot be loaded: this machine has no memory left", "not_loaded"),
    (OPINION, "error", "fault", "DNS did not answer TXT broken.example: SERVFAIL", "other_words"),
]


@pytest.mark.parametrize(("event", "before", "now", "sentence", "tag"), FIELDS)
def test_a_sentence_becomes_a_reason_that_reads_the_same(
    event: dict[str, Any], before: str, now: str, sentence: str, tag: str
) -> None:
    result = as_format_1(event | {before: sentence})
    reason = getattr(result, now)
    assert reason.tag == tag
    assert spoken(reason, experiment=event.get("experiment")) == sentence
    assert decode(encode(result)) == result


@pytest.mark.parametrize(
    ("why", "tag"),
    [("", "trusted"), ("no store", "not_judged"), ("this machine has no trust store", "no_store")],
)
def test_a_trust_that_was_not_judged_stays_so(why: str, tag: str) -> None:
    event = as_format_1(TLS | {"trust_error": NOT_JUDGED + why if why else ""})
    assert isinstance(event, ev.TlsEstablished)
    assert event.trust.tag == tag
    assert event.trust.tag.is_judged is (not why)


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        ("opinions", "the deadline of the run"),
        ("transport security", "the run was interrupted"),
        ("SMTP session with mx.r.example [192.0.2.1]", "the run's deadline"),
        ("SMTP session with mx.r.example [2001:db8::1]", "courtesy: at most 12 sessions a run"),
        ("control null_sender", "courtesy: the server bars the probe's address"),
        (
            "control other_mx",
            "not made: whatever it answered, the first cause and the advice would stay the same",
        ),
        (
            "sessions",
            "it failed inside this program (KeyError: 'x', at probe/net/smtp.py:12), which is a bug",
        ),
        ("sessions", "it failed inside this program (ValueError), which is a bug"),
        ("blocklists", "this machine has no memory left"),
        ("message", "removed when the recording was redacted"),
        ("/etc/resolv.conf", "there is no such file"),
        (
            "/etc/resolv.conf, line 3",
            "'dns.example' is no IP address; a name or a port has no place there",
        ),
        (
            "/etc/resolv.conf, line 9",
            "this server and 2 further ones are not asked: the system's own resolver asks the first 3",
        ),
        ("/etc/resolv.conf, line 9", "this server is not asked: the system's own resolver asks the first 3"),
        ("the moon", "it was cloudy"),
    ],
)
def test_a_part_that_was_not_reached_reads_the_same(part: str, reason: str) -> None:
    event = as_format_1({"kind": "not_reached", "at_ms": 1, "part": part, "reason": reason})
    assert isinstance(event, ev.NotReached)
    assert (part_of(event), spoken(event.reason)) == (part, reason)
    assert (event.part == "other_words") is (part == "the moon")
    assert decode(encode(event)) == event


def test_what_has_other_words_is_shown_in_the_report() -> None:
    lines = [STARTED, {"kind": "not_reached", "at_ms": 1, "part": "the moon", "reason": "it was cloudy"}]
    report = replayed(*lines)
    assert [(it.part, it.reason) for it in report.not_reached] == [("the moon", "it was cloudy")]


@pytest.mark.parametrize("kind", sorted(SENTENCES))
def test_a_sentence_must_be_a_string(kind: str) -> None:
    for name in SENTENCES[kind]:
        with pytest.raises(RecordingError, match=rf"{kind}\.{name} must be a string"):
            decode(json.dumps({"kind": kind, name: 7}), version=1)


@pytest.mark.parametrize("kind", sorted(NEW))
def test_fields_of_format_2_are_none_of_format_1(kind: str) -> None:
    for name in NEW[kind]:
        with pytest.raises(RecordingError, match=f'unknown field "{name}"'):
            decode(json.dumps({"kind": kind, name: None}), version=1)


def test_a_sentence_of_format_1_is_refused_in_format_2() -> None:
    with pytest.raises(RecordingError, match=r"line 2: session_opened\.reason must be an object"):
        replayed(STARTED | {"version": 2}, OPENED)


def test_a_newer_format_is_refused_in_one_line() -> None:
    with pytest.raises(
        RecordingError, match="line 1: the recording has format version 3; this program reads"
    ):
        replayed(STARTED | {"version": 3})


def replayed(*events: dict[str, Any]) -> Report:
    return report_of(read(BytesIO("".join(json.dumps(event) + "\n" for event in events).encode())))
