"""A live run as the command line makes it: progress, recording, report, exit code."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from probe import run
from probe.cli import output
from probe.cli.errors import UsageError, complain, unreadable
from probe.cli.output import Format
from probe.cli.progress import ProgressLine
from probe.model.report import Report
from probe.net.resolver import ResolverConfigError
from probe.recording.codec import RecordingError
from probe.recording.events import Event
from probe.recording.file import RecordingWriter
from probe.recording.journal import Recording

NOT_SAVED = "Saved nothing. --record FILE keeps what was observed."

NO_RESOLVER = "this machine names no DNS resolver; give one with --nameserver IP"
EXIT_INCONCLUSIVE = 4


@dataclass(frozen=True, slots=True)
class Hooks:
    """What a run is given to speak through: see `probe.run.observe`."""

    sink: Callable[[Event], None] | None
    progress: Callable[[str], None]
    recording_to: Callable[[Recording], None]


Observe = Callable[[Hooks], Coroutine[Any, Any, Recording]]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What becomes of the report: its format, the file (None: stdout), -q or -v, and the recording."""

    form: Format
    path: Path | None
    verbosity: int
    record: Path | None = None


def run_live(observe: Observe, delivery: Delivery) -> int:
    """Make the run that `observe` begins, deliver its report, return the exit code.

    Ctrl-C ends the run early; the report then says what was not reached. Raises UsageError when a
    file cannot be written, KeyboardInterrupt when nothing was observed yet.
    """
    held: list[Recording] = []
    with contextlib.ExitStack() as stack:
        sink = stack.enter_context(_writer(delivery.record)).append if delivery.record else None
        progress = stack.enter_context(ProgressLine(wanted=delivery.verbosity >= 0))
        try:
            asyncio.run(observe(Hooks(sink, progress, held.append)))
        except KeyboardInterrupt:
            if not held:
                raise
        except ResolverConfigError:
            complain(NO_RESOLVER)
            return EXIT_INCONCLUSIVE
    code = deliver(run.report_of(held[0]), delivery, note="" if delivery.record else NOT_SAVED)
    if delivery.record and delivery.verbosity >= 0 and sys.stderr.isatty():
        complain(f"recorded to {delivery.record}; `smtp-probe replay` reads it again")
    return code


def _writer(path: Path) -> RecordingWriter:
    try:
        return RecordingWriter(path)
    except RecordingError as error:
        raise UsageError("--record", f"{path}: {error}") from None
    except OSError as error:
        raise unreadable("--record", str(path), error, doing="write") from None


def deliver(report: Report, delivery: Delivery, note: str = "") -> int:
    """Write the report where it belongs; returns the exit code of its verdict."""
    if delivery.form is not Format.TEXT:
        output.speak_utf8()
    style = output.style_for(None if delivery.path else sys.stdout, delivery.verbosity, note)
    output.deliver_text(output.render(report, delivery.form, style), delivery.path)
    return report.verdict.exit_code
