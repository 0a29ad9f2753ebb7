"""What became of messages: recipients are counted, not attempts, each with its own fate."""

from __future__ import annotations

from probe.maillog.groups import Fate
from probe.maillog.outcome import Outcome
from probe.maillog.summary import totals
from probe.model.verdict import FixBy
from tests.unit.maillog.made import bounced, counted, deferred, fates, line, sent

GREY = "450 4.7.1 Greylisted, try again in 300 seconds"
GONE = "550 5.1.1 user unknown"
FULL = "452 4.2.2 Mailbox full"


def test_attempts_of_one_message_are_one_message() -> None:
    aggregate = counted([deferred(GREY, at=f"03:0{minute}:00") for minute in range(5)])
    assert fates(aggregate) == {"deferred": 1} and aggregate.attempts == 5 and aggregate.sent == 0


def test_delivered_after_a_deferral_cured_itself_and_in_which_time() -> None:
    aggregate = counted([deferred(GREY, at="03:00:00"), deferred(GREY, at="03:02:00"), sent(at="03:05:00")])
    assert fates(aggregate) == {"sent": 1} and aggregate.sent == 1
    (group,) = aggregate.groups.values()
    assert group.cured.count == 1 and group.cured.longest == 300 and 240 <= group.cured.median() <= 300


def test_recipients_of_one_message_keep_their_own_fate() -> None:
    aggregate = counted(
        [
            deferred(GREY, to="a@b.example"),
            deferred(GREY, to="b@b.example"),
            deferred(GREY, to="c@b.example"),
            sent(to="b@b.example"),
            bounced(GONE, to="a@b.example"),
            sent(to="d@b.example"),
        ]
    )
    assert fates(aggregate) == {"sent": 1, "bounced": 1, "deferred": 1} and aggregate.sent == 2


def test_a_message_moves_with_its_last_reason() -> None:
    aggregate = counted([deferred(GREY), deferred(FULL)])
    by_cause = {group.cause: group for group in aggregate.groups.values()}
    assert by_cause["greylisted"].messages[Fate.DEFERRED] == 0
    assert by_cause["mailbox_full"].messages[Fate.DEFERRED] == 1
    assert by_cause["mailbox_full"].domains == {"b.example": 1}
    assert by_cause["greylisted"].domains == {"b.example": 0}


def test_expiry_has_the_cause_of_the_last_deferral() -> None:
    outcomes: list[Outcome] = []
    lines = [
        deferred(GREY, to="a@b.example"),
        deferred(FULL, to="c@b.example"),
        "Nov 29 03:09:00 mail postfix/qmgr[1]: ABCDEF1234: from=<x@a.example>, status=expired, returned "
        "to sender",
    ]
    for result in (counted(lines), counted(lines, outcomes=outcomes)):
        assert fates(result) == {"expired": 2}
        assert {group.cause for group in result.groups.values()} == {"greylisted", "mailbox_full"}
    assert {it.event.recipient: it.reason.conclusion.cause.id for it in outcomes if it.reason} == {
        "a@b.example": "greylisted",
        "c@b.example": "mailbox_full",
    }


def test_what_repeats_an_older_failure_is_counted_apart() -> None:
    refused = "connect to mx.b.example[192.0.2.1]:25: Connection refused"
    aggregate = counted(
        [
            line("deferred", refused, relay="none"),
            line("deferred", f"delivery temporarily suspended: {refused}", relay="none", program="error"),
            line(
                "deferred",
                f"delivery temporarily suspended: {refused}",
                queue_id="FFFFFF1234",
                relay="none",
                program="error",
            ),
        ]
    )
    (group,) = aggregate.groups.values()
    assert (group.attempts, group.repeats, aggregate.repeats) == (1, 2, 2)
    assert fates(aggregate) == {"deferred": 2} and group.operator.id == "b.example"


def test_own_words_name_the_operator_of_the_host_in_them() -> None:
    aggregate = counted(
        [line("deferred", "connect to mx.google.com[192.0.2.9]:25: Connection timed out", relay="none")]
    )
    (group,) = aggregate.groups.values()
    assert group.operator.id == "google" and not group.reason.is_remote
    assert group.reason.explanation.reading is not None and group.reason.explanation.reading.code is None


def test_a_filter_on_this_machine_is_no_delivery_and_its_failure_is_ours() -> None:
    hop = line("sent", "250 2.0.0 Ok: queued as 12345", relay="127.0.0.1[127.0.0.1]:10024")
    dead = line(
        "deferred", "connect to 127.0.0.1[127.0.0.1]:10024: Connection refused", "BCDEFA1234", relay="none"
    )
    aggregate = counted([hop, dead])
    assert (aggregate.sent, aggregate.internal) == (0, 1)
    (group,) = aggregate.groups.values()
    assert group.operator.id == "local" and group.reason.fix_by is FixBy.SENDER
    assert counted([hop], internal=True).sent == 1


def test_a_filter_that_is_busy_is_no_matter_of_the_recipient_s_administrator() -> None:
    busy = "host 127.0.0.1[127.0.0.1] said: 451 4.5.0 id=78 scanner is busy (in reply to end of DATA command)"
    aggregate = counted([line("deferred", busy, relay="127.0.0.1[127.0.0.1]:10024")])
    (group,) = aggregate.groups.values()
    assert (group.reason.fix_by, group.reason.title) == (FixBy.SENDER, "trouble on this mail server")


def test_where_the_clock_was_set_back_it_is_not_told_how_long_it_took() -> None:
    outcomes: list[Outcome] = []
    rows = [deferred("451 4.7.1 Greylisted", at="02:59:19"), sent(at="02:00:40")]
    aggregate = counted(rows, outcomes=outcomes)
    (outcome,) = outcomes
    assert (outcome.fate, outcome.attempts, outcome.delivered_after) == (Fate.SENT, 2, None)
    assert (totals(aggregate).cured, next(iter(aggregate.groups.values())).cured.count) == (1, 0)


def test_mailboxes_of_this_server_are_told_apart() -> None:
    aggregate = counted([line("sent", "delivered to mailbox", relay="local", program="local")])
    assert (aggregate.sent, aggregate.local) == (0, 1)


def test_what_an_operator_took_out_waits_no_longer() -> None:
    aggregate = counted([deferred(GREY), "Nov 29 03:09:00 mail postfix/postsuper[9]: ABCDEF1234: removed"])
    assert fates(aggregate) == {"unknown": 1} and totals(aggregate).removed == 1


def test_too_many_that_wait_are_counted_and_no_longer_followed() -> None:
    lines = [deferred(GREY, queue_id=f"ABC{number:07d}") for number in range(30)]
    aggregate = counted(lines, waiting=10)
    assert (
        fates(aggregate) == {"deferred": 30} and aggregate.forgotten == 20 and aggregate.waiting.count == 10
    )
    outcomes: list[Outcome] = []
    counted(lines, waiting=10, outcomes=outcomes)
    assert len(outcomes) == 30 and {it.fate for it in outcomes} == {Fate.DEFERRED}


def test_outcomes_are_told_when_they_are_known() -> None:
    outcomes: list[Outcome] = []
    counted(
        [
            deferred(GREY, to="a@b.example", at="03:00:00"),
            sent(to="z@b.example"),
            bounced(GONE, to="c@b.example"),
            sent(to="a@b.example", at="03:10:00"),
            deferred(FULL, to="d@b.example"),
        ],
        outcomes=outcomes,
    )
    texts = [(it.event.recipient, it.fate.value, it.attempts, it.delivered_after) for it in outcomes]
    assert texts == [
        ("z@b.example", "sent", 1, None),
        ("c@b.example", "bounced", 1, None),
        ("a@b.example", "sent", 2, 600),
        ("d@b.example", "deferred", 1, None),
    ]


def test_the_busiest_minute_is_told() -> None:
    aggregate = counted([sent(queue_id=f"ABC{n:07d}", at=f"03:0{n % 3}:0{n % 7}") for n in range(40)])
    aggregate.volumes.settle()
    (volume,) = aggregate.volumes.by_id.values()
    assert volume.sent == 40 and sum(aggregate.volumes.bins[volume.operator.id].counts.values()) == 40


def test_attempts_of_a_whole_queue_are_of_no_message() -> None:
    table = [
        "type,timeLogged,timeQueued,orig,rcpt,dsnStatus,dsnDiag,dsnMta,bounceCat,jobId",
        "tq,2026-11-28 01:00:03+0000,,,,4.7.1,smtp;421 4.7.1 too many,mx.b.example,quota-issues,",
        "t,2026-11-28 01:00:04+0000,,a@a.example,bob@b.example,4.4.1 (no answer from host),,,,job",
        "b,2026-11-28 05:00:04+0000,,a@a.example,bob@b.example,4.4.7 (expired),,,message-expired,job",
    ]
    aggregate = counted(table, "powermta")
    assert fates(aggregate) == {"expired": 1}
    (group,) = [it for it in aggregate.groups.values() if it.messages[Fate.EXPIRED]]
    assert group.cause == "connection_failed"
    assert sum(it.queue_tries for it in aggregate.groups.values()) == 1


def test_a_person_s_name_is_no_domain() -> None:
    to = "Nov 29 02:27:11 mail sm-mta[7]: 6AT2RDph000102: to=bob, delay=00:00:00, mailer=local, pri=1, "
    aggregate = counted(
        [to + "dsn=4.3.0, stat=Deferred: local mailer (/usr/bin/x) exited with 75"], "sendmail"
    )
    (group,) = aggregate.groups.values()
    assert group.operator.id == "local" and set(group.domains) == {""}
