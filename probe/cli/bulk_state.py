"""The state file of `bulk`: rows, domains, and how far the output is on disk, in SQLite.

One process writes it, under a lock. An answer and the output that follows from it are committed together,
after the output is on disk (`BulkState.commit`); so the file is at any moment as long as the state says, or
longer by what the next start cuts off.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from probe._named_tuple import NamedTuple
from probe.bulk.domain import DomainState
from probe.bulk.row import BulkRow, DomainFacts
from probe.bulk.summary import OperatorCount
from probe.bulk.verdict import Verdict, verdict
from probe.cli import bulk_tables as tables
from probe.cli.bulk_lanes import Routes, operators
from probe.cli.bulk_lock import take_lock
from probe.cli.bulk_verdicts import Verdicts
from probe.cli.errors import UsageError
from probe.knowledge.typo import likely_typo_of
from probe.model.verdict import Outcome, Retry
from probe.reading.list.reader import ListRow
from probe.settings import BULK_BATCH


class Place(NamedTuple):
    """How far the output is: the last row written (with --unordered: `turn` is that of its domain, in the
    order in which they were answered), octets, and rows."""

    turn: int = 0
    line: int = 0
    offset: int = 0
    rows: int = 0


class DomainRecord(NamedTuple):
    """What was found out about the domain with this id, the signs of its mail server (see
    `probe.knowledge.operator_signs`), and when (seconds since 1970). `is_final`: its mail
    servers are not asked."""

    id: int
    facts: DomainFacts
    signs: tuple[str, ...]
    at: int
    is_final: bool = True


_OF_THE_DISK = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)


class BulkState:
    """Opened for one run; `path` None keeps it in a file that goes with the process. What `is_to_go` may be
    of another version. Raises UsageError for what is no state, or is another process's."""

    def __init__(self, path: Path | None, *, is_to_go: bool = False) -> None:
        self.path = path
        self._lock = -1
        self._last_done: int | None = None
        self.verdicts: Verdicts | None = None  # of mail servers, where they are asked
        try:
            self._open(is_to_go=is_to_go)
        except UsageError:
            self.close()
            raise
        except sqlite3.DatabaseError as error:
            self.close()
            problem = f"{path} is no state file of bulk ({error}); name another output"
            if error.sqlite_errorcode & 0xFF in _OF_THE_DISK:
                problem = f"the state cannot be kept in {path}: {error}"
            raise UsageError("-o", problem) from None

    def _open(self, *, is_to_go: bool) -> None:
        if self.path is not None:
            self._lock = take_lock(self.path)
        self._base = sqlite3.connect(self.path or "", isolation_level=None)
        self._routes = Routes(self._base)
        (application,) = self._base.execute("pragma application_id").fetchone()
        (version,) = self._base.execute("pragma user_version").fetchone()
        (present,) = self._base.execute("select count(*) from sqlite_master").fetchone()
        if not present:
            self._base.executescript(
                f"pragma application_id = {tables.APPLICATION}; "
                f"pragma user_version = {tables.VERSION};"
                f"begin; {tables.TABLES} commit;"
            )
        elif application != tables.APPLICATION:
            raise UsageError("-o", f"{self.path} is no state file of bulk; name another output")
        elif version != tables.VERSION and not is_to_go:
            raise UsageError(
                "-o", f"{self.path} was written by another version ({version}); --fresh begins anew"
            )
        if self.path is not None:
            self._base.execute("pragma journal_mode = wal")
            self._base.execute("pragma synchronous = normal")
        if not is_to_go:
            self.note("process", str(os.getpid()))

    def close(self) -> None:
        """Close it; the lock goes last."""
        base: sqlite3.Connection | None = getattr(self, "_base", None)
        if base is not None:
            base.close()
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    # -- what the file is about --------------------------------------------------------------------

    def value(self, name: str) -> str | None:
        """A value that was noted."""
        row = self._base.execute("select value from meta where name = ?", (name,)).fetchone()
        return str(row[0]) if row is not None else None

    def note(self, name: str, value: str) -> None:
        """Note a value."""
        self._base.execute("insert or replace into meta values (?, ?)", (name, value))

    @property
    def is_read(self) -> bool:
        """Whether the whole list is in it."""
        return self.value("read") is not None

    @property
    def identity(self) -> Mapping[str, Any] | None:
        """The list and the options that it was begun with."""
        text = self.value("identity")
        return json.loads(text) if text is not None else None

    # -- the list ----------------------------------------------------------------------------------

    def keep_rows(self, rows: Iterable[ListRow], step: Any) -> int:
        """Put the rows of the list in; returns how many. What an earlier start left half read goes first.
        `step` is called with the number of rows now and then."""
        base = self._base
        for table in tables.FILLED:
            base.execute(f"delete from {table}")  # noqa: S608 - names of our own
        for index in tables.INDICES:
            base.execute(f"drop index if exists {index}")
        count = 0
        batch: list[tuple[int, str, str | None, str | None, str]] = []
        for row in rows:
            entry = row.entry
            address = "" if entry.address == row.text else entry.address
            batch.append((row.line, _storable(row.text), address, entry.domain, entry.note))
            if len(batch) >= BULK_BATCH:
                count += self._put(batch)
                step(count)
        return count + self._put(batch)

    def _put(self, batch: list[tuple[int, str, str | None, str | None, str]]) -> int:
        count = len(batch)
        self._base.execute("begin")
        self._base.executemany("insert into rows values (?, ?, ?, ?, ?)", batch)
        self._base.execute("commit")
        batch.clear()
        return count

    def prepare(self, *, by_domain: bool, by_lane: bool, values: Mapping[str, str]) -> None:
        """Find duplicates, domains and slips; note `values`, and that the list is whole."""
        self._base.execute("begin")
        more = (*(tables.BY_DOMAIN if by_domain else ()), *(tables.BY_LANE if by_lane else ()))
        for statement in (*tables.PREPARE, *more):
            self._base.execute(statement)
        slips = ((slip, number) for number, name in self.open_domains() if (slip := likely_typo_of(name)))
        self._base.executemany("update domains set typo = ? where id = ?", slips)
        for name, value in (*values.items(), ("read", "1")):
            self.note(name, value)
        self._base.execute("commit")

    # -- domains -----------------------------------------------------------------------------------

    def open_domains(self) -> Iterator[tuple[int, str]]:
        """Id and name of those not asked about yet, in the order of the list."""
        yield from tables.in_turn(
            self._base, "select id, name from domains where at is null and id > ? order by id limit ?"
        )

    def begin(self) -> None:
        """Begin what `commit` ends."""
        if not self._base.in_transaction:
            self._base.execute("begin")

    def keep_domains(self, records: Sequence[DomainRecord]) -> None:
        """Put in what was found out, before the next commit."""
        self.begin()
        self._base.executemany(
            tables.KEEP_DOMAIN,
            (
                (
                    self._next_done() if it.is_final else None,
                    *it.facts,
                    self._routes.id_of(it.signs),
                    it.at,
                    it.id,
                )
                for it in records
            ),
        )

    def _next_done(self) -> int:
        if self._last_done is None:
            (self._last_done,) = self._base.execute("select coalesce(max(done), 0) from domains").fetchone()
        self._last_done += 1
        return self._last_done

    def finish(self, ids: Iterable[int], verdict: int) -> None:
        """Nothing more is asked about these domains: the verdict, by its id, is that of the rows without an
        answer of their own."""
        self._base.executemany(
            "update domains set done = ?, verdict = ? where id = ?",
            ((self._next_done(), verdict, number) for number in ids),
        )

    def forget_before(self, moment: int) -> int:
        """Forget what was found out before `moment`; how many domains that were."""
        self.begin()
        cursor = self._base.execute(
            "update domains set done = null, state = null, at = null, verdict = null, catch_all = null "
            "where at < ?",
            (moment,),
        )
        self._base.execute("delete from answers where at < ?", (moment,))
        self._base.execute("update routes set verdict = null where at < ?", (moment,))
        return cursor.rowcount

    @property
    def is_blind(self) -> bool:
        """Whether domains were asked about, and DNS gave no usable answer for any."""
        ((count, informative),) = self.query(
            "select count(*), sum(state <> ?) from domains where state is not null",
            DomainState.DNS_UNKNOWN.value,
        )
        return bool(count) and not informative

    def forget_undecided(self) -> int:
        """Forget what may be answered otherwise when it is asked again: all that is neither accepted nor
        refused for good. How many domains that leaves open."""
        self.begin()
        states = [it.value for it in DomainState if _is_undecided(verdict(it))]
        marks = ", ".join("?" * len(states))
        self._base.execute(
            f"update domains set done = null, state = null, at = null where state in ({marks})",  # noqa: S608
            states,
        )
        if self.verdicts is not None:
            ids = [(number,) for number, it in self.verdicts.items() if _is_undecided(it)]
            for statement in tables.FORGET_VERDICT:
                self._base.executemany(statement, ids)
        (count,) = self._base.execute("select count(*) from domains where done is null").fetchone()
        return int(count)

    # -- the output --------------------------------------------------------------------------------

    @property
    def place(self) -> Place:
        """How far the output is on disk."""
        text = self.value("place")
        return Place(*json.loads(text)) if text is not None else Place()

    def commit(self, place: Place) -> None:
        """The output is on disk up to `place`: commit that, and what was put in since `begin`."""
        self.begin()
        self.note("place", json.dumps(place))
        self._base.execute("commit")

    def rows_after(self, place: Place, *, in_order: bool, is_asked: bool) -> list[BulkRow]:
        """The next rows that are known to the end, BULK_BATCH at most."""
        if in_order:
            return self._rows(tables.IN_ORDER[self.has_answers], place.line, is_asked=is_asked)
        rows = (
            self._rows(tables.MALFORMED[self.has_answers], place.line, is_asked=is_asked)
            if not place.turn
            else []
        )
        if rows:
            return rows
        line, first = place.line if place.turn else 0, max(place.turn, 1)
        return self._rows(tables.AS_DONE[self.has_answers], first, first, line, is_asked=is_asked)

    def _rows(self, statement: str, *place: int, is_asked: bool) -> list[BulkRow]:
        cursor = self._base.execute(statement, (*place, BULK_BATCH))
        rows = list(_bulk_rows(cursor, self.verdicts, is_asked=is_asked))
        cursor.close()
        return rows

    def turn_of(self, domain: str) -> int:
        """When the domain was done, as a number from 1."""
        row = self._base.execute("select done from domains where name = ?", (domain,)).fetchone()
        return int(row[0]) if row is not None and row[0] is not None else 0

    def keep_hosts(self, names: Sequence[str]) -> None:
        """Note MX hosts, of which `count_hosts` counts the different ones; for this process alone."""
        self._base.execute("create temp table if not exists hosts (name text not null)")
        self._base.executemany("insert into hosts values (?)", ((name,) for name in names))

    def count_hosts(self) -> int:
        """How many different hosts were noted."""
        if not self._base.execute("select 1 from sqlite_temp_master where name = 'hosts'").fetchone():
            return 0
        return int(self._base.execute("select count(distinct name) from hosts").fetchone()[0])

    @property
    def has_answers(self) -> bool:
        """Whether rows may have answers of mail servers."""
        return self.verdicts is not None

    @property
    def base(self) -> sqlite3.Connection:
        """For those who keep the answers of mail servers in it."""
        return self._base

    def operators(self, most: int) -> tuple[list[OperatorCount], int]:
        """The operators with most rows, `most` at most, and how many there are."""
        return operators(self._base, most)

    def query(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows of a question about what is in it."""
        return self._base.execute(statement, values).fetchall()


def _bulk_rows(
    records: Iterable[tuple[Any, ...]], verdicts: Verdicts | None, *, is_asked: bool
) -> Iterator[BulkRow]:
    """The rows, up to the first one about which something is open."""
    for line, text, address, domain, note, first, typo, turn, *cells in records:
        facts = answer = catch_all = None
        if is_asked and domain is not None:
            own, of_all, of_domain, state, *rest = cells
            if verdicts is not None:
                answer = verdicts.get(own if own is not None else of_domain)
                catch_all = verdicts.catch_all(answer, of_all, is_own=own is not None)
            if turn is None and (own is None or verdicts is None or verdicts.is_open(answer, of_all)):
                return
            facts = DomainFacts(DomainState(state), *rest)
        whole = text if address == "" else address
        yield BulkRow(line, text, whole, domain, note, first or 0, typo or "", facts, answer, catch_all)


def _is_undecided(it: Verdict) -> bool:
    return it.outcome is not Outcome.ACCEPTED and it.retry is not Retry.NEVER


def _storable(text: str) -> str:
    """SQLite holds UTF-8: half characters, for octets that are none, become visible."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def now() -> int:
    """Seconds since 1970."""
    return int(time.time())
