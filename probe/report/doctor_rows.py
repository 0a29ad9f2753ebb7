"""The report of `doctor` as JSON."""

from __future__ import annotations

from probe.doctor.report import DoctorReport
from probe.report.json_report import document
from probe.report.json_text import json_text


def to_json(report: DoctorReport) -> str:
    """One pretty-printed object with a final line break; valid against `smtp-probe schema doctor`."""
    return json_text(document(report), indent=2) + "\n"
