"""The lanes of a list: which of its mail servers are one operator's, out of the signs in its state."""

from __future__ import annotations

import heapq
import sqlite3
from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from probe.bulk.lanes import DisjointSet
from probe.bulk.summary import OperatorCount
from probe.settings import BULK_BATCH, BULK_HOSTS_KEPT

_JOINED = "lanes"  # the value that says how many routes have their lane


class Routes:
    """The routes of a state, by their signs; one that is new is put in."""

    def __init__(self, base: sqlite3.Connection) -> None:
        self._base = base
        self._ids: dict[tuple[str, ...], int] = {}

    def id_of(self, signs: tuple[str, ...]) -> int | None:
        """The id of the route with these signs; None for none."""
        if not signs:
            return None
        number = self._ids.get(signs)
        if number is None:
            text = " ".join(signs)
            self._base.execute("insert or ignore into routes (signs) values (?)", (text,))
            (number,) = self._base.execute("select id from routes where signs = ?", (text,)).fetchone()
            if len(self._ids) >= BULK_HOSTS_KEPT:
                self._ids.clear()
            self._ids[signs] = number
        return number


def join_lanes(base: sqlite3.Connection) -> None:
    """Find the lane of each route: routes that share a sign, or are joined by others, have the same. The ids
    of signs are kept on disk, so that memory does not grow with the list."""
    (count,) = base.execute("select count(*) from routes").fetchone()
    joined_before = base.execute("select value from meta where name = ?", (_JOINED,)).fetchone()
    if joined_before is not None and int(joined_before[0]) == count:
        return
    base.execute("create temp table signs (id integer primary key, sign text not null unique)")
    lanes = DisjointSet()
    base.execute("savepoint lanes")
    try:
        for _, numbers in _numbered(base, lanes):
            lanes.join(numbers)
        updates = ((lanes.find(numbers[0]), route) for route, numbers in _numbered(base, lanes))
        base.executemany("update routes set lane = ? where id = ?", updates)
        base.execute("insert or replace into meta values (?, ?)", (_JOINED, str(count)))
    finally:
        base.execute("release lanes")
        base.execute("drop table signs")


def _numbered(base: sqlite3.Connection, lanes: DisjointSet) -> Iterator[tuple[int, list[int]]]:
    """Each route with the numbers of its signs."""
    cache: dict[str, int] = {}
    last = 0
    while rows := base.execute(
        "select id, signs from routes where id > ? order by id limit ?", (last, BULK_BATCH)
    ).fetchall():
        for route, text in rows:
            yield route, [_number(base, lanes, sign, cache) for sign in text.split(" ")]
        last = rows[-1][0]


def _number(base: sqlite3.Connection, lanes: DisjointSet, sign: str, cache: dict[str, int]) -> int:
    number = cache.get(sign)
    if number is None:
        row = base.execute("select id from signs where sign = ?", (sign,)).fetchone()
        if row is not None:
            number = int(row[0])
        else:
            number = lanes.add()
            base.execute("insert into signs values (?, ?)", (number, sign))
        if len(cache) < BULK_HOSTS_KEPT:
            cache[sign] = number
    return number


class _Part(NamedTuple):
    """What one name has in a lane."""

    lane: int
    operator: str
    provider: str
    rows: int
    domains: int


def operators(base: sqlite3.Connection, most: int) -> tuple[list[OperatorCount], int]:
    """The operators with most rows, `most` at most, and how many there are. Each lane is one; it goes by the
    name that most of its rows have."""
    join_lanes(base)
    cursor = base.execute(
        "select coalesce(r.lane, -1), d.operator, max(d.provider), sum(d.rows), count(*) from domains d "
        "left join routes r on r.id = d.route where d.operator <> '' group by 1, 2 order by 1, 2"
    )
    count = 0
    best: list[tuple[tuple[int, str], OperatorCount]] = []
    for _, group in groupby(map(_Part._make, cursor), key=lambda it: it.lane):
        parts = list(group)
        count += 1
        name = max(parts, key=lambda it: (it.rows, it.provider != "", it.operator))
        whole = OperatorCount(
            name.operator, name.provider, sum(it.rows for it in parts), sum(it.domains for it in parts)
        )
        best.append(((-whole.rows, whole.operator), whole))
        if len(best) > 2 * most:
            best = heapq.nsmallest(most, best)
    return [it for _, it in heapq.nsmallest(most, best)], count
