"""What the look for lines of a log costs a stream of plain replies: the share of the time, in one run.

python -m tests.bench.explaining
"""

from __future__ import annotations

import sys
import time
from itertools import cycle, islice

from probe.cli.explain import _explain_each
from tests.support.explained import explain_lines

REPLIES = (
    "550 5.1.1 <bob@x.example>: Recipient address rejected: User unknown",
    "host mx.x.example[192.0.2.1] said: 451 4.7.1 Greylisted, try again in 300 seconds (in reply to RCPT TO)",
    "554 5.7.1 Service unavailable; client [192.0.2.1] blocked using bl.example, see http://bl.example/?ip=x",
    "552 5.2.2 Mailbox full",
)
LINES = 4_000


def measured(rounds: int = 5) -> tuple[float, float]:
    """Seconds for the lines without and with the look, each the least of several rounds taken in turn."""
    lines = list(islice(cycle(REPLIES), LINES))
    without = with_look = float("inf")
    for _ in range(rounds):
        begun = time.process_time()
        explain_lines(lines)
        without = min(without, time.process_time() - begun)
        begun = time.process_time()
        list(_explain_each(lines, None, ""))
        with_look = min(with_look, time.process_time() - begun)
    return without, with_look


def main() -> int:
    """Print both times and their ratio."""
    without, with_look = measured()
    print(f"{LINES} replies: {without:.2f} s alone, {with_look:.2f} s with the look for lines of a log")
    print(f"ratio {with_look / without:.3f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
