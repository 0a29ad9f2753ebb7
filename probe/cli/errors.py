"""Errors of the command line: one line on stderr, and an exit code."""

from __future__ import annotations

import contextlib
import os
import sys
import unicodedata
from typing import TextIO

from probe.model.text import printable

LINE_LIMIT = 1000  # characters: enough for any path; longer arguments are cut

EXIT_INTERNAL = 70


class UsageError(Exception):
    """The user asked for something impossible. `subject` is the option or argument, or empty; `problem` says
    what is wrong with it and what to do, in one line, not yet escaped."""

    def __init__(self, subject: str, problem: str) -> None:
        super().__init__(f"{subject}: {problem}" if subject else problem)


class NothingObservedError(Exception):
    """This machine stands between: nothing could be asked. One line, not yet escaped; exit code 4."""


_OUTLOOK = bytes.fromhex("d0cf11e0a1b11ae1")  # a compound file ([MS-CFB] section 2.2)


def refuse_outlook(subject: str, title: str, data: bytes) -> None:
    """Raise UsageError for the first octets of a file in which Outlook keeps a message."""
    if data.startswith(_OUTLOOK):
        reason = "an Outlook file (.msg), not the message as it is sent; save it as .eml, or copy its source"
        raise UsageError(subject, f"{title} is {reason}")


def refuse_controls(subject: str, value: str) -> None:
    """Refuse CR, LF, NUL, ESC and other controls in an option: they could end or forge a line. Also refuse
    surrogates that stand for no octet (PEP 383), which no file name can have."""
    if value.isprintable():
        return
    for position, char in enumerate(value, 1):
        category = unicodedata.category(char)
        if category == "Cc":
            raise UsageError(subject, f"control character {char!r} at character {position} is not allowed")
        if category == "Cs" and not "\udc80" <= char <= "\udcff":
            raise UsageError(subject, f"half a character ({char!r}) at character {position} is not allowed")


def unreadable(subject: str, path: str, error: OSError, *, verb: str = "read") -> UsageError:
    """A file that cannot be opened, read or written."""
    return UsageError(subject, f"cannot {verb} {path}: {(error.strerror or str(error)).lower()}")


def complain(message: str) -> None:
    """Write one escaped line to stderr. If that fails (a full disk, a closed pipe), only the exit code
    reports it."""
    line = printable(" ".join(message.split("\n")))
    if len(line) > LINE_LIMIT:
        line = f"{line[: LINE_LIMIT // 2]} … {line[-LINE_LIMIT // 2 :]}"
    try:
        print(f"smtp-probe: {line}", file=sys.stderr, flush=True)
    except (OSError, ValueError):  # ValueError: the stream is closed
        abandon(sys.stderr)


def abandon(stream: TextIO) -> None:
    """Discard buffered output: the interpreter's own last flush would fail and change the exit code to
    120."""
    with contextlib.suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
