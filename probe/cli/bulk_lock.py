"""Who may write a state of `bulk`: one process, on a local disk."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from pathlib import Path

from probe.cli.errors import UsageError

_NETWORK = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "fuse.sshfs", "fuse.glusterfs"}
)


def take_lock(path: Path) -> int:
    """Make the file where it is not there, and lock it; its descriptor. Raises UsageError where another
    process has it, and for a network file system, where locks do not hold."""
    kind = _file_system(path)
    if kind in _NETWORK:
        raise UsageError("-o", f"{path} lies on a network file system ({kind}); write to a local disk")
    try:
        lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)  # the list of somebody's recipients
    except OSError as error:
        raise UsageError("-o", f"cannot write {path}: {(error.strerror or str(error)).lower()}") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise UsageError("-o", f"{path} is in use: {_holder(path)} works on this output") from None
    return lock


def _holder(path: Path) -> str:
    try:
        base = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=1)
        try:
            row = base.execute("select value from meta where name = 'process'").fetchone()
        finally:
            base.close()
    except sqlite3.Error:
        row = None
    return f"process {row[0]}" if row is not None else "another process"


def _file_system(path: Path) -> str:
    """The type of the file system, on Linux; empty elsewhere."""
    place = os.path.realpath(path)
    longest, kind = "", ""
    try:
        with Path("/proc/self/mountinfo").open(encoding="utf-8", errors="surrogateescape") as stream:
            for line in stream:
                before, _, behind = line.partition(" - ")
                mount = before.split(" ")[4].replace("\\040", " ")
                inside = place == mount or place.startswith(mount.rstrip("/") + "/")
                if inside and len(mount) >= len(longest):
                    longest, kind = mount, behind.split(" ")[0]
    except OSError:
        return ""
    return kind
