"""Where the report of a run goes. Without what only a live run needs: `replay` loads it, too."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, TextIO

from probe._dataclass import dataclass
from probe.cli import output
from probe.report.formats import Kind

if TYPE_CHECKING:
    from probe.cli.choices import Destination
    from probe.cli.tape import RecordTo
    from probe.knowledge.severities import Severities
    from probe.model.report import Report


@dataclass(frozen=True, slots=True)
class Delivery:
    """The destinations of report and recording, and the user's severities. `subject` is the domain of the
    run; `is_kept`: the run is put into the history, unless the user has turned that off."""

    to: Destination
    record: RecordTo | None = None
    severities: Severities | None = None
    subject: str = ""
    is_kept: bool = False

    @property
    def stream(self) -> TextIO:
        """Where a report without a file goes: stdout, or stderr if stdout has the recording."""
        is_taken = self.record is not None and self.record.path is None and self.to.path is None
        return sys.stderr if is_taken else sys.stdout


def deliver(report: Report, delivery: Delivery) -> int:
    """Write the report to its destination; returns the exit code."""
    write(report, render(report, delivery), delivery)
    return delivery.to.form.exit_code(Kind.RUN, report)


def write(report: Report, text: str, delivery: Delivery) -> None:
    """Write the text of a report, and what its format puts beside it, to its destination."""
    to = delivery.to
    output.write_beside(to.form, Kind.RUN, report)
    output.deliver_text(text, to.path, delivery.stream, is_paged=to.is_paged, mode=to.form.file_mode)


def render(report: Report, delivery: Delivery, note: str = "") -> str:
    """The text of a report; `note` is its last line."""
    if not delivery.to.form.is_laid_out:
        output.speak_utf8(delivery.stream)
    place = None if delivery.to.path else delivery.stream
    style = output.style_for(place, delivery.to.verbosity, note, is_paged=delivery.to.is_paged)
    return delivery.to.form.write(Kind.RUN, report, style)
