"""Recording a live run: to the file of --record, and to the history of the last runs."""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from probe import settings
from probe._dataclass import dataclass
from probe.cli.errors import UsageError, abandon, complain, unreadable
from probe.recording import history

if TYPE_CHECKING:
    from probe.recording.events import Event
    from probe.recording.file import RecordingWriter

NOT_SAVED = "Saved nothing. --record FILE keeps what was observed."
_NAME_CHARACTERS = 60
_NO_HISTORY = f"{history.SWITCH}=0 keeps none"


@dataclass(frozen=True, slots=True)
class RecordTo:
    """What --record names: a file, a directory (the file gets a name), or (None) stdout."""

    path: Path | None
    is_directory: bool = False


class Tape:
    """A recording in progress. A disk error stops the recording, never the run."""

    def __init__(self, writer: RecordingWriter, path: Path | None) -> None:
        self.path = path
        self.failure: OSError | None = None
        self.is_abandoned = False  # its pipe was closed, which is no error
        self._writer = writer

    def append(self, event: Event) -> None:
        """Write one event."""
        if self.failure is None:
            try:
                self._writer.append(event)
            except OSError as error:
                self._fail(error)

    def close(self) -> None:
        """Close the recording."""
        try:
            self._writer.close()
        except OSError as error:
            self._fail(error)

    def _fail(self, error: OSError) -> None:
        if self.path is None and error.errno == errno.EPIPE:
            abandon(sys.stdout)
            self.is_abandoned = True
        self.failure = self.failure or error


def tape_on(record: RecordTo, name: str) -> Tape:
    """Begin the recording of --record; `name` for a file in a directory. Raises UsageError."""
    from probe.recording.codec import RecordingError
    from probe.recording.file import RecordingWriter

    try:
        if record.path is None:
            sys.stdout.flush()
            return Tape(RecordingWriter.on(os.dup(sys.stdout.fileno())), None)
        if not record.is_directory:
            return Tape(RecordingWriter(record.path), record.path)
        folder = os.open(record.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            file, descriptor = history.new_file(folder, name)
        finally:
            os.close(folder)
        return Tape(RecordingWriter.on(descriptor), record.path / file)
    except RecordingError as error:
        raise UsageError("--record", f"{record.path}: {error}") from None
    except OSError as error:
        raise unreadable("--record", str(record.path or "standard output"), error, verb="write") from None


class Archive:
    """The recording of a run in the history. An error gives only a notice (none if `is_quiet`), and never
    stops the run. Until `begin` the events are kept in memory: what writes them takes long to load, and the
    first question goes first."""

    def __init__(self, name: str, *, is_quiet: bool) -> None:
        self._name = name
        self._is_quiet = is_quiet
        self._early: list[Event] | None = []
        self._file: history.HistoryFile | None = None
        self._tape: Tape | None = None

    def begin(self) -> None:
        """Make the file and write what was observed so far; further calls do nothing."""
        if self._early is None:
            return
        early, self._early = self._early, None
        try:
            self._file = history.begin(history.place(os.environ), self._name)
            self._tape = Tape(self._file.writer, self._file.path)
        except (history.HistoryError, OSError) as error:
            self._complain(error)
        for event in early:
            self.append(event)

    def append(self, event: Event) -> None:
        """Write one event."""
        if self._early is not None:
            self._early.append(event)
        elif self._tape is not None:
            self._tape.append(event)

    def end(self, *, is_worth_it: bool) -> str:
        """End the recording; returns its name for `replay`, empty if it was not kept. `is_worth_it`:
        something was observed."""
        if is_worth_it:
            self.begin()
        if self._file is None or self._tape is None:
            return ""
        self._tape.close()
        if self._tape.failure is not None or not is_worth_it:
            self._file.drop()
            if (failure := self._tape.failure) is not None:
                self._complain(OSError(failure.errno, failure.strerror, str(self._file.path)))
            return ""
        try:
            history.trim(self._file.path.parent, settings.HISTORY_RUNS, settings.HISTORY_SIZE_LIMIT)
        except (history.HistoryError, OSError) as error:
            self._complain(error)
        return self._file.name

    def _complain(self, error: history.HistoryError | OSError) -> None:
        if not self._is_quiet:
            reason = str(error) if isinstance(error, history.HistoryError) else _of_disk(error)
            complain(f"this run is not kept for replay --last: {reason}; {_NO_HISTORY}")


def _of_disk(error: OSError) -> str:
    where = f" {error.filename}" if error.filename is not None else ""
    return f"cannot write{where}: {(error.strerror or str(error)).lower()}"


def keeps_runs(environ: Mapping[str, str]) -> bool:
    """Whether live runs go into the history: by the setting, and by SMTP_PROBE_HISTORY."""
    return settings.HISTORY_RUNS > 0 and history.is_on(environ)


def run_name(subject: str) -> str:
    """A name for the recording of a run that begins now: when (UTC), and the domain that it is about."""
    moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    word = "".join(char if char.isascii() and (char.isalnum() or char in ".-") else "-" for char in subject)
    return f"{moment}-{word[:_NAME_CHARACTERS].strip('-.') or 'run'}"


def past_run(name: str) -> Path | None:
    """The recording of the history with this name; None where there is none."""
    with suppress(history.HistoryError, OSError):
        return next((it.path for it in history.past_runs(history.place(os.environ)) if it.name == name), None)
    return None


def last_run(number: int) -> Path:
    """The recording of the run before `number - 1` others: 1 is the last. Raises UsageError."""
    try:
        directory = history.place(os.environ)
        runs = history.past_runs(directory)
    except history.HistoryError as error:
        raise UsageError("--last", str(error)) from None
    except OSError as error:
        raise unreadable("--last", str(error.filename or "the last runs"), error) from None
    if number <= len(runs):
        return runs[number - 1].path
    if runs:
        raise UsageError("--last", f"{number} is more than the runs that are kept; there are {len(runs)}")
    why = "" if keeps_runs(os.environ) else f" ({_NO_HISTORY})"
    raise UsageError("--last", f"no run is kept in {directory}{why}; give a RECORDING made by --record")
