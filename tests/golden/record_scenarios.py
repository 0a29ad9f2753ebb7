"""Record every scenario of the lab into fixtures/recordings: `python -m tests.golden.record_scenarios`.

Only for a new scenario, or when the recording format has changed: an old recording is worth more.
"""

from __future__ import annotations

import asyncio
import sys
from dataclasses import replace

from probe import lab, run
from probe.recording import events as ev
from probe.recording.file import RecordingWriter
from tests.golden.test_scenarios import RECORDINGS


async def record(scenario: lab.Scenario) -> None:
    file = RECORDINGS / f"lab-{scenario.id}" / "recording.jsonl"
    if file.exists():
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    async with lab.serve(scenario) as it:
        recording = await run.observe(it.target, it.options, message=it.message, world=it.world)
    with RecordingWriter(file) as writer:
        for event in recording:
            # the name of the machine that recorded it is nobody's business
            writer.append(replace(event, hostname="lab.example") if isinstance(event, ev.Vantage) else event)
    file.chmod(0o644)


def main() -> int:
    for scenario in lab.scenarios():
        asyncio.run(record(scenario))
    return 0


if __name__ == "__main__":
    sys.exit(main())
