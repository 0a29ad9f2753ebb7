"""Output through a pager: `--pager`."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import TextIO, cast

from probe.cli.errors import complain

PAGER = "less -FRX"  # exits at once if everything fits, keeps colours, and leaves the text on the screen
_LESS = "FRX"  # the same for a `less` that $PAGER names without options


@contextlib.contextmanager
def open_pager() -> Iterator[TextIO]:
    """A stream to the pager: $PAGER, else `less -FRX`; stdout if there is no such program. At the end it
    waits until the pager has ended; one that ends early is no error."""
    command = os.environ.get("PAGER", "").strip() or PAGER
    try:
        process = subprocess.Popen(  # noqa: S603  the user's own word, no shell
            shlex.split(command),
            stdin=subprocess.PIPE,
            env={"LESS": _LESS, **os.environ},
            encoding=sys.stdout.encoding,
            errors="backslashreplace",
        )
        stdin = cast(TextIO, process.stdin)
    except (OSError, ValueError) as error:
        why = error.strerror.lower() if isinstance(error, OSError) and error.strerror else str(error).lower()
        complain(f"--pager: cannot run {command}: {why}; set PAGER to the program that pages")
        yield sys.stdout
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the pager
    try:
        with contextlib.suppress(BrokenPipeError):
            yield stdin
        with contextlib.suppress(BrokenPipeError):
            stdin.close()
        process.wait()
    finally:
        signal.signal(signal.SIGINT, before)
