"""`--format prometheus`: what is counted, what is not known, and that no text of a stranger breaks a line."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.model.listing import ListingStatus
from probe.model.report import Report
from probe.model.verdict import ExitCode, Outcome
from probe.report import prometheus_writer
from probe.report.formats import Kind, formats_of
from probe.report.metric import Metric
from probe.report.metric import Sample as Row
from probe.report.style import Style
from tests.properties.test_report_hostile import live, poisoned, tickets
from tests.support import reports
from tests.support.prometheus_text import Sample, read_metrics


def written(report: Report) -> str:
    return formats_of(Kind.RUN)["prometheus"].write(Kind.RUN, report, Style())


def samples_of(report: Report, name: str) -> list[Sample]:
    return [it for it in read_metrics(written(report)) if it.name == f"smtp_probe_{name}"]


def test_a_refusal_is_counted_as_one() -> None:
    report = reports.refused()
    (success,) = samples_of(report, "success")
    assert success.value == 0
    assert success.labels == {
        "domain": "shop.example",
        "sender": "bob@example.com",
        "recipient": "alice@shop.example",
    }
    outcomes = {it.labels["outcome"]: it.value for it in samples_of(report, "outcome")}
    assert outcomes == {it.value: float(it is Outcome.REFUSED) for it in Outcome}
    assert [it.value for it in samples_of(report, "exit_code")] == [1]
    (reply,) = samples_of(report, "reply_code")
    assert report.verdict.reply is not None
    assert (str(int(reply.value)), reply.labels["stage"]) == (report.verdict.reply[:3], "rcpt")
    (cause,) = samples_of(report, "cause_probability_ratio")
    assert cause.labels["cause"] == report.verdict.cause


@pytest.mark.parametrize("name", sorted(reports.SAMPLES))
def test_success_is_exit_code_0_and_nothing_else(name: str) -> None:
    report = reports.SAMPLES[name]()
    (success,) = samples_of(report, "success")
    assert bool(success.value) == (report.verdict.exit_code is ExitCode.ACCEPTED)
    (count,) = [it.value for it in samples_of(report, "findings") if it.labels["severity"] == "warning"]
    assert count == sum(it.severity == "warning" for it in report.findings)


def with_listings(*statuses: ListingStatus) -> Report:
    """A report whose lists gave these answers; two of the last list, about two subjects."""
    report = reports.refused()
    listing = report.dns.dnsbl[0]
    listings = [replace(listing, status=it, zone=f"{it.value}.example", role="source") for it in statuses]
    return replace(report, dns=replace(report.dns, dnsbl=tuple(listings)))


def test_what_a_list_does_not_tell_is_never_0() -> None:
    report = with_listings(*ListingStatus)
    usable = {it.labels["zone"]: it.value for it in samples_of(report, "dnsbl_usable")}
    listed = {it.labels["zone"]: it.value for it in samples_of(report, "dnsbl_listed")}
    unknown = {f"{it}.example" for it in ("refused", "unusable", "timeout")}
    assert {zone for zone, value in usable.items() if not value} == unknown
    assert listed == {"listed.example": 1, "not_listed.example": 0, "allowed.example": 0}


@pytest.mark.parametrize(
    ("statuses", "usable", "listed"),
    [
        (("not_listed", "not_listed"), 1, [0]),
        (("not_listed", "timeout"), 0, []),
        (("listed", "timeout"), 0, [1]),
        (("listed", "not_listed"), 1, [1]),
    ],
)
def test_a_list_that_is_asked_twice_is_one_series(
    statuses: tuple[str, ...], usable: float, listed: list[float]
) -> None:
    report = with_listings(*map(ListingStatus, statuses))
    twice = tuple(replace(it, zone="bl.example") for it in report.dns.dnsbl)
    report = replace(report, dns=replace(report.dns, dnsbl=twice))
    assert [it.value for it in samples_of(report, "dnsbl_usable")] == [usable]
    assert [it.value for it in samples_of(report, "dnsbl_listed")] == listed


def test_what_is_not_known_has_no_sample() -> None:
    report = reports.refused()
    verdict = replace(report.verdict, reply=None)
    sessions = tuple(replace(it, tls=None) for it in report.sessions)
    empty = replace(report, verdict=verdict, sessions=sessions, started_at="", dns=with_listings().dns)
    for name in (
        *("reply_code", "certificate_expiry_timestamp_seconds", "start_time_seconds"),
        *("dnsbl_listed", "dnsbl_usable"),
    ):
        assert samples_of(empty, name) == []
    assert "start_time_seconds" not in written(empty)


def test_the_end_of_a_certificate_is_a_time_of_unix() -> None:
    (sample,) = {it.value for it in samples_of(reports.refused(), "certificate_expiry_timestamp_seconds")}
    assert sample == 1798848000  # date -ud 2027-01-02 +%s


def test_no_text_of_a_reply_is_in_a_label() -> None:
    report = reports.refused()
    verdict = replace(report.verdict, reply="550 5.1.1 POISON")
    sessions = tuple(
        replace(it, exchanges=tuple(replace(e, reply_lines=("POISON",)) for e in it.exchanges))
        for it in report.sessions
    )
    assert "POISON" not in written(replace(report, verdict=verdict, sessions=sessions))


@given(st.sampled_from(sorted(reports.SAMPLES)), tickets)
def test_no_report_of_a_stranger_breaks_a_line(name: str, text: str) -> None:
    output = written(poisoned(reports.SAMPLES[name](), text))
    assert read_metrics(output)
    assert live(output) == []


@given(st.lists(st.tuples(st.text() | st.text(min_size=400), st.floats(-1e15, 1e15)), min_size=1))
def test_any_label_is_read_as_one(rows: list[tuple[str, float]]) -> None:
    samples = tuple(Row(value, (("n", str(n)), ("x", text))) for n, (text, value) in enumerate(rows))
    output = prometheus_writer.write([Metric("m", "A\\b\nc.", samples)])
    values = [it.value for it in read_metrics(output)]
    assert values == [value for _, value in rows]


def test_of_names_that_come_out_alike_the_first_counts() -> None:
    labels = ("a\x1b", "b", "a\\x1b", "x" * 400, "x" * 401)
    rows = tuple(Row(number, (("name", it),)) for number, it in enumerate(labels))
    assert [it.value for it in read_metrics(prometheus_writer.write([Metric("m", "A.", rows)]))] == [0, 1, 3]


@pytest.mark.parametrize("name", sorted(reports.SAMPLES))
def test_promtool_finds_nothing_to_say(name: str) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        say = pytest.fail if os.environ.get("PROBE_LAB") == "required" else pytest.skip
        say("promtool is not installed; it is in Debian's package prometheus")
    text = written(poisoned(reports.SAMPLES[name](), 'a"b\\c\nd{}'))
    check = subprocess.run(
        [promtool, "check", "metrics"], input=text, capture_output=True, text=True, check=False
    )
    assert (check.returncode, check.stdout, check.stderr) == (0, "", "")
