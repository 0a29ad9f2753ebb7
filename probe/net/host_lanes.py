"""One session at a time with an operator of mail servers, over all processes of a user on this host.

Each sign of an operator has a lock file, and a session holds the locks of all signs of its server, so that
two sessions that share a sign follow each other. flock belongs to the open file: it ends with the process
that holds it, however that ends. The sessions of one process share its locks; `Courtesy` limits these.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import os
import stat
import threading
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path

from probe.recording.history import HistoryError, place

_FILES = 65536  # operators share a file rarely, and the directory does not grow without end
_LOOK = 0.1  # seconds between two tries
WAITS = "waits for another smtp-probe that asks"


class HostLanes:
    """The lock files in a directory of the user; None, or one that cannot be used, limits nothing."""

    def __init__(self, directory: Path | None) -> None:
        self._directory = directory
        self._guard = threading.Lock()
        self._held: dict[str, tuple[int, int]] = {}  # by file: its descriptor, and the sessions that hold it

    @contextlib.asynccontextmanager
    async def hold(
        self, signs: Sequence[str], seconds: float, on_wait: Callable[[], None]
    ) -> AsyncIterator[None]:
        """A context: waits at most `seconds` until no other process has a session with a server of these
        signs; `on_wait` is called when it has to wait. Then the session is held in any case."""
        names = sorted({_file_of(sign) for sign in signs})
        clock = asyncio.get_running_loop().time
        end = clock() + seconds
        mine: list[str] = []
        try:
            for name in names:
                while not (is_mine := self._take(name)) and clock() < end:
                    on_wait()
                    await asyncio.sleep(_LOOK)
                if not is_mine:
                    break
                mine.append(name)
            yield
        finally:
            for name in mine:
                self._leave(name)

    def _take(self, name: str) -> bool:
        """Whether this process has the lock now, or no lock can be had at all."""
        with self._guard:
            descriptor, count = self._held.get(name, (-1, 0))
            if not count:
                descriptor = self._open(name)
                try:
                    if descriptor >= 0:
                        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    os.close(descriptor)
                    return False
                except OSError:  # a file system without locks
                    os.close(descriptor)
                    descriptor = -1
            self._held[name] = (descriptor, count + 1)
            return True

    def _leave(self, name: str) -> None:
        with self._guard:
            descriptor, count = self._held.pop(name)
            if count > 1:
                self._held[name] = (descriptor, count - 1)
            elif descriptor >= 0:
                os.close(descriptor)

    def _open(self, name: str) -> int:
        """The descriptor of a lock file; -1 if there can be none."""
        if self._directory is None:
            return -1
        try:
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            about = self._directory.lstat()
            if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.geteuid():
                return -1
            return os.open(
                self._directory / name, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
            )
        except OSError:
            return -1


def lanes_directory(environ: Mapping[str, str]) -> Path | None:
    """`$XDG_RUNTIME_DIR/smtp-probe/lanes`, else the same in the state directory; None without either."""
    base = Path(environ.get("XDG_RUNTIME_DIR", ""))
    if base.is_absolute() and base.is_dir():
        return base / "smtp-probe" / "lanes"
    try:
        return place(environ) / "lanes"
    except HistoryError:
        return None


def _file_of(sign: str) -> str:
    number = int.from_bytes(hashlib.sha256(sign.encode()).digest()[:4]) % _FILES
    return f"{number:04x}.lock"
