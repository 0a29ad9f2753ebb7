"""What a monitoring system that collects numbers is told of a result: metrics with their samples."""

from __future__ import annotations

from probe._named_tuple import NamedTuple

Labels = tuple[tuple[str, str], ...]


class Sample(NamedTuple):
    """One number; the values of `labels` may hold a stranger's text, which is not escaped."""

    value: float
    labels: Labels = ()


class Metric(NamedTuple):
    """A gauge: its name with the unit, what it says, and its samples (none: nothing is known)."""

    name: str
    help: str
    samples: tuple[Sample, ...]
