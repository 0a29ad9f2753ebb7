"""Explains lines and lots of them, as results among others. Light: every `explain` loads it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from probe._named_tuple import NamedTuple
from probe.explanation import Explanation, explain_line
from probe.model.reply import Stage
from probe.model.verdict import ExitCode
from probe.report.formats import Kind, formats_of
from probe.report.json_text import json_text
from probe.report.style import Style


class Way(NamedTuple):
    """What is the same for all lines: the --stage and --host of the command line, the name of the format, and
    the style of the output."""

    stage: Stage | None
    host: str
    form: str
    style: Style


class Line(NamedTuple):
    """A line that is explained by itself, and its number."""

    text: str
    number: int


class Written(NamedTuple):
    """Results as text, their exit codes, and the first fault of a line (empty: none)."""

    text: str = ""
    codes: frozenset[ExitCode] = frozenset()
    error: str = ""


Lot = Sequence[Line | Written]


def explain_one(line: Line, stage: Stage | None, host: str) -> Explanation | None:
    """The explanation of a line; None for an empty one."""
    text = line.text.strip()
    if not text:
        return None
    # a plain line gets the --stage and --host of the command line; JSON lines bring their own
    if (stage is not None or host) and not text.startswith("{"):
        text = json_text({"id": line.number, "text": text, "stage": stage or "", "host": host})
    return explain_line(text, line.number)


def write(explanations: Iterable[Explanation], way: Way) -> Written:
    """The explanations as results among others."""
    form = formats_of(Kind.REPLY)[way.form]
    texts: list[str] = []
    codes: set[ExitCode] = set()
    error = ""
    for explanation in explanations:
        texts.append(form.write(Kind.REPLY, explanation, way.style, is_row=True))
        codes.add(explanation.exit_code)
        error = error or explanation.error
    return Written(form.series.between.join(texts), frozenset(codes), error)


def write_lot(lot: Lot, way: Way) -> Written:
    """The results of a lot; what is written already stands in its place."""
    parts = [it if isinstance(it, Written) else _write_line(it, way) for it in lot]
    return Written(
        formats_of(Kind.REPLY)[way.form].series.between.join(it.text for it in parts if it.codes),
        frozenset().union(*(it.codes for it in parts)),
        next((it.error for it in parts if it.error), ""),
    )


def _write_line(line: Line, way: Way) -> Written:
    explanation = explain_one(line, way.stage, way.host)
    return write((explanation,), way) if explanation is not None else Written()
