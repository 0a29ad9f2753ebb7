"""A live run as the command line makes it: progress, recording, report, exit code."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from probe import run
from probe.cli import key_log, output, signals, start
from probe.cli.errors import UsageError, complain, unreadable
from probe.cli.progress import ProgressLine
from probe.knowledge.severities import Severities
from probe.model.exhaustion import exhausted
from probe.model.report import Report
from probe.model.verdict import ExitCode
from probe.net import descriptors
from probe.net.resolver import ResolverConfigError
from probe.net.threads import start as start_in_thread
from probe.recording.codec import RecordingError
from probe.recording.events import Event
from probe.recording.file import RecordingWriter
from probe.recording.journal import Recording
from probe.report.formats import Format, Kind

NOT_SAVED = "Saved nothing. --record FILE keeps what was observed."


@dataclass(frozen=True, slots=True)
class Hooks:
    """What a run is given to speak through: see `probe.run.observe`."""

    sink: Callable[[Event], None] | None
    progress: Callable[[str], None]
    recording_to: Callable[[Recording], None]
    spent: float


Observe = Callable[[Hooks], Coroutine[Any, Any, Recording]]


@dataclass(frozen=True, slots=True)
class Delivery:
    """What becomes of the report: its format, the file (None: stdout), -q or -v, the recording, and the
    severities that the user gave."""

    form: Format
    path: Path | None
    verbosity: int
    record: Path | None = None
    severities: Severities | None = None


def run_live(observe: Observe, delivery: Delivery) -> int:
    """Make the run that `observe` begins, deliver its report, return the exit code.

    Ctrl-C, SIGTERM and SIGHUP end the run early; the report then says what was not reached. Raises
    UsageError when a file cannot be written, KeyboardInterrupt when nothing was observed yet.
    """
    if delivery.record and delivery.path and _is_one_file(delivery.record, delivery.path):
        raise UsageError("-o", f"{delivery.path} is the file of --record, too; give each its own")
    key_log.pass_over_a_bad_one()
    tape = _Tape(delivery.record) if delivery.record else None
    with signals.asking(_nothing):  # what was seen is worth the second that its report takes
        try:
            recording = _observed(observe, delivery, tape)
        except ResolverConfigError as error:
            from probe.checks.judging.spoken import spoken

            lines = (f"line {it.line}: {spoken(it)}" if it.line else spoken(it) for it in error.passed_over)
            complain("; ".join((str(error), *lines)))
            return ExitCode.INCONCLUSIVE
        report = run.report_of(recording, delivery.severities)
        text = _rendered(report, delivery, note="" if delivery.record else NOT_SAVED)
    try:
        output.deliver_text(text, delivery.path)
    finally:  # a disk that is full may have taken both
        _say_of(tape, delivery)
    return report.verdict.exit_code


def _is_one_file(one: Path, other: Path) -> bool:
    same = os.path.realpath(one) == os.path.realpath(other)
    return same and (one.is_file() or not one.exists())  # /dev/null takes both


def _say_of(tape: _Tape | None, delivery: Delivery) -> None:
    if tape and tape.failure:
        complain(f"{unreadable('--record', str(tape.path), tape.failure, doing='write')}; it ends there")
    elif tape and delivery.verbosity >= 0 and sys.stderr.isatty():
        complain(f"recorded to {tape.path}; `smtp-probe replay` reads it again")


def _observed(observe: Observe, delivery: Delivery, tape: _Tape | None) -> Recording:
    """What the run saw, to its end or until a signal came. Raises ResolverConfigError when there is no
    resolver to ask."""
    held: list[Recording] = []
    with contextlib.ExitStack() as stack:
        if tape:
            stack.callback(tape.close)
        sink = tape.append if tape else None
        progress = stack.enter_context(ProgressLine(wanted=delivery.verbosity >= 0))
        if descriptors.are_few():  # what is opened for a moment then goes before what is kept open
            _load()
        try:
            asyncio.run(_until_asked_to_end(observe(Hooks(sink, progress, held.append, start.spent()))))
        except (KeyboardInterrupt, asyncio.CancelledError):
            if not held:
                raise KeyboardInterrupt from None
    return held[0]


async def _until_asked_to_end(work: Coroutine[Any, Any, Recording]) -> Recording:
    """Let a signal end the run: sockets closed, what was seen reported."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()

    def end() -> None:
        if task is not None and not task.done():
            task.cancel()
            # a wait that is over at the same moment may take the cancellation for its own
            loop.call_later(_AGAIN, end)

    def ask() -> None:
        with contextlib.suppress(RuntimeError):  # the loop is closed: the run is over
            loop.call_soon_threadsafe(end)

    # a run that waits has the time to load what its report will need, and so keeps its deadline
    loading: list[asyncio.Future[None]] = []
    ahead = loop.call_later(_AHEAD, _load_in_thread, loading)
    loop.set_exception_handler(_complain)
    with signals.asking(ask):
        if signals.asked():
            end()
        try:
            recording = await work
            if loading:  # a module that another thread fails to load is half there for this one
                await asyncio.wait(loading)
            return recording
        finally:
            ahead.cancel()


_AGAIN = 2.0  # seconds
_AHEAD = 0.2  # seconds; by then the run has loaded what it needs itself


def _load_in_thread(loading: list[asyncio.Future[None]]) -> None:
    started = start_in_thread(_load)
    if started is None:
        _load()
    else:
        loading.append(started)


def _complain(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Errors that nobody waits for go to stderr, but for those of which the report says what this machine has
    no more of."""
    error = context.get("exception")
    if error is None or not exhausted(error):
        loop.default_exception_handler(context)


def _load() -> None:
    """What follows a run, in memory before it is needed."""
    from probe.diagnosis import assemble  # noqa: F401
    from probe.knowledge.finding_tags import finding_tags, shared_words
    from probe.reading.reply.read import read_reply
    from probe.report import json_report, markdown_writer, run_document, text_writer  # noqa: F401

    finding_tags()
    shared_words()
    read_reply("550 5.1.1 x")


class _Tape:
    """The recording on disk. A disk that gives out stops the recording, never the run."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.failure: OSError | None = None
        self._writer = _writer(path)

    def append(self, event: Event) -> None:
        if self.failure is None:
            try:
                self._writer.append(event)
            except OSError as error:
                self.failure = error

    def close(self) -> None:
        try:
            self._writer.close()
        except OSError as error:
            self.failure = self.failure or error


def _writer(path: Path) -> RecordingWriter:
    try:
        return RecordingWriter(path)
    except RecordingError as error:
        raise UsageError("--record", f"{path}: {error}") from None
    except OSError as error:
        raise unreadable("--record", str(path), error, doing="write") from None


def deliver(report: Report, delivery: Delivery) -> int:
    """Write the report where it belongs; returns the exit code of its verdict."""
    output.deliver_text(_rendered(report, delivery), delivery.path)
    return report.verdict.exit_code


def _rendered(report: Report, delivery: Delivery, note: str = "") -> str:
    if not delivery.form.is_laid_out:
        output.speak_utf8()
    style = output.style_for(None if delivery.path else sys.stdout, delivery.verbosity, note)
    return delivery.form.write(Kind.RUN, report, style)


def _nothing() -> None:
    return None
