"""`python -m probe`, and the entry point of the `smtp-probe` command."""

from __future__ import annotations

import sys
import time


def main() -> None:
    """Run the command line of this process and exit with its code."""
    from probe.cli import start
    from probe.cli.main import run

    start.mark(time.process_time())
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
