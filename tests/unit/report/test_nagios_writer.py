"""`--format nagios`: states, thresholds and measures; what a monitoring system reads of them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.model.listing import ListingStatus
from probe.model.report import Report
from probe.model.verdict import ExitCode
from probe.report import nagios_writer
from probe.report.formats import Kind, formats_of
from probe.report.plugin_answer import (
    Gauge,
    Limits,
    Measure,
    PluginAnswer,
    PluginState,
    Thresholds,
    judge,
)
from probe.report.style import Style
from tests.properties.test_report_hostile import live, poisoned, tickets
from tests.support import reports
from tests.support.plugin_output import Plugin, read_plugin

NAGIOS = formats_of(Kind.RUN)["nagios"]


def plugin_of(report: Report, thresholds: Thresholds | None = None) -> Plugin:
    form = NAGIOS._replace(thresholds=thresholds)
    result = read_plugin(form.write(Kind.RUN, report, Style()))
    assert form.exit_code(Kind.RUN, report) == PluginState[result.state]
    return result


def with_code(code: ExitCode) -> Report:
    report = reports.refused()
    return replace(report, verdict=replace(report.verdict, exit_code=code))


@pytest.mark.parametrize(
    ("code", "state"),
    [
        (ExitCode.ACCEPTED, "OK"),
        (ExitCode.REFUSED, "CRITICAL"),
        (ExitCode.DEFERRED, "WARNING"),
        (ExitCode.INCONCLUSIVE, "UNKNOWN"),
        (ExitCode.AT_RISK, "WARNING"),
        (ExitCode.USAGE, "UNKNOWN"),
    ],
)
def test_each_exit_code_has_its_state(code: ExitCode, state: str) -> None:
    assert plugin_of(with_code(code)).state == state


def test_the_first_line_says_what_was_answered_and_by_whom() -> None:
    text = plugin_of(reports.refused()).text
    assert text.startswith("refused for good at RCPT by mx1.shop.example")


def test_what_is_counted_is_on_no_list_that_did_not_answer() -> None:
    report = reports.refused()
    listing = report.dns.dnsbl[0]
    statuses = (*ListingStatus,)
    listings = tuple(replace(listing, status=status, role="source") for status in statuses)
    links = (replace(listing, status=ListingStatus.LISTED, role="link"),)
    perfdata = plugin_of(replace(report, dns=replace(report.dns, dnsbl=(*listings, *links)))).perfdata
    assert perfdata["listed"][0] == 1
    assert perfdata["unusable"][0] == 3


def test_no_blocklist_was_asked_is_no_zero() -> None:
    report = reports.refused()
    perfdata = plugin_of(replace(report, dns=replace(report.dns, dnsbl=()))).perfdata
    assert not {"listed", "unusable"} & set(perfdata)


def test_no_blocklist_answered_is_no_zero() -> None:
    report = reports.refused()
    silent = (replace(report.dns.dnsbl[0], status=ListingStatus.TIMEOUT, role="source"),)
    perfdata = plugin_of(replace(report, dns=replace(report.dns, dnsbl=silent))).perfdata
    assert "listed" not in perfdata and perfdata["unusable"][0] == 1


def expiring(not_after: str | None) -> Report:
    """An accepted run that began on 2026-11-21 at noon, with a certificate that ends then."""
    report = with_code(ExitCode.ACCEPTED)
    sessions = tuple(
        replace(it, tls=replace(it.tls, not_after=not_after) if it.tls else None) for it in report.sessions
    )
    return replace(report, started_at="2026-11-21T12:00:00Z", sessions=sessions)


@pytest.mark.parametrize(
    ("not_after", "warning", "critical", "state"),
    [
        ("2026-12-05T12:00:00Z", 14, None, "OK"),
        ("2026-12-05T11:59:59Z", 14, None, "WARNING"),
        ("2026-11-24T11:59:59Z", 14, 3, "CRITICAL"),
        ("2026-11-20T12:00:00Z", 14, None, "WARNING"),
        ("2026-11-20T12:00:00Z", None, None, "OK"),
        (None, 14, 3, "OK"),
        ("some day", 14, 3, "OK"),
        ("99999-01-01T00:00:00Z", 14, 3, "OK"),
    ],
)
def test_days_of_a_certificate(
    not_after: str | None, warning: float | None, critical: float | None, state: str
) -> None:
    plugin = plugin_of(expiring(not_after), Thresholds(Limits(days=warning), Limits(days=critical)))
    assert plugin.state == state
    assert ("certificate" in plugin.text) == (state != "OK")


def test_the_ranges_stand_behind_their_measure() -> None:
    limits = Thresholds(Limits(days=14, seconds=10), Limits(days=3, seconds=30))
    perfdata = plugin_of(expiring("2026-12-25T12:00:00Z"), limits).perfdata
    assert perfdata["certificate_days"] == (34.0, "14:", "3:")
    assert perfdata["time"][1:] == ("10", "30")


@pytest.mark.parametrize(
    ("state", "seconds", "result"),
    [
        (PluginState.OK, 10.0, PluginState.OK),
        (PluginState.OK, 10.1, PluginState.WARNING),
        (PluginState.OK, 31.0, PluginState.CRITICAL),
        (PluginState.CRITICAL, 10.1, PluginState.CRITICAL),
        (PluginState.UNKNOWN, 10.1, PluginState.UNKNOWN),
        (PluginState.UNKNOWN, 31.0, PluginState.CRITICAL),
    ],
)
def test_a_threshold_makes_a_state_worse_and_never_better(
    state: PluginState, seconds: float, result: PluginState
) -> None:
    answer = PluginAnswer(state, "x", (Measure("time", seconds, "s", Gauge.TIME),))
    judged = judge(answer, Thresholds(Limits(seconds=10), Limits(seconds=30)))
    assert judged.state is result
    assert ("took" in judged.summary) == (seconds > 10)


@given(tickets)
def test_no_report_of_a_stranger_breaks_the_lines(text: str) -> None:
    plugin = plugin_of(poisoned(reports.refused(), text))
    assert live("\n".join((plugin.text, *plugin.long_text))) == []


measures = st.builds(
    Measure,
    st.from_regex(r"[a-z_]{1,19}", fullmatch=True),
    st.floats(-1e6, 1e9),
    st.sampled_from(["", "s"]),
    st.sampled_from([None, *Gauge]),
)


@given(
    st.sampled_from(PluginState),
    st.text() | st.text(min_size=200),
    st.lists(measures, unique_by=lambda it: it.label),
    st.lists(st.text()),
)
def test_any_text_stays_on_its_line(
    state: PluginState, text: str, some: list[Measure], details: list[str]
) -> None:
    answer = judge(PluginAnswer(state, f"x{text}", tuple(some), tuple(details)))
    plugin = read_plugin(nagios_writer.write(answer))
    assert plugin.state == answer.state.name
    assert set(plugin.perfdata) == {it.label for it in some}
    assert len(plugin.long_text) == len(details) + (len(some) > 1 and not details)
    assert not set("<>") & set("".join((plugin.text, *plugin.long_text)))
