"""How long a command takes to start, beside `import typer`, in one run.

python -m tests.bench.starting [ROUNDS]

Each command runs ROUNDS times (25 where it is not given) in turn with the others; the medians count. CPU is
the steadier of both on a machine with other work.
"""

from __future__ import annotations

import statistics
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.commands import Cost, cost_of, use_compiled_modules
from tests.bench.earlier import ROOT

ROUNDS = 25
YARDSTICK = "import typer"
_BOUNCE = ROOT / "fixtures" / "bounces" / "postfix-dsn.eml"
_EARLIER = ROOT / "fixtures" / "recordings" / "lab-tmall" / "recording.jsonl"
_RECORDING = "today.jsonl"
_PROBE = (sys.executable, "-m", "probe")
COMMANDS = {
    YARDSTICK: (sys.executable, "-c", "import typer"),
    "--help": (*_PROBE, "--help"),
    "explain": (*_PROBE, "explain", "550 5.1.1 user unknown"),
    "bounce": (*_PROBE, "bounce", str(_BOUNCE)),
    "replay": (*_PROBE, "replay", _RECORDING),
    "redact": (*_PROBE, "redact", _RECORDING),
}
_MOST = {"--help": 1.25, "explain": 1.25, "bounce": 2.0, "replay": 2.5, "redact": 2.5}
_CODES = (0, 1, 3, 4, 5)


def main(rounds: int = ROUNDS) -> None:
    """Print the medians and their ratios."""
    use_compiled_modules()
    with TemporaryDirectory() as name:
        folder = Path(name)
        environment = {"PYTHONPATH": str(ROOT), "XDG_STATE_HOME": name}
        # what redact writes has today's format
        cost_of([*_PROBE, "redact", str(_EARLIER), "-o", _RECORDING], folder, environment=environment)
        costs: dict[str, list[Cost]] = {name: [] for name in COMMANDS}
        for turn in range(rounds + 1):
            for name, command in COMMANDS.items():
                cost = cost_of(command, folder, environment=environment, codes=_CODES)
                if turn:  # in the first one its modules are compiled
                    costs[name].append(cost)
    wall = {name: statistics.median(run.wall for run in runs) for name, runs in costs.items()}
    cpu = {name: statistics.median(run.cpu for run in runs) for name, runs in costs.items()}
    for name in COMMANDS:
        limit = f"  (asked: {_MOST[name]})" if name in _MOST else ""
        print(
            f"{name:14} {wall[name] * 1000:5.0f} ms {wall[name] / wall[YARDSTICK]:5.2f} x"
            f"   cpu {cpu[name] * 1000:5.0f} ms {cpu[name] / cpu[YARDSTICK]:5.2f} x{limit}"
        )


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
