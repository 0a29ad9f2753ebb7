"""`python -m probe`, and the entry point of the `smtp-probe` command."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
import warnings


def main() -> None:
    """Run the command line of this process and exit with its code."""
    # until there is somebody to say it in one line, Ctrl-C ends the process without a traceback
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from probe.cli import signals

    signals.heed()
    if not sys.warnoptions:
        # what libraries tell their developers is not for a reader of reports; asked for with -W, it is shown
        warnings.simplefilter("ignore")
    from probe.cli import start
    from probe.cli.main import run

    start.mark(time.process_time())
    code = run(sys.argv[1:])
    signals.ignore()
    _leave(code)


def _leave(code: int) -> None:
    """End the process. The interpreter's own way out ends a daemon thread that still works (an import, a
    second opinion) wherever it is; in the midst of C++ code that aborts the process (CPython issue 87135)."""
    threading = sys.modules.get("threading")
    if threading is not None and any(thread.daemon for thread in threading.enumerate()):
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    main()
