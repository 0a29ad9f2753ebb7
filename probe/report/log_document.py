"""What the report of a mail log says, for people: who must act, since when, what to run next; then each
matter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from probe.maillog.report import QUEUES, LogGroup, LogReport, LogTaken
from probe.maillog.summary import ORDER
from probe.model.text import duration
from probe.model.verdict import FixBy
from probe.report import document as doc
from probe.report import words
from probe.report.detail import Detail
from probe.report.line import Line, Raw
from probe.report.log_matter import disposition_of_one, history, matter, remote_taken, taken
from probe.report.log_rest import rest
from probe.report.log_terms import LABELS, at, by_weight, how_many, mark, messages, next_label, number

_MATTERS = {Detail.BRIEF: 0, Detail.SCREEN: 8, Detail.TICKET: 20, Detail.PAGE: 100, Detail.FULL: 1000}


def build(report: LogReport, detail: Detail) -> doc.Document:
    """The whole report."""
    groups_with_messages = [it for it in report.groups if it.failures]
    blocks: list[doc.Block] = [_verdict(report, groups_with_messages)]
    rows = tuple(_summary_rows(report, groups_with_messages))
    if rows:
        blocks.append(doc.Facts(rows))
    if report.history:
        blocks.append(history(report))
    groups = by_weight(groups_with_messages)[: _MATTERS[detail]]
    for group in groups:
        blocks.append(matter(group, report, detail))
    rows_taken = remote_taken(report)
    if rows_taken and detail is not Detail.BRIEF and not report.history:
        blocks.append(taken(rows_taken, report, detail))
    if detail is not Detail.BRIEF:
        blocks += rest(report, [it for it in groups_with_messages if it not in groups], detail)
    return doc.Document(tuple(blocks), title=_title(report), exit_code=report.exit_code)


def _title(report: LogReport) -> doc.Title:
    names = [Raw(it.name) for it in report.files]
    line: Line = (names[0],) if names else ("no file",)
    if len(names) > 1:
        line = (*line, f" and {len(names) - 1} more")
    if report.first_at and report.last_at:
        line = (*line, f"  {at(report.first_at, report)} to {at(report.last_at, report)}")
    lines = sum(it.lines for it in report.files)
    return doc.Title(line, (f"{number(lines)} {'line' if lines == 1 else 'lines'}",))


def _verdict(report: LogReport, groups_with_messages: Sequence[LogGroup]) -> doc.Verdict:
    totals = report.totals
    bad = sum(it.messages for it in groups_with_messages if it.fix_by is not FixBy.NOBODY)
    waiting_count = (
        sum(it.messages for it in groups_with_messages) + totals.queued + totals.held - totals.held_counted
    )
    share = (
        f"; {words.percent(totals.share_delivered)} delivered" if totals.share_delivered is not None else ""
    )
    is_whole = not any(it.problem for it in report.files)
    is_listing = all(it.format in QUEUES for it in report.files)
    if not waiting_count and report.files and is_listing:
        if is_whole:
            return doc.Verdict("NOTHING WAITS", doc.Tone.GOOD, ("the queue is empty",))
        return doc.Verdict("NOTHING SEEN", doc.Tone.WARN, ("no waiting message stands in what was read",))
    taken_only = disposition_of_one(report)
    if not waiting_count and taken_only:
        return doc.Verdict("TAKEN", doc.Tone.WARN, (words.NO_MAILBOX[taken_only],))
    if not waiting_count and totals.in_no_mailbox:
        of_all = f"{number(totals.in_no_mailbox)} of {messages(totals.messages)}"
        taken = "was taken and reaches" if totals.in_no_mailbox == 1 else "were taken and reach"
        place = f"{of_all} {taken} nobody{share}"
        return doc.Verdict("TAKEN", doc.Tone.WARN, (place,), "", _late(report))
    if not waiting_count and any(it.queue_tries for it in groups_with_messages):
        text = "whole queues could not be delivered; how many messages wait in them is not told"
        return doc.Verdict("WAITS", doc.Tone.WARN, (text,))
    if not totals.messages and not waiting_count:
        text = "no delivery to another server stands in the log"
        if report.volumes or (report.first_at is None and any(it.read for it in report.files)):
            text = "nothing in the log matches what was asked for"
        return doc.Verdict("NOTHING SEEN", doc.Tone.WARN, (text,))
    if not waiting_count:
        every = "all " if totals.messages > 1 and is_whole else ""
        place = f"{every}{messages(totals.messages)}{'' if is_whole else ', in what could be read'}"
        tone = doc.Tone.GOOD if is_whole else doc.Tone.WARN
        return doc.Verdict("DELIVERED", tone, (place,), "", _late(report))
    word, tone = ("ACT", doc.Tone.BAD) if bad else ("WAITS", doc.Tone.WARN)
    if (is_listing or not totals.messages) and not totals.attempts and not totals.sent:
        return doc.Verdict(
            word,
            tone,
            (f"{messages(waiting_count)} wait{'s' if waiting_count == 1 else ''} in the queue now",),
        )
    place = f"{number(waiting_count)} of {messages(totals.messages)} did not get through{share}"
    return doc.Verdict(word, tone, (place,), "", _late(report))


def _late(report: LogReport) -> tuple[Line, ...]:
    late_groups = [it for it in report.groups if it.cured]
    if not late_groups:
        return ()
    longest = max((it.cured_longest_s for it in late_groups if it.cured_longest_s is not None), default=None)
    total = sum(it.cured for it in late_groups)
    how_long = f", the longest for {duration(longest)}" if longest is not None else ""
    return ((f"{number(total)} of the delivered had been deferred first{how_long}",),)


def _summary_rows(report: LogReport, groups_with_messages: Sequence[LogGroup]) -> Iterator[doc.Fact]:
    """One row for each who must act: how much, since when, the heaviest matter and what to run."""
    for fix_by in ORDER:
        mine = [it for it in groups_with_messages if it.fix_by is fix_by]
        if not mine:
            continue
        first = min((it.first_at for it in mine if it.first_at), default=None)
        top = by_weight(mine)[0]
        since = f", since {at(first, report)}" if first else ""
        further = len(mine) - 1
        more = f" and {further} more matter{'s' if further > 1 else ''}" if further else ""
        lines: tuple[Line, ...] = (
            (f"{how_many(mine)}{since}",),
            (*mark(top), Raw(top.operator_title), f": {top.title} ({top.failures}){more}"),
        )
        yield doc.Fact(LABELS[fix_by], lines)
    taken_remotely = remote_taken(report)
    if taken_remotely:
        yield doc.Fact("No mailbox", tuple(_no_mailbox(report, taken_remotely)))
    if report.totals.discards:
        whom = "it" if report.totals.discards == 1 else "them"
        line = f"{messages(report.totals.discards)} by this server itself: nobody gets {whom}"
        yield doc.Fact("Thrown away", ((line,),))
    if report.totals.held:
        yield doc.Fact("On hold", (_on_hold(report),))
    if report.totals.queued:
        yield doc.Fact(
            "Queued", ((f"{messages(report.totals.queued)}; why is not told here, but in the log",),)
        )
    news = report.news
    if news is not None and news.previous_at:
        before = at(news.previous_at, report)
        text = f"{news.new} new, {news.tripled} tripled, {len(news.gone)} gone since {before}"
        yield doc.Fact("News", ((text,),))
    commands = [
        it.command for it in by_weight(groups_with_messages) if it.command and it.fix_by is not FixBy.NOBODY
    ]
    if commands:
        yield doc.Fact("Next", ((next_label(commands[0]),),), commands[0])


def _no_mailbox(report: LogReport, rows: Sequence[LogTaken]) -> Iterator[Line]:
    count = report.totals.in_no_mailbox
    first = min((it.first_at for it in rows if it.first_at), default=None)
    since = f", since {at(first, report)}" if first else ""
    whom = "it" if count == 1 else "them"
    yield (f"{messages(count)} taken with a 250 that says that nobody gets {whom}{since}",)
    top, further = rows[0], len(rows) - 1
    more = f" and {further} more" if further else ""
    yield (Raw(top.operator_title), f": {top.disposition.value} ({number(top.messages)}){more}")


def _on_hold(report: LogReport) -> Line:
    held, held_count = report.totals.held, report.totals.held_counted
    above = f" ({number(held_count)} of them counted above)" if 0 < held_count < held else ""
    above = " (counted above)" if 0 < held_count == held else above
    return (f"{messages(held)}{above}: not tried until somebody releases {'it' if held == 1 else 'them'}",)
