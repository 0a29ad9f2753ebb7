"""A part of a live run in which this program fails costs that part: the others are made, and reported."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from probe.collect import live, second_opinion
from probe.diagnosis import advice
from probe.model.debugging import DEBUG
from probe.model.report import Report
from probe.report.style import Style
from probe.survey import recipient, reputation, sender, sending
from tests.support.dns_server import DnsServer
from tests.support.hostile_report import HEALTHY, options, unsafe, whole_run
from tests.support.hostile_server import HostileServer
from tests.support.rendering import to_text
from tests.support.smtp_server import SmtpServer

POLITE = HostileServer("polite", "", "polite")
REFUSES = HostileServer("refuses", "", "polite until RCPT\nsay 550 5.0.0 no\npolite")


class PlantedError(Exception):
    pass


def fail(*_: object, **__: object) -> NoReturn:
    raise PlantedError("planted")


def fails_when_driven(*_: object, **__: object) -> Iterator[tuple[()]]:
    yield ()
    fail()


async def waits_and_fails(*_: object) -> NoReturn:
    fail()


PARTS: dict[str, tuple[Any, str, Any]] = {
    "opinions": (second_opinion, "ask_for_opinions", waits_and_fails),
    "sender policy": (sender, "dkim_keys", fails_when_driven),
    "sender address": (sender, "confirm_reverse", fails_when_driven),
    "blocklists": (reputation, "listings", fails_when_driven),
    "transport security": (recipient, "transport_records", fails_when_driven),
}


@pytest.fixture(autouse=True)
def _as_for_a_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(DEBUG)


async def _reported(folder: Path, server: HostileServer = POLITE) -> Report:
    async with DnsServer(HEALTHY) as dns, SmtpServer(*server.scripts(folder)) as smtp:
        result = await whole_run(options(smtp.port, (dns.endpoint,)), folder)
    assert unsafe(result.report) == []
    return result.report


@pytest.mark.parametrize("part", PARTS)
async def test_a_part_that_raises_is_the_only_one_left_out(
    part: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(*PARTS[part])
    report = await _reported(tmp_path)
    assert (report.verdict.outcome, report.verdict.stage) == ("accepted", "rcpt")
    left_out = {item.part: item.reason for item in report.not_reached}
    assert set(left_out) == {part}
    assert "PlantedError: planted" in left_out[part]
    assert "which is a bug" in left_out[part]


async def test_sessions_that_fail_leave_what_dns_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "ask_the_servers", waits_and_fails)
    report = await _reported(tmp_path)
    assert (report.verdict.outcome, report.verdict.exit_code) == ("inconclusive", 4)
    assert "it failed inside this program" in report.verdict.summary
    assert report.dns.spf is not None
    assert report.dns.spf.result == "pass"


async def test_a_route_that_raises_leaves_out_the_sessions_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "resolve_mx", fail)
    report = await _reported(tmp_path)
    assert [item.part for item in report.not_reached] == ["sessions"]
    assert report.dns.spf is not None and report.dns.spf.result == "pass", "the sender's side needs no route"
    assert report.verdict.exit_code == 4
    assert "Internal errors" in to_text(report, Style(width=200))  # the reader of the route fails alike


async def test_an_experiment_that_cannot_be_chosen_is_not_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(advice, "_is_informative", fail)
    report = await _reported(tmp_path, REFUSES)
    assert (report.verdict.outcome, report.verdict.exit_code) == ("refused", 1)
    assert {session.experiment for session in report.sessions} == {"target"}
    left_out = [item.reason for item in report.not_reached if item.part.startswith("control ")]
    assert set(left_out) == {"not made: this program failed to choose an experiment"}
