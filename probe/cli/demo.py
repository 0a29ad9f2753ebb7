"""`smtp-probe demo [SCENARIO]`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

from probe.cli import choices
from probe.cli import options as opt
from probe.cli import output as out
from probe.cli import recording_options as saved
from probe.cli.errors import UsageError
from probe.cli.parameters import Argument, Option
from probe.report.page import Page

if TYPE_CHECKING:
    from probe.cli.live_loop import Hooks
    from probe.lab import Scenario
    from probe.recording.journal import Recording

EXAMPLE = """
Example:
  smtp-probe demo greylisting
"""

DEFAULT_SCENARIO = "tmall"


def demo(
    scenario: Annotated[
        str, Argument(metavar="[SCENARIO]", help=f"Default: {DEFAULT_SCENARIO}.")
    ] = DEFAULT_SCENARIO,
    names: Annotated[bool, Option("--list", help="Name the scenarios, and stop.")] = False,
    record: saved.RecordOption = None,
    form: opt.FormatOption = "text",
    output: opt.OutputOption = None,
    quiet: opt.QuietOption = False,
    verbose: opt.VerboseOption = False,
    pager: opt.PagerOption = False,
) -> int:
    """Run the main job against an embedded DNS and mail server lab.

    Everything happens on this machine's loopback, without privileges and without network.
    """
    destination = choices.destination(form, output, quiet=quiet, verbose=verbose, pager=pager)
    record_to = choices.record_to(record)

    from probe import lab

    if names:
        _list(lab.scenarios())
        return 0
    entry = lab.scenario(scenario)
    if entry is None:
        raise UsageError("SCENARIO", f"{scenario!r} is unknown; there is {', '.join(lab.near(scenario))}")

    from probe import run
    from probe.cli.delivery import Delivery
    from probe.cli.session import run_live

    async def observe(hooks: Hooks) -> Recording:
        async with lab.serve(entry) as running_lab:
            return await run.observe(
                running_lab.target,
                running_lab.options,
                message=running_lab.message,
                sink=hooks.sink,
                progress=hooks.progress,
                recording_to=hooks.recording_to,
                spent=hooks.spent,
                world=running_lab.world,
            )

    delivery = Delivery(destination, record_to, subject=entry.id)
    return run_live(observe, delivery)


def _list(scenarios: tuple[Scenario, ...]) -> None:
    page = Page(out.style_for(sys.stdout))
    width = max(len(scenario.id) for scenario in scenarios)
    for scenario in scenarios:
        page.text(scenario.title, lead=f"{scenario.id:{width}}  ")
        page.text(scenario.summary, indent=width + 2)
    out.deliver_text(str(page), None)
