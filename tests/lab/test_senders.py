"""`check` beside a real server that sends: its verdict is what a real message of that server then meets."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from tests.lab.sender import Fate, Sender
from tests.lab.sender_cases import SENDERS as FIRST
from tests.lab.sender_cases_more import OPENSMTPD, SENDMAIL
from tests.lab.sender_cases_rewriting import REWRITING
from tests.lab.senders import Outgoing
from tests.lab.world import RESOLVER, Told, World

pytestmark = pytest.mark.lab

SENDERS = (*FIRST, *SENDMAIL, *OPENSMTPD, *REWRITING)
SIDE_BY_SIDE = 2
TRIES = 4  # on a machine that is busy the tools of the mail server may take longer than they are given
LATE = "the tools took longer than"
OUTCOMES = {"sent": "accepted", "bounced": "refused", "deferred": "deferred", "SOFTBOUNCE": "deferred"}


@dataclass(frozen=True)
class Beside:
    """What the probe said first, and what then became of a real message."""

    report: Told
    fate: Fate


def _both(world: World, case: Sender) -> Beside:
    server = Outgoing(world.space, case)
    server.configure()
    here = ("--nameserver", RESOLVER, "--allow-private", "--no-dnsbl", "--selector", "s1")
    chosen = ("--mta", case.software, "--config-dir", str(server.home))
    for _ in range(TRIES):
        result = world.ask("check", case.sender, case.recipient, *here, *chosen, tree=server.tree)
        mta = result.report["target"]["sender_mta"] if result.report else None
        if mta and LATE not in str(mta):
            break
    return Beside(result, server.deliver())


@pytest.fixture(scope="module")
def fates(world: World, request: pytest.FixtureRequest) -> Iterator[dict[Sender, Future[Beside]]]:
    """Each case that is to be tested, a few at a time: most of it is waiting for servers to start."""
    chosen = [it.callspec.params.get("case") for it in request.session.items if hasattr(it, "callspec")]
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        yield {case: pool.submit(_both, world, case) for case in SENDERS if case in chosen}


@pytest.mark.parametrize("case", SENDERS, ids=lambda case: case.slug)
def test_the_verdict_is_what_a_real_message_meets(fates: dict[Sender, Future[Beside]], case: Sender) -> None:
    beside = fates[case].result()
    texts, fate = beside.report, beside.fate
    assert texts.report, texts.errors
    assert fate.status == case.status, fate
    assert case.outcome == OUTCOMES[fate.status]
    verdict = texts.verdict
    result = (verdict["outcome"], texts.exit_code, verdict["cause"], verdict["fix_by"])
    fix_by = case.fix_by or verdict["fix_by"]
    findings = [it["message"] for it in texts.report["findings"] if it["id"] == "sender-mta"]
    assert result == (case.outcome, case.exit_code, case.cause, fix_by), (verdict, fate, findings)
    mta = texts.report["target"]["sender_mta"]
    assert (mta["software"], mta["route"]) == (case.software, case.route)
    assert case.helo in ("", texts.report["target"]["helo"])
    if verdict["reply"] and verdict["outcome"] not in ("accepted", "inconclusive"):
        output = fate.text.replace("-", " ")
        assert verdict["reply"].split()[0] in output, fate
