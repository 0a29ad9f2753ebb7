"""The one secret that the program is told: the customer's key in the zone of a blocklist."""

from __future__ import annotations

from dataclasses import replace

import pytest

from probe.recording.events import Started
from probe.recording.journal import Recording
from probe.report.json_report import to_json
from probe.report.style import Style
from probe.run import report_of
from tests.support.recordings import full_events
from tests.support.rendering import to_markdown, to_text

KEY = "k3y"


@pytest.mark.parametrize("form", ["json", "markdown", "text", "verbose"])
def test_no_report_shows_the_key_of_a_blocklist(form: str) -> None:
    recording = Recording.of(full_events())
    assert any(KEY in zone for zone in recording.started.options.dnsbl)
    report = report_of(recording)
    written = {
        "json": to_json(report),
        "markdown": to_markdown(report),
        "text": to_text(report),
        "verbose": to_text(report, Style(verbosity=1)),
    }[form]
    assert KEY not in written


def test_the_zone_is_still_named() -> None:
    assert "KEY.zen.dq.spamhaus.net" in to_json(report_of(Recording.of(full_events())))


def test_a_key_of_one_letter_leaves_the_rest_of_the_report_alone() -> None:
    started, *rest = full_events()
    assert isinstance(started, Started)
    options = replace(started.options, dnsbl=("e.zen.dq.spamhaus.net",))
    report = report_of(Recording.of([replace(started, options=options), *rest]))
    assert "tmall.com" in report.verdict.summary and "KEY" not in report.verdict.summary
