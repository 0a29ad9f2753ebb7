"""The embedded lab of `smtp-probe demo`: DNS, SMTP and HTTPS servers on loopback, scenarios as data.

    import asyncio
    from probe import lab, run

    async def report():
        async with lab.serve(lab.scenario("greylisting")) as it:
            seen = await run.observe(it.target, it.options, message=it.message, world=it.world)
            return run.report_of(seen)

Nothing leaves the machine and no privilege is needed: every server listens on a port of 127.0.0.1 that the
system chose. No server of the lab accepts a message; DATA is refused and counted.
"""

from __future__ import annotations

from probe.lab.running_lab import RunningLab, serve
from probe.lab.scenario import Scenario, ScenarioError, identities, load

__all__ = [
    "DEFAULT",
    "RunningLab",
    "Scenario",
    "ScenarioError",
    "identities",
    "load",
    "near",
    "scenario",
    "scenarios",
    "serve",
]

DEFAULT = "tmall"


def scenarios() -> tuple[Scenario, ...]:
    """Every scenario, in the order in which `smtp-probe demo --list` names them."""
    return tuple(load(identity) for identity in identities())


def scenario(identity: str) -> Scenario | None:
    """The scenario of that id, None when there is none; `near` then names what may have been meant."""
    return load(identity) if identity in identities() else None


def near(identity: str) -> tuple[str, ...]:
    """The ids that look like this one; all of them when none does."""
    import difflib

    fragment = identity.lower()
    scenarios = tuple(scenario for scenario in identities() if fragment and fragment in scenario)
    return scenarios or tuple(difflib.get_close_matches(fragment, identities(), n=3)) or identities()
