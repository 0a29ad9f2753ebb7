"""The last runs: whose they are, how many stay, and many runs at once."""

from __future__ import annotations

import multiprocessing
import os
import stat
from pathlib import Path

import pytest

from probe.recording import events as ev
from probe.recording import history
from probe.recording.file import load
from tests.support import facts as make

LIMIT = 1 << 30


def started() -> ev.Started:
    return ev.Started(
        version=ev.FORMAT_VERSION,
        tool_version="0",
        started_at="2026-11-21T08:00:00Z",
        target=make.facts().target,
        options=make.facts().options,
        invocation="check",
        scenario=None,
    )


def one_run(directory: Path, name: str = "20261121T080000Z-example.net", runs: int = 3) -> str:
    file = history.begin(directory, name)
    file.writer.append(started())
    file.writer.close()
    history.trim(directory, runs, LIMIT)
    return file.name


def names(directory: Path) -> list[str]:
    return [run.name for run in history.past_runs(directory)]


def test_it_is_where_the_xdg_specification_says(tmp_path: Path) -> None:
    home = {"HOME": str(tmp_path)}
    assert history.place({"XDG_STATE_HOME": "/var/state"}) == Path("/var/state/smtp-probe")
    assert history.place(home) == tmp_path / ".local/state/smtp-probe"
    assert history.place({**home, "XDG_STATE_HOME": "not/absolute"}) == tmp_path / ".local/state/smtp-probe"
    with pytest.raises(history.HistoryError, match="neither XDG_STATE_HOME nor HOME"):
        history.place({})


@pytest.mark.parametrize(("value", "is_on"), [("0", False), ("off", False), ("", True), ("1", True)])
def test_one_variable_turns_it_off(value: str, is_on: bool) -> None:
    assert history.is_on({history.SWITCH: value}) is is_on
    assert history.is_on({})


def test_nobody_else_reads_it_whatever_the_umask(tmp_path: Path) -> None:
    directory = tmp_path / "state" / "smtp-probe"
    before = os.umask(0)
    try:
        one_run(directory)
        directory.chmod(0o755)  # made by somebody who knew no better
        one_run(directory)
    finally:
        os.umask(before)
    modes = {stat.S_IMODE(path.stat().st_mode) for path in directory.iterdir()}
    assert (stat.S_IMODE(directory.stat().st_mode), modes) == (0o700, {0o600})
    assert stat.S_IMODE(directory.parent.stat().st_mode) == 0o700


def test_the_newest_stay_and_equal_names_get_numbers(tmp_path: Path) -> None:
    directory = tmp_path / "smtp-probe"
    for _ in range(3):
        one_run(directory)
    first, second, third = reversed(names(directory))
    assert {first, second, third} == {f"20261121T080000Z-example.net{end}" for end in ("", "-2", "-3")}
    other = one_run(directory, "20261121T080001Z-example.org")
    assert names(directory) == [other, third, second]
    assert load(directory / f"{other}.jsonl").started == started()


def test_they_take_so_much_room_and_the_newest_is_there_in_any_case(tmp_path: Path) -> None:
    directory = tmp_path / "smtp-probe"
    last = [one_run(directory, runs=9) for _ in range(4)][-1]
    size = (directory / f"{last}.jsonl").stat().st_size
    history.trim(directory, 9, size * 2 + 1)
    assert len(names(directory)) == 2
    history.trim(directory, 9, 1)
    assert names(directory) == [last]


def test_a_run_under_way_is_neither_removed_nor_given(tmp_path: Path) -> None:
    directory = tmp_path / "smtp-probe"
    under_way = history.begin(directory, "under-way")
    under_way.writer.append(started())
    for _ in range(5):
        one_run(directory)
    assert under_way.name not in names(directory) and under_way.path.exists()
    under_way.writer.close()
    assert under_way.name in names(directory)


def test_what_else_is_in_the_directory_stays(tmp_path: Path) -> None:
    directory, secret = tmp_path / "smtp-probe", tmp_path / "secret"
    one_run(directory)
    secret.write_text("mine")
    (directory / "notes.txt").write_text("a user's own")
    (directory / "link.jsonl").symlink_to(secret)
    (directory / "folder.jsonl").mkdir()
    os.mkfifo(directory / "pipe.jsonl")
    for _ in range(5):
        one_run(directory, runs=1)
    assert len(names(directory)) == 1
    assert {"notes.txt", "link.jsonl", "folder.jsonl", "pipe.jsonl"} <= {
        path.name for path in directory.iterdir()
    }
    assert secret.read_text() == "mine"


def test_a_symbolic_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "smtp-probe").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(history.HistoryError, match="is a symbolic link"):
        one_run(tmp_path / "smtp-probe")
    with pytest.raises(history.HistoryError, match="is a symbolic link"):
        history.past_runs(tmp_path / "smtp-probe")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_link_in_the_place_of_a_file_is_passed_over(tmp_path: Path) -> None:
    directory, secret = tmp_path / "smtp-probe", tmp_path / "secret"
    directory.mkdir()
    (directory / "run.jsonl").symlink_to(secret)
    assert one_run(directory, "run") == "run-2"
    assert not secret.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory to somebody else")
def test_a_directory_of_somebody_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "smtp-probe").mkdir()
    os.chown(tmp_path / "smtp-probe", 65534, -1)
    with pytest.raises(history.HistoryError, match=r"belongs to another user \(65534\)"):
        one_run(tmp_path / "smtp-probe")
    os.chown(tmp_path, 65534, -1)
    with pytest.raises(history.HistoryError, match=r"home directory .* belongs to another user"):
        history.place({"HOME": str(tmp_path)})


def _many_runs(directory: Path) -> None:
    for _ in range(20):
        one_run(directory)


def test_many_processes_at_once_lose_nothing_but_the_oldest(tmp_path: Path) -> None:
    directory = tmp_path / "smtp-probe"
    processes = [multiprocessing.Process(target=_many_runs, args=(directory,)) for _ in range(6)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert [process.exitcode for process in processes] == [0] * 6
    history.trim(directory, 3, LIMIT)
    assert len(names(directory)) == 3
    assert all(load(path).started == started() for path in directory.iterdir())
