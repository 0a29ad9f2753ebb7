"""The probe against real servers: its verdict is the truth, and their logs hold no more than a probe."""

from __future__ import annotations

import pytest

from tests.lab.scenarios import BOB, SCENARIOS, Scenario
from tests.lab.world import RESOLVER, Run, World

pytestmark = pytest.mark.lab

SERIOUS = ("fatal", "error")
NEVER = ("data", "bdat", "auth", "vrfy", "expn", "etrn")
EARLIER_CLIENT = """
import smtplib, sys
source, domain = sys.argv[1:]
host = f"mx.{domain}"
with smtplib.SMTP(host, local_hostname="out.sender.example", source_address=(source, 0)) as client:
    client.ehlo()
    client.mail("earlier@sender.example")
    client.rcpt(f"alice@{domain}")
"""


def _options(scenario: Scenario) -> list[str]:
    fixed = [
        "--bind",
        scenario.source,
        "--nameserver",
        RESOLVER,
        "--dnsbl",
        scenario.dnsbl,
        "--allow-private",
    ]
    if scenario.sender == BOB:
        fixed += ["--selector", "s1"]
    return [*fixed, *scenario.options]


def _explained(run: Run) -> str:
    verdict = run.verdict
    causes = [f"{it['id']} {it['probability']:.2f}" for it in run.report["causes"][:4]]
    evidence = [
        f"  {it['weight_db']}: {it['text']}" for best in run.report["causes"][:1] for it in best["for"]
    ]
    evidence += [
        f"  {it['id']}: {it['message']}" for it in run.report["findings"] if it["severity"] in SERIOUS
    ]
    return "\n".join([str(verdict["reply"]), verdict["summary"], *causes, *evidence, run.server_log[-1500:]])


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.slug)
def test_the_verdict_is_the_truth_and_the_servers_saw_no_more_than_a_probe(
    world: World, scenario: Scenario
) -> None:
    if scenario.prelude:
        world.python(EARLIER_CLIENT, scenario.source, scenario.recipient.partition("@")[2])
        world.logs.settle()
    run = world.probe("check", scenario.sender, scenario.recipient, *_options(scenario))
    assert run.report, run.errors
    verdict = run.verdict
    result = (verdict["outcome"], run.exit_code, verdict["stage"])
    assert result == (scenario.outcome, scenario.exit_code, scenario.stage), _explained(run)
    allowed = scenario.cause.split("|") if scenario.cause is not None else [None]
    assert verdict["cause"] in allowed, _explained(run)
    assert verdict["exit_code"] == run.exit_code

    assert not {verb: run.witness.verbs[verb] for verb in NEVER if run.witness.verbs[verb]}
    assert run.witness.opened <= scenario.sessions, run.server_log[-1500:]
    assert run.witness.verbs["rcpt"] <= 3 * max(run.witness.opened, 1)
    assert (run.witness.opened > 0) == (scenario.sessions > 0), run.server_log[-1500:]
    assert run.witness.verbs["quit"] == run.witness.opened - scenario.lost, run.server_log[-1500:]
