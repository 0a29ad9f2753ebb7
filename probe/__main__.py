"""`python -m probe`, and the entry point of the `smtp-probe` command."""

from __future__ import annotations

import signal
import sys
import time
import warnings


def main() -> None:
    """Run the command line of this process and exit with its code."""
    # until the handlers are installed, Ctrl-C ends the process without a traceback
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from probe.cli import collector, signals

    signals.heed()
    collector.begin_late()
    if not sys.warnoptions:
        # warnings for developers of libraries are hidden, unless -W asks for them
        warnings.simplefilter("ignore")
    from probe.cli import start
    from probe.cli.main import leave, run

    start.mark(time.process_time())
    code = run(sys.argv[1:])
    signals.ignore()
    leave(code)


if __name__ == "__main__":
    main()
