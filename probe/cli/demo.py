"""`smtp-probe demo [SCENARIO]`."""

from __future__ import annotations

import difflib
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from probe.cli import options as opt
from probe.cli import output as out
from probe.cli.errors import UsageError
from probe.report.page import Page

if TYPE_CHECKING:
    from probe.cli.session import Hooks
    from probe.recording.journal import Recording

EXAMPLE = """
Example:
  smtp-probe demo greylisting
"""

DEFAULT_SCENARIO = "tmall"


def demo(
    scenario: Annotated[
        str, typer.Argument(metavar="[SCENARIO]", help=f"Default: {DEFAULT_SCENARIO}.", show_default=False)
    ] = DEFAULT_SCENARIO,
    names: Annotated[bool, typer.Option("--list", help="Name the scenarios, and stop.")] = False,
    record: opt.RecordOption = None,
    form: opt.FormatOption = "text",
    output: opt.OutputOption = None,
    quiet: opt.QuietOption = False,
    verbose: opt.VerboseOption = False,
) -> int:
    """Run the main job against an embedded DNS and mail server lab.

    Everything happens on this machine's loopback, without privileges and without network.
    """
    destination = opt.destination(form, output, quiet=quiet, verbose=verbose)
    record_to = opt.recording_path(record)

    from probe.lab import demo as lab

    known = [identity for identity, _, _ in lab.scenarios()]
    if names:
        _list(lab.scenarios())
        return 0
    if scenario not in known:
        near = difflib.get_close_matches(scenario, known, n=3) or known
        raise UsageError("SCENARIO", f"{scenario!r} is unknown; there is {', '.join(near)}")

    from probe import run
    from probe.cli.session import Delivery, run_live

    async def observe(hooks: Hooks) -> Recording:
        async with lab.running(scenario) as running:
            return await run.observe(
                running.target,
                running.options,
                message=running.message,
                sink=hooks.sink,
                progress=hooks.progress,
                recording_to=hooks.recording_to,
                lab=running.lab,
            )

    return run_live(observe, Delivery(destination.form, destination.path, destination.verbosity, record_to))


def _list(scenarios: tuple[tuple[str, str, str], ...]) -> None:
    page = Page(out.style_for(sys.stdout))
    for identity, title, summary in scenarios:
        page.text(f"{title}. {summary}" if summary else title, lead=f"{identity:16}")
    out.deliver_text(str(page), None)
