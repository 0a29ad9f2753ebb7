"""Writes a document as Markdown for a ticket. `inline` escapes each line, once; this module does the
layout."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import assert_never

from probe.model.steps import StepStatus
from probe.report import document as doc
from probe.report import words
from probe.report.line import Code, Emphasis, Line, Origin, Raw, plain
from probe.report.markdown_text import markdown_code, markdown_fence, markdown_run, markdown_text, unmistaken
from probe.report.style import mark
from probe.report.timeline_table import timeline_table

_PLAIN = re.compile(r"[A-Za-z0-9_.:-]+")
_ENTRY = "###"  # the heading of one of several entries; its sections have headings in bold


def write(document: doc.Document) -> str:
    """CommonMark with GFM tables, with a final line break; text from outside is always literal."""
    blocks: list[str] = []
    if document.title is not None:
        blocks.append(f"# {inline(document.title.line)}")
    if document.caution:
        blocks.append(f"**{inline(document.caution)}**")
    heading = "**{}**" if document.title is None else "## {}"
    for block in document.blocks:
        blocks += _block(block, heading)
    blocks += _ending(document)
    return "\n\n".join(block for block in blocks if block) + "\n"


def inline(line: Line, *, in_cell: bool = False) -> str:
    """A line for a paragraph, a heading, a list or, with `in_cell`, a cell of a table."""
    text, run = "", ""
    for span in line:
        if isinstance(span, str):
            run += span
        elif isinstance(span, Raw):
            run += span.text
        else:
            text = _join(text, markdown_run(run))
            text, run = _join(text, _mark(span, in_cell=in_cell)), ""
    return unmistaken(_join(text, markdown_run(run)).strip())


def _join(left: str, right: str) -> str:
    # two adjacent backticks would begin and end other code spans
    return f"{left} {right}" if left.endswith("`") and right.startswith("`") else left + right


def _mark(span: Code | Emphasis | Origin, *, in_cell: bool) -> str:
    match span:
        case Code():
            return _code(span.text) if in_cell else markdown_code(span.text)
        case Emphasis():
            return f"*{markdown_text(span.text)}*"
        case Origin():
            return "".join(f" {_code(part)}" for part in (span.rule, span.ref) if part)
        case _:
            assert_never(span)


def _code(text: str) -> str:
    # a code span in a table cell must not contain anything that could end the span or the cell
    return markdown_code(text) if _PLAIN.fullmatch(text) else markdown_text(text)


def _block(block: doc.Block, heading: str) -> list[str]:
    match block:
        case doc.Subject():
            word = markdown_text(block.word)
            return [f"{_ENTRY} {word} {inline(block.line)}", _facts(block.facts)]
        case doc.Verdict():
            place = f"**{markdown_text(block.word)}** {inline(block.place)}".rstrip()
            reply = markdown_code(block.reply) if block.reply else ""
            return [place, reply, *map(inline, block.remarks)]
        case doc.Section():
            return [heading.format(inline(block.heading)), *(_part(part) for part in block.parts)]
        case doc.Facts():
            return [_facts(block.rows)]
        case _:
            return [_part(block)]


def _part(part: doc.Part) -> str:
    match part:
        case doc.Course():
            return " · ".join(map(_station, part.stations))
        case doc.Facts():
            return _table(("What", "Seen"), [cells for row in part.rows for cells in _fact_cells(row)])
        case doc.Notes():
            return _items((*note.name, ": ", *note.line) for note in part.rows)
        case doc.Paragraph():
            return inline(part.line)
        case doc.Advice():
            return f"→ {inline(part.line)}"
        case doc.Items():
            return _items(part.lines)
        case doc.Entries():
            return "\n".join(_entry(entry) for entry in part.rows)
        case doc.Table():
            return _columns(part)
        case doc.Weighing():
            return _weighing(part)
        case doc.Hypotheses():
            rows = [[markdown_text(row.title), _percent(row.probability), _fact(row)] for row in part.rows]
            return _table(("Hypothesis", "Share", "What speaks most for or against it"), rows)
        case doc.Findings():
            return "\n".join(_finding(row) for row in part.rows)
        case doc.Steps():
            return _table(("Step", "", "Status", "Found", "Do"), [_step(row) for row in part.rows])
        case doc.Dialogue():
            return _dialogue(part)
        case doc.Timeline():
            return _columns(timeline_table(part))
        case doc.Quote():
            return "\n".join(markdown_fence(list(part.lines)))
        case _:
            assert_never(part)


def _columns(table: doc.Table) -> str:
    return _table(
        [markdown_text(column.name) for column in table.columns],
        [[inline(cell, in_cell=True) for cell in row] for row in table.rows],
        [column.is_number for column in table.columns],
    )


def _items(lines: Iterable[Line]) -> str:
    return "\n".join(f"- {inline(line)}" for line in lines)


def _entry(entry: doc.Entry) -> str:
    return "\n".join((f"- {inline(entry.line)}", *(f"  - {inline(line)}" for line in entry.below)))


def _table(
    heads: Sequence[str], rows: Sequence[Sequence[str]], are_numbers: Sequence[bool] | None = None
) -> str:
    rules = ["---:" if number else "---" for number in are_numbers or [False] * len(heads)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (heads, rules, *rows))


def _percent(probability: float) -> str:
    return words.percent(probability).replace("<", "&lt;").replace(">", "&gt;")


def _station(station: doc.Station) -> str:
    remark = f" {markdown_text(station.remark)}" if station.remark else ""
    sign = "(!)" if station.status is StepStatus.WARN else mark(station.status)  # GitLab links !4
    return f"{markdown_text(station.name)} {sign}{remark}"


def _facts(rows: Sequence[doc.Row]) -> str:
    return "\n".join(text for row in rows for text in _fact_lines(row))


def _fact_lines(row: doc.Row) -> list[str]:
    lead = f"- **{markdown_text(row.label)}:** "
    if isinstance(row, doc.Act):
        return [f"{lead}**{inline(row.act)}** {inline(row.more)}".rstrip()]
    if isinstance(row, doc.Ranking):
        return [lead + "; ".join(_share(share) for share in row.shares)]
    texts = [lead + inline(line) for line in row.lines]
    if row.command:
        texts[-1] += f" {markdown_code(row.command)}"
    return texts


def _fact_cells(row: doc.Row) -> Iterator[tuple[str, str]]:
    label = markdown_text(row.label)
    if isinstance(row, doc.Act):
        yield label, f"**{inline(row.act, in_cell=True)}** {inline(row.more, in_cell=True)}".rstrip()
        return
    if isinstance(row, doc.Ranking):
        yield label, "; ".join(_share(share) for share in row.shares)
        return
    for line in row.lines:
        yield label, inline(line, in_cell=True)
    if row.command:
        yield label, _code(row.command)


def _share(share: doc.Share) -> str:
    band = f", {markdown_text(share.band)}" if share.band else ""
    return f"{markdown_text(share.title)} ({_percent(share.probability)}{band})"


def _weighing(weighing: doc.Weighing) -> str:
    """One cause as a list; several as a table without empty columns."""
    if len(weighing.causes) == 1:
        return "\n".join(
            f"- {it.side.value}{_weight(it, ' {}')}: {inline(it.line)}" for it in weighing.causes[0].arguments
        )
    sides = [
        side
        for side in doc.Side
        if side is not doc.Side.NEUTRAL
        or any(it.side is side for cause in weighing.causes for it in cause.arguments)
    ]
    rows = [
        [
            f"{markdown_text(cause.title)} ({markdown_text(cause.id)})",
            _percent(cause.probability),
            *("<br>".join(_argument(it) for it in cause.arguments if it.side is side) for side in sides),
        ]
        for cause in weighing.causes
    ]
    return _table(("Cause", "Share", *(side.value.capitalize() for side in sides)), rows)


def _argument(argument: doc.Argument) -> str:
    return inline(argument.line, in_cell=True) + _weight(argument, " ({})")


def _weight(argument: doc.Argument, form: str) -> str:
    return "" if argument.side is doc.Side.NEUTRAL else form.format(words.decibans(argument.weight_db))


def _fact(row: doc.HypothesisRow) -> str:
    weight = f" ({words.decibans(row.weight_db)})" if row.weight_db is not None else ""
    return inline(row.fact, in_cell=True) + weight


def _finding(row: doc.FindingRow) -> str:
    origin = f" ({markdown_text(row.id)})" if row.id else ""
    remedy = f" → {inline(row.remedy)}" if row.remedy else ""
    return f"- **{markdown_text(row.severity)}**{origin}: {inline(row.message)}{remedy}"


def _step(step: doc.StepRow) -> list[str]:
    cell = "<br>".join(inline(line, in_cell=True) for line in step.findings)
    do = inline(step.do, in_cell=True)
    return [str(step.number), markdown_text(step.title), words.STEP_STATUS[step.status], cell, do]


def _dialogue(dialogue: doc.Dialogue) -> str:
    """All sessions in one block of code; lines that are not octets of the connection begin with #."""
    lines: list[str] = []
    for session in dialogue.sessions:
        if lines:
            lines.append("")
        lines.append(f"# {plain(session.title)}, {plain(session.about)}")
        for turn in session.turns:
            if turn.sent:
                lines.append(f"C: {turn.sent}")
            if turn.elapsed_ms is not None:
                lines.append(f"# {turn.elapsed_ms} ms")
            lines += [f"S: {text}" for text in turn.reply or (plain(turn.remark),)]
            lines += [f"# {plain(deviation)}" for deviation in turn.deviations]
        lines += [f"# {plain(note.name)}: {plain(note.line)}" for note in session.notes]
    return "\n".join(markdown_fence(lines))


def _ending(document: doc.Document) -> list[str]:
    """The last line: the colophon, or the effort."""
    effort = document.title.effort if document.title is not None else ()
    colophon = document.colophon
    if colophon is None:
        return [inline(effort)] if effort else []
    end = (": ", *effort, ".") if effort else (".",)
    about = ("Made by smtp-probe ", Code(colophon.version), ", started ", Raw(colophon.started_at))
    return [inline((*about, f", exit code {colophon.exit_code}", *end))]
