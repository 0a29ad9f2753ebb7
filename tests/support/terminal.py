"""Runs the command line on a pseudo-terminal of a given size, as a person would see it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping
from dataclasses import dataclass

from tests.support.patience import PATIENCE

_SGR = re.compile(r"\x1b\[[0-9;]*m")
_ERASED = re.compile(r"[^\n]*\r\x1b\[K")


@dataclass(frozen=True)
class Screen:
    """What stood on the terminal in the end: `painted` with SGR sequences; lines without them."""

    code: int
    painted: str

    @property
    def lines(self) -> list[str]:
        """Every line, also those that have scrolled away."""
        return _SGR.sub("", self.painted).rstrip("\n").split("\n")

    def last(self, count: int) -> str:
        """The last lines, as far as the screen shows them before the prompt."""
        return "\n".join(self.lines[-count:])


def on_terminal(
    *arguments: str, columns: int = 80, lines: int = 24, env: Mapping[str, str] | None = None
) -> Screen:
    """One run of `python -m probe` with all three streams on a terminal of `columns` times `lines`."""
    main, side = pty.openpty()
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
    environment = {
        key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES", "NO_COLOR")
    }
    environment |= {"TERM": "xterm", "PYTHONIOENCODING": "utf-8", **(env or {})}
    process = subprocess.Popen(
        [sys.executable, "-m", "probe", *arguments], stdin=side, stdout=side, stderr=side, env=environment
    )
    os.close(side)
    octets = b""
    try:
        while select.select([main], [], [], 60)[0]:
            try:
                piece = os.read(main, 65536)
            except OSError:  # the terminal is gone with the last process that had it
                break
            if not piece:
                break
            octets += piece
        code = process.wait(timeout=PATIENCE)
    finally:
        process.kill()
        os.close(main)
    text = octets.decode("utf-8").replace("\r\n", "\n")
    return Screen(code, _ERASED.sub("", text))
