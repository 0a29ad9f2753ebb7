"""The state file of `log --state`: what it keeps, who may read it, what is done with one that is broken."""

from __future__ import annotations

import sqlite3
import stat
from pathlib import Path

import pytest

from probe.cli.errors import UsageError
from probe.cli.log_state import StateFile, machine_key
from probe.maillog.news import PastCounts, State

STATE = State(
    1764374400,
    {("sender", "b.example", "user_unknown"): PastCounts(3, 60, 9, "b.example", "gone", True)},
    {"b.example": PastCounts(7, 60, 9)},
    {"192.0.2.1": 5},
)


def test_what_was_saved_is_loaded(tmp_path: Path) -> None:
    name = str(tmp_path / "log.db")
    assert StateFile(name).load() == State()
    StateFile(name).save(STATE)
    assert StateFile(name).load() == STATE
    StateFile(name).save(State(1764374401))
    assert StateFile(name).load() == State(1764374401)


def test_the_key_of_the_hashes_stays_and_is_the_owners_alone(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    key = StateFile(str(path)).key()
    StateFile(str(path)).save(STATE)
    assert StateFile(str(path)).key() == key and len(key) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert StateFile(str(tmp_path / "other.db")).key() != key


def test_a_file_that_is_no_state_is_named(tmp_path: Path) -> None:
    path = tmp_path / "mail.log"
    path.write_text("Nov 29 03:00:00 mail postfix: no state\n" * 100)
    with pytest.raises(UsageError, match=r"mail\.log cannot be used"):
        StateFile(str(path))
    assert path.read_text().startswith("Nov 29")
    with pytest.raises(UsageError, match="cannot be used"):
        StateFile(str(tmp_path / "nowhere" / "log.db"))


def test_a_path_that_cannot_be_a_state_is_told_in_words(tmp_path: Path) -> None:
    for path, why in ((tmp_path, "is a directory"), (tmp_path / "nowhere" / "log.db", "no such file")):
        with pytest.raises(UsageError, match=f"cannot be used: {why}"):
            StateFile(str(path))


def test_a_state_of_another_version_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    StateFile(str(path))
    with sqlite3.connect(path) as base:
        base.execute("update meta set value = '99' where name = 'version'")
    base.close()
    with pytest.raises(UsageError, match="another version"):
        StateFile(str(path))


def test_a_state_that_was_tampered_with_is_named(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    StateFile(str(path)).save(STATE)
    with sqlite3.connect(path) as base:
        base.execute("update meta set value = 'soon' where name = 'until'")
        base.execute("update meta set value = 'xyz' where name = 'key'")
    base.close()
    for read in (StateFile(str(path)).load, StateFile(str(path)).key):
        with pytest.raises(UsageError, match="cannot be used"):
            read()


def test_a_machine_has_one_key() -> None:
    assert isinstance(machine_key(), bytes) and len(machine_key()) >= 32
