"""Writes metrics in the text format of Prometheus, version 0.0.4, as the textfile collector of node_exporter
reads it.

https://prometheus.io/docs/instrumenting/exposition_formats/#text-format-details
"""

from __future__ import annotations

from collections.abc import Iterable

from probe.model.text import printable, shorten
from probe.report.metric import Labels, Metric

PREFIX = "smtp_probe_"
LABEL_LIMIT = 300  # characters; an address is at most 254 (RFC 5321 section 4.5.3.1.3)
_IN_LABEL = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})
_IN_HELP = str.maketrans({"\\": r"\\", "\n": r"\n"})


def write(metrics: Iterable[Metric]) -> str:
    """One group of lines for each metric that has samples."""
    return "".join(line for metric in metrics if metric.samples for line in _lines(metric))


def _lines(metric: Metric) -> Iterable[str]:
    name = f"{PREFIX}{metric.name}"
    yield f"# HELP {name} {metric.help.translate(_IN_HELP)}\n"
    yield f"# TYPE {name} gauge\n"
    # of two values of one series node_exporter drops one and logs an error at each scrape; only hostile names
    # come out alike
    series: dict[str, float] = {}
    for sample in metric.samples:
        series.setdefault(_labels(sample.labels), sample.value)
    for labels, value in series.items():
        yield f"{name}{labels} {value!r}\n"


def _labels(labels: Labels) -> str:
    pairs = ",".join(f'{name}="{_value(value)}"' for name, value in labels)
    return f"{{{pairs}}}" if pairs else ""


def _value(text: str) -> str:
    return shorten(printable(text), LABEL_LIMIT).translate(_IN_LABEL)
