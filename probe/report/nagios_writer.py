"""Writes the output of a monitoring plugin, by the Monitoring Plugins Development Guidelines (section 2).

The first line is the state in a sentence, with one measure; further measures stand behind the last line. All
systems that read plugins take them there: Nagios and Naemon from the second bar to the end, Icinga line by
line.
"""

from __future__ import annotations

from probe.model.text import inert_lines, printable
from probe.report.plugin_answer import Measure, PluginAnswer

LINE_LIMIT = 119  # characters of the first line
DETAIL_LIMIT = 400  # characters of each further line: NRPE 2 passes on 1024 octets in all
SERVICE = "SMTP"

# A bar begins the measures. Angle brackets make HTML of a stranger's words in the page of a monitoring system
# that does not escape plugin output (escape_html_tags=0).
_INERT = str.maketrans({"|": "¦", "<": "‹", ">": "›"})


def write(answer: PluginAnswer) -> str:
    """The lines of the plugin; one of them at least, below 120 characters."""
    first, further = answer.measures[:1], answer.measures[1:]
    measures = f" | {_measure(first[0])}" if first else ""
    head = f"{SERVICE} {answer.state.name} - "
    text = _cut(_inert(answer.summary), LINE_LIMIT - len(head) - len(measures))
    lines = [f"{head}{text}{measures}", *(_cut(_inert(it), DETAIL_LIMIT) for it in answer.details)]
    if further:
        rest = " ".join(map(_measure, further))
        # Icinga 2 joins what stands behind the bars of all lines: a space more would begin a label
        lines = [*lines[:-1], f"{lines[-1]} |{rest}"] if answer.details else [*lines, f"|{rest}"]
    return "\n".join(lines) + "\n"


def _measure(measure: Measure) -> str:
    """`label=value[unit];warning;critical;minimum` (section 2.6); empty ends are left out."""
    value = _number(measure.value)
    minimum = "0" if measure.value >= 0 else ""
    fields = f"{value}{measure.unit};{measure.warning};{measure.critical};{minimum}".rstrip(";")
    return f"{measure.label}={fields}"


def _number(value: float) -> str:
    """At most three decimals, and never an exponent."""
    return f"{value:.3f}".rstrip("0").rstrip(".")


def _inert(text: str) -> str:
    """On one line, escaped, without what has a meaning to the system that reads it."""
    return inert_lines(printable(" ".join(text.split()))).translate(_INERT)


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else f"{text[: room - 3].rstrip()}..."
