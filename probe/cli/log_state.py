"""The state file of `log`: what the last report knew, in SQLite, and the key of its hashes."""

from __future__ import annotations

import os
import secrets
import sqlite3
from contextlib import closing
from pathlib import Path

from probe.cli.errors import UsageError
from probe.maillog.news import PastCounts, State

_VERSION = "1"
_TABLES = """
create table if not exists meta (name text primary key, value text not null);
create table if not exists groups (
  fix_by text, operator text, cause text, operator_title text, title text,
  attempts integer, seconds integer, last integer, is_gone integer, primary key (fix_by, operator, cause));
create table if not exists volumes (
  operator text primary key, attempts integer, seconds integer, last integer);
create table if not exists sources (ip text primary key, first integer);
"""
_MACHINE = Path("/etc/machine-id")


class StateFile:
    """Opened for one run. Raises UsageError where the file cannot be used."""

    def __init__(self, name: str) -> None:
        self._name = name
        path = Path(name)
        try:
            if not path.exists():
                # the key of the hashes stands in it
                os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
            os.close(os.open(path, os.O_RDWR))  # whose errors say more than sqlite's
            with closing(sqlite3.connect(name, timeout=10)) as base:
                base.executescript(_TABLES)
                row = base.execute("select value from meta where name = 'version'").fetchone()
                if row is not None and row[0] != _VERSION:
                    raise UsageError("--state", f"{name} was written by another version ({row[0]})")
                with base:
                    rows = (("version", _VERSION), ("key", secrets.token_hex(32)))
                    base.executemany("insert or ignore into meta values (?, ?)", rows)
        except (sqlite3.Error, OSError) as error:
            raise self._unusable(error) from None

    def _unusable(self, error: Exception) -> UsageError:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return UsageError(
            "--state", f"{self._name} cannot be used: {why.lower()}; name a new file or a state file of log"
        )

    def key(self) -> bytes:
        """The key of the hashes of this file's reports."""
        try:
            with closing(sqlite3.connect(self._name, timeout=10)) as base:
                (value,) = base.execute("select value from meta where name = 'key'").fetchone()
                return bytes.fromhex(value)
        except (sqlite3.Error, ValueError, TypeError) as error:
            raise self._unusable(error) from None

    def load(self) -> State:
        """What the last report knew."""
        try:
            with closing(sqlite3.connect(self._name, timeout=10)) as base:
                until = base.execute("select value from meta where name = 'until'").fetchone()
                return State(
                    int(until[0]) if until is not None else None,
                    {
                        (fix_by, operator, cause): PastCounts(*counts)
                        for fix_by, operator, cause, *counts in base.execute(
                            "select fix_by, operator, cause, attempts, seconds, last, operator_title, title, "
                            "is_gone from groups"
                        )
                    },
                    {
                        operator: PastCounts(attempts, seconds, last)
                        for operator, attempts, seconds, last in base.execute("select * from volumes")
                    },
                    dict(base.execute("select ip, first from sources")),
                )
        except (sqlite3.Error, ValueError, TypeError) as error:
            raise self._unusable(error) from None

    def save(self, state: State) -> None:
        """Put the new state in place of the old one: all of it, or nothing."""
        try:
            with closing(sqlite3.connect(self._name, timeout=10)) as base, base:
                if state.until is not None:
                    base.execute("insert or replace into meta values ('until', ?)", (str(state.until),))
                base.execute("delete from groups")
                base.executemany(
                    "insert into groups values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        (*key, it.operator_title, it.title, it.attempts, it.seconds, it.last, it.is_gone)
                        for key, it in state.groups.items()
                    ),
                )
                base.execute("delete from volumes")
                base.executemany(
                    "insert into volumes values (?, ?, ?, ?)",
                    ((name, it.attempts, it.seconds, it.last) for name, it in state.volumes.items()),
                )
                base.execute("delete from sources")
                base.executemany("insert into sources values (?, ?)", state.sources.items())
        except sqlite3.Error as error:
            raise self._unusable(error) from None


def machine_key() -> bytes:
    """A key that is the same in every run on this machine; where the machine has no id, one of this run."""
    try:
        octets = _MACHINE.read_bytes().strip()
    except OSError:
        octets = b""
    return b"smtp-probe log " + octets if octets else secrets.token_bytes(32)
