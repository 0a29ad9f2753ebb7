"""Draws a timeline as SVG: a lane for DNS and for each session, a bar for each span of time.

Places are shares of the width, so that the picture fits a phone and paper; letters keep their size.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from probe.model.text import amount, shorten
from probe.report import document as doc
from probe.report.html_text import escape
from probe.report.line import plain

LEGEND = {
    doc.BarKind.DNS: "DNS",
    doc.BarKind.CONNECT: "connection and greeting",
    doc.BarKind.TLS: "TLS",
    doc.BarKind.COMMAND: "commands",
    doc.BarKind.PAUSE: "pause",
}
_LANE, _TITLE, _BAR = 46, 15, 16  # pixels: a lane, the base line of its title, the height of a bar
_AXIS = 22
_TICKS = 5
_TITLE_LIMIT = 44  # characters; the table has the whole title
_STEPS = (1, 2, 5)  # the first digits of round times


def draw(timeline: doc.Timeline, number: int) -> str:
    """The picture; `number` tells those of one page apart."""
    height = _LANE * len(timeline.lanes) + _AXIS
    names = (f"timeline-{number}-title", f"timeline-{number}-desc")
    return "\n".join(
        (
            f'<svg class="timeline" role="img" width="100%" height="{height}" '
            f'aria-labelledby="{names[0]} {names[1]}">',
            f'<title id="{names[0]}">When the run did what</title>',
            f'<desc id="{names[1]}">{escape(_description(timeline))}</desc>',
            *_ticks(timeline.total_ms, height),
            *(
                text
                for place, lane in enumerate(timeline.lanes)
                for text in _lane(lane, place * _LANE, timeline.total_ms)
            ),
            "</svg>",
        )
    )


def _description(timeline: doc.Timeline) -> str:
    """What the picture shows, in a sentence; the table below it has every span."""
    times = (
        f"{plain(it.title)}: {sum(bar.elapsed_ms for bar in it.bars)} ms in {amount(len(it.bars), 'part')}"
        for it in timeline.lanes
    )
    return f"{timeline.total_ms} ms in all. {'; '.join(times)}."


def _ticks(total_ms: int, height: int) -> Iterator[str]:
    for ms in ticks(total_ms):
        at = _share(ms, total_ms)
        label = f"{ms / 1000:g} s" if total_ms >= 1000 else f"{ms} ms"
        anchor = "start" if ms == 0 else "end" if ms > total_ms * 0.92 else "middle"
        yield f'<line class="tick" x1="{at}" x2="{at}" y1="0" y2="{height - _AXIS + 4}"/>'
        yield f'<text class="axis" x="{at}" y="{height - 4}" text-anchor="{anchor}">{label}</text>'


def ticks(total_ms: int) -> list[int]:
    """About five round times from 0 on, none beyond the end."""
    steps = (first * 10**zeros for zeros in count() for first in _STEPS)
    step = next(it for it in steps if total_ms / it <= _TICKS)
    return list(range(0, total_ms + 1, step))


def _lane(lane: doc.Lane, top: int, total_ms: int) -> Iterator[str]:
    title = shorten(plain(lane.title), _TITLE_LIMIT)
    yield f'<text class="lane" x="0" y="{top + _TITLE}">{escape(title)}</text>'
    if lane.bars:
        start, end = lane.bars[0].start_ms, max(bar.start_ms + bar.elapsed_ms for bar in lane.bars)
        middle = top + _TITLE + 6 + _BAR // 2
        yield (
            f'<line class="whole" x1="{_share(start, total_ms)}" x2="{_share(end, total_ms)}" '
            f'y1="{middle}" y2="{middle}"/>'
        )
    for bar in lane.bars:
        yield (
            f'<rect class="{bar.kind.value}" x="{_share(bar.start_ms, total_ms)}" y="{top + _TITLE + 6}" '
            f'width="{_width(bar, total_ms)}" height="{_BAR}" rx="2">'
            f"<title>{escape(bar.name)}: {bar.elapsed_ms} ms from {bar.start_ms} ms on</title></rect>"
        )


def _share(ms: int, total_ms: int) -> str:
    """A place as a share of the width; never beyond it."""
    return f"{min(max(ms, 0) / total_ms, 1):.2%}"


def _width(bar: doc.Bar, total_ms: int) -> str:
    start = min(max(bar.start_ms, 0), total_ms)
    end = min(max(bar.start_ms + bar.elapsed_ms, start), total_ms)
    return f"{(end - start) / total_ms:.2%}"
