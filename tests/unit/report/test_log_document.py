"""The first screen, as the one reads it who was woken."""

from __future__ import annotations

from dataclasses import replace

from probe.maillog.further import Selection
from probe.maillog.groups import Fate
from probe.maillog.pseudonym import Names
from probe.maillog.report import SCHEMA, LogFileRead, LogNews, LogReport, Since
from probe.maillog.summary import groups, moment, totals
from probe.model.report_tool import ReportTool
from probe.model.verdict import ExitCode
from probe.report.formats import Kind, formats_of
from probe.report.style import Style
from tests.unit.maillog.made import bounced, counted, deferred, line, sent

GREY = "450 4.7.1 Greylisted"
GONE = "550 5.1.1 <bob@b.example>: user unknown"
HOLD = "Nov 29 03:01:00 mail postfix/postsuper[1]: {}: placed on hold"
SIZE = "Nov 29 02:59:00 mail postfix/qmgr[1]: {}: from=<al@a.example>, size=9, nrcpt=1 (queue active)"


def _report(*lines: str, format_name: str = "postfix") -> LogReport:
    aggregate = counted(lines, format_name)
    rows = groups(aggregate, Selection(Names(b"key"), ("mail.log",)))
    files = (LogFileRead("mail.log", format_name, len(lines), len(lines), 0, 0, ""),)
    span = (moment(aggregate.first), moment(aggregate.last), 0)
    head = (SCHEMA, ReportTool("0", "0"), files, *span, totals(aggregate))
    return LogReport(*head, rows, (), (), (), None, (), ExitCode.ACCEPTED)


def _text(report: LogReport, width: int = 80) -> str:
    return formats_of(Kind.LOG)["text"].write(Kind.LOG, report, Style(width=width))


def test_the_word_in_capitals_says_whether_somebody_must_act() -> None:
    assert "\nACT  1 of 1 message did not get through" in _text(_report(bounced(GONE)))
    assert "\nWAITS  1 of 1 message" in _text(_report(deferred(GREY)))
    assert "\nDELIVERED  1 message\n" in _text(_report(sent()))
    assert "\nDELIVERED  all 2 messages" in _text(_report(sent(), sent("DEF0000001")))
    assert " 1 line\n" in _text(_report(sent())) and " 2 lines\n" in _text(_report(sent(), sent()))
    assert "\nNOTHING SEEN" in _text(_report())
    assert "\nNOTHING WAITS" in _text(_report("Mail queue is empty", format_name="mailq"))


def test_what_is_on_hold_is_told_once() -> None:
    both = _text(_report(SIZE.format("ABCDEF1234"), deferred(GREY), HOLD.format("ABCDEF1234")))
    assert "1 of 1 message did not get through" in both
    assert "On hold     1 message (counted above): not tried until somebody releases it" in both
    alone = _text(_report(SIZE.format("ABCDEF1234"), HOLD.format("ABCDEF1234")))
    assert "1 message waits in the queue now" in alone and "(counted above)" not in alone


def test_what_was_given_up_does_not_wait() -> None:
    expired = (
        "Nov 29 03:01:00 mail smtpd[7]: relay: Expire for 5694c0168d3cdb2d: from=<al@a.example>, "
        "to=<bob@b.example>, rcpt=<->, delay=4d, stat=Envelope expired"
    )
    assert "1 of 1 message did not get through" in _text(_report(expired, format_name="opensmtpd"))


def test_the_heaviest_matter_stands_beside_who_must_act_and_then_how_many_more() -> None:
    lines = [bounced(GONE, f"ABC{number:07d}") for number in range(3)]
    lines += [bounced("554 5.7.1 Message rejected as spam by content filtering", "DEF0000001")]
    text = _text(_report(*lines))
    assert "b.example: this mailbox does not exist (3) and 1 more matter\n" in text


def test_what_is_new_is_marked_and_stands_first() -> None:
    report = _report(
        bounced(GONE), bounced(GONE, "DEF0000001"), bounced("552 5.2.2 mailbox full", "DEF0000002")
    )
    rows = tuple(
        replace(it, since_last=Since.NEW if it.cause == "mailbox_full" else Since.KNOWN)
        for it in report.groups
    )
    text = _text(replace(report, groups=rows, news=LogNews("2026-11-28T00:00:00Z", 1, 0, (), ())))
    assert "News        1 new, 0 tripled, 0 gone since 28 Nov 00:00" in text
    new, entries = (
        text.index("NEW b.example: the mailbox is full  ("),
        text.index("not exist  (you must act)"),
    )
    assert new < entries


def test_an_older_failure_told_again_and_what_was_removed_stand_below() -> None:
    suspended = "delivery temporarily suspended: connect to mx.b.example[192.0.2.1]:25: Connection refused"
    removed = "Nov 29 03:01:00 mail postfix/postsuper[1]: DEF0000001: removed"
    text = _text(_report(line("deferred", suspended, relay="none", program="error"), removed))
    assert "1 line was no attempt" in text
    assert "1 message was taken out of the queue by hand" in text


def test_no_line_is_wider_than_the_screen() -> None:
    reply = "550 5.7.1 " + "word " * 200 + "x" * 300
    lines = [bounced(reply, to=f"{'a' * 60}@{'b' * 60}.example"), sent("DEF0000001")]
    wide = [it for it in _text(_report(*lines)).split("\n") if len(it) > 80]
    assert [it for it in wide if " " in it.strip()] == []


def test_every_fate_has_its_words() -> None:
    full = "452 4.2.2 The mailbox is full"
    end = "from=<al@a.example>, status=expired, returned to sender"
    expired = f"Nov 29 04:00:00 mail postfix/qmgr[1]: ABCDEF1234: {end}"
    removed = "Nov 29 04:00:00 mail postfix/postsuper[1]: ABC0000001: removed"
    text = _text(
        _report(
            *(deferred(full), expired, deferred(full, "ABC0000001"), removed),
            *(deferred(full, "ABC0000002"), bounced(full, "ABC0000003")),
        )
    )
    words = " ".join(text.split())
    assert "1 refused for good, 1 still waits, 1 given up after the time in the queue, 1 taken out" in words
    assert len(Fate) == 5


def test_a_queue_that_cannot_be_delivered_is_told_although_no_message_is_named() -> None:
    header = "type,timeLogged,rcpt,dsnStatus,dsnDiag,dlvSourceIp,queue"
    row = "tq,2026-11-29 03:00:00+0000,,4.4.1 (no answer from host),,192.0.2.1,b.example/vmta1"
    text = _text(_report(header, row, row, format_name="powermta"))
    assert "\nWAITS  whole queues could not be delivered; how many messages wait" in text
    assert "2 tries of a whole queue, since 29 Nov 03:00" in text
    assert "b.example: the connection failed or broke off (2)" in text
    assert "Messages  2 tries of a whole queue, which names none" in text
