"""`--no-smtp`: no server is asked, and that is no failure. DNS alone decides."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

import jsonschema
import pytest

from probe import lab, run
from probe.model.report import Report
from probe.model.target import DomainTarget, PairTarget, Target
from probe.report.json_report import to_json
from probe.report.schema import report_schema
from probe.report.style import Style
from tests.support.rendering import to_text

LEFT_OUT = "--no-smtp left the dialogue out"


def made(identity: str, *, smtp: bool = False, domain: bool = False) -> Report:
    """A run against the servers of a scenario of the lab."""

    async def observe() -> Report:
        async with lab.serve(lab.load(identity)) as it:
            target: Target = DomainTarget(it.target.forward_path.domain) if domain else it.target
            assert isinstance(target, DomainTarget if domain else PairTarget)
            options = replace(it.options, smtp=smtp)
            return run.report_of(await run.observe(target, options, message=it.message, world=it.world))

    return asyncio.run(observe())


@pytest.mark.parametrize(
    ("identity", "code", "outcome", "headline"),
    [
        ("healthy", 0, "accepted", "DNS IN ORDER"),
        ("spf-fail-accepted", 5, "accepted", "DNS SHOWS A FAULT, LIKELY TO BE REFUSED"),
        ("dmarc-reject", 5, "accepted", "DNS SHOWS A FAULT, LIKELY TO BE REFUSED"),
        ("null-mx", 1, "refused", "REFUSED FOR GOOD"),
        ("dangling-mx", 1, "refused", "REFUSED FOR GOOD"),
        ("temporary-dns-failure", 4, "inconclusive", "INCONCLUSIVE"),
    ],
)
def test_dns_alone_decides(identity: str, code: int, outcome: str, headline: str) -> None:
    report = made(identity)
    verdict = report.verdict
    assert (verdict.exit_code, verdict.outcome, verdict.extent, verdict.stage) == (
        code,
        outcome,
        "dns",
        "dns",
    )
    assert verdict.reason
    text = to_text(report, Style())
    assert f"\n{headline}  " in text
    assert "ACCEPTED" not in text and "accepted at RCPT" not in text
    printed = json.loads(to_json(report))
    jsonschema.validate(printed, report_schema())
    assert (printed["verdict"]["asked"], printed["verdict"]["reason"]) == ("dns", verdict.reason)


def test_what_was_left_out_is_named_and_can_be_asked() -> None:
    report = made("healthy")
    assert report.verdict.reason == LEFT_OUT
    assert report.next_test is not None and "without --no-smtp" in report.next_test.text
    assert {step.step: step.status for step in report.checklist}[1] == "not_assessed"
    assert report.sessions == ()


@pytest.mark.parametrize("smtp", [True, False])
def test_a_domain_asks_about_no_mailbox(smtp: bool) -> None:
    report = made("healthy", smtp=smtp, domain=True)
    verdict = report.verdict
    assert (verdict.outcome, verdict.exit_code) == ("accepted", 0)
    expected = ("server", "the command domain asks about no mailbox") if smtp else ("dns", LEFT_OUT)
    assert (verdict.extent, verdict.reason) == expected
    assert "ACCEPTED" not in to_text(report, Style())


@pytest.mark.parametrize(
    ("identity", "text", "reason"),
    [
        ("healthy", "mailbox", None),
        ("unknown-user", "mailbox", None),
        ("rate-limit", "server", "deferred at MAIL FROM"),
        ("size-limit", "server", "refused at MAIL FROM"),
    ],
)
def test_how_far_a_dialogue_went_is_said(identity: str, text: str, reason: str | None) -> None:
    verdict = made(identity, smtp=True).verdict
    assert (verdict.extent, verdict.reason) == (text, reason)
