"""What the commands share that read their arguments by argparse: typer would cost more than what they do."""

from __future__ import annotations

import argparse
import sys
from typing import Any, NoReturn

from probe.cli.errors import UsageError


class LightParser(argparse.ArgumentParser):
    """The options of one command; `prog` ends with its name. Bad arguments raise UsageError."""

    def __init__(self, prog: str, description: str, epilog: str) -> None:
        super().__init__(
            prog=prog,
            description=description,
            epilog=epilog,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )

    def error(self, message: str) -> NoReturn:
        """One line, as for every bad argument; argparse would print the usage and leave."""
        raise UsageError(self.prog.rpartition(" ")[2], message)

    def print_help(self, file: Any = None) -> None:
        """As it stands: argparse's own passes over a disk that is full."""
        (file or sys.stdout).write(self.format_help())
