"""A file in `__pycache__` that later runs read: it is replaced in one step, or stays as it is."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path


def put(file: Path, octets: bytes) -> None:
    """Put the octets in the place of the file. Never raises: a folder that cannot be written to, or a full
    disk, is no error."""
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(octets)
        draft.replace(file)
    except OSError:
        with contextlib.suppress(OSError):
            draft.unlink()  # half of it, where the disk is full
