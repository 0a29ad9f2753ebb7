"""How the time of `redact` grows with the number of names: `python -m tests.bench.redaction [PAIRS ...]`.

Each pair is a mailbox, its host and an address that no other has, told in one reply in several spellings.
The ratio of two times is what counts: with four times the names it is about four.
"""

from __future__ import annotations

import base64
import sys
import time
from collections.abc import Iterator
from ipaddress import IPv4Address

from probe.model.address import Mailbox
from probe.model.target import Options, PairTarget
from probe.recording import events as ev
from probe.recording.journal import Recording
from probe.recording.redact import redact

_TARGET = PairTarget(Mailbox("bob", "b.example", "b.example"), Mailbox("alice", "a.example", "a.example"))


def recording(pairs: int) -> Recording:
    """A run in which so many mailboxes are named."""
    started = ev.Started(ev.FORMAT_VERSION, "0.1", "2026-11-21T08:00:00+00:00", _TARGET, Options())
    return Recording.of([started, *_replies(pairs)])


def _replies(pairs: int) -> Iterator[ev.Event]:
    for number in range(pairs):
        local, domain = f"kim{number:x}.lee", f"corp{number:x}.com"
        hidden = base64.b64encode(f"{local}@{domain}\n".encode()).decode()
        ip = IPv4Address(0x51000000 + number)
        yield ev.Received(
            number,
            1,
            f"550 <{local}@{domain}> kim{number:x}_lee {hidden} at gate{number:x}.{domain} (gate{number:x}) "
            f"[{ip}] {str(ip).rpartition('.')[0]}.x\r\n".encode(),
        )


def main(sizes: list[int]) -> None:
    """Print the time for each size, and its ratio to that of the first."""
    first = 0.0
    for pairs in sizes:
        run = recording(pairs)
        started = time.process_time()
        redact(run)
        elapsed = time.process_time() - started
        first = first or elapsed
        grown = f"{pairs / sizes[0]:.1f} x the names, {elapsed / first:.1f} x the time"
        print(f"{pairs:7} pairs {elapsed:8.2f} s: {grown}")


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [10_000, 20_000, 40_000])
