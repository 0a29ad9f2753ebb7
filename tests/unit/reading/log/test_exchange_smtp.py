"""Exchange's SMTP protocol logs: each reply belongs to its command, and a client's session to the client."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from probe.model.reply import Stage
from probe.reading.log.event import Event, Kind, Relay, Speaker, Status, Words
from probe.reading.log.exchange_smtp import lone_refusal
from probe.reading.log.formats import detect
from tests.unit.reading.log.samples import sample, several

HEADER = (
    "#Fields: date-time,connector-id,session-id,sequence-number,local-endpoint,"
    "remote-endpoint,event,data,context"
)
HELLO = ("<220 mx", ">EHLO a", "<250  mx Hello PIPELINING")


def _events(*rows: str, session: str = "08DE") -> list[Event]:
    """Of rows such as `>RCPT TO:<bob@x.example>`, and `*text` for information."""
    lines = [HEADER]
    for number, row in enumerate(rows):
        data, context = ("", row[1:]) if row[0] == "*" else (row[1:].replace('"', '""'), "")
        place = f"Internet,{session},{number},192.0.2.1:5000,[2001:db8::5]:25"
        lines.append(f'2026-11-23T09:00:00.000Z,{place},{row[0]},"{data}",{context}')
    return several("exchange-smtp", *lines)


def _fates(events: Sequence[Event]) -> list[tuple[str | None, Status, Stage | None]]:
    return [(event.recipient, event.status, event.stage) for event in events]


def test_replies_are_counted_off_against_pipelined_commands() -> None:
    bob, carol = _events(
        "+",
        *HELLO,
        "*sending message with RecordId 4711 and InternetMessageId <1@a.example>",
        ">MAIL FROM:<news@a.example> SIZE=7",
        ">RCPT TO:<bob@x.example>",
        ">RCPT TO:<carol@x.example> NOTIFY=FAILURE",
        "<250 2.1.0 Ok",
        "<550 5.1.1 no such user",
        "<250 2.1.5 Ok",
        ">DATA",
        "<354 go on",
        "<250 2.0.0 Ok: queued",
    )
    assert _fates([bob, carol]) == [
        ("bob@x.example", Status.BOUNCED, Stage.RCPT),
        ("carol@x.example", Status.SENT, Stage.END_OF_DATA),
    ]
    assert (bob.sender, bob.queue_id, bob.message_id) == ("news@a.example", "4711", "<1@a.example>")
    assert bob.words == Words(Speaker.REMOTE, "550 5.1.1 no such user", Stage.RCPT)
    assert (bob.relay, bob.source_ip) == (Relay(None, "2001:db8::5", 25), "192.0.2.1")
    assert bob.at is not None and bob.at.has_zone


@pytest.mark.parametrize(
    ("rows", "result"),
    [
        (("<554 5.7.1 blocked",), (None, Status.DEFERRED, Stage.GREETING)),
        ((*HELLO, ">MAIL FROM:<>", "<550 5.7.1 no"), (None, Status.BOUNCED, Stage.MAIL)),
        (
            (*HELLO, ">MAIL FROM:<>", "<250 Ok", ">RCPT TO:<b@x.example>", "<250 Ok", ">DATA", "<451 no"),
            ("b@x.example", Status.DEFERRED, Stage.DATA),
        ),
        (
            (
                *HELLO,
                ">MAIL FROM:<>",
                ">RCPT TO:<b@x.example>",
                "<250 Ok",
                "<250 Ok",
                ">BDAT 7 LAST",
                "<550 no",
            ),
            ("b@x.example", Status.BOUNCED, Stage.END_OF_DATA),
        ),
        (
            (*HELLO, ">AUTH LOGIN", "<334 a", "<235 ok", ">MAIL FROM:<>", "<451 no"),
            (None, Status.DEFERRED, Stage.MAIL),
        ),
        (("*Failed to connect. Winsock error code: 10060",), (None, Status.DEFERRED, Stage.CONNECT)),
    ],
)
def test_a_failure_is_told_at_its_stage(
    rows: tuple[str, ...], result: tuple[str | None, Status, Stage]
) -> None:
    assert _fates(_events("+", *rows)) == [result]


@pytest.mark.parametrize("rows", [("<550-5.7.1 a", "<550 5.7.1 b"), ("<550-5.7.1 a 550 5.7.1 b",)])
def test_a_reply_of_several_lines_is_one_reply(rows: tuple[str, ...]) -> None:
    (event,) = _events("+", *HELLO, ">MAIL FROM:<>", "<250 Ok", ">RCPT TO:<b@x.example>", *rows)
    assert event.words == Words(Speaker.REMOTE, "550-5.7.1 a\n550 5.7.1 b", Stage.RCPT)


def test_what_a_receive_connector_refuses_is_this_server_s_own_refusal() -> None:
    (event,) = _events(
        "+",
        ">220 a",
        "<EHLO x",
        ">250  a Hello",
        "<MAIL FROM:<a@spam.example>",
        ">250 2.1.0 Ok",
        "<RCPT TO:<nobody@a.example>",
        ">550 5.1.10 RESOLVER.ADR.RecipientNotFound",
    )
    assert (event.kind, event.status, event.recipient) == (Kind.REFUSAL, Status.REJECTED, "nobody@a.example")
    assert event.client == Relay(None, "2001:db8::5", 25) and event.relay is None


def test_the_log_is_told_from_a_message_tracking_log() -> None:
    for name in ("exchange", "exchange-smtp"):
        row = detect(sample(name).lines)
        assert row is not None and row.name == name


def test_a_single_row_without_its_header_is_a_refusal_of_this_server_if_it_was_sent() -> None:
    row = (
        "2026-11-28T10:00:05.000Z,MAIL01\\Default Frontend MAIL01,08DE000000000001,12,192.0.2.5:25,"
        "203.0.113.9:41000,{},550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain,"
    )
    event = lone_refusal(row.format(">"), 1)
    assert event is not None
    assert (event.kind, event.status) == (Kind.REFUSAL, Status.REJECTED)
    assert event.words is not None
    assert event.words.speaker is Speaker.LOCAL
    assert event.client == Relay(None, "203.0.113.9", 41000)
    assert lone_refusal(row.format("<"), 1) is None
    assert lone_refusal(row.format(">").replace("550 5.7.54", "250 2.1.5"), 1) is None
    assert lone_refusal("550 5.1.1 a,>,550 b", 1) is None
