"""SSLKEYLOGFILE: Python uses it in every default TLS context, and raises if it cannot be written to."""

from __future__ import annotations

import os
import sys

from probe.cli.errors import complain, unreadable

NAME = "SSLKEYLOGFILE"


def pass_over_a_bad_one() -> None:
    """Report a file that cannot be written to in one line, and run without it. A full device is detected
    here, too: during a handshake it would look like a fault of the server."""
    path = os.environ.get(NAME)
    if not path or sys.flags.ignore_environment:
        return
    try:
        # O_NONBLOCK: a pipe without a reader would block the run
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(b"# smtp-probe\n")  # lines with # are comments of the format
    except (OSError, ValueError) as error:
        problem = error if isinstance(error, OSError) else OSError(str(error))
        complain(f"{unreadable(NAME, path, problem, verb='write')}; no keys are logged")
        del os.environ[NAME]
