"""`python -m probe`, and the entry point of the `smtp-probe` command."""

from __future__ import annotations

import signal
import sys
import time


def main() -> None:
    """Run the command line of this process and exit with its code."""
    # until there is somebody to say it in one line, Ctrl-C ends the process without a traceback
    python_heeds_it = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if python_heeds_it:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from probe.cli import start
    from probe.cli.main import run

    start.mark(time.process_time())
    if python_heeds_it:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    code = run(sys.argv[1:])
    # all is said: a signal on the way out may not turn the exit code into another
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    sys.exit(code)


if __name__ == "__main__":
    main()
