"""What no single verdict shows: a second visit, a domain alone, a recording, a refusal to dial."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lab.scenarios import BOB, GOOD, LISTED
from tests.lab.world import RESOLVER, World

pytestmark = pytest.mark.lab

HERE = ("--bind", GOOD, "--nameserver", RESOLVER, "--allow-private")
LIST = ("--dnsbl", "zen.bl.example")


def test_greylisting_puts_off_the_second_visit_too(world: World) -> None:
    """Each visit within postgrey's delay is put off; the report says when to come back."""
    pair = ("carol@sender.example", "alice@grey.example")
    first = world.probe("check", *pair, *HERE, *LIST)
    second = world.probe("check", *pair, *HERE, *LIST)
    for run in (first, second):
        assert (run.verdict["cause"], run.exit_code) == ("greylisted", 3)
        assert run.verdict["retry"] == "later"
        assert run.verdict["retry_after_s"] >= 60


def test_a_domain_is_looked_at_without_mail_or_rcpt(world: World) -> None:
    run = world.probe("domain", "secure.test", *HERE)
    assert run.exit_code == 0
    assert (run.witness.opened, run.witness.verbs["quit"]) == (1, 1)
    assert not run.witness.verbs["mail"] + run.witness.verbs["rcpt"]
    assert run.report["sessions"][0]["tls"]["version"] == "TLSv1.3"


def test_addresses_that_are_not_global_are_not_dialled_unasked(world: World) -> None:
    options = tuple(option for option in HERE if option != "--allow-private")
    run = world.probe("check", BOB, "alice@healthy.example", *options, *LIST)
    assert run.verdict["outcome"] == "inconclusive"
    assert run.exit_code == 4
    assert run.witness.opened == 0


def test_a_recording_of_real_servers_gives_the_same_report_again(world: World, tmp_path: Path) -> None:
    recording = tmp_path / "run.jsonl"
    live = world.probe("check", BOB, "nobody@healthy.example", *HERE, *LIST, "--record", str(recording))
    again = world.probe("replay", str(recording))
    assert again.witness.opened == 0
    assert again.exit_code == live.exit_code == 1
    assert again.report == live.report


def test_two_lists_are_believed_each_by_its_own_test_entries(world: World) -> None:
    zones = ("zen.bl.example", "plain.bl.example", "closed.bl.example", "all.bl.example", "gonebl.example")
    options = [word for zone in zones for word in ("--dnsbl", zone)]
    run = world.probe("check", BOB, "alice@healthy.example", *HERE, "--ip", LISTED, *options)
    result = {it["zone"]: it["status"] for it in run.report["dns"]["dnsbl"]}
    assert result["zen.bl.example"] == "listed"
    assert result["plain.bl.example"] == "unusable"
    assert result["closed.bl.example"] == "refused"
    assert result["all.bl.example"] == "unusable"
    assert result["gonebl.example"] == "timeout"
    assert (run.verdict["outcome"], run.exit_code) == ("accepted", 5)


def test_dane_counts_where_the_answers_are_secure(world: World) -> None:
    good = world.probe("check", BOB, "alice@secure.test", *HERE, *LIST)
    bad = world.probe("check", BOB, "alice@danefail.test", *HERE, *LIST)
    severities = [{it["id"]: it["severity"] for it in run.report["findings"]}["dane"] for run in (good, bad)]
    assert severities == ["ok", "error"]


def test_the_certificate_is_judged_by_the_trust_store_and_the_name(world: World) -> None:
    right = world.probe("check", BOB, "alice@healthy.example", *HERE, *LIST)
    wrong = world.probe("check", BOB, "alice@catchall.example", *HERE, *LIST, "--mx", "mx.access.example")
    result = [{it["id"]: it for it in run.report["findings"]}["certificate"] for run in (right, wrong)]
    assert result[0]["severity"] == "ok", result[0]["message"]
    assert result[1]["severity"] != "ok", result[1]["message"]
