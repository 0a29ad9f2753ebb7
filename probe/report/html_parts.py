"""The parts of a page: facts, causes as bars, findings, steps, tables, dialogues and the timeline."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import assert_never

from probe.report import document as doc
from probe.report import words
from probe.report.html_text import escape, inline
from probe.report.html_timeline import LEGEND, draw
from probe.report.line import Line, plain
from probe.report.style import mark
from probe.report.timeline_table import timeline_table

_MANY_ENTRIES = 12  # from which a list is folded


class Parts:
    """Writes parts, and counts the timelines of a page."""

    def __init__(self) -> None:
        self.timelines = 0

    def part(self, part: doc.Part, title: str) -> Iterator[str]:
        """A part under a heading that is called `title`."""
        match part:
            case doc.Course():
                yield from _course(part)
            case doc.Facts():
                yield from self.facts(part.rows)
            case doc.Notes():
                yield from _folded(title, len(part.rows), _notes(part.rows))
            case doc.Paragraph():
                yield f"<p>{inline(part.line)}</p>"
            case doc.Advice():
                yield f'<p class="do">{inline(part.line)}</p>'
            case doc.Items():
                yield _items(part.lines)
            case doc.Entries():
                yield from _folded(title, len(part.rows), _entries(part))
            case doc.Table():
                yield from _table(part, title)
            case doc.Weighing():
                yield from self._weighing(part)
            case doc.Hypotheses():
                yield from _hypotheses(part)
            case doc.Findings():
                yield from _findings(part)
            case doc.Steps():
                yield from _steps(part)
            case doc.Dialogue():
                for session in part.sessions:
                    yield from _transcript(session)
            case doc.Timeline():
                yield from self._timeline(part, title)
            case doc.Quote():
                yield f'<pre tabindex="0">{escape_lines(part.lines)}</pre>'
            case _:
                assert_never(part)

    def facts(self, rows: Iterable[doc.Row]) -> Iterator[str]:
        """Labels and values; causes as bars."""
        cells = [cell for row in rows for cell in self._row(row)]
        if cells:
            yield '<dl class="facts">'
            yield from cells
            yield "</dl>"

    def _row(self, row: doc.Row) -> Iterator[str]:
        yield f"<dt>{escape(row.label)}</dt>"
        match row:
            case doc.Ranking():
                yield "<dd>"
                yield from _bars(row.shares)
                yield "</dd>"
            case doc.Act():
                more = f'<p class="more">{inline(row.more)}</p>' if row.more else ""
                yield f"<dd><p><strong>{inline(row.act)}</strong></p>{more}</dd>"
            case doc.Fact():
                command = f"<pre><code>{escape(row.command)}</code></pre>" if row.command else ""
                yield f"<dd>{''.join(f'<p>{inline(line)}</p>' for line in row.lines)}{command}</dd>"
            case _:
                assert_never(row)

    def act(self, act: doc.Act) -> Iterator[str]:
        """What to do, where it stands out."""
        more = f'<p class="more">{inline(act.more)}</p>' if act.more else ""
        yield f'<div class="act"><p class="who">{escape(act.label)}</p>'
        yield f'<p class="do">{inline(act.act)}</p>{more}</div>'

    def _weighing(self, weighing: doc.Weighing) -> Iterator[str]:
        """The first cause is open to the eye, the others behind their names."""
        for rank, cause in enumerate(weighing.causes):
            percent = escape(words.percent(cause.probability))
            name = (
                f"{escape(cause.title)} {percent} <span class='origin'><code>{escape(cause.id)}</code></span>"
            )
            yield f"<details><summary>{name}</summary>" if rank else f"<p class='title'>{name}</p>"
            yield '<dl class="facts sides">'
            for side, arguments in groupby(cause.arguments, key=lambda it: it.side):
                items = "".join(f"<li>{inline(it.line)}{_weight(it)}</li>" for it in arguments)
                yield f'<dt>{side.value}</dt><dd><ul class="plain">{items}</ul></dd>'
            yield "</dl></details>" if rank else "</dl>"

    def _timeline(self, timeline: doc.Timeline, title: str) -> Iterator[str]:
        self.timelines += 1
        yield draw(timeline, self.timelines)
        kinds = {bar.kind for lane in timeline.lanes for bar in lane.bars}
        keys = (
            f'<li><svg width="14" height="14" aria-hidden="true"><rect class="{kind.value}" x="1" y="1" '
            f'width="12" height="12" rx="2"/></svg>{name}</li>'
            for kind, name in LEGEND.items()
            if kind in kinds
        )
        yield f'<ul class="legend">{"".join(keys)}</ul>'
        yield "<details><summary>The same as a table</summary>"
        yield from _table(timeline_table(timeline), title)
        yield "</details>"


def escape_lines(lines: Iterable[str]) -> str:
    """Lines of preformatted text."""
    return "\n".join(map(escape, lines))


def _items(lines: Iterable[Line]) -> str:
    return f'<ul class="plain">{"".join(f"<li>{inline(line)}</li>" for line in lines)}</ul>'


def _course(course: doc.Course) -> Iterator[str]:
    yield '<ol class="course" aria-label="Stages of the attempt">'
    for station in course.stations:
        status = station.status.value
        remark = f" {escape(station.remark)}" if station.remark else ""
        yield (
            f'<li><span class="node"><span class="mark {status}" role="img" '
            f'aria-label="{words.STEP_STATUS[station.status]}">{mark(status)}</span>'
            f"<span>{escape(station.name)}{remark}</span></span></li>"
        )
    yield "</ol>"


def _bars(shares: Iterable[doc.Share]) -> Iterator[str]:
    yield '<ol class="bars">'
    for share in shares:
        band = f' <span class="more">({escape(share.band)})</span>' if share.band else ""
        yield f'<li><span class="percent">{escape(words.percent(share.probability))}</span>'
        yield f"<span>{escape(share.title)}{band}</span>{_bar(share.probability)}</li>"
    yield "</ol>"


def _bar(probability: float) -> str:
    width = f"{min(max(probability, 0.0), 1.0):.1%}"
    return f'<svg width="100%" height="7" aria-hidden="true"><rect width="{width}" height="7"/></svg>'


def _weight(argument: doc.Argument) -> str:
    if argument.side is doc.Side.NEUTRAL:
        return ""
    return f' <span class="more">({words.decibans(argument.weight_db)})</span>'


def _folded(title: str, count: int, lines: Iterable[str]) -> Iterator[str]:
    """A long list behind its title."""
    if count < _MANY_ENTRIES:
        yield from lines
        return
    yield f"<details><summary>{escape(title)}: all {count}</summary>"
    yield from lines
    yield "</details>"


def _notes(notes: Iterable[doc.Note]) -> Iterator[str]:
    rows = (f"<dt>{inline(it.name)}</dt><dd>{inline(it.line)}</dd>" for it in notes)
    yield f'<dl class="facts">{"".join(rows)}</dl>'


def _entries(entries: doc.Entries) -> Iterator[str]:
    yield '<ul class="rows">'
    for entry in entries.rows:
        below = "".join(f'<p class="more">{inline(line)}</p>' for line in entry.below)
        yield f"<li>{inline(entry.line)}{below}</li>"
    yield "</ul>"


def _table(table: doc.Table, title: str) -> Iterator[str]:
    """In a frame that scrolls by itself, also by keys, so that the page is never wider than the window."""
    name = escape(title)
    yield f'<div class="scroll" role="group" aria-label="{name}" tabindex="0">'
    yield f"<table><caption>{name}</caption>"
    yield f"<thead><tr>{''.join(_head(column) for column in table.columns)}</tr></thead><tbody>"
    for row in table.rows:
        cells = (
            f"<td{_number(column)}>{inline(cell)}</td>"
            for column, cell in zip(table.columns, row, strict=True)
        )
        yield f"<tr>{''.join(cells)}</tr>"
    yield "</tbody></table></div>"


def _head(column: doc.Column) -> str:
    return f'<th scope="col"{_number(column)}>{escape(column.name)}</th>'


def _number(column: doc.Column) -> str:
    return ' class="number"' if column.is_number else ""


def _hypotheses(hypotheses: doc.Hypotheses) -> Iterator[str]:
    yield '<ol class="bars">'
    for row in hypotheses.rows:
        weight = (
            f' <span class="more">({words.decibans(row.weight_db)})</span>'
            if row.weight_db is not None
            else ""
        )
        yield f'<li><span class="percent">{escape(words.percent(row.probability))}</span>'
        yield f"<span><strong>{escape(row.title)}</strong>: {inline(row.fact)}{weight}</span>"
        yield f"{_bar(row.probability)}</li>"
    yield "</ol>"


_LEVELS = {"fatal": "fail", "error": "fail", "unfit": "fail", "warning": "warning", "limited": "warning"}


def _findings(findings: doc.Findings) -> Iterator[str]:
    yield '<ul class="findings">'
    for row in findings.rows:
        level = _LEVELS.get(row.severity, "more")
        identity = f' <span class="origin"><code>{escape(row.id)}</code></span>' if row.id else ""
        yield f'<li><p class="level {level}">{escape(row.severity)}</p>'
        yield f"<p>{inline(row.message)}{identity}</p>"
        yield f'<p class="remedy">{inline(row.remedy)}</p></li>' if row.remedy else "</li>"
    yield "</ul>"


def _steps(steps: doc.Steps) -> Iterator[str]:
    """A list with its own numbers: a table of five columns has no room on a phone."""
    yield '<ol class="steps">'
    for row in steps.rows:
        status = row.status.value
        name = words.STEP_STATUS[row.status]
        style = "warning" if status == "warn" else status
        yield f'<li><p class="title">{row.number}. {escape(row.title)} <span class="status {style}">'
        yield f'<span aria-hidden="true">{mark(status)}</span> {name}</span></p>'
        for line in row.findings:
            yield f"<p>{inline(line)}</p>"
        yield f'<p class="do">{inline(row.do)}</p></li>' if row.do else "</li>"
    yield "</ol>"


def _transcript(session: doc.Transcript) -> Iterator[str]:
    """A session behind its title: the dialogue is long, and evidence rather than the answer."""
    yield f"<details><summary>{inline(session.title)}: {inline(session.about)}</summary>"
    yield '<div class="wire">'
    for turn in session.turns:
        if turn.sent:
            yield _said("C", turn.sent, "client")
        time = f"{turn.elapsed_ms} ms" if turn.elapsed_ms is not None else ""
        for text in turn.reply or (plain(turn.remark),):
            yield _said("S", text, "server", time)
            time = ""
        for deviation in turn.deviations:
            yield f'<div><span></span><span class="warning">{inline(deviation)}</span></div>'
    yield "</div>"
    yield from _notes(session.notes)
    yield "</details>"


def _said(who: str, text: str, style: str, time: str = "") -> str:
    when = f'<span class="when">{time}</span>' if time else ""
    return f'<div class="{style}"><span>{who}:</span><span>{escape(text)}</span>{when}</div>'
