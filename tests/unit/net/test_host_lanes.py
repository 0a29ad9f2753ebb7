"""Lock files for operators of mail servers: one session at a time between processes, never a failure."""

from __future__ import annotations

import asyncio
import stat
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from probe.net.host_lanes import HostLanes, lanes_directory

HOLDER = """
import asyncio, sys
from pathlib import Path
from probe.net.host_lanes import HostLanes
async def main():
    async with HostLanes(Path(sys.argv[1])).hold(sys.argv[2:], 0, lambda: None):
        print("held", flush=True)
        await asyncio.to_thread(sys.stdin.read)
asyncio.run(main())
"""
FOREVER = 3600.0


@contextmanager
def another_process(directory: Path, *signs: str) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the lanes of these signs until its stdin is closed."""
    command = [sys.executable, "-c", HOLDER, str(directory), *signs]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes) as process:  # type: ignore[call-overload]
        assert process.stdout.readline() == "held\n"
        try:
            yield process
        finally:
            process.kill()


async def enters(lanes: HostLanes, *signs: str, seconds: float = FOREVER) -> int:
    """How often it had to wait."""
    waits: list[None] = []
    async with lanes.hold(signs, seconds, lambda: waits.append(None)):
        return len(waits)


async def test_a_free_lane_is_entered_without_waiting(tmp_path: Path) -> None:
    directory = tmp_path / "smtp-probe" / "lanes"
    assert await enters(HostLanes(directory), "provider:google", "net:c00002") == 0
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700


async def test_lanes_that_share_no_sign_do_not_wait_for_each_other(tmp_path: Path) -> None:
    with another_process(tmp_path, "domain:a.example", "net:c00002"):
        assert await enters(HostLanes(tmp_path), "domain:b.example", "net:c63364") == 0


@pytest.mark.parametrize("how", ["ends", "is killed"])
async def test_a_session_waits_for_that_of_another_process_with_the_same_sign(
    how: str, tmp_path: Path
) -> None:
    with another_process(tmp_path, "domain:a.example", "net:c00002") as process:
        waiting = asyncio.ensure_future(enters(HostLanes(tmp_path), "domain:b.example", "net:c00002"))
        await asyncio.sleep(0.3)
        assert not waiting.done()
        if how == "ends":
            assert process.stdin is not None
            process.stdin.close()
        else:
            process.kill()
        assert await waiting > 0


async def test_who_waited_long_enough_goes_on(tmp_path: Path) -> None:
    with another_process(tmp_path, "net:c00002"):
        assert await enters(HostLanes(tmp_path), "net:c00002", seconds=0.15) > 0


async def test_the_sessions_of_one_process_share_its_lanes(tmp_path: Path) -> None:
    lanes = HostLanes(tmp_path)
    async with lanes.hold(["net:c00002"], FOREVER, lambda: None):
        assert await enters(lanes, "net:c00002") == 0
        with pytest.raises(BlockingIOError):
            _lock_all(tmp_path)
    _lock_all(tmp_path)


def _lock_all(directory: Path) -> None:
    import fcntl

    for path in directory.iterdir():
        with path.open("r+b") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)


@pytest.mark.parametrize("what", ["none", "a file", "a link", "no permission"])
async def test_a_directory_that_cannot_be_used_limits_nothing(what: str, tmp_path: Path) -> None:
    directory: Path | None = tmp_path / "lanes"
    assert directory is not None
    if what == "none":
        directory = None
    elif what == "a file":
        directory.write_text("mine", encoding="utf-8")
    elif what == "a link":
        (tmp_path / "real").mkdir()
        directory.symlink_to(tmp_path / "real")
    else:
        directory = Path("/proc/lanes")
    assert await enters(HostLanes(directory), "net:c00002") == 0
    assert what != "a link" or list((tmp_path / "real").iterdir()) == []


def test_the_directory_is_that_of_the_session_else_of_the_state(tmp_path: Path) -> None:
    assert lanes_directory({"XDG_RUNTIME_DIR": str(tmp_path)}) == tmp_path / "smtp-probe" / "lanes"
    state = {"XDG_RUNTIME_DIR": "relative", "XDG_STATE_HOME": str(tmp_path)}
    assert lanes_directory(state) == tmp_path / "smtp-probe" / "lanes"
    assert lanes_directory({}) is None
