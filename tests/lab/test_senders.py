"""`check` beside a real server that sends: its verdict is what a real message of that server then meets."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from tests.lab.senders import SENDERS, Fate, Outgoing, Sender
from tests.lab.world import RESOLVER, Told, World

pytestmark = pytest.mark.lab

OUTCOMES = {"sent": "accepted", "bounced": "refused", "deferred": "deferred"}


@dataclass(frozen=True)
class Beside:
    """What the probe said first, and what then became of a real message."""

    told: Told
    fate: Fate


def _both(world: World, case: Sender) -> Beside:
    server = Outgoing(world.space, case)
    server.configure()
    here = ("--nameserver", RESOLVER, "--allow-private", "--no-dnsbl", "--selector", "s1")
    chosen = ("--mta", case.software, "--config-dir", str(server.home))
    told = world.ask("check", case.sender, case.recipient, *here, *chosen, tree=server.tree)
    return Beside(told, server.deliver())


@pytest.mark.parametrize("case", SENDERS, ids=lambda case: case.slug)
def test_the_verdict_is_what_a_real_message_meets(world: World, case: Sender) -> None:
    beside = _both(world, case)
    told, fate = beside.told, beside.fate
    assert told.report, told.errors
    assert fate.status == case.status, fate
    assert OUTCOMES[fate.status] == case.outcome
    verdict = told.verdict
    found = (verdict["outcome"], told.exit_code, verdict["cause"], verdict["fix_by"])
    fix_by = case.fix_by or verdict["fix_by"]
    findings = [it["message"] for it in told.report["findings"] if it["id"] == "sender-mta"]
    assert found == (case.outcome, case.exit_code, case.cause, fix_by), (verdict, fate, findings)
    mta = told.report["target"]["sender_mta"]
    assert (mta["software"], mta["route"]) == (case.software, case.route)
    assert told.report["target"]["helo"] == case.helo
    if verdict["reply"] and verdict["outcome"] != "accepted":
        said = fate.said.replace("-", " ")
        assert verdict["reply"].split()[0] in said, fate
