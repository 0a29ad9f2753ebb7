"""How old the entries of probe/knowledge are, and which share of real MX hosts they name."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from probe.knowledge.providers import by_mx_hosts

HERE = Path(__file__).resolve().parents[2] / "probe" / "knowledge"
# Tables of entries that hold facts about the world outside; the others are the program's own words.
ENTRIES = (
    *("provider", "list", "requirement", "vendor", "generator", "domain_note", "advice"),
    *("rule", "layout", "software", "quotation"),
)
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: the file it stands in, its id, and when its sources were last read."""

    file: str
    id: str
    checked: date


class UndatedEntryError(ValueError):
    """An entry without a date; the message names it."""


def entries(folder: Path = HERE) -> Iterator[Entry]:
    """Every dated entry of the tables in `folder`. The date is the entry's `checked`, else its `date`, else
    that of its file. Raises UndatedEntryError."""
    for path in sorted(folder.rglob("*.toml")):
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        for kind in ENTRIES:
            rows = table.get(kind, ())
            for row in rows if isinstance(rows, list) else ():
                yield _entry(path.relative_to(folder).as_posix(), row, table)


def stale(months: int, today: date, folder: Path = HERE) -> list[Entry]:
    """The entries whose sources were read more than `months` months before `today`, the oldest first."""
    return sorted(
        (it for it in entries(folder) if age_in_months(it.checked, today) >= months),
        key=lambda it: (it.checked, it.file, it.id),
    )


def age_in_months(then: date, today: date) -> int:
    """Whole months from `then` to `today`."""
    return (today.year - then.year) * 12 + today.month - then.month - (today.day < then.day)


@dataclass(frozen=True, slots=True)
class Coverage:
    """Of how many domains the operator is named. `unnamed` are the MX operators that are not, with how many
    domains each has, most first."""

    named: float
    domains: int
    unnamed: tuple[tuple[float, str], ...]

    @property
    def share(self) -> float:
        """Named of all, 0 to 1."""
        return self.named / self.domains if self.domains else 0.0


class BadTableError(ValueError):
    """A file that is no table of MX operators; the message names the line."""


def coverage(text: str) -> Coverage:
    """Measure a table of MX operators: a line each of registered domain, number of domains, countries, and
    its most common hosts (a `*` for any label), divided by tabs; `#` begins a comment. A line of which some
    hosts are named counts in part. Raises BadTableError."""
    named = 0.0
    domains = 0
    unnamed: list[tuple[float, str]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        columns = line.split("\t")
        if len(columns) != 4 or not columns[1].isdecimal():
            raise BadTableError(
                f"line {number}: it needs domain, number, countries and hosts, divided by tabs"
            )
        hosts = columns[3].split() or [columns[0]]
        names = sum(by_mx_hosts([host.replace("*", "any")]) is not None for host in hosts)
        count = int(columns[1])
        domains += count
        named += count * names / len(hosts)
        if names < len(hosts):
            unnamed.append((count * (1 - names / len(hosts)), columns[0] or "(no name)"))
    return Coverage(named, domains, tuple(sorted(unnamed, key=lambda it: (-it[0], it[1]))))


def _entry(file: str, row: dict[str, Any], table: dict[str, Any]) -> Entry:
    name = str(row.get("id") or row.get("title") or ", ".join(row.get("domains", ())))
    result = str(row.get("checked") or row.get("date") or table.get("checked") or table.get("date") or "")
    output = _ISO.search(result)
    if output is None:
        raise UndatedEntryError(f"{file}: {name} has no date")
    return Entry(file, name, date.fromisoformat(output[0]))
