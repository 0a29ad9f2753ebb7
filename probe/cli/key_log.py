"""SSLKEYLOGFILE, which Python heeds in every TLS context that it makes by default, and fails over when it
cannot be written."""

from __future__ import annotations

import os
import sys

from probe.cli.errors import complain, unreadable

NAME = "SSLKEYLOGFILE"


def pass_over_a_bad_one() -> None:
    """One line for a file that cannot be written, and the run goes on without it. A device that is full is
    found out here, too: in the middle of a handshake it would look like a fault of the server."""
    path = os.environ.get(NAME)
    if not path or sys.flags.ignore_environment:
        return
    try:
        # O_NONBLOCK: a pipe that nobody reads would hold the run
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(b"# smtp-probe\n")  # lines with # are comments of the format
    except (OSError, ValueError) as error:
        problem = error if isinstance(error, OSError) else OSError(str(error))
        complain(f"{unreadable(NAME, path, problem, verb='write')}; no keys are logged")
        del os.environ[NAME]
