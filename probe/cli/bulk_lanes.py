"""The lanes of a list: which of its mail servers are one operator's, out of the signs in its state."""

from __future__ import annotations

import heapq
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from probe._named_tuple import NamedTuple
from probe.bulk.lanes import DisjointSet
from probe.bulk.summary import OperatorCount
from probe.cli.bulk_tables import in_turn
from probe.settings import BULK_HOSTS_KEPT

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


class Lanes:
    """The lanes of all routes: those that share a sign, or are joined by others, are in the same. Signs are
    kept on disk, so that memory does not grow with the list."""

    def __init__(self, base: sqlite3.Connection) -> None:
        self._base = base
        self._set = DisjointSet()
        self._cache: dict[str, int] = {}
        base.execute("create temp table signs (id integer primary key, sign text not null unique)")

    def close(self) -> None:
        """Only the lanes in the state stay."""
        self._base.execute("drop table signs")

    def join_all(self) -> None:
        """Find the lane of each route, and keep it in the state."""
        base = self._base
        (count,) = base.execute("select count(*) from routes").fetchone()
        base.execute("savepoint lanes")
        try:
            for _, numbers in self._numbered():
                self._set.join(numbers)
            updates = ((self._set.find(numbers[0]), route) for route, numbers in self._numbered())
            base.executemany("update routes set lane = ? where id = ?", updates)
            base.execute("insert or replace into meta values (?, ?)", (_JOINED, str(count)))
        finally:
            base.execute("release lanes")

    def root(self, lane: int) -> int:
        """The lane that this one is part of by now."""
        return self._set.find(lane)

    def root_of(self, sign: str) -> int:
        """The lane of the servers with this sign by now."""
        return self._set.find(self._number(sign))

    def roots_of(self, signs: Iterable[str]) -> set[int]:
        """The lanes of the servers with one of these signs."""
        return {self.root_of(sign) for sign in signs}

    def join(self, signs: Sequence[str]) -> int:
        """A server has all these signs: the lanes with one of them are one from now on, in later processes as
        well. Returns it."""
        before = self.roots_of(signs)
        root = self._set.join(before)
        if len(before) > 1:
            values = (" ".join(signs), root)
            self._base.execute("insert or ignore into routes (signs, lane) values (?, ?)", values)
        return root

    def _numbered(self) -> Iterator[tuple[int, list[int]]]:
        """Each route with the numbers of its signs."""
        statement = "select id, signs from routes where id > ? order by id limit ?"
        for route, text in in_turn(self._base, statement):
            yield route, [self._number(sign) for sign in text.split(" ")]

    def _number(self, sign: str) -> int:
        number = self._cache.get(sign)
        if number is None:
            row = self._base.execute("select id from signs where sign = ?", (sign,)).fetchone()
            if row is not None:
                number = int(row[0])
            else:
                number = self._set.add()
                self._base.execute("insert into signs values (?, ?)", (number, sign))
            if len(self._cache) < BULK_HOSTS_KEPT:
                self._cache[sign] = number
        return number


def join_lanes(base: sqlite3.Connection) -> None:
    """Find the lane of each route, where that is not done."""
    (count,) = base.execute("select count(*) from routes").fetchone()
    count_before = base.execute("select value from meta where name = ?", (_JOINED,)).fetchone()
    if count_before is None or int(count_before[0]) != count:
        lanes = Lanes(base)
        try:
            lanes.join_all()
        finally:
            lanes.close()


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
