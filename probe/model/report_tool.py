"""The program that made a report. A module of its own, so that a report of logs loads no more."""

from __future__ import annotations

from probe._dataclass import dataclass


@dataclass(frozen=True, slots=True)
class ReportTool:
    """`version` of the program, `rules` a digest of the knowledge data that was used."""

    version: str
    rules: str
