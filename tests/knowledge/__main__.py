"""The upkeep of probe/knowledge, from the command line.

`python -m tests.knowledge stale --months 12` lists the entries whose sources are to be read again, the oldest
first; `python -m tests.knowledge coverage FILE` tells which share of the MX operators in FILE the data names.
Exit code 1 where something is due, or the share is below `--least`; 2 for a file that cannot be read.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, date, datetime
from pathlib import Path

from tests.knowledge.upkeep import BadTableError, age_in_months, coverage, stale


def main(arguments: list[str]) -> int:
    """Run one of the two; what it prints is for a person."""
    parser = argparse.ArgumentParser(prog="python -m tests.knowledge", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    due = commands.add_parser("stale", help="entries whose sources are to be read again")
    due.add_argument("--months", type=int, default=12, help="so many whole months old (12)")
    due.add_argument("--today", type=date.fromisoformat, default=datetime.now(UTC).date(), help="YYYY-MM-DD")
    share = commands.add_parser("coverage", help="the share of MX operators that the data names")
    share.add_argument("file", type=Path)
    share.add_argument("--least", type=float, default=0.0, help="exit 1 below this share, in per cent")
    share.add_argument("--show", type=int, default=20, help="how many unnamed operators are printed (20)")
    argument = parser.parse_args(arguments)
    return _stale(argument.months, argument.today) if argument.command == "stale" else _coverage(argument)


def _stale(months: int, today: date) -> int:
    result = stale(months, today)
    for entry in result:
        print(f"{entry.checked}  {age_in_months(entry.checked, today):3} months  {entry.file}: {entry.id}")
    print(f"{len(result)} entries were last checked {months} months ago or more, as of {today}.")
    return 1 if result else 0


def _coverage(arguments: argparse.Namespace) -> int:
    try:
        measured = coverage(arguments.file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, BadTableError) as error:
        print(f"{arguments.file}: {error}", file=sys.stderr)
        return 2
    for count, name in measured.unnamed[: arguments.show]:
        print(f"{count:7.0f}  {name}")
    print(f"{measured.share:.1%} of {measured.domains} domains have an operator that is named.")
    return 1 if measured.share * 100 < arguments.least else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
