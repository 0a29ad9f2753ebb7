"""The commands of `smtp-probe`: one row each. A new command is added here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module
from typing import Any

Run = Callable[[Sequence[str]], int]


class Group(StrEnum):
    """Under which heading `--help` names a command."""

    LIVE = "Live"
    OFFLINE = "Offline"
    REFERENCE = "Reference"


@dataclass(frozen=True, slots=True)
class CommandEntry:
    """One command. `module` is loaded when the command is asked for. It holds the function of the command's
    name, which typer reads, and its `EXAMPLE`; or, where `reads_itself` is its one-line help, `parser()` and
    `main(argv, run)`: typer would cost more than what the command does."""

    name: str
    group: Group
    module: str
    example: str = "EXAMPLE"
    reads_itself: str = ""

    def load(self) -> Any:
        """The module."""
        return import_module(self.module)


COMMANDS = (
    CommandEntry("check", Group.LIVE, "probe.cli.check"),
    CommandEntry("domain", Group.LIVE, "probe.cli.domain"),
    CommandEntry("demo", Group.LIVE, "probe.cli.demo"),
    CommandEntry(
        "explain",
        Group.OFFLINE,
        "probe.cli.explain",
        reads_itself="Say what an SMTP reply means, who must act and when to retry.",
    ),
    CommandEntry(
        "bounce",
        Group.OFFLINE,
        "probe.cli.bounce",
        reads_itself="Read bounce messages: whom, why, and who must act.",
    ),
    CommandEntry(
        "log",
        Group.OFFLINE,
        "probe.cli.log",
        reads_itself="Read mail logs and queues: what did not get through, why, and who must act.",
    ),
    CommandEntry("replay", Group.OFFLINE, "probe.cli.replay"),
    CommandEntry("redact", Group.OFFLINE, "probe.cli.redact"),
    CommandEntry("checks", Group.REFERENCE, "probe.cli.catalogue", "CHECKS_EXAMPLE"),
    CommandEntry("rules", Group.REFERENCE, "probe.cli.catalogue", "RULES_EXAMPLE"),
    CommandEntry("schema", Group.REFERENCE, "probe.cli.schema"),
)
READING_THEMSELVES = {entry.name: entry for entry in COMMANDS if entry.reads_itself}
