"""The gate of --fail-over: how much of a list may be refused, unknown or malformed before a script stops."""

from __future__ import annotations

import re
from collections.abc import Mapping

from probe._named_tuple import NamedTuple
from probe.bulk.report import BulkGate

ON_ANSWERS = ("refused", "deferred", "unknown")
NAMES = (*ON_ANSWERS, "malformed", "duplicate", "typo")
_CONDITION = re.compile(r"([a-z]+)=([0-9]{1,12}(?:\.[0-9]{1,6})?)(%?)", re.ASCII)


class Limit(NamedTuple):
    """At most `most` of `name`: rows, or with `is_share` a share of all rows, 0 to 1."""

    name: str
    most: float
    is_share: bool


def read_limits(text: str) -> tuple[Limit, ...]:
    """Read `refused=2%,unknown=20%,malformed=5`. Raises ValueError, which says what is wrong."""
    limits: dict[str, Limit] = {}
    for part in text.split(","):
        match = _CONDITION.fullmatch(part.strip())
        if match is None:
            raise ValueError(f"{part.strip()!r} is no condition; write NAME=NUMBER% or NAME=NUMBER")
        name, number, percent = match.groups()
        if name not in NAMES:
            raise ValueError(f"{name!r} is not one of {', '.join(NAMES)}")
        if name in limits:
            raise ValueError(f"{name} is named twice")
        if percent and float(number) > 100:
            raise ValueError(f"{part.strip()!r} is more than 100 %")
        if not percent and "." in number:
            raise ValueError(f"{part.strip()!r} is no whole number of rows; with % it is a share")
        limits[name] = Limit(name, float(number) / 100 if percent else float(number), bool(percent))
    return tuple(limits.values())


def judge(limits: tuple[Limit, ...], counts: Mapping[str, int], rows: int) -> tuple[BulkGate, ...]:
    """Each condition with what was counted; `counts` by the names of NAMES."""
    gates = []
    for limit in limits:
        count = counts.get(limit.name, 0)
        value = (count / rows if rows else 0.0) if limit.is_share else float(count)
        gates.append(BulkGate(limit.name, limit.most, value, not limit.is_share, value <= limit.most))
    return tuple(gates)
