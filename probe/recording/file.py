"""Recordings on disk: JSON Lines, readable by their owner alone."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from contextlib import ExitStack
from ipaddress import IPv4Address, IPv6Address
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

from probe._dataclass import dataclass, field
from probe.recording import events as ev
from probe.recording.codec import (
    LINE_LIMIT,
    RecordingError,
    UnfinishedLineError,
    decode,
    encode,
    version_of,
)
from probe.recording.journal import Recording
from probe.recording.limits import why_no_answer
from probe.settings import (
    HTTPS_SIZE_LIMIT,
    RECORDING_CHAIN_LIMIT,
    RECORDING_EVENT_LIMIT,
    RECORDING_RECEIVED_LIMIT,
    RECORDING_SESSION_LIMIT,
)
from probe.standards.dns.message import Answer, Mx, RecordType, Status, Tlsa, Txt

# What a file system without locks answers
NO_LOCKS = frozenset({errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL})
_START = 1 << 16  # octets; nearly every event is shorter


class RecordingWriter:
    """Appends events to a new file, each flushed at once, so that an interrupted run leaves a valid prefix.
    The file has mode 0600: a recording names mailboxes and holds whole replies. The file is locked while it
    is open.

    Raises RecordingError when the file already holds something or another run writes it, OSError when it
    cannot be made.
    """

    def __init__(self, path: Path) -> None:
        try:
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            descriptor = os.open(path, os.O_WRONLY)
        with ExitStack() as stack:
            stack.callback(os.close, descriptor)
            _claim(descriptor)
            stack.pop_all()
        self._stream = os.fdopen(descriptor, "wb")

    @classmethod
    def on(cls, descriptor: int) -> RecordingWriter:
        """A writer on an open file, pipe or terminal, whatever it contains; closes it at the end."""
        writer = cls.__new__(cls)
        writer._stream = os.fdopen(descriptor, "wb")
        return writer

    def append(self, event: ev.Event) -> None:
        """Write one event. Raises OSError (a full disk)."""
        self._stream.write(encode(event).encode("ascii") + b"\n")
        self._stream.flush()

    def close(self) -> None:
        """Close the file; further calls do nothing."""
        self._stream.close()

    def __enter__(self) -> RecordingWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _claim(descriptor: int) -> None:
    """Lock a file for this run. An empty file (from mktemp) may be used; an earlier recording must not be
    overwritten, nor one in progress: so lock first, then check the size."""
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        return  # a pipe, a terminal, /dev/null
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise RecordingError(None, "another run is writing this file; name a new one") from None
    except OSError as error:
        if error.errno not in NO_LOCKS:
            raise
    if os.fstat(descriptor).st_size:
        raise RecordingError(None, "the file already exists and is not empty; name a new one or remove it")
    os.fchmod(descriptor, 0o600)


def load(path: Path) -> Recording:
    """Read a recording. An incomplete last line is ignored.

    Raises RecordingError with the line number, or OSError.
    """
    with path.open("rb") as stream:
        return read(stream)


def read(stream: BinaryIO) -> Recording:
    """The same from an open file."""
    all_events: list[ev.Event] = []
    state = _Totals()
    number, version = 0, ev.FORMAT_VERSION
    while line := _line(stream, number + 1):
        number += 1
        if number > RECORDING_EVENT_LIMIT:
            raise RecordingError(number, "more events than a run can make")
        try:
            event = decode(line, number, version)
        except UnfinishedLineError:
            # Only the last line of a file may have no line end.
            if number > 1 and not line.endswith(b"\n"):
                break
            raise
        _check_order(event, number)
        version = version_of(line) if number == 1 else version
        state.take(event, number)
        all_events.append(event)
    if not all_events:
        raise RecordingError(None, "the recording is empty")
    return Recording.of(all_events)


def _line(stream: BinaryIO, number: int) -> bytes:
    """The next line, cut after LINE_LIMIT. Only a line that begins like an event is read to its end."""
    start = stream.readline(_START)
    if len(start) < _START or start.endswith(b"\n"):
        return start
    if not start.startswith(b"{"):
        raise RecordingError(number, "is not JSON")
    return start + stream.readline(LINE_LIMIT + 1 - _START)


def _check_order(event: ev.Event, number: int) -> None:
    if isinstance(event, ev.Started) != (number == 1):
        reason = "a recording begins with its started event" if number == 1 else "a second started event"
        raise RecordingError(number, reason)


@dataclass(slots=True)
class _Totals:
    """Counts events that may happen only once in a run, or a limited number of times; this limits the work of
    a reader."""

    sessions: set[int] = field(default_factory=set)
    singles: set[type] = field(default_factory=set)
    octets_read: int = 0

    def take(self, event: ev.Event, number: int) -> None:
        """Raises RecordingError if it cannot belong to a single run."""
        match event:
            case ev.SessionOpened():
                if event.session in self.sessions:
                    raise RecordingError(number, f"session {event.session} is opened a second time")
                self.sessions.add(event.session)
                if len(self.sessions) > RECORDING_SESSION_LIMIT:
                    raise RecordingError(number, "more sessions than a run can make")
            case ev.Received():
                self.octets_read += len(event.data)
                if self.octets_read > RECORDING_RECEIVED_LIMIT:
                    raise RecordingError(number, "more octets of servers than a run reads")
            case ev.MessageGiven() | ev.BounceGiven():
                if type(event) in self.singles:
                    raise RecordingError(number, "a second message or bounce; a run has one of each")
                self.singles.add(type(event))
            case ev.DnsAnswered():
                _check_answer(event.answer, number)
            case ev.HttpsFetched() if len(event.body) > HTTPS_SIZE_LIMIT:
                raise RecordingError(number, "a larger policy than a run reads")
            case ev.TlsEstablished() if sum(map(len, event.chain)) > RECORDING_CHAIN_LIMIT:
                raise RecordingError(number, "more certificates than a handshake can bring")


# The classes of records by type; other types have names
_RECORDS: dict[RecordType, type] = {
    RecordType.A: IPv4Address,
    RecordType.AAAA: IPv6Address,
    RecordType.MX: Mx,
    RecordType.TXT: Txt,
    RecordType.TLSA: Tlsa,
}


def _check_answer(answer: Answer, number: int) -> None:
    record_type = _RECORDS.get(answer.question.rtype, str)
    if not all(isinstance(record, record_type) for record in answer.records):
        raise RecordingError(number, f"a record in the answer is none of type {answer.question.rtype}")
    if bool(answer.records) != (answer.status is Status.ANSWER):
        raise RecordingError(number, "an answer has records, and nothing else has")
    if (wrong := why_no_answer(answer)) is not None:
        raise RecordingError(number, wrong)
