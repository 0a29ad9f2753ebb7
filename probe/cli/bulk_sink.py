"""Where the rows of `bulk` go: a file that is exact at any moment, or a stream."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import BinaryIO

from probe.cli.errors import UsageError, abandon, unreadable


class ReaderGoneError(Exception):
    """Who read stdout went away (`| head`): no error, but nobody wants more rows."""


class Sink:
    """`path` None is stdout. Raises UsageError where it cannot be written, ReaderGoneError where nobody reads
    any more."""

    def __init__(self, path: Path | None, offset: int) -> None:
        self._path = path
        self.offset = offset
        try:
            self._stream: BinaryIO = sys.stdout.buffer if path is None else _open(path, offset)
        except OSError as error:
            raise self._unwritable(error) from None

    def write(self, data: bytes) -> None:
        """Append."""
        try:
            self._stream.write(data)
        except BrokenPipeError:
            raise self._gone() from None
        except OSError as error:
            raise self._unwritable(error) from None
        self.offset += len(data)

    def sync(self) -> None:
        """All that was written is on disk when this returns."""
        try:
            self._stream.flush()
            if self._path is not None:
                os.fsync(self._stream.fileno())
        except BrokenPipeError:
            raise self._gone() from None
        except OSError as error:
            raise self._unwritable(error) from None

    def close(self) -> None:
        """Close the file."""
        if self._path is not None:
            self._stream.close()

    def _gone(self) -> ReaderGoneError:
        abandon(sys.stdout)
        return ReaderGoneError()

    def _unwritable(self, error: OSError) -> UsageError:
        if self._path is None:
            abandon(sys.stdout)
            return unreadable("", "standard output", error, verb="write")
        return unreadable("-o", str(self._path), error, verb="write")


def _open(path: Path, offset: int) -> BinaryIO:
    """The file, cut to what is known to be written."""
    size = path.stat().st_size if path.exists() else 0
    if size < offset:
        raise UsageError(
            "-o",
            f"{path} is shorter than what was written to it ({size} of {offset} octets); --fresh begins anew",
        )
    stream = path.open("r+b" if path.exists() else "xb")
    stream.truncate(offset)
    stream.seek(offset)
    return stream
