"""Reads the output of a monitoring plugin as Nagios and Icinga do, strictly by the guidelines.

https://www.monitoring-plugins.org/doc/guidelines.html, sections 2.2 (output) and 2.6 (performance data).
"""

from __future__ import annotations

import re
from typing import NamedTuple

_STATES = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
_HEAD = re.compile(rf"SMTP ({'|'.join(_STATES)}) - (\S.*)")
_NUMBER = r"-?[0-9]+(?:\.[0-9]+)?"
_RANGE = rf"@?(?:(?:{_NUMBER}|~)?:)?(?:{_NUMBER})?"
_PERFDATA = re.compile(
    rf"([A-Za-z0-9_]{{1,19}})=({_NUMBER})(us|ms|s|%|B|KB|MB|TB|c)?"
    rf"(?:;({_RANGE})(?:;({_RANGE})(?:;({_NUMBER})?(?:;({_NUMBER})?)?)?)?)?"
)


class Plugin(NamedTuple):
    """What a monitoring system keeps: the state, the texts, and each label with value and ranges."""

    state: str
    text: str
    long_text: tuple[str, ...]
    perfdata: dict[str, tuple[float, str, str]]


def read_plugin(output: str) -> Plugin:
    """Read whole output. Raises AssertionError for what a monitoring system would not understand."""
    assert output.endswith("\n")
    first, *further = output.removesuffix("\n").split("\n")
    assert len(first) < 120, first
    match = _HEAD.fullmatch(first.partition(" | ")[0])
    assert match is not None, first
    texts: list[str] = []
    measures = first.partition("|")[2].split()
    for number, line in enumerate(further, 1):
        text, bar, rest = line.partition("|")
        assert not bar or number == len(further), "for Icinga all further measures stand on one line"
        assert "|" not in rest
        assert not rest.startswith(" "), "Icinga 2 would take the space for a part of the label"
        texts.append(text.strip())
        measures += rest.split()
    perfdata: dict[str, tuple[float, str, str]] = {}
    for measure in measures:
        parts = _PERFDATA.fullmatch(measure)
        assert parts is not None, measure
        assert parts[1] not in perfdata, measure
        perfdata[parts[1]] = (float(parts[2]), parts[4] or "", parts[5] or "")
    return Plugin(match[1], match[2], tuple(texts), perfdata)
