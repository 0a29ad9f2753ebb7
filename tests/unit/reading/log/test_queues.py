"""What waits now, and why, as the programs' own listings say it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from probe.model.reply import Stage
from probe.reading.log.event import Event, Kind, Relay, Speaker, Stamp, Status, Words
from probe.reading.log.formats import by_name, detect
from probe.reading.log.memory import RECIPIENTS
from probe.reading.log.plain_queues import HarakaQueueReader
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
    result = [(event.recipient, event.status, event.sender) for event in events(sample("queue-exim"))]
    assert result == [
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


def test_sendmail_lists_priorities_with_v() -> None:
    """`mailq -v` of sendmail 8.18.2, as it was written: a reason behind a recipient is of that one alone."""
    rows = (
        b"\t\t/var/spool/mqueue (2 requests)",
        b"-----Q-ID----- --Size-- -Priority- ---Q-Time--- --------Sender/Recipient--------",
        b"6AUIS5pn022665     1244      30000 Nov 30 18:28 MAILER-DAEMON",
        b"\t\t\t\t\t\talice@sender.example",
        b"\t\t (alias database unavailable)",
        b"\t\t\t\t\t\tbob@sender.example",
        b"6AUIS4Ij022611        8     120145+Nov 30 18:28 alice@sender.example",
        b"                 (Deferred: 452 4.2.2 Mailbox full, try later)",
        b"\t\t\t\t\t\tbob@full.example",
        b"\t\tTotal requests: 2",
    )
    assert detect(rows) == by_name("mailq")
    reader = MailqReader()
    reader.source("mailq.txt", datetime(2026, 11, 30, 19))
    happened = [event for number, row in enumerate(rows, 1) for event in reader.read(row, number)]
    assert [
        (event.queue_id, event.sender, event.recipient, event.status, event.words)
        for event in happened
        if isinstance(event, Event)
    ] == [
        ("6AUIS5pn022665", "", "alice@sender.example", Status.QUEUED, None),
        ("6AUIS5pn022665", "", "bob@sender.example", Status.QUEUED, None),
        (
            "6AUIS4Ij022611",
            "alice@sender.example",
            "bob@full.example",
            Status.DEFERRED,
            Words(Speaker.REMOTE, "452 4.2.2 Mailbox full, try later", None, cut=True),
        ),
    ]


def test_who_waits_in_sendmail_s_queue_is_not_told_the_refusal_of_another_recipient() -> None:
    """`mailq` of sendmail 8.17.1.9, as it was written after no1@a1.example had been refused."""
    rows = (
        b"6ATEOGeL000066        3 Sun Nov 29 14:24 sm@sender.example",
        b"                 (User unknown)",
        b"\t\t\t\t\t full1@a1.example",
    )
    reader = MailqReader()
    (event,) = (event for number, row in enumerate(rows, 1) for event in reader.read(row, number))
    assert isinstance(event, Event)
    assert (event.recipient, event.status, event.words) == ("full1@a1.example", Status.QUEUED, None)


@pytest.mark.parametrize(
    ("name", "queue_id", "sender", "recipients"),
    [
        (
            "queue-courier",
            "000000000030C636.000000006B0BF934.00000041",
            "alice@sender.example",
            ["bob@full.example"],
        ),
        (
            *("queue-courier", "000000000030C665.000000006B0BF934.00000053", "alice@sender.example"),
            ["r1@ratelimit.example", "r2@ratelimit.example"],
        ),
        ("queue-courier", "000000000030C6AF.000000006B0BF935.0000007B", "", ["alice@sender.example"]),
        ("queue-dma", "25425f.562a01a659a0", "alice@sender.example", ["bob@grey.example"]),
        ("queue-dma", "2546f7.55e0c44360d0", "", ["alice@sender.example"]),
        (
            *("queue-nullmailer", "2026-11-29T02:31:27/310", "alice@sender.example"),
            ["bob@grey.example", "carol@grey.example"],
        ),
    ],
)
def test_listings_without_reasons_name_who_waits(
    name: str, queue_id: str, sender: str, recipients: list[str]
) -> None:
    rows = [it for it in events(sample(name)) if it.queue_id == queue_id]
    assert [it.recipient for it in rows] == recipients
    assert {(it.sender, it.status, it.words) for it in rows} == {(sender, Status.QUEUED, None)}


def test_haraka_lists_no_names() -> None:
    row = b"Q: 1795946812510_0_28_jMwfQB_3_mail rcpt:1 from:<alice@sender.example> domain:full.example"
    reader = HarakaQueueReader()
    (event,) = reader.read(row, 1)
    assert isinstance(event, Event)
    assert (event.queue_id, event.recipient) == ("1795946812510_0_28_jMwfQB_3_mail", None)
    assert detect([row]) is by_name("haraka-queue")
    (several,) = reader.read(row.replace(b"rcpt:1", b"rcpt:2"), 2)
    assert isinstance(several, Event)
    assert (event.recipient_count, several.recipient_count) == (1, 2)


def test_a_number_of_recipients_that_cannot_be_is_bounded() -> None:
    row = b"Q: 1795946812510_0_28_jMwfQB_3_mail rcpt:%s from:<> domain:full.example"
    reader = HarakaQueueReader()
    (event,) = reader.read(row % (b"9" * 5_000), 1)
    assert isinstance(event, Event)
    assert event.recipient_count == RECIPIENTS
    assert reader.read(row % b"0", 2) == ()
