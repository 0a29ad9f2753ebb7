"""What stands behind the matters of a mail log: further ones, what cured itself, volumes, notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from probe.maillog.operators import LOCAL
from probe.maillog.report import LogGroup, LogReport
from probe.model.text import duration
from probe.report import document as doc
from probe.report.detail import Detail
from probe.report.line import Line, Raw
from probe.report.log_terms import LABELS, at, cut, messages, number, times

_OPERATORS = {Detail.BRIEF: 0, Detail.SCREEN: 5, Detail.TICKET: 10, Detail.PAGE: 50, Detail.FULL: 50}
_REFUSAL_SHOWN = 100
_OPERATOR_SHOWN = 26  # in a table that fits 80 columns


def rest(report: LogReport, further: Sequence[LogGroup], detail: Detail) -> Iterator[doc.Block]:
    """What stands behind the matters that are told at length."""
    if further:
        columns: tuple[doc.Column, ...] = (
            doc.Column("messages", is_number=True),
            doc.Column("who acts"),
            doc.Column("operator"),
            doc.Column("cause"),
        )
        rows = tuple(
            ((number(it.messages),), (LABELS[it.fix_by],), (Raw(it.operator_title),), (it.title,))
            for it in further[:100]
        )
        yield doc.Section(("Further matters",), (doc.Table(columns, rows),))
    late_groups = [it for it in report.groups if it.cured]
    if late_groups:
        rows_of = sorted(late_groups, key=lambda it: -it.cured)
        lines = tuple(
            (
                f"{number(it.cured)} at ",
                Raw(it.operator_title),
                f": {it.title}; {how_long(it)}",
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
                            (Raw(cut(it.operator_title, _OPERATOR_SHOWN)),),
                            *(
                                (number(count),)
                                for count in (
                                    it.delivered,
                                    it.failed,
                                    it.last_hour,
                                    it.last_day,
                                    it.peak_minute,
                                )
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
            f": {it.title}" + (f", last {at(it.last_at, report)}" if it.last_at else ""),
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
            f"{number(totals.repeats)} {lines}: an older failure is told again (suspended, retry time not "
            "reached)"
        )
    if totals.dropped:
        verb = "was" if totals.dropped == 1 else "were"
        yield f"{messages(totals.dropped)} {verb} taken out of the queue by hand, before any failure is told"
    if totals.local:
        yield f"{messages(totals.local)} went into mailboxes or programs of this server"
    if totals.internal:
        yield (
            f"{messages(totals.internal)} went to a filter on this machine, which is no delivery "
            "(--internal counts it)"
        )
    for row in report.no_mailbox:
        if row.operator == LOCAL.id:
            what = row.disposition.value
            yield f"{messages(row.messages)} {what} by a filter of this machine, by its own words"
    if totals.refused:
        top = cut(report.refusals[0].template, _REFUSAL_SHOWN) if report.refusals else ""
        yield f"this server refused {times(totals.refused)} what others brought; most often: {top}"
    unparsed_count = sum(it.unparsed for it in report.files)
    if unparsed_count:
        lines = "line looks like a delivery" if unparsed_count == 1 else "lines look like deliveries"
        yield f"{number(unparsed_count)} {lines} and could not be read (--unparsed FILE keeps what was not)"
    for it in report.files:
        if it.problem:
            yield f"{it.name}: {it.problem}"


def how_long(group: LogGroup) -> str:
    """How long those waited that were delivered after all."""
    if group.cured_longest_s is None:
        return "after how long is not known"
    longest = duration(group.cured_longest_s)
    if group.cured == 1:
        return f"after {longest}"
    return f"half within {duration(group.cured_after_s or 0)}, the longest {longest}"
