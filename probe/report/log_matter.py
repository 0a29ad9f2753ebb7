"""One matter of a mail log, and the history of one message, as people read them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from probe.maillog.operators import LOCAL
from probe.maillog.report import LogGroup, LogReport, LogTaken, LogWording
from probe.model.evidence import Band
from probe.model.reply import Stage
from probe.model.verdict import FixBy, Retry
from probe.reading.log.event import Status
from probe.reading.reply.disposition import Disposition, disposition
from probe.report import document as doc
from probe.report import words
from probe.report.detail import Detail
from probe.report.line import Code, Emphasis, Line, Raw
from probe.report.log_terms import at, cut, how_many, mark, next_label, number, times

_WHO = {
    FixBy.SENDER: "you must act",
    FixBy.SENDER_NETWORK: "your network or its operator must act",
    FixBy.RECIPIENT_ADMIN: "the recipient's administrator must act",
    FixBy.RECIPIENT: "the recipient must act",
    FixBy.EITHER: "who must act cannot be told",
    FixBy.NOBODY: "passes by itself",
}
_LEVELS = " .:-=+*#"
_WORDS_SHOWN = 300  # characters of a reply on the screen
_DOMAINS_SHOWN = 4
_TAKEN_SHOWN = {Detail.BRIEF: 0, Detail.SCREEN: 3, Detail.TICKET: 10, Detail.PAGE: 50, Detail.FULL: 50}


def history(report: LogReport) -> doc.Section:
    """All that happened to one message."""
    entries = []
    for it in report.history:
        when = f"{at(it.at, report, '%H:%M:%S')}  " if it.at else ""
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
        what = disposition(it.words) if it.is_remote and it.status == Status.SENT else None
        if what is not None:
            below = (*below, (words.NO_MAILBOX[what],))
        entries.append(doc.Entry(line, below))
    return doc.Section(("What happened to the message",), (doc.Entries(tuple(entries)),))


def disposition_of_one(report: LogReport) -> Disposition | None:
    """What the words say of one message that was taken for nobody's mailbox; None if any recipient has it."""
    taken = [disposition(it.words) for it in report.history if it.is_remote and it.status == Status.SENT]
    return taken[-1] if taken and all(taken) else None


def remote_taken(report: LogReport) -> list[LogTaken]:
    """What others took and gave to nobody; what a filter of this machine did is told apart."""
    return [it for it in report.no_mailbox if it.operator != LOCAL.id]


def taken(rows: Sequence[LogTaken], report: LogReport, detail: Detail) -> doc.Section:
    """What others took and gave to nobody, by their own words."""
    entries = tuple(_taken(it, report) for it in rows[: _TAKEN_SHOWN[detail]])
    return doc.Section(("Taken, and by the words of the server in no mailbox",), (doc.Entries(entries),))


def _taken(row: LogTaken, report: LogReport) -> doc.Entry:
    last = f", last {at(row.last_at, report)}" if row.last_at else ""
    line: Line = (Raw(row.operator_title), f": {number(row.messages)} {row.disposition.value}{last}")
    example = Code(cut(row.example.replace("\n", " "), _WORDS_SHOWN))
    return doc.Entry(line, ((example,), (Raw(_place(row)),), (words.ASK_THEM,)))


def _place(row: LogTaken | LogWording) -> str:
    """Where the example stands, and of whom it is."""
    where = f"{row.file}:{row.line}" + (f", {row.queue_id}" if row.queue_id else "")
    if row.recipient and row.sender is not None:
        return f"{where}, {row.sender or '<>'} to {row.recipient}"
    return where


def matter(group: LogGroup, report: LogReport, detail: Detail) -> doc.Section:
    """One matter: who must act, how much, since when, the words, what to do."""
    heading: Line = (*mark(group), Raw(group.operator_title), f": {group.title}  ({_WHO[group.fix_by]})")
    return doc.Section(heading, (doc.Facts(tuple(_matter_rows(group, report, detail))),))


def _matter_rows(group: LogGroup, report: LogReport, detail: Detail) -> Iterator[doc.Fact]:
    yield doc.Fact("Messages", ((_fates(group),),))
    if group.first_at and group.last_at:
        bar = f"  |{_bar(group.bar)}|" if any(group.bar) else ""
        when = f"{at(group.first_at, report)} to {at(group.last_at, report)}{bar}"
        yield doc.Fact("When", ((when,),))
    domains = [it for it in group.domains if it.name][:_DOMAINS_SHOWN]
    if domains:
        parts: list[Raw | str] = []
        for it in domains:
            parts += [Raw(it.name), f" {number(it.messages)}, "]
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
    yield doc.Fact("Retry", ((_retry(group),),))
    if group.command:
        yield doc.Fact("Next", ((next_label(group.command),),), group.command)


def _retry(group: LogGroup) -> str:
    """When to try again, and by whom: what was given up is tried by no server any more."""
    time = words.retry(group.retry, group.retry_after_s, group.band)
    if group.expired and not group.deferred and group.retry is Retry.LATER:
        return f"send it again, {time} at the earliest: your server has given up"
    return time


def _words_of(wording: LogWording, detail: Detail) -> doc.Fact:
    label = "Reply" if wording.is_remote else "Log says"
    example = wording.example.replace("\n", " ")
    example_text = example if detail is Detail.FULL else cut(example, _WORDS_SHOWN)
    stage = f" (at {words.STAGES[Stage(wording.stage)]})" if wording.stage else ""
    lines: list[Line] = []
    if wording.template != wording.example and wording.messages > 1:
        template = cut(wording.template.replace("\n", " "), _WORDS_SHOWN)
        lines.append((f"{number(wording.messages)} x ", Raw(template)))
    lines.append(((Code(example_text) if example_text else "no words"), stage))
    lines.append((Raw(_place(wording)),))
    return doc.Fact(label, tuple(lines))


def _fates(group: LogGroup) -> str:
    parts = (
        (group.bounced, "refused for good"),
        (group.deferred, "still waits" if group.deferred == 1 else "still wait"),
        (group.expired, "given up after the time in the queue"),
        (group.removed, "taken out of the queue"),
    )
    text = ", ".join(f"{number(count)} {what}" for count, what in parts if count)
    if not text and group.queue_tries:
        text = f"{how_many((group,))}, which names none"
        return f"{text}; {_cured(group)} delivered later" if group.cured else text
    tries = f"; {number(group.attempts)} tries" if group.attempts > group.messages + group.cured else ""
    again = f", put off {times(group.repeats)} without a try" if group.repeats else ""
    later = f"; {_cured(group)} delivered later" if group.cured else ""
    return f"{text}{tries}{again}{later}"


def _cured(group: LogGroup) -> str:
    return f"{number(group.cured)} more {'was' if group.cured == 1 else 'were'}"


def _bar(counts: Sequence[int]) -> str:
    most = max(counts)
    top = len(_LEVELS) - 1
    return "".join(_LEVELS[-(-count * top // most)] for count in counts)
