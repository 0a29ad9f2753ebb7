"""The commands of `smtp-probe`: one row each. A new command is added here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib import import_module
from typing import Any

from probe._enum import StrEnum
from probe._named_tuple import NamedTuple

Run = Callable[[Sequence[str]], int]


class Group(StrEnum):
    """The heading of a command in `--help`."""

    LIVE = "Live"
    OFFLINE = "Offline"
    REFERENCE = "Reference"


class CommandEntry(NamedTuple):
    """One command. `summary` is its line in `--help`. `module` is loaded when the command is used. It has the
    function of the command's name for typer, and its `EXAMPLE`; or, if it `reads_itself`, `parser()` and
    `main(argv, run)`: loading typer would take longer than the command."""

    name: str
    group: Group
    module: str
    summary: str
    example: str = "EXAMPLE"
    reads_itself: bool = False

    def load(self) -> Any:
        """The module."""
        return import_module(self.module)

    @property
    def function(self) -> Callable[..., int]:
        """The function that is the command, of one that does not read its arguments itself."""
        function: Callable[..., int] = getattr(self.load(), self.name)
        return function


COMMANDS = (
    CommandEntry(
        "check",
        Group.LIVE,
        "probe.cli.check",
        "Find out why mail from SENDER to RECIPIENT does not go through.",
    ),
    CommandEntry("domain", Group.LIVE, "probe.cli.domain", "Look at a recipient domain before a send."),
    CommandEntry(
        "bulk",
        Group.LIVE,
        "probe.cli.bulk",
        "Look at a whole list of recipients or domains before a send.",
        reads_itself=True,
    ),
    CommandEntry(
        "doctor",
        Group.LIVE,
        "probe.cli.doctor",
        "Say whether this machine is fit to probe and to send.",
        reads_itself=True,
    ),
    CommandEntry(
        "demo",
        Group.LIVE,
        "probe.cli.demo",
        "Run the main job against an embedded DNS and mail server lab.",
    ),
    CommandEntry(
        "explain",
        Group.OFFLINE,
        "probe.cli.explain",
        "Say what an SMTP reply means, who must act and when to retry.",
        reads_itself=True,
    ),
    CommandEntry(
        "bounce",
        Group.OFFLINE,
        "probe.cli.bounce",
        "Read bounce messages: whom, why, and who must act.",
        reads_itself=True,
    ),
    CommandEntry(
        "log",
        Group.OFFLINE,
        "probe.cli.log",
        "Read mail logs and queues: what did not get through, why, and who must act.",
        reads_itself=True,
    ),
    CommandEntry("replay", Group.OFFLINE, "probe.cli.replay", "Interpret a saved run again, offline."),
    CommandEntry(
        "redact",
        Group.OFFLINE,
        "probe.cli.redact",
        "Make a recording fit to share: names, addresses and message text are replaced.",
    ),
    CommandEntry(
        "checks",
        Group.REFERENCE,
        "probe.cli.catalogue",
        "Say what each check looks at, what to do, its source, and what it can find.",
        example="CHECKS_EXAMPLE",
    ),
    CommandEntry(
        "rules",
        Group.REFERENCE,
        "probe.cli.catalogue",
        "Say what each rule reads in a reply or a fact, how much it weighs, and its source.",
        example="RULES_EXAMPLE",
    ),
    CommandEntry(
        "schema",
        Group.REFERENCE,
        "probe.cli.schema",
        "Print the JSON Schema (2020-12) of a JSON format.",
    ),
    CommandEntry(
        "completion",
        Group.REFERENCE,
        "probe.cli.completion",
        "Print the script that completes this command line in a shell.",
    ),
)
READING_THEMSELVES = {entry.name: entry for entry in COMMANDS if entry.reads_itself}
