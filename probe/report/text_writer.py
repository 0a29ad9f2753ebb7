"""Writes a document for a person at a terminal. `Page` escapes and wraps; this module does the layout."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from probe.model.steps import StepStatus
from probe.report import document as doc
from probe.report import words
from probe.report.line import plain
from probe.report.page import Page, columns
from probe.report.style import VERBOSE, Paint, Style

_PAINTS = {doc.Tone.GOOD: Paint.GOOD, doc.Tone.WARN: Paint.WARN, doc.Tone.BAD: Paint.BAD}
_STEP_PAINTS = {StepStatus.PASS: Paint.GOOD, StepStatus.WARN: Paint.WARN, StepStatus.FAIL: Paint.BAD}

_INDENT = 2  # of what stands under a heading, and of facts
_QUOTED = 4  # of a reply under its verdict
_LABEL, _NARROW_LABEL = 12, 11  # columns of the labels of the first screen
_NARROW = 60  # columns; below it every one counts
_PERCENT = 4  # columns of a share, at least
_CLOSE = {(doc.Course, doc.Verdict), (doc.Verdict, doc.Facts)}  # block pairs without an empty line between
_SIDE_COLUMNS = 9
_SEVERITY_COLUMNS = 8
_TIME_COLUMNS = 11
_STEP_COLUMNS = 26  # of number, mark and title
_ROOM_FOR_STEPS = 70  # below this width the text of a step goes under its title
_GAP = 2  # between the columns of a table
_ROOM_FOR_CELLS = 24  # least width of the last column; otherwise the rows are written as entries


def write(document: doc.Document, style: Style) -> str:
    """The document in lines of `style.width` columns, with a final line break.

    Text from outside is escaped; ANSI sequences are used only with `style.colour`. On a screen of
    `style.height` lines the answer is last, and parts without room are left out and named.
    """
    whole = _compose(document, style)
    if style.height is None or _fits(whole, style.height):
        return whole
    from probe.report import folding

    if style.verbosity >= VERBOSE:
        return _compose(folding.put_answer_last(document), style, is_folded=True)
    text = whole
    height = style.height

    def has_room(answer: doc.Document) -> bool:
        return _fits(_compose(answer, style, is_folded=True), height)

    for shorter in folding.fold(document, has_room):
        text = _compose(shorter, style, is_folded=True)
        if _fits(text, style.height):
            break
    return text


def _fits(text: str, height: int) -> bool:
    return text.count("\n") < height  # the prompt takes a line


def _compose(document: doc.Document, style: Style, *, is_folded: bool = False) -> str:
    page = Page(style)
    if document.caution:
        page.text(plain(document.caution))
    if document.title is not None:
        page.pair(plain(document.title.line), plain(document.title.effort))
    writer = _Writer(page, _label_columns(document))
    before: doc.Block | None = None
    for block in document.blocks:
        if not isinstance(block, doc.Notes) and (type(before), type(block)) not in _CLOSE:
            page.blank()
        writer.block(block)
        before = block
    if document.colophon is not None:
        page.blank()
        page.pair(style.note, f"exit {document.colophon.exit_code}")
    elif is_folded and document.exit_code is not None:
        page.blank()
        page.pair("", f"exit {document.exit_code}")
    return str(page)


def _label_columns(document: doc.Document) -> int:
    """One width for the labels under all headings."""
    sections = (block for block in document.blocks if isinstance(block, doc.Section))
    facts = (part for section in sections for part in section.parts if isinstance(part, doc.Facts))
    return max((columns(row.label) for part in facts for row in part.rows), default=0) + 2


class _Writer:
    """Writes blocks on a page; `labels` is the width of labels under headings."""

    def __init__(self, page: Page, labels: int) -> None:
        self.page = page
        self.labels = labels
        self.first = _LABEL if page.style.width >= _NARROW else _NARROW_LABEL

    def block(self, block: doc.Block) -> None:
        """A block outside any section."""
        match block:
            case doc.Subject():
                self.page.text(plain(block.line), lead=f"{block.word}  ", paint=_PAINTS[block.tone])
                self._facts(block.facts, self.first)
            case doc.Verdict():
                self._verdict(block)
            case doc.Section():
                self.page.text(plain(block.heading))
                for part in block.parts:
                    self._part(part, _INDENT)
            case doc.Facts():
                self._facts(block.rows, self.first)
            case _:
                self._part(block, 0)

    def _verdict(self, verdict: doc.Verdict) -> None:
        self.page.text(plain(verdict.place), lead=f"{verdict.word}  ", paint=_PAINTS[verdict.tone])
        if verdict.reply:
            self.page.text(verdict.reply, indent=_QUOTED)
        for remark in verdict.remarks:
            self.page.text(plain(remark), indent=_QUOTED)

    def _part(self, part: doc.Part, indent: int) -> None:
        page = self.page
        match part:
            case doc.Course():
                page.text(" · ".join(map(self._station, part.stations)), indent=indent)
            case doc.Facts():
                self._facts(part.rows, self.labels)
            case doc.Notes():
                self._notes(part.rows, indent)
            case doc.Paragraph():
                page.text(plain(part.line), indent=indent)
            case doc.Advice():
                page.text(plain(part.line), lead="→ ", indent=indent)
            case doc.Items():
                for line in part.lines:
                    page.text(plain(line), lead="- ", indent=indent)
            case doc.Entries():
                for entry in part.rows:
                    page.text(plain(entry.line), indent=indent)
                    for line in entry.below:
                        page.text(plain(line), indent=indent + 2)
            case doc.Table():
                self._table(part, indent)
            case doc.Weighing():
                self._weighing(part, indent)
            case doc.Hypotheses():
                self._hypotheses(part, indent)
            case doc.Findings():
                self._findings(part, indent)
            case doc.Steps():
                for step in part.rows:
                    self._step(step, indent, is_whole=part.is_whole)
            case doc.Dialogue():
                self._dialogue(part, indent)
            case doc.Timeline():
                self._timeline(part, indent)
            case doc.Quote():
                for text in part.lines:
                    page.text(text, indent=indent)
            case _:
                assert_never(part)

    def _station(self, station: doc.Station) -> str:
        remark = f" {station.remark}" if station.remark else ""
        return f"{station.name} {self.page.style.mark(station.status).strip()}{remark}"

    def _facts(self, rows: Iterable[doc.Row], label_columns: int) -> None:
        for row in rows:
            lead = f"{row.label:{label_columns}}"
            match row:
                case doc.Ranking():
                    self._ranking(row, lead)
                case doc.Act():
                    self.page.text(plain(row.act), lead=lead, indent=_INDENT, is_strong=True)
                    if row.more:
                        self.page.text(plain(row.more), lead=" " * label_columns, indent=_INDENT)
                case doc.Fact():
                    for line in row.lines:
                        self.page.text(plain(line), lead=lead, indent=_INDENT)
                        lead = " " * label_columns
                    if row.command:
                        self.page.command(row.command, indent=_INDENT + label_columns)
                case _:
                    assert_never(row)

    def _ranking(self, ranking: doc.Ranking, lead: str) -> None:
        """The share comes before its cause, so that shares are aligned on any width."""
        percents = [words.percent(share.probability) for share in ranking.shares]
        widest = max(_PERCENT, *map(len, percents))
        for share, percent in zip(ranking.shares, percents, strict=True):
            band = f" ({share.band})" if share.band else ""
            self.page.text(share.title + band, lead=f"{lead}{percent:>{widest}}  ", indent=_INDENT)
            lead = " " * len(lead)

    def _notes(self, rows: Iterable[doc.Note], indent: int) -> None:
        for note in rows:
            self.page.text(plain(note.line), lead=f"{plain(note.name)}: ", indent=indent)

    def _weighing(self, weighing: doc.Weighing, indent: int) -> None:
        for cause in weighing.causes:
            if len(weighing.causes) > 1:
                self.page.text(f"{cause.title} ({cause.id})", indent=indent)
            before: doc.Side | None = None
            for argument in cause.arguments:
                side = argument.side.value if argument.side is not before else ""
                before = argument.side
                weight = "" if argument.side is doc.Side.NEUTRAL else words.decibans(argument.weight_db)
                lead = f"{side:{_SIDE_COLUMNS}}{weight:>3}  "
                self.page.text(plain(argument.line), lead=lead, indent=indent, paint=Paint.FAINT)

    def _hypotheses(self, hypotheses: doc.Hypotheses, indent: int) -> None:
        for row in hypotheses.rows:
            weight = words.decibans(row.weight_db) if row.weight_db is not None else ""
            lead = f"{words.percent(row.probability):>5}  {weight:>3}  "
            self.page.text(f"{row.title}: {plain(row.fact)}", lead=lead, indent=indent, paint=Paint.FAINT)

    def _findings(self, findings: doc.Findings, indent: int) -> None:
        for row in findings.rows:
            origin = f" ({row.id})" if row.id else ""
            lead = f"{row.severity:{_SEVERITY_COLUMNS}}"
            self.page.text(plain(row.message) + origin, lead=lead, indent=indent)
            if row.remedy:
                self.page.text(plain(row.remedy), lead="→ ", indent=indent + _SEVERITY_COLUMNS)

    def _step(self, step: doc.StepRow, indent: int, *, is_whole: bool) -> None:
        do = plain(step.do)
        texts = [plain(line) for line in step.findings]
        if do:
            texts.append(f"→ {do}" if texts else do)
        head = f"{step.number} {self.page.style.mark(step.status)} {step.title}"
        paint = _STEP_PAINTS.get(step.status)
        is_narrow = self.page.style.width < _ROOM_FOR_STEPS
        lead = "" if is_narrow else f"{head:{_STEP_COLUMNS}} "
        if not is_whole:
            before = indent + 4 if is_narrow else indent + len(lead)
            texts = [self.page.cut(text, before) for text in texts[:1]]
        if is_narrow:
            self.page.text("", lead=head, indent=indent, paint=paint)
            for text in texts:
                self.page.text(text, indent=indent + 4)
            return
        for text in texts or [""]:
            self.page.text(text, lead=lead, indent=indent, paint=paint)
            lead, paint = " " * len(lead), None

    def _dialogue(self, dialogue: doc.Dialogue, indent: int) -> None:
        for session in dialogue.sessions:
            if len(dialogue.sessions) > 1:
                self.page.text(plain(session.title), indent=indent)
            self.page.text(plain(session.about), indent=indent)
            for turn in session.turns:
                self._turn(turn, indent)
            self._notes(session.notes, indent)

    def _turn(self, turn: doc.Turn, indent: int) -> None:
        if turn.sent:
            self.page.text(turn.sent, lead=f"{'':{_TIME_COLUMNS}}C: ", indent=indent)
        time = f"{turn.elapsed_ms} ms" if turn.elapsed_ms is not None else ""
        for text in turn.reply or (plain(turn.remark),):
            self.page.text(text, lead=f"{time:>{_TIME_COLUMNS - 2}}  S: ", indent=indent)
            time = ""
        for deviation in turn.deviations:
            self.page.text(plain(deviation), indent=indent + _TIME_COLUMNS + 3)

    def _timeline(self, timeline: doc.Timeline, indent: int) -> None:
        for lane in timeline.lanes:
            self.page.text(plain(lane.title), indent=indent)
            for bar in lane.bars:
                lead = f"{bar.start_ms:>8} ms  {bar.elapsed_ms:>7} ms  "
                self.page.text(bar.name, lead=lead, indent=indent)

    def _table(self, table: doc.Table, indent: int) -> None:
        page = self.page
        rows = [tuple(page.fit(plain(cell)) for cell in row) for row in table.rows]
        heads = tuple(page.fit(column.name) for column in table.columns)
        widths = [max(map(columns, cells)) for cells in zip(heads, *rows, strict=True)]
        before_last = indent + sum(width + _GAP for width in widths[:-1])
        if page.style.width - before_last < min(widths[-1], _ROOM_FOR_CELLS):
            self._stack(heads, rows, indent)
            return
        for cells in (heads, *rows):
            padded_cells = []
            for cell, width, column in zip(cells, widths, table.columns, strict=True):
                pad = " " * (width - columns(cell))
                padded_cells.append(pad + cell if column.is_number else cell + pad)
            *first, last = padded_cells
            lead = "".join(cell + " " * _GAP for cell in first)
            if indent + columns(lead) + widths[-1] <= page.style.width:  # no cell needs wrapping
                page.text(lead + last.rstrip(), indent=indent)
            else:
                page.text(last.rstrip(), lead=lead, indent=indent)

    def _stack(self, heads: tuple[str, ...], rows: list[tuple[str, ...]], indent: int) -> None:
        """A table that is too wide: each row as an entry, with its other cells below, named."""
        for row in rows:
            self.page.text(row[0], indent=indent)
            for head, cell in zip(heads[1:], row[1:], strict=True):
                if cell:
                    self.page.text(cell, lead=f"{head}: ", indent=indent + 2)
