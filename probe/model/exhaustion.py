"""Resources that this machine has run out of: descriptors, memory, threads, disk space.

Such an error is neither a bug nor anybody else's fault: it is reported with advice, and what could not be
observed because of it is unknown.
"""

from __future__ import annotations

import errno
import os

from probe._enum import StrEnum


class Shortage(StrEnum):
    """The exhausted resource."""

    OPEN_FILES = "open_files"
    DESCRIPTORS = "descriptors"
    MEMORY = "memory"
    NETWORK_BUFFERS = "network_buffers"
    DISK = "disk"
    DISK_QUOTA = "disk_quota"
    DISK_FAULT = "disk_fault"
    THREADS = "threads"

    @property
    def words(self) -> str:
        """As a clause. It stands here and not in a table: a machine without descriptors or memory reads
        none."""
        return _WORDS[self]


_WORDS = {
    Shortage.OPEN_FILES: "this machine allows this process no more open files (raise ulimit -n)",
    Shortage.DESCRIPTORS: "this machine has no file descriptor left",
    Shortage.MEMORY: "this machine has no memory left",
    Shortage.NETWORK_BUFFERS: "this machine's network has no buffer space left",
    Shortage.DISK: "this machine has no room left on a disk",
    Shortage.DISK_QUOTA: "this machine allows this user no more room on a disk",
    Shortage.DISK_FAULT: "a disk of this machine fails",
    Shortage.THREADS: (
        "this machine allows this process no more threads (raise ulimit -u, or its container's limit)"
    ),
}
_ERRORS = {
    errno.EMFILE: Shortage.OPEN_FILES,
    errno.ENFILE: Shortage.DESCRIPTORS,
    errno.ENOMEM: Shortage.MEMORY,
    errno.ENOBUFS: Shortage.NETWORK_BUFFERS,
    errno.ENOSPC: Shortage.DISK,
    errno.EDQUOT: Shortage.DISK_QUOTA,
    errno.EIO: Shortage.DISK_FAULT,
}
_NOT_MAPPED = "failed to map"  # the loader of shared libraries says so without memory
_DEPTH = 8  # exceptions in a chain


def shortage_clause(error: BaseException) -> str:
    """What this machine has no more of, as a clause; "" when the error says something else."""
    lack = shortage(error)
    return lack.words if lack is not None else ""


def shortage(error: BaseException) -> Shortage | None:
    """What this machine has no more of; None when the error, and what it was raised from, says something
    else."""
    cause: BaseException | None = error
    for _ in range(_DEPTH):
        if cause is None:
            break
        lack = _of(cause)
        if lack is not None:
            return lack
        cause = cause.__cause__ or cause.__context__
    return None


def _of(error: BaseException) -> Shortage | None:
    if isinstance(error, MemoryError):
        return Shortage.MEMORY
    if isinstance(error, OSError):
        return _ERRORS.get(error.errno or 0)
    if isinstance(error, RuntimeError) and "start new thread" in str(error):
        return Shortage.THREADS
    if isinstance(error, ImportError):
        return _of_a_library(str(error))
    return None


def _of_a_library(text: str) -> Shortage | None:
    """A shared library that cannot be loaded is told in words alone."""
    if _NOT_MAPPED in text:
        return Shortage.MEMORY
    number = next((it for it in (errno.EMFILE, errno.ENFILE, errno.ENOMEM) if os.strerror(it) in text), 0)
    return _ERRORS.get(number)
