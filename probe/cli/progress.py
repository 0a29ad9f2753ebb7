"""A progress line on the terminal, rewritten in place."""

from __future__ import annotations

import os
import sys
from types import TracebackType

from probe.cli.errors import abandon
from probe.cli.terminal import terminal_columns
from probe.model.text import printable
from probe.report.page import columns

_ERASE = "\r\x1b[K"


class ProgressLine:
    """Writes to stderr if that is a terminal that can erase a line. A context manager: at its end the line is
    erased."""

    def __init__(self, *, is_wanted: bool = True) -> None:
        self._active = is_wanted and sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self._visible = False

    def __call__(self, text: str) -> None:
        """Replace the line with `text`."""
        if not self._active:
            return
        width = terminal_columns(80, sys.stderr) - 1
        line = printable(text)
        while columns(line) > width:
            line = line[:-1]
        self._visible = self._active = self._write(_ERASE + line)

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.erase()

    def erase(self) -> None:
        """Nothing stands there any more: other output may follow."""
        if self._visible:
            self._visible = False
            self._write(_ERASE)

    def _write(self, text: str) -> bool:
        """Write; returns whether the terminal still accepts output."""
        try:
            sys.stderr.write(text)
            sys.stderr.flush()
        except OSError:
            abandon(sys.stderr)
            return False
        return True
