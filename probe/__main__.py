"""`python -m probe`, and the entry point of the `smtp-probe` command."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line of this process and exit with its code."""
    from probe.cli.main import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
