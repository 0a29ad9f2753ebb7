"""What earlier recordings say of a question without an answer: every sentence that was ever written is a
reason now, and reads as it did."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from probe.model.answer_fault import AnswerFault, AnswerWhy, AskedOver
from probe.recording import events as ev
from probe.recording.codec import RecordingError, decode, encode
from probe.recording.journal import Recording
from probe.recording.redact import redact
from probe.wording.spoken import spoken
from tests.support import recordings

STORED = sorted((Path(__file__).resolve().parents[3] / "fixtures" / "recordings").glob("*/*.jsonl"))
FIELDS: dict[str, Any] = {
    "status": "servfail",
    "records": [],
    "aliases": [],
    "ttl": None,
    "authenticated": False,
}
QUESTION = {"name": "mx.r.example", "rtype": "A"}
SERVER = "(name server 192.0.2.53)"
SENTENCES = [
    (f"no answer in 2.5 s {SERVER}", AnswerFault.NO_REPLY),
    (f"no answer in 10.0 s to 4 queries {SERVER}, when the time of the run was over", AnswerFault.NO_REPLY),
    (
        "no answer in 5.0 s to 2 queries, but 3 datagrams that are no reply to it (name server fe80::1%eth0)",
        AnswerFault.NO_REPLY,
    ),
    (f"no answer in 1.0 s, but 1 datagrams that are no reply to it {SERVER}", AnswerFault.NO_REPLY),
    (f"no answer in 5.0 s over TCP {SERVER}", AnswerFault.NO_REPLY),
    (f"truncated over UDP, and over TCP no answer in 5.0 s {SERVER}", AnswerFault.NO_REPLY),
    (
        f"truncated over UDP, and over TCP the connection was closed before the end of the answer {SERVER}",
        AnswerFault.CUT_SHORT,
    ),
    (f"connection refused {SERVER}", AnswerFault.SYSTEM),
    (f"network is unreachable to 2 queries {SERVER}", AnswerFault.SYSTEM),
    (f"connection reset by peer over TCP {SERVER}", AnswerFault.SYSTEM),
    ("this machine has no file descriptor left", AnswerFault.SHORTAGE),
    ("SERVFAIL", AnswerFault.RESPONSE_CODE),
    ("SERVFAIL, DNSSEC_BOGUS", AnswerFault.RESPONSE_CODE),
    ("REFUSED, BLOCKED, PROHIBITED, 99", AnswerFault.RESPONSE_CODE),
    ("response code 12, which nobody has defined", AnswerFault.UNDEFINED_CODE),
    ("response code 12, which nobody has defined, NOT_READY", AnswerFault.UNDEFINED_CODE),
    (
        "the reply is no DNS message (a compression pointer that does not lead backwards)",
        AnswerFault.NO_MESSAGE,
    ),
    ("the reply is no DNS message (a TXT record without a string)", AnswerFault.NO_MESSAGE),
    ("truncated over TCP", AnswerFault.TRUNCATED),
    ("truncated over UDP, and over TCP as well", AnswerFault.TRUNCATED),
    ("the reply over TCP answers another question", AnswerFault.OTHER_QUESTION),
    ("the reply answers for other names than the one asked for", AnswerFault.OTHER_NAMES),
    ("the reply denies the name and answers for it", AnswerFault.DENIES_AND_ANSWERS),
    ("a referral: this server does not resolve for us", AnswerFault.REFERRAL),
    ("the CNAMEs lead back to mx.r.example", AnswerFault.CNAME_BACK),
    ("more than 16 CNAMEs in a row", AnswerFault.CNAME_MOST),
    ("the CNAMEs do not end at b.r.example", AnswerFault.CNAME_OPEN),
    ("the CNAMEs do not end at ", AnswerFault.CNAME_OPEN),
    ("no name server", AnswerFault.NO_SERVER),
    ("the run's deadline had passed", AnswerFault.DEADLINE),
    ("the limit of 600 DNS queries of one run was reached", AnswerFault.MOST_QUERIES),
    ("a backslash ends the name", AnswerFault.OPEN_ESCAPE),
    ("a character outside ASCII where an A-label belongs", AnswerFault.NOT_ASCII),
    ("an empty label (two dots in a row, or a dot in front)", AnswerFault.EMPTY_LABEL),
    ("a label of 70 octets, 63 are allowed", AnswerFault.LONG_LABEL),
    ("longer than 253 octets", AnswerFault.LONG_NAME),
    ("the oracle was out", AnswerFault.OTHER_WORDS),
    (f"no answer in 1.2.3 s, and then {SERVER} 4", AnswerFault.OTHER_WORDS),
    ("SERVFAIL, of a kind", AnswerFault.OTHER_WORDS),
]


def line(**fields: Any) -> str:
    answer = {"question": QUESTION, **FIELDS, **fields}
    return json.dumps({"kind": "dns", "at_ms": 1, "answer": answer})


def answered(text: str, version: int) -> ev.DnsAnswered:
    event = decode(text, version=version)
    assert isinstance(event, ev.DnsAnswered)
    return event


@pytest.mark.parametrize("version", [1, 2])
@pytest.mark.parametrize(("sentence", "tag"), SENTENCES)
def test_a_sentence_becomes_a_reason_that_reads_the_same(sentence: str, tag: str, version: int) -> None:
    event = answered(line(detail=sentence), version)
    assert event.answer.why is not None and event.answer.why.tag == tag
    assert spoken(event.answer.failure) == sentence
    again = encode(event)
    assert "detail" not in again and answered(again, 2) == event


def test_the_values_of_a_sentence_stand_in_their_fields() -> None:
    detail = (
        "no answer in 2.5 s to 3 queries, but 7 datagrams that are no reply to it (name server 192.0.2.53)"
    )
    why = AnswerWhy(AnswerFault.NO_REPLY, "192.0.2.53", queries=3, strange=7, seconds=2.5)
    assert answered(line(detail=detail), 1).answer.why == why
    detail = (
        f"truncated over UDP, and over TCP no answer in 5.0 s {SERVER}, when the time of the run was over"
    )
    late = AnswerWhy(
        AnswerFault.NO_REPLY, "192.0.2.53", over=AskedOver.TCP_AFTER_UDP, seconds=5, is_late=True
    )
    assert answered(line(detail=detail), 1).answer.why == late
    refused = AnswerWhy(AnswerFault.RESPONSE_CODE, code="REFUSED", extended=("BLOCKED", "PROHIBITED"))
    assert answered(line(detail="REFUSED, BLOCKED, PROHIBITED"), 1).answer.why == refused


@pytest.mark.parametrize("version", [1, 2])
def test_no_sentence_is_no_reason(version: int) -> None:
    assert answered(line(detail=""), version).answer.why is None


def test_only_what_is_set_is_written() -> None:
    event = answered(line(detail="the CNAMEs do not end at b.r.example"), 1)
    assert json.loads(encode(event))["answer"]["why"] == {"tag": "cname_open", "name": "b.r.example"}


@pytest.mark.parametrize(
    ("fields", "version", "complaint"),
    [
        ({"detail": 7}, 1, r"dns\.answer\.detail must be a string, not 7"),
        ({"detail": None}, 2, r"dns\.answer\.detail must be a string, not null"),
        ({"why": None}, 1, 'dns.answer has an unknown field "why"'),
        ({"why": None, "detail": ""}, 2, 'dns.answer has an unknown field "why"'),
        ({"why": "SERVFAIL"}, 2, r"dns\.answer\.why must be an object"),
        ({"why": {"tag": "cloudy"}}, 2, r"dns\.answer\.why\.tag must be one of"),
        ({"why": {"tag": "no_reply"}}, 2, "why with the tag no_reply lacks the field seconds"),
        ({"why": {"tag": "no_message"}}, 2, "why with the tag no_message lacks the field wire"),
        ({"why": {"tag": "own_nxdomain"}}, 2, "why has the tag own_nxdomain, which no run records"),
        ({"why": {"tag": "servfail", "words": "x"}}, 2, 'why has an unknown field "words"'),
        ({"why": {"tag": "servfail", "own": None}}, 2, 'why has an unknown field "own"'),
        ({"why": {"tag": "cname_back", "name": "x" * 3000}}, 2, "why.name is longer than a name can be"),
        ({"why": {"tag": "long_label", "octets": -1, "most": 63}}, 2, r"why\.octets must be from 0"),
    ],
)
def test_what_no_run_wrote_is_refused_in_one_line(
    fields: dict[str, Any], version: int, complaint: str
) -> None:
    with pytest.raises(RecordingError, match=complaint) as error:
        answered(line(**fields), version)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("path", STORED, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_every_answer_that_is_stored_says_what_it_said(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    version = json.loads(lines[0])["version"]
    for text in lines[1:]:
        detail = json.loads(text).get("answer", {}).get("detail", "")
        event = decode(text, version=version)
        if isinstance(event, ev.DnsAnswered):
            assert (spoken(event.answer.why), event.answer.why is None) == (detail, not detail)
            assert event.answer.why is None or event.answer.why.tag is not AnswerFault.OTHER_WORDS


def test_redaction_replaces_the_names_and_addresses_of_a_reason() -> None:
    started = recordings.full_recording().started
    sentences = [
        "the CNAMEs lead back to mail.acme-widgets.com",
        "no answer in 2.5 s to 2 queries (name server 81.2.3.4)",
        "mail.acme-widgets.com is unreachable (name server 81.2.3.4)",
        "mail.acme-widgets.com was out",
    ]
    events = [answered(line(detail=sentence, status="timeout"), 1) for sentence in sentences]
    events = [
        replace(
            event, answer=replace(event.answer, question=replace(event.answer.question, name=f"{n}.test"))
        )
        for n, event in enumerate(events)
    ]
    recording = Recording.of([started, *events])
    shared = "\n".join(map(encode, redact(recording)))
    assert "acme" not in shared and "81.2.3.4" not in shared
    assert len({json.loads(text)["answer"]["why"]["tag"] for text in shared.splitlines()[1:]}) == 4
