"""What this machine has no more of: descriptors, memory, threads, room on a disk.

Such an error is no bug, and nobody else's fault: it is told with what to do about it, and what could not be
observed for it is unknown.
"""

from __future__ import annotations

import errno
import os

_WORDS = {
    errno.EMFILE: "this machine allows this process no more open files (raise ulimit -n)",
    errno.ENFILE: "this machine has no file descriptor left",
    errno.ENOMEM: "this machine has no memory left",
    errno.ENOBUFS: "this machine's network has no buffer space left",
    errno.ENOSPC: "this machine has no room left on a disk",
    errno.EDQUOT: "this machine allows this user no more room on a disk",
    errno.EIO: "a disk of this machine fails",
}
NO_THREAD = "this machine allows this process no more threads (raise ulimit -u, or its container's limit)"
_NOT_MAPPED = "failed to map"  # how the loader of shared libraries says that there is no memory
_DEPTH = 8  # exceptions in a chain


def exhausted(error: BaseException) -> str:
    """What this machine has no more of, as a clause; "" when the error, and what it was raised from, says
    something else."""
    seen: BaseException | None = error
    for _ in range(_DEPTH):
        if seen is None:
            break
        words = _words(seen)
        if words:
            return words
        seen = seen.__cause__ or seen.__context__
    return ""


def _words(error: BaseException) -> str:
    if isinstance(error, MemoryError):
        return _WORDS[errno.ENOMEM]
    if isinstance(error, OSError):
        return _WORDS.get(error.errno or 0, "")
    if isinstance(error, RuntimeError) and "start new thread" in str(error):
        return NO_THREAD
    if isinstance(error, ImportError):
        return _of_a_library(str(error))
    return ""


def _of_a_library(said: str) -> str:
    """A shared library that cannot be loaded is told in words alone."""
    if _NOT_MAPPED in said:
        return _WORDS[errno.ENOMEM]
    number = next((it for it in (errno.EMFILE, errno.ENFILE, errno.ENOMEM) if os.strerror(it) in said), 0)
    return _WORDS.get(number, "")
