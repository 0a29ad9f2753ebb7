"""What was taken with a 250 that says that nobody gets it is told apart from what was delivered."""

from __future__ import annotations

import pytest

from probe.maillog.further import Selection
from probe.maillog.groups import Fate
from probe.maillog.late import Returnable
from probe.maillog.no_mailbox import NoMailbox
from probe.maillog.operators import Operator
from probe.maillog.outcome import Outcome
from probe.maillog.pseudonym import Names
from probe.maillog.report import LogTaken
from probe.maillog.summary import no_mailbox, totals
from probe.reading.log.event import Event, Kind, Status
from probe.reading.reply.disposition import Disposition
from tests.unit.maillog.made import bounced, counted, line, sent

SPAM = "250 2.7.0 Ok, discarded, id=05-01 - spam"
HELD = "250 2.0.0 Message is in quarantine"
ALL = Selection(Names(None), ("mail.log",))


def _lines(transport: str = "smtp", relay: str = "mx.b.example[192.0.2.1]:25") -> list[str]:
    return [
        "Nov 29 02:59:00 mail postfix/qmgr[1]: AA00000001: from=<news@a.example>, size=1, nrcpt=1 (active)",
        sent("AA00000000"),
        line("sent", SPAM, "AA00000001", "bob@b.example", "03:00:01", relay, transport),
        line("sent", SPAM, "AA00000002", "carol@c.example", "03:00:09", relay, transport),
        line("sent", HELD, "AA00000003", "dan@b.example", "03:00:05", relay, transport),
        bounced("550 5.1.1 no such user", "AA00000004"),
    ]


def _row(rows: tuple[LogTaken, ...], what: Disposition) -> LogTaken:
    (row,) = (it for it in rows if it.disposition is what)
    return row


@pytest.mark.parametrize("transport", ["smtp", "relay/smtp", "lmtp"])
def test_the_words_of_what_was_taken_are_counted(transport: str) -> None:
    aggregate = counted(_lines(transport))
    result = totals(aggregate)
    assert (result.messages, result.sent, result.discarded, result.quarantined) == (5, 4, 2, 1)
    assert result.share_delivered == 0.2
    row = _row(no_mailbox(aggregate, ALL), Disposition.DISCARDED)
    assert (row.operator, row.messages, row.queue_id) == ("b.example", 2, "AA00000001")
    assert (row.sender, row.recipient, row.line) == ("news@a.example", "bob@b.example", 3)
    assert (row.first_at, row.last_at) == ("2026-11-29T03:00:01Z", "2026-11-29T03:00:09Z")
    assert [(it.name, it.messages) for it in row.domains] == [("b.example", 1), ("c.example", 1)]
    assert row.example == SPAM


def test_the_same_is_counted_line_by_line() -> None:
    outcomes: list[Outcome] = []
    brief, careful = counted(_lines()), counted(_lines(), outcomes=outcomes)
    assert totals(brief) == totals(careful)
    # line by line the sender stands in the event, too
    assert no_mailbox(brief, ALL) == no_mailbox(careful, ALL)


def test_a_recipient_at_a_domain_whose_name_holds_a_mark_has_the_message() -> None:
    relay = "mx.dropbox.example[192.0.2.1]:25"
    aggregate = counted([line("sent", "250 2.0.0 Ok", to="bob@dropbox.example", relay=relay), *_lines()])
    assert (aggregate.sent, totals(aggregate).discarded) == (5, 2)


def test_what_a_filter_of_this_machine_throws_away_is_told_apart() -> None:
    aggregate = counted(_lines(relay="127.0.0.1[127.0.0.1]:10024"))
    result = totals(aggregate)
    assert (result.sent, result.discarded, result.quarantined, result.internal) == (1, 0, 0, 3)
    assert {it.operator for it in no_mailbox(aggregate, ALL)} == {"local"}


def test_exim_tells_it_in_its_confirmation() -> None:
    taken = f'=> bob@b.example R=dnslookup T=remote_smtp H=mx.b.example [192.0.2.1] C="{SPAM}"'
    other = '=> al@b.example R=dnslookup T=remote_smtp H=mx.b.example [192.0.2.1] C="250 OK id=1"'
    log = [
        "2026-11-29 02:59:59 1xXUpq-00000J-2K <= news@a.example H=drop.example [192.0.2.9] P=esmtp S=1",
        f"2026-11-29 03:00:00 1xXUpq-00000J-2K {taken}",
        f"2026-11-29 03:00:00 1xXUpq-00000J-2L {other}",
        "2026-11-29 03:00:00 1xXUpq-00000J-2K Completed",
    ]
    aggregate = counted(log, "exim")
    result = totals(aggregate)
    assert (result.sent, result.discarded) == (2, 1)
    row = _row(no_mailbox(aggregate, ALL), Disposition.DISCARDED)
    assert (row.queue_id, row.sender, row.line) == ("1xXUpq-00000J-2K", "news@a.example", 2)


def test_other_outcomes_that_were_asked_for_leave_it_out() -> None:
    aggregate = counted(_lines())
    only = Selection(Names(None), ("mail.log",), frozenset({Fate.BOUNCED}))
    assert no_mailbox(aggregate, only) == ()
    assert totals(aggregate, only.fates).discarded == 0


def test_rows_are_limited_and_the_total_is_not() -> None:
    counts = NoMailbox()
    event = Event("mail.log", 1, Kind.ATTEMPT, Status.SENT, "sent")
    for number in range(700):
        counts.count(event, Disposition.DISCARDED, Operator(f"{number}.example", ""), None, None)
    assert len(counts.rows) == 500
    assert counts.total(Disposition.DISCARDED) == 700


def test_what_came_back_is_remembered_in_limits() -> None:
    def of(number: int) -> Event:
        return Event("", 1, Kind.ATTEMPT, Status.SENT, "", recipient=f"to{number}@b.example")

    counts = Returnable(limit=2)
    for number in (1, 2, 2, 3):
        counts.note(of(number))
    assert not counts.take_back(of(1)), "the oldest is forgotten"
    assert [counts.take_back(of(2)) for _ in range(3)] == [True, True, False]
    assert counts.take_back(Event("", 1, Kind.ATTEMPT, Status.BOUNCED, "", recipient="TO3@b.example"))
