"""A timeline as a table, for writers that draw no picture, and as the text that stands for one."""

from __future__ import annotations

from probe.report import document as doc

COLUMNS = (
    doc.Column("From (ms)", is_number=True),
    doc.Column("Time (ms)", is_number=True),
    doc.Column("What"),
    doc.Column("Where"),
)


def timeline_table(timeline: doc.Timeline) -> doc.Table:
    """A row for each span, in the order of lanes."""
    return doc.Table(
        COLUMNS,
        tuple(
            ((str(bar.start_ms),), (str(bar.elapsed_ms),), (bar.name,), lane.title)
            for lane in timeline.lanes
            for bar in lane.bars
        ),
    )
