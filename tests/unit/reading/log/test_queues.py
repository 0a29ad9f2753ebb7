"""What waits now, and why, as the programs' own listings say it."""

from __future__ import annotations

from datetime import UTC, datetime

from probe.model.reply import Stage
from probe.reading.log.event import Event, Kind, Relay, Speaker, Stamp, Status, Words
from probe.reading.log.queues import MailqReader
from tests.unit.reading.log.samples import events, sample

REFUSED = "connect to mx1.refused.example[203.0.113.18]:25: Connection refused"


def test_postqueue_j_and_p_say_the_same() -> None:
    fields = [
        [
            (
                event.queue_id,
                event.recipient,
                event.status,
                event.words,
                event.relay,
                event.repeats,
                event.sender,
            )
            for event in events(sample(name))
        ]
        for name in ("queue-postqueue", "queue-mailq-postfix")
    ]
    assert fields[0] == fields[1]
    first, second, *_ = fields[0]
    assert first[1:4] == ("bob@silent.example", Status.QUEUED, None)
    assert second[2:6] == (
        Status.DEFERRED,
        Words(Speaker.LOCAL, REFUSED, Stage.CONNECT),
        Relay("mx1.refused.example", "203.0.113.18", 25),
        True,
    )
    assert fields[0][-1][1:3] == ("alice@sender.example", Status.HELD)
    at = events(sample("queue-postqueue"))[0].at
    assert at == Stamp(datetime(2026, 11, 29, 2, 32, 26, tzinfo=UTC))
    assert events(sample("queue-mailq-postfix"))[0].at == Stamp(datetime(2026, 11, 29, 2, 32, 26), False)


def test_sendmail_s_mailq_has_cut_reasons_and_those_of_others() -> None:
    by_recipient = {event.recipient: event for event in events(sample("queue-mailq-sendmail"))}
    grey = by_recipient["bob@twomx.example"]
    assert grey.words == Words(
        Speaker.REMOTE, "451 4.7.1 Greylisted (try again in 300 seconds), s", None, cut=True
    )
    assert by_recipient["alice@sender.example"].sender == ""
    assert by_recipient["bob@data.example"].at == Stamp(datetime(2026, 11, 29, 2, 27), False)
    assert all(event.reply is None or event.reply.cut for event in by_recipient.values())


def test_exim_bp_tells_who_waits_and_what_is_frozen() -> None:
    found = [(event.recipient, event.status, event.sender) for event in events(sample("queue-exim"))]
    assert found == [
        ("bob@grey.example", Status.HELD, "alice@sender.example"),
        ("bob@refused.example", Status.QUEUED, "alice@sender.example"),
        ("later@mix.example", Status.QUEUED, "alice@sender.example"),
        ("bob@grey.example", Status.QUEUED, ""),
    ]


def test_smtpctl_shows_replies_and_words_of_its_own() -> None:
    by_recipient = {event.recipient: event for event in events(sample("queue-smtpctl"))}
    grey, lost = by_recipient["bob@grey.example"], by_recipient["bob@block.example"]
    assert grey.reply is not None and grey.reply.text.startswith("451 4.7.1 Greylisted")
    assert lost.words == Words(Speaker.LOCAL, "Network error on destination MXs")
    assert by_recipient["bob@silent.example"].status is Status.QUEUED
    assert all(event.kind is Kind.QUEUE for event in by_recipient.values())


def test_sendmail_lists_what_is_in_quarantine() -> None:
    """`mailq -qQ` of sendmail 8.17.1.9, as it was written."""
    rows = (
        b"\t\t/var/spool/mqueue (1 request)",
        b"-----Q-ID----- --Size-- -----Q-Time----- ------------Sender/Recipient-----------",
        b"6ATA3ZXP000066        3 Sun Nov 29 10:03 alice@sender.example",
        b"     QUARANTINE: checking it",
        b"                 (Deferred: 452 4.2.2 The email account that you tried to reac)",
        b"\t\t\t\t\t q@full.example",
        b"\t\tTotal requests: 1",
    )
    reader = MailqReader()
    (event,) = (event for number, row in enumerate(rows, 1) for event in reader.read(row, number))
    assert isinstance(event, Event)
    assert (event.recipient, event.status) == ("q@full.example", Status.HELD)
