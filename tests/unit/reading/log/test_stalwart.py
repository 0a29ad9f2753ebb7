"""Stalwart: what a recipient's fate is, and by whose words, from events that tell it in parts."""

from __future__ import annotations

from probe.model.reply import Stage
from probe.reading.log.event import Event, Relay, Speaker, Status, UnparsedLine, Words
from probe.reading.log.reader import Tally
from tests.unit.maillog.made import counted
from tests.unit.reading.log.samples import read, sample

STALWART = sample("stalwart")
SPAN = 'queueId = 7, from = "news@a.example", to = ["bob@b.example"], size = 9, total = 1'


def _events(lines: list[str] | None = None) -> list[Event]:
    data = [it.encode() for it in lines] if lines is not None else None
    return [it for it in read(STALWART, data) if isinstance(it, Event)]


def _line(event: str, rest: str = "", span: str = SPAN) -> str:
    return f"2026-11-30T10:00:00Z INFO Said so ({event}) {span}{', ' if rest else ''}{rest}"


def test_every_recipient_has_the_fate_that_the_log_tells() -> None:
    fates = [(it.recipient, it.status) for it in _events()]
    assert fates == [
        ("bob@b.example", Status.SENT),
        ("gone@c.example", Status.BOUNCED),
        ("news@a.example", Status.SENT),
        ("carol@d.example", Status.BOUNCED),
        ("dan@e.example", Status.DEFERRED),
        ("dan@e.example", Status.SENT),
        ("eve@f.example", Status.BOUNCED),
        ("frank@g.example", Status.DEFERRED),
        ("frank@g.example", Status.EXPIRED),
        ("nobody@a.example", Status.BOUNCED),
        ("gil@b.example", Status.SENT),
        ("hal@h.example", Status.DEFERRED),
    ]


def test_the_words_are_the_server_s_with_the_stage_of_the_event_before() -> None:
    by_recipient = {it.recipient: it for it in _events()}
    assert by_recipient["carol@d.example"].words == Words(
        Speaker.REMOTE,
        '553 5.7.1 <news@a.example>: Sender address rejected: not owned by user "news"',
        Stage.MAIL,
    )
    assert by_recipient["gone@c.example"].words == Words(
        Speaker.REMOTE, "550 The email account that you tried to reach does not exist", Stage.RCPT
    )
    assert by_recipient["hal@h.example"].words == Words(Speaker.REMOTE, "452 Mailbox full", Stage.END_OF_DATA)
    assert by_recipient["hal@h.example"].relay == Relay("mx.h.example")
    refused = Words(Speaker.LOCAL, "I/O Error: Connection refused (os error 111)", Stage.CONNECT)
    assert by_recipient["frank@g.example"].earlier == refused
    assert by_recipient["frank@g.example"].relay == Relay("mx.g.example")


def test_a_mailbox_of_this_server_is_no_remote_server() -> None:
    aggregate = counted(b"\n".join(STALWART.lines) + b"\n", "stalwart")
    assert (aggregate.sent, aggregate.local) == (3, 1)
    own = next(it for it in _events() if it.recipient == "nobody@a.example")
    assert own.words is not None and own.words.speaker is Speaker.LOCAL and own.relay is None


def test_a_reschedule_without_a_reason_still_waits() -> None:
    lines = [_line("delivery.attempt-start"), _line("queue.rescheduled", "nextRetry = 2026-11-30T10:05:00Z")]
    (event,) = _events(lines)
    assert (event.recipient, event.status, event.words) == ("bob@b.example", Status.DEFERRED, None)


def test_a_delivery_is_counted_once_though_two_events_tell_it() -> None:
    fields = 'to = "bob@b.example", hostname = "mx.b.example", code = 250, details = "Ok"'
    both = [_line("delivery.delivered", fields), _line("delivery.dsn-success", fields)]
    assert [it.status for it in _events(both)] == [Status.SENT]
    assert [it.status for it in _events(both[1:])] == [Status.SENT]


def test_quotes_and_what_looks_like_a_field_within_a_text() -> None:
    refused = 'to = "bob@b.example", hostname = "mx.b.example", code = 550, details = "say "please", code 7"'
    (event,) = _events([_line("delivery.dsn-perm-fail", refused)])
    assert event.words is not None and event.words.text == '550 say "please", code 7'


def test_a_line_in_a_container_s_log_or_journald_is_the_same() -> None:
    fields = 'to = "bob@b.example", hostname = "mx.b.example", code = 250, details = "Ok"'
    line = _line("delivery.delivered", fields)
    for framed in (
        f"stalwart  | {line}",
        f"Nov 30 10:00:00 mail stalwart[1895]: {line}",
        f"\x1b[37m2026-11-30T10:00:00Z\x1b[0m {line.partition(' ')[2]}",
    ):
        assert [it.status for it in _events([framed])] == [Status.SENT], framed


def test_what_names_no_recipient_is_said_not_to_be_understood() -> None:
    tally = Tally()
    (record,) = read(STALWART, [_line("delivery.delivered", "code = 250").encode()], tally)
    assert isinstance(record, UnparsedLine)
    assert (tally.read, tally.unparsed) == (0, 1)
