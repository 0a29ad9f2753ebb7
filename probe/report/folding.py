"""Shortens a report for a screen: the answer last, above it only what needs attention.

The rules are the same for every kind of report and depend on the kind of each part. A pipe, a file and a
ticket get the complete document; parts not shown on a screen are named, with the option that shows them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from probe.report import document as doc
from probe.report.act import AFTER_DATA, SETTLE, WHO_ACTS
from probe.report.line import Line, Origin, Raw, plain

_GRAVE = ("fatal", "error", "warning")
_NAMES_LENGTH = 160  # characters of the names of what is not shown
_REPLY_LENGTH = 200  # characters of a reply, as the last way to shorten
_SHORT_REPLY, _SHORT_ACT = 80, 100  # the same where the answer alone is longer than the screen
_NEEDED = frozenset((WHO_ACTS, AFTER_DATA, "Retry"))  # of the answer, beside causes and act
HOW = "-v or --pager shows all"


def put_answer_last(document: doc.Document) -> doc.Document:
    """The complete document with the verdict and its facts as the last blocks, which stay visible."""
    head, rest, answer = _sort(document)
    return document._replace(blocks=(*head, *rest, *answer))


def fold(
    document: doc.Document, has_room: Callable[[doc.Document], bool] = lambda _: True
) -> Iterator[doc.Document]:
    """The folded document, shorter each time: without sections that need no attention; without the advice of
    steps; only the first sentence of the act; only the first cause; a shortened reply. If the answer alone
    has no room (`has_room`), as on a narrow screen, that is shortened, too."""
    head, rest, answer = _sort(document)
    short, hidden = _drop_what_is_right(rest)
    yield document._replace(blocks=(*head, *short, *_note(hidden), *answer))
    for shorten, name in _WAYS:
        left = tuple(shorten(it) for it in (*short, *answer))
        if left == (*short, *answer):
            continue
        short, answer = left[: len(short)], left[len(short) :]
        hidden = (*hidden, (name,)) if name else hidden
        yield document._replace(blocks=(*head, *short, *_note(hidden), *answer))
    for shorten, name in _WAYS_OF_ANSWER:
        if has_room(document._replace(blocks=answer, title=None, caution=())):
            return
        left = tuple(map(shorten, answer))
        if left != answer:
            answer, hidden = left, (*hidden, (name,))
            yield document._replace(blocks=(*head, *short, *_note(hidden), *answer))


def _sort(
    document: doc.Document,
) -> tuple[tuple[doc.Block, ...], tuple[doc.Block, ...], tuple[doc.Block, ...]]:
    """Split into head, details and answer."""
    head: list[doc.Block] = []
    rest: list[doc.Block] = []
    answer: list[doc.Block] = []
    for block in document.blocks:
        if isinstance(block, doc.Subject):
            head.append(block)
        elif isinstance(block, doc.Course | doc.Verdict | doc.Facts):
            answer.append(block)
        else:
            rest.append(block)
    return tuple(head), tuple(rest), tuple(answer)


def _drop_what_is_right(blocks: tuple[doc.Block, ...]) -> tuple[tuple[doc.Block, ...], tuple[Line, ...]]:
    """The blocks, or parts of them, that need attention, and the names of those left out."""
    remaining: list[doc.Block] = []
    hidden: list[Line] = []
    for block in blocks:
        if not isinstance(block, doc.Section):
            hidden.append(("remarks",))
        elif block.stays:
            remaining.append(block)
        else:
            parts = tuple(part for it in block.parts if (part := _attention(it)) is not None)
            if parts:
                remaining.append(block._replace(parts=parts))
            if parts != block.parts:
                hidden.append(_name(block, parts))
    return tuple(remaining), tuple(dict.fromkeys(hidden))


def _attention(part: doc.Part) -> doc.Part | None:
    """The content of a part that needs attention; None if nothing does."""
    if isinstance(part, doc.Steps):
        steps = tuple(row for row in part.rows if row.status.is_amiss)
        return doc.Steps(steps) if steps else None
    if isinstance(part, doc.Findings):
        findings = tuple(row for row in part.rows if row.severity in _GRAVE)
        return doc.Findings(findings) if findings else None
    return None


def _name(section: doc.Section, remaining: tuple[doc.Part, ...]) -> Line:
    """The name of what is left out of a section: its heading, or some of its rows."""
    if not remaining:
        first, *more = section.heading
        if not isinstance(first, str):
            return section.heading
        word, aside, _ = first.partition(" (")
        return (word[:1].lower() + word[1:], *(() if aside else more))
    rows = sum(_rows(part) for part in section.parts) - sum(_rows(part) for part in remaining)
    what = "step" if any(isinstance(part, doc.Steps) for part in remaining) else "finding"
    return (f"{rows} more {what}{'' if rows == 1 else 's'}",)


def _rows(part: doc.Part) -> int:
    return len(part.rows) if isinstance(part, doc.Steps | doc.Findings) else 0


def _note(hidden: tuple[Line, ...]) -> tuple[doc.Block, ...]:
    """The sentence that names what is not shown, and how to see it."""
    if not hidden:
        return ()
    line: list[Line] = [("Not shown: ",)]
    room = _NAMES_LENGTH
    for number, name in enumerate(hidden):
        room -= len(plain(name))
        if room < 0 and number:
            line.append((f" and {len(hidden) - number} more",))
            break
        line.append((", ", *name) if number else name)
    return (doc.Paragraph((*(span for spans in line for span in spans), f"; {HOW}.")),)


def _change_parts(change: Callable[[doc.Part], doc.Part]) -> Callable[[doc.Block], doc.Block]:
    """Apply a change to the parts of sections only."""

    def change_block(block: doc.Block) -> doc.Block:
        return (
            block._replace(parts=tuple(map(change, block.parts))) if isinstance(block, doc.Section) else block
        )

    return change_block


def _drop_advice(part: doc.Part) -> doc.Part:
    """Steps and findings without advice."""
    match part:
        case doc.Steps():
            return doc.Steps(tuple(row._replace(do=()) if row.findings else row for row in part.rows))
        case doc.Findings():
            return doc.Findings(tuple(row._replace(remedy=()) for row in part.rows))
        case _:
            return part


def _shorten_steps(part: doc.Part) -> doc.Part:
    """Steps with one line each."""
    return part._replace(is_whole=False) if isinstance(part, doc.Steps) else part


def _cut_reply(length: int) -> Callable[[doc.Block], doc.Block]:
    """Shorten the reply of the verdict."""

    def change_block(block: doc.Block) -> doc.Block:
        if not isinstance(block, doc.Verdict) or len(block.reply) <= length:
            return block
        return block._replace(reply=f"{block.reply[:length]}…")

    return change_block


def _change_rows(change: Callable[[doc.Row], doc.Row | None]) -> Callable[[doc.Block], doc.Block]:
    """Apply a change to the rows of facts; None leaves a row out."""

    def change_block(block: doc.Block) -> doc.Block:
        if not isinstance(block, doc.Facts):
            return block
        return doc.Facts(tuple(row for it in block.rows if (row := change(it)) is not None))

    return change_block


def _drop_more_on_act(row: doc.Row) -> doc.Row:
    return row._replace(more=()) if isinstance(row, doc.Act) else row


def _drop_further_causes(row: doc.Row) -> doc.Row:
    return row._replace(shares=row.shares[:1]) if isinstance(row, doc.Ranking) else row


def _drop_next_test(row: doc.Row) -> doc.Row | None:
    return None if row.label == SETTLE else row


def _drop_further_risks(row: doc.Row) -> doc.Row:
    return row._replace(lines=row.lines[:1]) if isinstance(row, doc.Fact) and row.label == AFTER_DATA else row


def _drop_what_is_no_answer(row: doc.Row) -> doc.Row | None:
    is_needed = not isinstance(row, doc.Fact) or row.label in _NEEDED
    return row if is_needed else None


def _cut_act(row: doc.Row) -> doc.Row:
    return row._replace(act=_cut(row.act, _SHORT_ACT)) if isinstance(row, doc.Act) else row


def _cut(line: Line, room: int) -> Line:
    """The first characters of a line."""
    if len(plain(line)) <= room:
        return line
    spans: list[Raw] = []
    for span in line:
        text = span if isinstance(span, str) else "" if isinstance(span, Origin) else span.text
        spans.append(Raw(text[:room]))
        room -= len(text)
        if room <= 0:
            break
    return (*spans, "…")


# The further ways to shorten, in order, and the names of what is then not shown
_WAYS: tuple[tuple[Callable[[doc.Block], doc.Block], str], ...] = (
    (_change_parts(_drop_advice), ""),  # the act has the advice
    (_change_rows(_drop_more_on_act), "more on the act"),
    (_change_parts(_shorten_steps), ""),  # the line shows that it is cut
    (_change_rows(_drop_further_causes), "further causes"),
    (_cut_reply(_REPLY_LENGTH), "the rest of the reply"),
)
# The ways to shorten the answer itself, where it is longer than the screen
_WAYS_OF_ANSWER: tuple[tuple[Callable[[doc.Block], doc.Block], str], ...] = (
    (_change_rows(_drop_next_test), "what settles it"),
    (_change_rows(_drop_further_risks), "further risks"),
    (_cut_reply(_SHORT_REPLY), "the rest of the reply"),
    (_change_rows(_cut_act), "the rest of the act"),
    (_change_rows(_drop_what_is_no_answer), "the sending address"),
)
