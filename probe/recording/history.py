"""The history: recordings of the last runs in a directory of the user; only the newest are kept.

Other users can neither read nor change it: the directory has mode 0700 and belongs to the user, files have
mode 0600, and no symbolic link is followed to either. A run holds the lock of its file until it ends; locked
files are neither removed nor read. Many runs may begin and end at once.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from probe._named_tuple import NamedTuple

if TYPE_CHECKING:
    from probe.recording.file import RecordingWriter

SUFFIX = ".jsonl"
_SAME_SECOND = 1000  # runs of one name that begin in one second
_OFF = frozenset({"0", "no", "off", "false"})
SWITCH = "SMTP_PROBE_HISTORY"


class HistoryError(Exception):
    """The directory cannot be used; the message says why, in one clause."""


class PastRun(NamedTuple):
    """A recording of the history. `ended` is when it was last written, in nanoseconds since 1970."""

    path: Path
    ended: int
    size: int

    @property
    def name(self) -> str:
        """The name as an argument of `replay`."""
        return self.path.name.removesuffix(SUFFIX)


def is_on(environ: Mapping[str, str]) -> bool:
    """Whether runs are kept (`SMTP_PROBE_HISTORY=0` turns this off)."""
    return environ.get(SWITCH, "").strip().lower() not in _OFF


def place(environ: Mapping[str, str]) -> Path:
    """`$XDG_STATE_HOME/smtp-probe`. A path that is not absolute counts as unset (XDG Base Directory
    Specification 0.8). Raises HistoryError where the user has no home directory."""
    base = Path(environ.get("XDG_STATE_HOME", ""))
    if not base.is_absolute():
        home = Path(environ.get("HOME", ""))
        if not home.is_absolute():
            raise HistoryError("neither XDG_STATE_HOME nor HOME is set to an absolute path")
        _refuse_a_foreign_home(home)
        base = home / ".local" / "state"
    return base / "smtp-probe"


def _refuse_a_foreign_home(home: Path) -> None:
    """Raise HistoryError if the home directory belongs to another user, as under sudo: its owner could not
    use the files later."""
    with contextlib.suppress(OSError):
        owner = home.stat().st_uid
        if owner not in (os.geteuid(), 0):
            raise HistoryError(f"the home directory {home} belongs to another user ({owner})")


class HistoryFile:
    """The recording of a run under way; see `begin`."""

    def __init__(self, directory: Path, name: str, writer: RecordingWriter) -> None:
        self.path = directory / name
        self.writer = writer

    @property
    def name(self) -> str:
        """The name as an argument of `replay`."""
        return self.path.name.removesuffix(SUFFIX)

    def drop(self) -> None:
        """Remove it: nothing was observed, or the disk is full."""
        with contextlib.suppress(OSError), _open(self.path.parent) as folder:
            os.unlink(self.path.name, dir_fd=folder)


def begin(directory: Path, name: str) -> HistoryFile:
    """A new file for a run: `name`, with a number appended if it exists.

    Raises HistoryError for a directory that is not the user's own, OSError when it cannot be written.
    """
    from probe.recording.file import RecordingWriter

    directory.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with contextlib.suppress(FileExistsError):
        directory.mkdir(mode=0o700)
    with _open(directory) as folder:
        file, descriptor = new_file(folder, name)
    with contextlib.ExitStack() as stack:
        stack.callback(os.close, descriptor)
        _lock(descriptor, fcntl.LOCK_EX)  # a reader that tests the lock releases it at once
        stack.pop_all()
    return HistoryFile(directory, file, RecordingWriter.on(descriptor))


def new_file(folder: int, name: str) -> tuple[str, int]:
    """Create a new file in an open directory; its name and its descriptor."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    for number in range(1, _SAME_SECOND):
        file = f"{name}{f'-{number}' if number > 1 else ''}{SUFFIX}"
        with contextlib.suppress(FileExistsError):
            return file, os.open(file, flags, 0o600, dir_fd=folder)
    raise OSError(errno.EEXIST, "as many runs of one second are there as have a name")


def trim(directory: Path, runs: int, octets: int) -> None:
    """Remove the oldest until `runs` are left, of at most `octets` in all; the newest is kept whatever its
    size. Raises HistoryError, OSError."""
    with _open(directory) as folder:
        total = 0
        for index, run in enumerate(_listed(folder, directory)):
            total += run.size
            if index >= runs or (index and total > octets):
                with contextlib.suppress(FileNotFoundError):  # another run removed it
                    os.unlink(run.path.name, dir_fd=folder)


def past_runs(directory: Path) -> tuple[PastRun, ...]:
    """The runs that have ended, the newest first; none where there is no directory. Raises HistoryError,
    OSError."""
    try:
        with _open(directory) as folder:
            return tuple(run for run in _listed(folder, directory) if run.size)
    except FileNotFoundError:
        return ()


@contextlib.contextmanager
def _open(directory: Path) -> Iterator[int]:
    """The directory, if it is one, and the user's own; it is made private where it is not."""
    try:
        folder = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError as error:
        if error.errno == errno.ELOOP or (error.errno == errno.ENOTDIR and directory.is_symlink()):
            raise HistoryError(
                f"{directory} is a symbolic link; the runs go into a directory alone"
            ) from None
        raise
    try:
        state = os.fstat(folder)
        if state.st_uid != os.geteuid():
            raise HistoryError(f"{directory} belongs to another user ({state.st_uid})")
        if stat.S_IMODE(state.st_mode) & 0o077:
            os.fchmod(folder, 0o700)
        yield folder
    finally:
        os.close(folder)


def _listed(folder: int, directory: Path) -> list[PastRun]:
    """The runs that have ended, the newest first."""
    runs = []
    for name in os.listdir(folder):
        if name.endswith(SUFFIX):
            with contextlib.suppress(OSError):  # removed meanwhile, or a link
                state = _of_ended(folder, name)
                if state is not None:
                    runs.append(PastRun(directory / name, state.st_mtime_ns, state.st_size))
    return sorted(runs, key=lambda run: (run.ended, run.path.name), reverse=True)


def _of_ended(folder: int, name: str) -> os.stat_result | None:
    """The stat of a file of a finished run; None if a run has it locked, or if it is not a regular file."""
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    try:
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode):
            return None
        return state if _lock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB) else None
    finally:
        os.close(descriptor)


def _lock(descriptor: int, operation: int) -> bool:
    """Whether the lock was free; True on a file system without locks. Raises OSError."""
    try:
        fcntl.flock(descriptor, operation)
    except BlockingIOError:
        return False
    except OSError as error:
        from probe.recording.file import NO_LOCKS

        if error.errno not in NO_LOCKS:
            raise
    return True
