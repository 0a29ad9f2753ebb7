"""Cisco's ESA: messages, recipients and connections by number, failures with the lines of the reply."""

from __future__ import annotations

import pytest

from probe.model.reply import Stage
from probe.reading.log.event import Event, Relay, Speaker, Status, UnparsedLine, Words
from probe.reading.log.formats import detect
from tests.unit.reading.log.samples import read, sample

ESA = sample("esa")
HEAD = "Mon Nov 30 10:00:00 2026 Info: "


def _events(lines: list[str] | None = None) -> list[Event]:
    data = [it.encode() for it in lines] if lines is not None else None
    return [it for it in read(ESA, data) if isinstance(it, Event)]


def test_every_recipient_has_the_fate_that_the_log_tells() -> None:
    assert [(it.queue_id, it.sender, it.recipient, it.status) for it in _events()] == [
        ("501", "news@a.example", "gone@b.example", Status.BOUNCED),
        ("501", "news@a.example", "bob@b.example", Status.SENT),
        ("503", "news@a.example", "dan@e.example", Status.DEFERRED),
        ("503", "news@a.example", "dan@e.example", Status.SENT),
        ("504", "news@a.example", "eve@nowhere.example", Status.BOUNCED),
        ("505", "", "frank@g.example", Status.DEFERRED),
        ("505", "", "frank@g.example", Status.EXPIRED),
        ("506", "news@a.example", "bob@b.example", Status.DISCARDED),
    ]


def test_the_lines_of_a_reply_and_whose_words_they_are() -> None:
    refused, taken, deferred, _, unknown, reset, late, dropped = _events()
    assert refused.words is not None and refused.words.speaker is Speaker.REMOTE
    assert refused.words.text.splitlines() == [
        "550-5.1.1 The email account that you tried to reach does not exist. Please try",
        "550-5.1.1 double-checking the recipient's email address for typos",
        "550 5.1.1 - gsmtp",
    ]
    assert (refused.dsn, refused.relay) == ("5.1.0", Relay(None, "192.0.2.1", 25))
    assert refused.source_ip == "198.51.100.5"
    assert refused.at is not None and refused.at.has_year and refused.at.at.second == 3
    assert taken.words == Words(Speaker.REMOTE, "2.0.0 Ok: queued as 4ABC1", Stage.END_OF_DATA)
    assert deferred.words == Words(Speaker.REMOTE, "450 4.2.0 Greylisted, please try again later")
    assert unknown.words is not None and unknown.words.speaker is Speaker.LOCAL
    assert unknown.words.text.startswith("Bad destination host: DNS Hard Error looking up nowhere.example")
    assert unknown.relay is None and late.earlier == reset.words
    assert dropped.words == Words(Speaker.LOCAL, "Dropped by filter 'no-exe'")


def test_an_answer_belongs_to_its_message_also_where_another_comes_between() -> None:
    lines = [
        "Message done DCID 1 MID 1 to RID [0]", "Message done DCID 2 MID 2 to RID [0, 1]",
        "MID 1 RID [0] Response 'Ok, discarded'", "Message finished MID 2 done",
        "Message done DCID 3 MID 3 to RID [0]",
    ]  # fmt: skip
    events = _events([HEAD + it for it in lines])
    result = [(it.queue_id, it.words.text if it.words else None) for it in events]
    assert result == [("1", "Ok, discarded"), ("2", None), ("2", None), ("3", None)]


def test_the_memory_of_what_was_taken_is_bounded_and_nothing_is_lost() -> None:
    lines = [f"{HEAD}Message done DCID 1 MID {mid} to RID [0]" for mid in range(3_000)]
    assert len({it.queue_id for it in _events(lines)}) == 3_000


def test_older_forms_syslog_and_what_is_cut() -> None:
    old = HEAD + "Bounced: DCID: 19 Message 39 to 0 - 5.1.0 - Unknown address error ('554', ['Too long.']) []"
    (event,) = _events([old])
    assert event.words == Words(Speaker.REMOTE, "554 Too long.") and event.recipient is None
    syslog = "<22>Nov 30 10:00:00 esa1 mail_logs: " + old.partition("2026 ")[2]
    (same,) = _events([syslog])
    assert (same.words, same.program) == (event.words, "mail_logs")
    (cut,) = read(ESA, [old[:60].encode()])
    assert isinstance(cut, UnparsedLine)


@pytest.mark.parametrize(
    "line",
    ["Info: server started", "Mon Nov 30 10:00:00 2026 Info: MID is no such thing", "Bounced: DCID 3"],
)
def test_other_lines_are_of_no_format(line: str) -> None:
    assert detect([line.encode()]) is None
