"""The walk of the hypotheses: shown where the reply names no cause, with one fact each."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from probe.diagnosis.hypotheses import is_open, walk
from probe.knowledge.next_tests import hypotheses
from probe.model import report as m
from probe.model.evidence import Band
from probe.model.finding import Finding, Severity
from probe.model.reply import EnhancedStatus, Stage
from probe.model.verdict import Outcome
from probe.report.json_report import to_json
from probe.report.run_causes import public_knowledge
from probe.report.style import Style
from tests.support import reports
from tests.support.rendering import to_markdown, to_text

TITLES = [hypothesis.title for hypothesis in hypotheses()]


def cause(identity: str, share: float, weight: float = 0.0, text: str = "") -> m.ReportCause:
    evidence = (m.ReportEvidence(text, weight, "", "r"),) if text else ()
    speaks, against = (evidence, ()) if weight > 0 else ((), evidence)
    return m.ReportCause(identity, identity, "", share, speaks, against, "")


def refusal(reply: str, *, band: Band = Band.UNDECIDED, enhanced: str | None = None) -> m.Report:
    """A refusal at RCPT whose words are `reply`, with half the share on the recipient."""
    code, _, text = reply.partition(" ")
    result = reports.exchange("rcpt", "RCPT TO:<a@shop.example>", text, code=int(code), enhanced=enhanced)
    base = reports.SAMPLES["refused"]()
    verdict = replace(base.verdict, reply=reply, band=band, outcome=Outcome.REFUSED, stage=Stage.RCPT)
    status = EnhancedStatus(*map(int, enhanced.split("."))) if enhanced else None
    findings = (Finding("limits-signals", Severity.OK, 7, "no sign of rate limiting", tag="limits-not-seen"),)
    causes = (
        cause("user_unknown", 0.4, 9, "the mailbox is said to be unknown"),
        cause("bad_domain", 0.3, -12, "postmaster was accepted"),
        cause("mailbox_full", 0.1, 20, "a heavier fact of a cause that is less likely"),
        cause("greylisted", 0.1),
        cause("rate_limited", 0.1),
    )
    return replace(
        base,
        verdict=verdict,
        sessions=(reports.session(result),),
        causes=causes,
        findings=findings,
        hypotheses=walk(causes, findings) if is_open(verdict, status) else (),
    )


def test_every_hypothesis_is_walked_with_its_share_and_one_fact() -> None:
    walked = {it.id: it for it in refusal("550 5.0.0 no", enhanced="5.0.0").hypotheses}
    assert [it.title for it in walked.values()] == TITLES
    recipient, domain, rate = walked["recipient"], walked["domain"], walked["rate"]
    assert (recipient.probability, recipient.fact) == (0.5, "the mailbox is said to be unknown")
    assert (recipient.weight_db, recipient.causes) == (9, hypotheses()[1].causes)
    assert (domain.fact, domain.weight_db) == ("postmaster was accepted", -12)
    assert (rate.fact, rate.weight_db, rate.ref) == (
        "no sign of rate limiting",
        None,
        "finding:limits-signals",
    )
    assert "before DATA" in walked["content"].fact
    assert walked["transient"].fact == "nothing in this run speaks for or against it"


@pytest.mark.parametrize(
    ("report", "output"),
    [
        (refusal("550 5.0.0 no", enhanced="5.0.0"), True),
        (refusal("550 5.0.0 no", enhanced="5.0.0", band=Band.LIKELY), True),
        (refusal("550 no", band=Band.LIKELY), True),
        (refusal("550 5.0.0 user unknown", enhanced="5.0.0", band=Band.STATED), False),
        (refusal("550 5.1.1 no", enhanced="5.1.1", band=Band.LIKELY), False),
        (refusal("550 5.1.1 no", enhanced="5.1.1"), True),
        (reports.SAMPLES["accepted"](), False),
        (reports.SAMPLES["inconclusive"](), False),
        (reports.SAMPLES["domain"](), False),
    ],
)
def test_it_is_shown_where_the_reply_or_the_ranking_is_open(report: m.Report, output: bool) -> None:
    assert bool(report.hypotheses) is output
    assert bool(json.loads(to_json(report))["hypotheses"]) is output
    for rendered in (to_text(report, Style(verbosity=1)), to_markdown(report)):
        assert ("before DATA; a refusal" in " ".join(rendered.split())) is output
    assert ("less than 3 % each: " in to_text(report)) is output


def test_a_fact_about_several_causes_is_shown_once() -> None:
    report = refusal("550 5.0.0 no", enhanced="5.0.0")
    first, second, third, *others = report.hypotheses
    shared = replace(first, probability=0.5, fact="postmaster got the same answer", weight_db=12.0)
    against = replace(second, probability=0.2, fact=shared.fact, weight_db=-15.0)
    third, again = replace(third, probability=0.1), replace(shared, id="x", title="x", probability=0.1)
    walked = replace(report, hypotheses=(shared, against, third, again, *others))
    for rendered in (to_text(walked), to_markdown(walked)):
        text = " ".join(rendered.split())
        assert text.count("postmaster got the same answer") == 1
        assert text.count("the same fact") == 2
        assert f"the same fact as for {shared.title}" in text


@pytest.mark.parametrize("width", [40, 60, 100])
def test_it_fits_the_page_and_stands_after_why(width: int) -> None:
    text = to_text(refusal("550 5.0.0 no", enhanced="5.0.0"), Style(width=width))
    assert text.index("\nWhy\n") < text.index("\nHypotheses") < text.index("\nNine steps\n")
    section = text[text.index("\nHypotheses") :].split("\n\n")[0]
    assert all(len(line) <= width for line in section.splitlines())


def test_where_the_status_comes_from_stands_above_the_walk() -> None:
    origin = Finding(
        "reply-permanence", Severity.NOTICE, 1, "the 5.0.0 is the server's own", tag="reply-status-generic"
    )
    verdict_itself = Finding("reply-permanence", Severity.ERROR, 1, "refused for good", tag="reply-refused")
    report = replace(refusal("550 5.0.0 no", enhanced="5.0.0"), findings=(verdict_itself, origin))
    section = to_text(report).split("\nHypotheses (5.0.0 names no cause)\n")[1]
    assert section.startswith(
        "  the 5.0.0 is the server's own\n   30 %  −12  the whole domain, or its server"
    )
    assert "names no cause)\n\nthe `5.0.0` is the server's own\n\n| Hypothesis" in to_markdown(report)


def test_what_is_documented_is_shown_with_its_source() -> None:
    finding = Finding(
        "recipient-history", Severity.NOTICE, 3, "all failed [Somebody, 2023-11-06]", tag="domain-note"
    )
    report = replace(reports.SAMPLES["refused"](), findings=(finding,))
    assert public_knowledge(report) == (finding.message,)
    assert "Documented about shop.example\n  - all failed [Somebody, 2023-11-06]\n" in to_text(report)
    assert "## Documented about `shop.example`" in to_markdown(report)
    assert "Documented" not in to_text(replace(report, findings=()))


TAG = "provider-note"


def test_what_is_known_of_the_provider_is_quiet_where_nothing_was_refused() -> None:
    """It stands there with -v, and in the JSON."""
    note = Finding("provider-notes", Severity.NOTICE, 3, "Example Mail: 5.7.1 is anything", tag=TAG)
    refused = replace(reports.SAMPLES["refused"](), findings=(note,))
    assert "Documented about shop.example\n  - Example Mail: 5.7.1 is anything\n" in to_text(refused)
    accepted = reports.SAMPLES["accepted"]()
    accepted = replace(accepted, findings=(*accepted.findings, note))
    assert "Example Mail" not in to_text(accepted)
    assert "Example Mail" in to_text(accepted, Style(verbosity=1))
