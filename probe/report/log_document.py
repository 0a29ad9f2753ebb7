"""What the report of a mail log says, for people: who must act, since when, what to run next; then each
matter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, timezone

from probe.maillog.report import QUEUES, LogGroup, LogReport, LogWording, Since
from probe.maillog.summary import ORDER
from probe.model.evidence import Band
from probe.model.reply import Stage
from probe.model.text import duration
from probe.model.verdict import FixBy
from probe.report import document as doc
from probe.report import words
from probe.report.detail import Detail
from probe.report.line import Code, Emphasis, Line, Raw

_LABELS = {
    FixBy.SENDER: "You",
    FixBy.SENDER_NETWORK: "Network",
    FixBy.RECIPIENT_ADMIN: "Their admin",
    FixBy.RECIPIENT: "Recipient",
    FixBy.EITHER: "Not settled",
    FixBy.NOBODY: "By itself",
}
_WHO = {
    FixBy.SENDER: "you must act",
    FixBy.SENDER_NETWORK: "your network or its operator must act",
    FixBy.RECIPIENT_ADMIN: "the recipient's administrator must act",
    FixBy.RECIPIENT: "the recipient must act",
    FixBy.EITHER: "who must act cannot be told",
    FixBy.NOBODY: "passes by itself",
}
_LEVELS = " .:-=+*#"
_MATTERS = {Detail.BRIEF: 0, Detail.SCREEN: 8, Detail.TICKET: 20, Detail.FULL: 1000}
_OPERATORS = {Detail.BRIEF: 0, Detail.SCREEN: 5, Detail.TICKET: 10, Detail.FULL: 50}
_WORDS_SHOWN = 300  # characters of a reply on the screen
_REFUSAL_SHOWN = 100
_OPERATOR_SHOWN = 26  # in a table that fits 80 columns
_DOMAINS_SHOWN = 4


def build(report: LogReport, detail: Detail) -> doc.Document:
    """The whole report."""
    groups_with_messages = [it for it in report.groups if it.messages]
    blocks: list[doc.Block] = [_verdict(report, groups_with_messages)]
    rows = tuple(_summary_rows(report, groups_with_messages))
    if rows:
        blocks.append(doc.Facts(rows))
    if report.history:
        blocks.append(_history(report))
    groups = _by_weight(groups_with_messages)[: _MATTERS[detail]]
    for group in groups:
        blocks.append(_matter(group, report, detail))
    if detail is not Detail.BRIEF:
        blocks += _rest(
            report,
            groups_with_messages[:0] or [it for it in groups_with_messages if it not in groups],
            detail,
        )
    return doc.Document(tuple(blocks), title=_title(report), exit_code=report.exit_code)


def _title(report: LogReport) -> doc.Title:
    names = [Raw(it.name) for it in report.files]
    line: Line = (names[0],) if names else ("no file",)
    if len(names) > 1:
        line = (*line, f" and {len(names) - 1} more")
    if report.first_at and report.last_at:
        line = (*line, f"  {_at(report.first_at, report)} to {_at(report.last_at, report)}")
    lines = sum(it.lines for it in report.files)
    return doc.Title(line, (f"{_number(lines)} lines",))


def _verdict(report: LogReport, groups_with_messages: Sequence[LogGroup]) -> doc.Verdict:
    totals = report.totals
    bad = sum(it.messages for it in groups_with_messages if it.fix_by is not FixBy.NOBODY)
    waiting_count = (
        sum(it.messages for it in groups_with_messages) + totals.queued + totals.held - totals.held_counted
    )
    share = (
        f"; {words.percent(totals.share_delivered)} delivered" if totals.share_delivered is not None else ""
    )
    if not waiting_count and report.files and all(it.format in QUEUES for it in report.files):
        return doc.Verdict("NOTHING WAITS", doc.Tone.GOOD, ("the queue is empty",))
    if not totals.messages and not waiting_count:
        return doc.Verdict(
            "NOTHING SEEN", doc.Tone.WARN, ("no delivery to another server stands in the log",)
        )
    if not waiting_count:
        return doc.Verdict(
            "DELIVERED",
            doc.Tone.GOOD,
            (f"all {_number(totals.messages)} messages",),
            "",
            _late(report),
        )
    word, tone = ("ACT", doc.Tone.BAD) if bad else ("WAITS", doc.Tone.WARN)
    if not totals.attempts and not totals.sent:
        return doc.Verdict(
            word,
            tone,
            (f"{_messages(waiting_count)} wait{'s' if waiting_count == 1 else ''} in the queue now",),
        )
    place = f"{_number(waiting_count)} of {_number(totals.messages)} messages did not get through{share}"
    return doc.Verdict(word, tone, (place,), "", _late(report))


def _late(report: LogReport) -> tuple[Line, ...]:
    late_groups = [it for it in report.groups if it.cured]
    if not late_groups:
        return ()
    longest = max((it.cured_longest_s or 0 for it in late_groups), default=0)
    total = sum(it.cured for it in late_groups)
    return (
        (f"{_number(total)} of the delivered had been deferred first, the longest for {duration(longest)}",),
    )


def _summary_rows(report: LogReport, groups_with_messages: Sequence[LogGroup]) -> Iterator[doc.Fact]:
    """One row for each who must act: how much, since when, the heaviest matter and what to run."""
    for fix_by in ORDER:
        mine = [it for it in groups_with_messages if it.fix_by is fix_by]
        if not mine:
            continue
        first = min((it.first_at for it in mine if it.first_at), default=None)
        top = _by_weight(mine)[0]
        since = f", since {_at(first, report)}" if first else ""
        further = len(mine) - 1
        more = f" and {further} more matter{'s' if further > 1 else ''}" if further else ""
        lines: tuple[Line, ...] = (
            (f"{_messages(sum(it.messages for it in mine))}{since}",),
            (*_mark(top), Raw(top.operator_title), f": {top.title} ({top.messages}){more}"),
        )
        yield doc.Fact(_LABELS[fix_by], lines)
    if report.totals.held:
        yield doc.Fact("On hold", (_on_hold(report),))
    if report.totals.queued:
        yield doc.Fact(
            "Queued", ((f"{_messages(report.totals.queued)}; why is not told here, but in the log",),)
        )
    news = report.news
    if news is not None and news.previous_at:
        before = _at(news.previous_at, report)
        text = f"{news.new} new, {news.tripled} tripled, {len(news.gone)} gone since {before}"
        yield doc.Fact("News", ((text,),))
    commands = [
        it.command for it in _by_weight(groups_with_messages) if it.command and it.fix_by is not FixBy.NOBODY
    ]
    if commands:
        yield doc.Fact("Next", ((_next(commands[0]),),), commands[0])


def _next(command: str) -> str:
    is_live = command.startswith("smtp-probe check") or command.endswith(" --check")
    return "check it live:" if is_live else "what happened to one message:"


def _on_hold(report: LogReport) -> Line:
    held, counted = report.totals.held, report.totals.held_counted
    above = f" ({_number(counted)} of them counted above)" if 0 < counted < held else ""
    above = " (counted above)" if 0 < counted == held else above
    return (f"{_messages(held)}{above}: not tried until somebody releases {'it' if held == 1 else 'them'}",)


def _history(report: LogReport) -> doc.Section:
    entries = []
    for it in report.history:
        when = f"{_at(it.at, report, '%H:%M:%S')}  " if it.at else ""
        server = f"{it.relay or ''} [{it.relay_ip}]" if it.relay_ip else it.relay or ""
        line: Line = (
            when,
            Emphasis(it.status),
            "  ",
            Raw(it.recipient or ""),
            *(("  ", Raw(server)) if server else ()),
        )
        stage = f" (at {words.STAGES[Stage(it.stage)]})" if it.stage else ""
        prefix = "" if it.is_remote else "this server's own words: "
        below: tuple[Line, ...] = ((prefix, Code(it.words.replace("\n", " ")), stage),) if it.words else ()
        entries.append(doc.Entry(line, below))
    return doc.Section(("What happened to the message",), (doc.Entries(tuple(entries)),))


def _matter(group: LogGroup, report: LogReport, detail: Detail) -> doc.Section:
    heading: Line = (*_mark(group), Raw(group.operator_title), f": {group.title}  ({_WHO[group.fix_by]})")
    return doc.Section(heading, (doc.Facts(tuple(_matter_rows(group, report, detail))),))


def _matter_rows(group: LogGroup, report: LogReport, detail: Detail) -> Iterator[doc.Fact]:
    yield doc.Fact("Messages", ((_fates(group),),))
    if group.first_at and group.last_at:
        bar = f"  |{_bar(group.bar)}|" if any(group.bar) else ""
        when = f"{_at(group.first_at, report)} to {_at(group.last_at, report)}{bar}"
        yield doc.Fact("When", ((when,),))
    domains = [it for it in group.domains if it.name][:_DOMAINS_SHOWN]
    if domains:
        parts: list[Raw | str] = []
        for it in domains:
            parts += [Raw(it.name), f" {_number(it.messages)}, "]
        more = len(group.domains) - len(domains) + bool(group.other_domains)
        parts[-1] = str(parts[-1])[:-2] + (", and others" if more else "")
        yield doc.Fact("Domains", (tuple(parts),))
    sure = f"{group.band.value}, {words.percent(group.probability)}"
    if group.band is Band.UNDECIDED:
        sure += "; on a guess nobody should act"
    yield doc.Fact("Cause", ((f"{group.title}: {sure}",),))
    wordings = group.wordings if detail is Detail.FULL else group.wordings[:1]
    for wording in wordings:
        yield _words_of(wording, detail)
    if group.source_ips:
        yield doc.Fact("From", ((Raw(", ".join(group.source_ips)),),))
    yield doc.Fact("Do", ((group.action,),))
    yield doc.Fact("Retry", ((words.retry(group.retry, group.retry_after_s),),))
    if group.command:
        yield doc.Fact("Next", ((_next(group.command),),), group.command)


def _words_of(wording: LogWording, detail: Detail) -> doc.Fact:
    label = "Reply" if wording.is_remote else "Log says"
    example = wording.example.replace("\n", " ")
    example_text = example if detail is Detail.FULL else _cut(example, _WORDS_SHOWN)
    stage = f" (at {words.STAGES[Stage(wording.stage)]})" if wording.stage else ""
    lines: list[Line] = []
    if wording.template != wording.example and wording.messages != 1:
        template = _cut(wording.template.replace("\n", " "), _WORDS_SHOWN)
        lines.append((f"{_number(wording.messages)} x ", Raw(template)))
    lines.append(((Code(example_text) if example_text else "no words"), stage))
    where = f"{wording.file}:{wording.line}" + (f", {wording.queue_id}" if wording.queue_id else "")
    whom = (
        f", {wording.sender or '<>'} to {wording.recipient}"
        if wording.recipient and wording.sender is not None
        else ""
    )
    lines.append((Raw(where + whom),))
    return doc.Fact(label, tuple(lines))


def _rest(report: LogReport, further: Sequence[LogGroup], detail: Detail) -> Iterator[doc.Block]:
    if further:
        columns: tuple[doc.Column, ...] = (
            doc.Column("messages", is_number=True),
            doc.Column("who acts"),
            doc.Column("operator"),
            doc.Column("cause"),
        )
        rows = tuple(
            ((_number(it.messages),), (_LABELS[it.fix_by],), (Raw(it.operator_title),), (it.title,))
            for it in further[:100]
        )
        yield doc.Section(("Further matters",), (doc.Table(columns, rows),))
    late_groups = [it for it in report.groups if it.cured]
    if late_groups:
        rows_of = sorted(late_groups, key=lambda it: -it.cured)
        lines = tuple(
            (
                f"{_number(it.cured)} at ",
                Raw(it.operator_title),
                f": {it.title}; {_how_long(it)}",
            )
            for it in rows_of[: 100 if detail is Detail.FULL else 5]
        )
        yield doc.Section(("Cured itself",), (doc.Items(lines),))
    yield from _news(report)
    volumes = report.volumes[: _OPERATORS[detail]]
    if volumes:
        names = ("delivered", "failed", "last hour", "last day", "peak/min")
        columns = (doc.Column("operator"), *(doc.Column(name, is_number=True) for name in names))
        yield doc.Section(
            ("Where the mail goes",),
            (
                doc.Table(
                    columns,
                    tuple(
                        (
                            (Raw(_cut(it.operator_title, _OPERATOR_SHOWN)),),
                            *(
                                (_number(count),)
                                for count in (it.sent, it.failed, it.last_hour, it.last_day, it.peak_minute)
                            ),
                        )
                        for it in volumes
                    ),
                ),
            ),
        )
    notes = (*report.notes, *_counted_apart(report))
    if notes:
        yield doc.Section(("Also",), (doc.Items(tuple((Raw(note),) for note in notes)),))


def _news(report: LogReport) -> Iterator[doc.Block]:
    news = report.news
    if news is None or not (news.gone or news.new_source_ips):
        return
    lines: list[Line] = [
        (
            "gone: ",
            Raw(it.operator_title),
            f": {it.title}" + (f", last {_at(it.last_at, report)}" if it.last_at else ""),
        )
        for it in news.gone[:20]
    ]
    if news.new_source_ips:
        lines.append(
            ("mail leaves from addresses that were not seen before: ", Raw(", ".join(news.new_source_ips)))
        )
    yield doc.Section(("Since the last report",), (doc.Items(tuple(lines)),))


def _counted_apart(report: LogReport) -> Iterator[str]:
    totals = report.totals
    if totals.repeats:
        lines = "line was no attempt" if totals.repeats == 1 else "lines were no attempts"
        yield (
            f"{_number(totals.repeats)} {lines}: an older failure is told again (suspended, retry time not "
            "reached)"
        )
    if totals.dropped:
        verb = "was" if totals.dropped == 1 else "were"
        yield f"{_messages(totals.dropped)} {verb} taken out of the queue by hand, before any failure is told"
    if totals.local:
        yield f"{_messages(totals.local)} went into mailboxes or programs of this server"
    if totals.internal:
        yield (
            f"{_messages(totals.internal)} went to a filter on this machine, which is no delivery "
            "(--internal counts it)"
        )
    if totals.refused:
        top = _cut(report.refusals[0].template, _REFUSAL_SHOWN) if report.refusals else ""
        yield f"this server refused {_times(totals.refused)} what others brought; most often: {top}"
    unparsed_count = sum(it.unparsed for it in report.files)
    if unparsed_count:
        lines = "line looks like a delivery" if unparsed_count == 1 else "lines look like deliveries"
        yield f"{_number(unparsed_count)} {lines} and could not be read (--unparsed FILE keeps what was not)"
    for it in report.files:
        if it.problem:
            yield f"{it.name}: {it.problem}"


def _by_weight(groups: Sequence[LogGroup]) -> list[LogGroup]:
    """Who must act first, before what passes; then what is new; then the most messages."""
    return sorted(
        groups,
        key=lambda it: (
            it.fix_by is FixBy.NOBODY,
            it.since_last not in (Since.NEW, Since.TRIPLED),
            -it.messages,
            it.operator,
            it.cause,
        ),
    )


def _mark(group: LogGroup) -> Line:
    if group.since_last in (Since.NEW, Since.TRIPLED):
        return (Emphasis(group.since_last.value.upper()), " ")
    return ()


def _fates(group: LogGroup) -> str:
    parts = (
        (group.bounced, "refused for good"),
        (group.deferred, "still waits" if group.deferred == 1 else "still wait"),
        (group.expired, "given up after the time in the queue"),
        (group.removed, "taken out of the queue"),
    )
    text = ", ".join(f"{_number(count)} {what}" for count, what in parts if count)
    tries = f"; {_number(group.attempts)} tries" if group.attempts > group.messages + group.cured else ""
    again = f", put off {_times(group.repeats)} without a try" if group.repeats else ""
    later = f"; {_number(group.cured)} more were delivered later" if group.cured else ""
    return f"{text}{tries}{again}{later}"


def _bar(counts: Sequence[int]) -> str:
    most = max(counts)
    top = len(_LEVELS) - 1
    return "".join(_LEVELS[-(-count * top // most)] for count in counts)


def _how_long(group: LogGroup) -> str:
    longest = duration(group.cured_longest_s or 0)
    if group.cured == 1:
        return f"after {longest}"
    return f"half within {duration(group.cured_after_s or 0)}, the longest {longest}"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{_number(count)} times"


def _cut(text: str, limit: int) -> str:
    return f"{text[:limit]}…" if len(text) > limit else text


def _messages(count: int) -> str:
    return f"{_number(count)} message{'' if count == 1 else 's'}"


def _number(count: int) -> str:
    return f"{count:,}".replace(",", "\u00a0")


def _at(moment: str, report: LogReport, clock: str = "%H:%M") -> str:
    """A time in the zone of the log."""
    zone = timezone(timedelta(seconds=report.utc_offset_s))
    at = datetime.fromisoformat(moment.replace("Z", "+00:00")).astimezone(zone)
    return f"{at.day} {at:%b} {at:{clock}}"
