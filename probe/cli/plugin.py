"""`--format nagios`: how a monitoring plugin ends without a report, and its thresholds. Not loaded else."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from probe.cli.errors import UsageError, abandon, complain
from probe.report.nagios_writer import write
from probe.report.plugin_answer import Limits, PluginAnswer, PluginState, Thresholds

NAME = "nagios"
_UNITS = {"d": "days", "s": "seconds"}
_EXAMPLE = "write 14d (days of a certificate), 10s (seconds of the run), or both: 14d,10s"


def is_asked_for(argv: Sequence[str]) -> bool:
    """Whether a command line, a faulty one too, asks for the output of a plugin. The last --format counts."""
    words = argv[: argv.index("--")] if "--" in argv else argv
    form = ""
    for before, word in zip(("", *words), words, strict=False):
        if before == "--format":
            form = word
        elif word.startswith("--format="):
            form = word.removeprefix("--format=")
    return form == NAME


def say_unknown(problem: str) -> int:
    """Write one line to stdout: nothing could be found out, and why; one that has no room there also to
    stderr. Returns the exit code of that."""
    line = write(PluginAnswer(PluginState.UNKNOWN, problem))
    try:
        sys.stdout.write(line)
        sys.stdout.flush()
    except (OSError, ValueError):  # ValueError: the stream is closed
        abandon(sys.stdout)
    if line.endswith("...\n"):
        complain(problem)
    return PluginState.UNKNOWN


def thresholds(warning: Sequence[str], critical: Sequence[str]) -> Thresholds:
    """Read -w and -c. Raises UsageError."""
    default = Thresholds()
    return Thresholds(_limits("-w", warning, default.warning), _limits("-c", critical, default.critical))


def _limits(subject: str, texts: Sequence[str], default: Limits) -> Limits:
    limits = default
    for text in (part.strip() for whole in texts for part in whole.split(",")):
        number, unit = text[:-1], _UNITS.get(text[-1:])
        if unit is None or not (number.isascii() and number.isdecimal() and len(number) < 7):
            raise UsageError(subject, f"{text!r} is no threshold; {_EXAMPLE}")
        limits = limits._replace(**{unit: float(number)})
    return limits
