"""Follows a live log file: what is appended, and the file that takes its place when it is rotated."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from probe.cli import signals
from probe.cli.errors import UsageError, unreadable
from probe.cli.log_inputs import CHUNK, Input
from probe.cli.log_reading import Run
from probe.maillog.report import LogFileRead
from probe.reading.log.reader import LINE, Tally, records_of_blocks

_PAUSE = 0.25  # seconds between two looks at the file
_PATIENCE = 20  # looks at a rotated file before the new one is opened: its last lines may still be written


def read_on(files: Sequence[Input], run: Run, problems: list[UsageError]) -> None:
    """Read the one file, and what comes, until a signal ends it."""
    if not files or files[0].format is None:
        return
    (file,) = files
    assert file.format is not None
    reader = run.reader(file.format.name)
    reader.source(file.title, file.written_at)
    run.aggregate.read_by(reader)
    has_ended = False

    def end() -> None:
        nonlocal has_ended
        has_ended = True

    tally = Tally()
    try:
        with signals.call_on_signal(end):
            for records in records_of_blocks(
                reader, follow(file.name, lambda: has_ended, sys.stdout.flush), tally
            ):
                run.take(records)
    except OSError as error:
        problems.append(unreadable("FILE", file.name, error))
    run.files.append(
        LogFileRead(file.title, file.format.name, tally.lines, tally.read, tally.unparsed, tally.other, "")
    )


def follow(name: str, is_asked: Callable[[], bool], at_rest: Callable[[], None]) -> Iterator[bytes]:
    """The whole lines of a file, now and as they come, until `is_asked` says that it is enough. `at_rest` is
    called when all that is there was read. Raises OSError where the file cannot be opened at first."""
    stream: BinaryIO | None = Path(name).open("rb")  # noqa: SIM115 - closed below, when it is rotated
    rest = b""
    patience = _PATIENCE
    try:
        while True:
            chunk = stream.read(CHUNK) if stream is not None else b""
            if chunk:
                patience = _PATIENCE
                rest += chunk
                end = rest.rfind(b"\n") + 1
                if end:
                    yield rest[:end]
                    rest = rest[end:]
                elif len(rest) > LINE:
                    rest = rest[:LINE]
                continue
            at_rest()
            if is_asked():
                break
            if stream is None or _is_replaced(stream, name):
                patience -= 1
                if patience <= 0 or stream is None:
                    if rest:
                        yield rest + b"\n"
                        rest = b""
                    stream = _reopen(stream, name)
                    patience = _PATIENCE
            elif _is_truncated(stream):  # copytruncate
                stream.seek(0)
                rest = b""
                continue
            time.sleep(_PAUSE)
    finally:
        if stream is not None:
            stream.close()
    if rest:
        yield rest + b"\n"


def _is_replaced(stream: BinaryIO, name: str) -> bool:
    """Whether the name now stands for another file, or for none."""
    try:
        return not os.path.samestat(os.fstat(stream.fileno()), os.stat(name))  # noqa: PTH116
    except OSError:
        return True


def _is_truncated(stream: BinaryIO) -> bool:
    return os.fstat(stream.fileno()).st_size < stream.tell()


def _reopen(stream: BinaryIO | None, name: str) -> BinaryIO | None:
    """The file that stands under the name now; the old one as long as there is none."""
    try:
        file = Path(name).open("rb")  # noqa: SIM115
    except OSError:
        return stream
    if stream is not None:
        stream.close()
    return file
