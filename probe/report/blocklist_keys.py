"""Hides the customer's key in a blocklist zone: reports are shown to others."""

from __future__ import annotations

import re

from probe.knowledge.dnsbl import all_lists
from probe.model.report import Report
from probe.report.clean import with_strings

INSTEAD = "KEY"


def without_keys(report: Report, zones: tuple[str, ...]) -> Report:
    """The report with KEY in place of each key in one of the --dnsbl `zones`."""
    keys = _keys(zones) if zones else None
    return report if keys is None else with_strings(report, lambda text: keys.sub(INSTEAD, text))


def _keys(zones: tuple[str, ...]) -> re.Pattern[str] | None:
    """A pattern for the labels in front of known zones that take a key there."""
    suffixes = {f".{entry.key_zone}" for entry in all_lists() if entry.key_zone}
    pairs = {(zone.removesuffix(end), end) for zone in zones for end in suffixes if zone.endswith(end)}
    keys = (rf"(?<![\w-]){re.escape(key)}(?={re.escape(end)})" for key, end in sorted(pairs))
    return re.compile("|".join(keys), re.IGNORECASE) if pairs else None
