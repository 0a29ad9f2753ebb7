"""Which parts of a bounce were written by the reporting server, and not returned by it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from probe.reading.bounce.returned import is_returned
from probe.reading.bounce.structure import Part
from probe.standards.dsn.report import StatusReport, looks_like_report, read_report

STATUS_TYPES = frozenset({"message/delivery-status", "message/global-delivery-status"})
_MACHINE_TYPES = STATUS_TYPES | {"message/feedback-report", "message/disposition-notification"}

_FILE_LIMIT = 65536  # octets of a file that may be a delivery status


def own_parts(parts: Sequence[Part]) -> tuple[tuple[Part, ...], bool]:
    """(the parts without those after the returned message of a report, whether there were any).

    The returned message is the last part of a report (RFC 6522 section 3). If it has parts with the boundary
    of the report, these would otherwise be read as the report. Some reporters put their own machine-readable
    part last; if there is none before the returned message, nothing is left out.
    """
    numbers: set[int] = set()
    over: set[int] = set()
    own: list[Part] = []
    for part in parts:
        if part.report in over:
            continue
        own.append(part)
        if part.content_type in _MACHINE_TYPES:
            numbers.add(part.report)
        elif is_returned(part) and part.report in numbers:
            over.add(part.report)
    return tuple(own), len(own) < len(parts)


def _may_hold_fields(part: Part) -> bool:
    """Whether a part can be a delivery status of another type: a text, or the file that a gateway made of
    it."""
    if part.content_type.startswith("text/"):
        return True
    return part.content_type == "application/octet-stream" and len(part.body) <= _FILE_LIMIT


def status_report(parts: Sequence[Part], own_text: Callable[[str], str]) -> StatusReport:
    """The delivery-status parts, else a text part that holds their fields; `own_text` returns the reporter's
    part of a text, because the returned message may contain the fields of another report."""
    report = StatusReport()
    for part in parts:
        if part.content_type in STATUS_TYPES:
            part_report = read_report(part.text())
            report.recipients.extend(part_report.recipients)
            report.reporting_mta = report.reporting_mta or part_report.reporting_mta
            report.remote_mta = report.remote_mta or part_report.remote_mta
            report.sender = report.sender or part_report.sender
    if report.recipients:
        return report
    for part in parts:
        if _may_hold_fields(part) and not is_returned(part):
            text = part.text()
            if looks_like_report(text) and looks_like_report(own := own_text(text)):
                return read_report(own)
    return report
