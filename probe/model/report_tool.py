"""Which program made a report. By itself: a report of logs is made without the many parts of a check's."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReportTool:
    """`version` of the program, `rules` a digest of the knowledge data that was used."""

    version: str
    rules: str
