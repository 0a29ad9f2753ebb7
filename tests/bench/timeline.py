"""Where the time of one check goes, as a picture: what it waits for, and what it loads meanwhile.

python -m tests.bench.timeline

One run of `check` as a user types it, between the two servers of `tests.bench.one_check` (needs root). It
prints a Gantt chart in the words of Mermaid, for docs/benchmarks.md: the times of the recording, and those at
which Python tells of each module that it has loaded. Telling of them makes the run a little slower.
"""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from tests.bench.one_check import check_as_typed, servers

_PAUSE = 25  # milliseconds without a module of the part; then the next one begins another bar
_SHORTEST = 8  # milliseconds of a bar that is worth drawing
_PARTS = (  # the first that is the beginning of a module's name
    ("checkdmarc", "checkdmarc"),
    ("pyleri", "checkdmarc"),
    ("dns", "dnspython"),
    ("probe.cli", "command line"),
    ("probe.diagnosis", "diagnosis"),
    ("probe.checks", "diagnosis"),
    ("probe.facts", "diagnosis"),
    ("probe.knowledge", "diagnosis"),
    ("probe.reading", "reading of replies"),
    ("probe.report", "report"),
    ("probe.wording", "report"),
    ("probe", "the run itself"),
    ("", "Python's own modules"),
)


@dataclass(frozen=True, slots=True)
class Bar:
    """What went on from one moment to another, in milliseconds since the start of the process."""

    what: str
    begin: int
    end: int


def waits(lines: Iterable[str], process_began: float) -> Iterator[Bar]:
    """The questions to DNS and the steps of the dialogue in a recording of a process that began at that Unix
    time. All that is asked of DNS after the first two questions is one bar."""
    questions: list[Bar] = []
    begin, step, offset = 0, "", 0
    for event in map(json.loads, lines):
        moment, kind = offset + event.get("at_ms", 0), event["kind"]
        if kind == "started":
            run_began = datetime.fromisoformat(event["started_at"]).timestamp()
            offset = round((run_began - process_began) * 1000)
        elif kind == "dns":
            question, elapsed = event["answer"]["question"], event["answer"]["elapsed_ms"]
            questions.append(Bar(f"{question['rtype']} {question['name']}", moment - elapsed, moment))
        elif kind == "session_opened":
            begin, step = moment, "connection and greeting"
        elif kind == "sent":
            begin, step = moment, event["data"].split()[0]
        elif kind == "received":
            yield Bar(step, begin, moment)
    yield from questions[:2]
    if others := questions[2:]:
        yield Bar(
            f"{len(others)} more questions to DNS",
            min(bar.begin for bar in others),
            max(bar.end for bar in others),
        )


def loads(modules: Iterable[tuple[int, str]]) -> Iterator[Bar]:
    """Bars of each part of the program from the moments at which its modules were loaded."""
    moments: defaultdict[str, list[int]] = defaultdict(list)
    for moment, module in modules:
        part = next(part for beginning, part in _PARTS if f"{module}.".startswith(beginning))
        moments[part].append(moment)
    for part, times in moments.items():
        pauses = [at for at in range(1, len(times)) if times[at] - times[at - 1] > _PAUSE]
        for first, after in zip([0, *pauses], [*pauses, len(times)], strict=True):
            if times[after - 1] - times[first] >= _SHORTEST:
                yield Bar(part, times[first], times[after - 1])


def chart(sections: Iterable[tuple[str, Iterable[Bar]]]) -> str:
    """The bars as a Gantt chart of Mermaid, each section by the beginnings."""
    lines = ["gantt", "    dateFormat x", "    axisFormat %L ms"]
    for name, bars in sections:
        lines.append(f"    section {name}")
        for bar in sorted(bars, key=lambda it: it.begin):
            what = bar.what.replace(":", " ").replace(";", " ")
            lines.append(f"    {what} : {bar.begin}, {max(bar.end, bar.begin + 1)}")
    return "\n".join(lines)


def main() -> None:
    """Print the chart."""
    with servers() as (enter, home):
        record = home / "run.jsonl"
        command = [*check_as_typed(enter), "--record", str(record)]
        subprocess.run(command, cwd=home, capture_output=True, check=False)  # its modules are compiled
        record.unlink()
        begin, modules = 0.0, []
        environment = {**os.environ, "PYTHONPROFILEIMPORTTIME": "1"}
        process = subprocess.Popen(
            command, cwd=home, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        assert process.stderr is not None
        for line in process.stderr:
            begin = begin or time.time()
            name = line.rpartition("|")[2].strip()
            if line.startswith("import time:") and name != "imported package":
                modules.append((round((time.time() - begin) * 1000), name))
        process.wait()
        end = round((time.time() - begin) * 1000)
        recording = record.read_text(encoding="utf-8").splitlines()
    print(
        chart(
            (
                ("Waits for", waits(recording, begin)),
                ("Loads", loads(modules)),
                ("All", [Bar("check", 0, end)]),
            )
        )
    )


if __name__ == "__main__":
    main()
