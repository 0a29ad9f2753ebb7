"""Reads the text format of Prometheus, version 0.0.4, strictly.

https://prometheus.io/docs/instrumenting/exposition_formats/#text-format-details
"""

from __future__ import annotations

import re
from typing import NamedTuple

_NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
_LABEL = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"')
_SAMPLE = re.compile(rf"({_NAME})(?:\{{(.*)\}})? (-?[0-9.]+(?:e[+-]?[0-9]+)?)")
_UNESCAPED = {r"\\": "\\", r"\"": '"', r"\n": "\n"}


class Sample(NamedTuple):
    """One line."""

    name: str
    labels: dict[str, str]
    value: float


def read_metrics(text: str) -> list[Sample]:
    """All samples. Raises AssertionError for what Prometheus would refuse, also two samples of one series."""
    assert text.endswith("\n")
    types: dict[str, str] = {}
    helps: dict[str, str] = {}
    samples: list[Sample] = []
    for line in text.removesuffix("\n").split("\n"):
        match line.split(" ", 3):
            case ["#", "HELP", name, words]:
                assert name not in helps
                helps[name] = words
            case ["#", "TYPE", name, kind]:
                assert kind == "gauge"
                assert name in helps
                types[name] = kind
            case _:
                sample = _sample(line)
                assert sample.name in types, line
                assert sample.name == next(reversed(types)), "the lines of a metric stand together"
                samples.append(sample)
    series = [(it.name, tuple(sorted(it.labels.items()))) for it in samples]
    assert len(set(series)) == len(series)
    return samples


def _sample(line: str) -> Sample:
    match = _SAMPLE.fullmatch(line)
    assert match is not None, line
    labels: dict[str, str] = {}
    rest = match[2] or ""
    while rest:
        label = _LABEL.match(rest)
        assert label is not None, line
        assert label[1] not in labels
        labels[label[1]] = re.sub(r"\\.", lambda it: _UNESCAPED[it[0]], label[2])
        rest = rest[label.end() :]
        assert not rest or rest.startswith(","), line
        rest = rest[1:]
    return Sample(match[1], labels, float(match[3]))
