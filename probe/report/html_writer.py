"""Writes a document as one page of HTML: no script, nothing from elsewhere, a policy that allows neither.

`html_text` escapes each string, once; this module and `html_parts` do the layout, `page.css` the looks.
"""

from __future__ import annotations

from collections.abc import Iterator

from probe.model.text import shorten
from probe.report import document as doc
from probe.report.html_parts import Parts
from probe.report.html_style import policy, sheet
from probe.report.html_text import escape, inline
from probe.report.line import plain

_TOP = 2  # the level of the headings below the title
_FEW = 2  # sections that need no list
_TITLE_LIMIT = 150  # characters of the title of the window


def write(document: doc.Document) -> str:
    """The whole page, with a final line break."""
    verdict = next((it for it in document.blocks if isinstance(it, doc.Verdict | doc.Subject)), None)
    title = plain(document.title.line) if document.title is not None else "smtp-probe"
    word = f"{verdict.word}: " if verdict is not None else ""
    return "".join(
        (
            _head(f"{word}{title}"),
            *_header(document),
            '<main id="answer">\n',
            *(f"{line}\n" for line in _Body(is_row=False).blocks(document)),
            "</main>\n",
            *_footer(document),
            "</body>\n</html>\n",
        )
    )


def write_row(document: doc.Document) -> str:
    """One of several entries of a page, between the two halves of `frame`."""
    lines = _Body(is_row=True).blocks(document)
    return "".join(f"{line}\n" for line in ("<article>", *lines, "</article>"))


def frame() -> tuple[str, str]:
    """What stands before and after the entries of a page of several."""
    head = _head("smtp-probe")
    return (
        f'{head}<header><h1>smtp-probe</h1></header>\n<main id="answer">\n',
        "</main>\n</body>\n</html>\n",
    )


def _head(title: str) -> str:
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy()}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<meta name="referrer" content="no-referrer">\n'
        '<meta name="robots" content="noindex">\n'
        f"<title>{escape(shorten(title, _TITLE_LIMIT))}</title>\n"
        f"<style>{sheet()}</style>\n</head>\n<body>\n"
        '<a class="skip" href="#answer">Skip to the answer</a>\n'
    )


def _header(document: doc.Document) -> Iterator[str]:
    yield "<header>\n"
    if document.caution:
        yield f'<p class="caution">{inline(document.caution)}</p>\n'
    title = document.title
    yield f"<h1>{inline(title.line) if title is not None else 'smtp-probe'}</h1>\n"
    if title is not None and title.effort:
        yield f'<p class="effort">{inline(title.effort)}</p>\n'
    yield "</header>\n"


def _contents(document: doc.Document) -> Iterator[str]:
    """Links to the sections, if there are many; behind the answer, which comes first."""
    sections = [it for it in document.blocks if isinstance(it, doc.Section)]
    if len(sections) > _FEW:
        yield '<nav aria-label="On this page"><details><summary>On this page</summary><ul>'
        for number, section in enumerate(sections, 1):
            yield f'<li><a href="#part-{number}">{inline(section.heading)}</a></li>'
        yield "</ul></details></nav>"


def _footer(document: doc.Document) -> Iterator[str]:
    colophon = document.colophon
    if colophon is not None:
        about = f"smtp-probe {escape(colophon.version)}, started {escape(colophon.started_at)}"
        yield f"<footer><p>Made by {about}, exit code {colophon.exit_code}.</p></footer>\n"
    elif document.exit_code is not None:
        yield f"<footer><p>Exit code {document.exit_code}.</p></footer>\n"


class _Body:
    """Writes the blocks of a document. The verdict, the act and the course of the attempt stand in one card,
    the act first. `is_row`: of one of several entries, whose sections stand a level lower and have no
    anchors, which would occur more than once."""

    def __init__(self, *, is_row: bool) -> None:
        self.is_row = is_row
        self.level = _TOP + 1 if is_row else _TOP
        self.parts = Parts()
        self.sections = 0

    def blocks(self, document: doc.Document) -> Iterator[str]:
        """All blocks."""
        course: doc.Course | None = None
        contents = [] if self.is_row else list(_contents(document))
        blocks = list(document.blocks)
        while blocks:
            block, follows = blocks.pop(0), blocks[0] if blocks else None
            match block:
                case doc.Section():
                    yield from contents
                    contents = []
                    yield from self._section(block)
                case doc.Verdict():
                    facts = follows if isinstance(follows, doc.Facts) else None
                    blocks = blocks[1:] if facts is not None else blocks
                    yield from self._verdict(block, facts, course)
                    course = None
                case doc.Course() if isinstance(follows, doc.Verdict):
                    course = block
                case doc.Subject():
                    yield from self._subject(block)
                case _:
                    yield '<div class="card">'
                    yield from self.parts.part(block, plain(document.title.line) if document.title else "")
                    yield "</div>"

    def _verdict(
        self, verdict: doc.Verdict, facts: doc.Facts | None, course: doc.Course | None
    ) -> Iterator[str]:
        yield f'<div class="card answer {verdict.tone.value}">'
        yield f'<h{_TOP} class="word">{escape(verdict.word)}</h{_TOP}>'
        yield f'<p class="place">{inline(verdict.place)}</p>'
        if verdict.reply:
            yield f'<p class="reply">{escape(verdict.reply)}</p>'
        for remark in verdict.remarks:
            yield f"<p>{inline(remark)}</p>"
        if facts is not None:
            acts = [row for row in facts.rows if isinstance(row, doc.Act)]
            rest = tuple(row for row in facts.rows if not isinstance(row, doc.Act))
            for act in acts:
                yield from self.parts.act(act)
            yield from self.parts.facts(rest)
        if course is not None:
            yield from self.parts.part(course, "")
        yield "</div>"

    def _subject(self, subject: doc.Subject) -> Iterator[str]:
        yield f'<div class="card answer {subject.tone.value}">'
        yield f'<h{_TOP} class="word">{escape(subject.word)}</h{_TOP}>'
        yield f'<p class="place">{inline(subject.line)}</p>'
        yield from self.parts.facts(subject.facts)
        yield "</div>"

    def _section(self, section: doc.Section) -> Iterator[str]:
        self.sections += 1
        heading = inline(section.heading)
        if self.is_row:
            yield f"<section><h{self.level}>{heading}</h{self.level}>"
        else:
            name = f"part-{self.sections}"
            yield f'<section id="{name}" aria-labelledby="{name}-head">'
            yield f'<h{self.level} id="{name}-head">{heading}</h{self.level}>'
        for part in section.parts:
            yield from self.parts.part(part, plain(section.heading))
        yield "</section>"
