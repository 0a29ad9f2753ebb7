"""The state file of `bulk`: rows, domains, and how far the output is on disk, in SQLite.

One process writes it, under a lock. An answer and the output that follows from it are committed together,
after the output is on disk (`BulkState.commit`); so the file is at any moment as long as the state says, or
longer by what the next start cuts off.
"""

from __future__ import annotations

import fcntl
import json
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from probe.bulk.domain import DomainState
from probe.bulk.row import BulkRow, DomainFacts
from probe.cli.errors import UsageError
from probe.reading.list.reader import ListRow
from probe.settings import BULK_BATCH

APPLICATION = 0x53504231  # "SPB1"
VERSION = 1
_TABLES = """
create table meta (name text primary key, value text not null) without rowid;
create table rows (
  line integer primary key, input text not null, address text, domain text, note text not null);
create table duplicates (line integer primary key, first integer not null);
create table domains (
  id integer primary key, name text not null, rows integer not null, first integer not null, done integer,
  state text, provider text, operator text, failure text, typo text, at integer);
"""
_PREPARE = (
    # the same address, or domain, but for the case of letters: the first row counts
    """insert into duplicates select line, first from (
         select line, first_value(line) over (partition by who order by line) as first from (
           select line, lower(
             case address when '' then input else coalesce(address, '@' || domain) end) as who
           from rows where domain is not null))
       where line <> first order by line""",
    """insert into domains (name, rows, first)
       select domain, count(*), min(line) as first from rows where domain is not null
       group by domain order by first""",
    "create unique index domains_by_name on domains (name)",
)
_ROW = """select r.line, r.input, r.address, r.domain, r.note, u.first,
  d.done, d.state, d.provider, d.operator, d.failure, d.typo
  from {tables} left join duplicates u on u.line = r.line where {which} limit ?"""
_IN_ORDER = _ROW.format(
    tables="rows r left join domains d on d.name = r.domain", which="r.line > ? order by r.line"
)
_MALFORMED = _ROW.format(
    tables="rows r left join domains d on d.name = r.domain",
    which="r.domain is null and r.line > ? order by r.line",
)
_AS_DONE = _ROW.format(
    tables="domains d cross join rows r on r.domain = d.name",
    which="d.done >= ? and (d.done > ? or r.line > ?) order by d.done, r.line",
)
_NETWORK = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "fuse.sshfs", "fuse.glusterfs"}
)


class Place(NamedTuple):
    """How far the output is: the last row written (with --unordered: `turn` is that of its domain, in the
    order in which they were answered), octets, and rows."""

    turn: int = 0
    line: int = 0
    offset: int = 0
    rows: int = 0


class DomainRecord(NamedTuple):
    """What was found out about the domain with this id, and when (seconds since 1970)."""

    id: int
    facts: DomainFacts
    at: int


class BulkState:
    """Opened for one run; `path` None keeps it in a file that goes with the process. What `is_to_go` may be
    of another version. Raises UsageError for what is no state, or is another process's."""

    def __init__(self, path: Path | None, *, is_to_go: bool = False) -> None:
        self.path = path
        self._lock = -1
        self._last_done: int | None = None
        try:
            self._open(is_to_go=is_to_go)
        except UsageError:
            self.close()
            raise
        except sqlite3.DatabaseError as error:
            self.close()
            raise UsageError(
                "-o", f"{path} is no state file of bulk ({error}); name another output"
            ) from None

    def _open(self, *, is_to_go: bool) -> None:
        if self.path is not None:
            _refuse_network(self.path)
            self._take_lock(self.path)
        self._base = sqlite3.connect(self.path or "", isolation_level=None)
        (application,) = self._base.execute("pragma application_id").fetchone()
        (version,) = self._base.execute("pragma user_version").fetchone()
        (tables,) = self._base.execute("select count(*) from sqlite_master").fetchone()
        if not tables:
            self._base.executescript(
                f"pragma application_id = {APPLICATION}; pragma user_version = {VERSION};"
                f"begin; {_TABLES} commit;"
            )
        elif application != APPLICATION:
            raise UsageError("-o", f"{self.path} is no state file of bulk; name another output")
        elif version != VERSION and not is_to_go:
            raise UsageError(
                "-o", f"{self.path} was written by another version ({version}); --fresh begins anew"
            )
        if self.path is not None:
            self._base.execute("pragma journal_mode = wal")
            self._base.execute("pragma synchronous = normal")
        if not is_to_go:
            self.note("process", str(os.getpid()))

    def _take_lock(self, path: Path) -> None:
        try:
            self._lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)  # the list of somebody's recipients
        except OSError as error:
            raise UsageError("-o", f"cannot write {path}: {(error.strerror or str(error)).lower()}") from None
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = _holder(path)
            raise UsageError("-o", f"{path} is in use: {holder} works on this output") from None

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
        for table in ("rows", "duplicates", "domains"):
            base.execute(f"delete from {table}")  # noqa: S608 - names of our own
        for index in ("domains_by_name", "domains_by_done", "rows_by_domain"):
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

    def prepare(self, *, by_domain: bool, values: Mapping[str, str]) -> None:
        """Find duplicates and domains; note `values`, and that the list is whole."""
        self._base.execute("begin")
        for statement in _PREPARE:
            self._base.execute(statement)
        if by_domain:
            self._base.execute("create index rows_by_domain on rows (domain)")
            self._base.execute("create index domains_by_done on domains (done)")
        for name, value in (*values.items(), ("read", "1")):
            self.note(name, value)
        self._base.execute("commit")

    # -- domains -----------------------------------------------------------------------------------

    def open_domains(self) -> Iterator[tuple[int, str]]:
        """Id and name of those not asked about yet, in the order of the list."""
        last = 0
        while True:
            rows = self._base.execute(
                "select id, name from domains where id > ? and +done is null order by id limit ?",
                (last, BULK_BATCH),
            ).fetchall()
            if not rows:
                return
            yield from rows
            last = rows[-1][0]

    def begin(self) -> None:
        """Begin what `commit` ends."""
        if not self._base.in_transaction:
            self._base.execute("begin")

    def keep_domains(self, records: Sequence[DomainRecord]) -> None:
        """Put in what was found out, before the next commit."""
        self.begin()
        if self._last_done is None:
            (self._last_done,) = self._base.execute("select coalesce(max(done), 0) from domains").fetchone()
        last, self._last_done = self._last_done, self._last_done + len(records)
        self._base.executemany(
            "update domains set done = ?, state = ?, provider = ?, operator = ?, failure = ?, typo = ?, "
            "at = ? where id = ?",
            ((number, *it.facts, it.at, it.id) for number, it in enumerate(records, last + 1)),
        )

    def forget_before(self, moment: int) -> int:
        """Forget what was found out before `moment`; how many domains that were."""
        self.begin()
        cursor = self._base.execute(
            "update domains set done = null, state = null, at = null where done is not null and at < ?",
            (moment,),
        )
        return cursor.rowcount

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
            return self._rows(_IN_ORDER, place.line, is_asked=is_asked)
        rows = self._rows(_MALFORMED, place.line, is_asked=is_asked) if not place.turn else []
        if rows:
            return rows
        line, first = place.line if place.turn else 0, max(place.turn, 1)
        return self._rows(_AS_DONE, first, first, line, is_asked=is_asked)

    def _rows(self, statement: str, *place: int, is_asked: bool) -> list[BulkRow]:
        cursor = self._base.execute(statement, (*place, BULK_BATCH))
        rows = list(_bulk_rows(cursor, is_asked=is_asked))
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

    def query(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """The rows of a question about what is in it."""
        return self._base.execute(statement, values).fetchall()


def _bulk_rows(records: Iterable[tuple[Any, ...]], *, is_asked: bool) -> Iterator[BulkRow]:
    """The rows, up to the first one whose domain is open."""
    for line, text, address, domain, note, first, turn, *cells in records:
        facts = None
        if is_asked and domain is not None:
            if turn is None:
                return
            state, *rest = cells
            facts = DomainFacts(DomainState(state), *rest)
        yield BulkRow(line, text, text if address == "" else address, domain, note, first or 0, facts)


def _storable(text: str) -> str:
    """SQLite holds UTF-8: half characters, for octets that are none, become visible."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode("utf-8")


def _holder(path: Path) -> str:
    try:
        base = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=1)
        try:
            row = base.execute("select value from meta where name = 'process'").fetchone()
        finally:
            base.close()
    except sqlite3.Error:
        row = None
    return f"process {row[0]}" if row is not None else "another process"


def _refuse_network(path: Path) -> None:
    """SQLite's locks and shared memory do not hold on a network file system."""
    kind = _file_system(path)
    if kind in _NETWORK:
        raise UsageError("-o", f"{path} lies on a network file system ({kind}); write to a local disk")


def _file_system(path: Path) -> str:
    """The type of the file system, on Linux; empty elsewhere."""
    place = os.path.realpath(path)
    longest, kind = "", ""
    try:
        with Path("/proc/self/mountinfo").open(encoding="utf-8", errors="surrogateescape") as stream:
            for line in stream:
                before, _, behind = line.partition(" - ")
                mount = before.split(" ")[4].replace("\\040", " ")
                inside = place == mount or place.startswith(mount.rstrip("/") + "/")
                if inside and len(mount) >= len(longest):
                    longest, kind = mount, behind.split(" ")[0]
    except OSError:
        return ""
    return kind


def now() -> int:
    """Seconds since 1970."""
    return int(time.time())
