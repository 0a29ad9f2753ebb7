"""What a report says of what was counted: totals, the order of matters, whose network it is, times."""

from __future__ import annotations

from probe.maillog.further import Selection
from probe.maillog.groups import Fate
from probe.maillog.pseudonym import Names
from probe.maillog.summary import groups, history, moment, refusals, totals, volumes
from probe.model.verdict import FixBy
from tests.unit.maillog.made import bounced, counted, deferred, line, reader, sent

GREY = "450 4.7.1 Greylisted"
GONE = "550 5.1.1 <bob@b.example>: user unknown"
HIDDEN = Selection(Names(b"key"), ("mail.log",))


def _ids(count: int) -> list[str]:
    return [f"ABC{number:07d}" for number in range(count)]


def test_a_moment_is_told_in_utc_and_none_is_none() -> None:
    assert moment(1764374400) == "2025-11-29T00:00:00Z"
    assert moment(None) is None and moment(0) is None


def test_totals_add_up_and_heed_the_fates_that_are_asked_for() -> None:
    one, two, three = _ids(3)
    aggregate = counted([sent(one), bounced(GONE, two), deferred(GREY, three), sent(three)])
    every = totals(aggregate)
    assert (every.messages, every.sent, every.cured, every.bounced) == (3, 2, 1, 1)
    assert every.share_delivered == round(2 / 3, 6)
    only = totals(aggregate, frozenset({Fate.BOUNCED}))
    assert (only.messages, only.sent, only.bounced, only.share_delivered) == (1, 0, 1, None)


def test_tries_of_no_message_give_no_share() -> None:
    """PowerMTA tells of a whole queue: an attempt, of nobody."""
    header = "type,timeLogged,rcpt,dsnStatus,dsnDiag,dlvSourceIp"
    row = 'tq,2026-11-29 03:00:00+0000,,4.4.1,"smtp;421 busy",192.0.2.1'
    result = totals(counted([header, row], "powermta"))
    assert (result.messages, result.share_delivered) == (0, None)


def test_who_must_act_comes_before_what_passes_and_the_most_messages_first() -> None:
    many = [bounced(GONE, name, f"u{name}@b.example") for name in _ids(3)]
    spam = "554 5.7.1 Message rejected: blocked using zen.spamhaus.org"
    rows = groups(counted([*many, deferred(GREY, "DEF0000001"), bounced(spam, "DEF0000002")]), HIDDEN)
    assert [it.fix_by for it in rows] == [FixBy.SENDER, FixBy.SENDER_NETWORK, FixBy.NOBODY]
    assert [it.messages for it in rows] == [3, 1, 1]


def test_hosts_that_nobody_reaches_are_the_own_networks() -> None:
    def refused(number: int) -> str:
        host = f"mx.d{number}.example[192.0.2.{number}]"
        return line(
            *("deferred", f"connect to {host}:25: Connection timed out", f"ABC{number:07d}"),
            *(f"bob@d{number}.example", "03:00:00", "none"),
        )

    rows = groups(counted([refused(number) for number in range(1, 6)]), HIDDEN)
    assert {it.fix_by for it in rows} == {FixBy.SENDER_NETWORK}
    assert "reaches port 25" in rows[0].action
    few = groups(counted([refused(1), *(sent(name) for name in _ids(9))]), HIDDEN)
    assert {it.fix_by for it in few} == {FixBy.RECIPIENT_ADMIN}


def test_no_local_part_is_shown_unless_it_is_asked_for() -> None:
    aggregate = counted([bounced("550 5.1.1 <bob@b.example>: bob is unknown")])
    (hidden,) = groups(aggregate, HIDDEN)
    assert "bob" not in repr(hidden) and "@b.example" in repr(hidden)
    (plain,) = groups(aggregate, Selection(Names(None), ("mail.log",)))
    assert plain.wordings[0].recipient == "bob@b.example"


def test_the_history_of_a_message_has_every_try_in_order() -> None:
    aggregate = counted([])
    lines = [deferred(GREY, at="03:00:00"), sent(at="03:10:00")]
    events = [it for row in lines for it in reader("postfix", brief=False).read(row.encode(), 1)]
    result = history(events, aggregate, Names(None))  # type: ignore[arg-type]
    assert [(it.status, it.recipient) for it in result] == [
        ("deferred", "bob@b.example"),
        ("sent", "bob@b.example"),
    ]
    assert result[0].is_remote and result[0].words.startswith("450 4.7.1")


def test_volumes_and_refusals_come_with_the_most_first() -> None:
    refused = (
        "Nov 29 03:00:00 mail postfix/smtpd[1]: NOQUEUE: reject: RCPT from x[192.0.2.9]: 554 5.7.1 "
        "<{}>: Relay access denied; from=<a@a.example> to=<{}> proto=ESMTP helo=<x>"
    )
    lines = [sent(name) for name in _ids(3)]
    lines += [refused.format(to, to) for to in ("a@x.example", "b@x.example")]
    aggregate = counted(lines)
    (volume,) = volumes(aggregate)
    assert (volume.sent, volume.peak_minute, volume.operator) == (3, 3, "b.example")
    (refusal,) = refusals(aggregate, Names(b"key"))
    assert refusal.count == 2 and "a@" not in refusal.template


def test_what_was_given_up_is_to_be_sent_again() -> None:
    """Advice to leave it in the queue would be for a message that is there no more."""
    words, expired = "connect to mx.b.example[192.0.2.1]:25: Connection refused", "message expired"
    gone = [
        line("deferred", words, relay="none"),
        f"Nov 29 03:10:00 mail postfix/qmgr[1]: ABCDEF1234: from=<a@a.example>, status=expired, {expired}",
    ]
    (row,) = groups(counted(gone), HIDDEN)
    assert (row.expired, row.deferred) == (1, 0)
    assert "your server has given up" in row.action and "Leave the message" not in row.action
    both = [*gone, line("deferred", words, "ABCDEF9999", relay="none")]
    (row,) = groups(counted(both), HIDDEN)
    assert (row.expired, row.deferred) == (1, 1) and "Leave the message" in row.action
