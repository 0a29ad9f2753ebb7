"""Runs the read-only tools of this host's mail server: no shell, no terminal, a bounded time, bounded output.

A program is looked for in the system's own directories first, so that the PATH cannot replace it. Each one is
run by a thread, which also waits for its end: asyncio would report it to a loop that may be closed by then.
"""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path

from probe import settings
from probe.model.local_tool import Call, FileCall, Inquiry, T, ToolOutput, ToolReason, ToolWhy
from probe.net.process_limit import ProcessLimit, at_most
from probe.net.running_tool import Ended, RunningTool
from probe.net.threads import start

SYSTEM = ("/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/sbin", "/usr/local/bin", "/opt/local/sbin")
# Variables that the tools themselves use: an instance chosen for all Postfix commands
_ENVIRONMENT = ("MAIL_CONFIG", "HOME", "TMPDIR")


async def run_tools(inquiry: Inquiry[T], *, budget: float = settings.LOCAL_TOOLS_TIMEOUT) -> T:
    """Drive an inquiry over the programs of this host, for at most `budget` seconds; programs still running
    are then killed. A program that fails, or is late, is a result and not an error. The number of concurrent
    inquiries in a process is limited. Only the time counts in which a program runs: this one may be busy."""
    async with _INQUIRIES.hold():
        return await _drive(inquiry, budget)


async def _drive(inquiry: Inquiry[T], budget: float) -> T:
    seconds_left = budget
    try:
        calls = next(inquiry)
        while True:
            answers = await _answers(calls, seconds_left, budget)
            seconds_left -= max((it.seconds for it in answers), default=0.0)
            calls = inquiry.send(tuple(it.output for it in answers))
    except StopIteration as stop:
        result: T = stop.value
        return result


_INQUIRIES = ProcessLimit(at_most(settings.LOCAL_TOOLS_AT_ONCE))


async def _answers(calls: Sequence[Call], seconds_left: float, budget: float) -> list[Ended]:
    """The results of the calls, each within `seconds_left`."""
    late = ToolOutput(exit_code=None, failure=ToolWhy(ToolReason.LATE, seconds=budget))
    if seconds_left <= 0:
        return [Ended(late) for _ in calls]
    tasks = [asyncio.ensure_future(_answer(call, seconds_left, late)) for call in calls]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()  # each ends its program at once, and waits for nothing


async def _answer(call: Call, seconds_left: float, late: ToolOutput) -> Ended:
    if isinstance(call, FileCall):
        return await _read(call.path, seconds_left, late)
    path = program_path(call.program)
    if path is None:
        why = ToolWhy(ToolReason.NO_PROGRAM, program=call.program)
        return Ended(ToolOutput(exit_code=None, failure=why, is_missing=True))
    tool = RunningTool(path, call, _environment(), seconds_left, late)
    try:
        return await _by_thread(tool.run)
    finally:
        tool.stop()


async def _read(path: str, seconds_left: float, late: ToolOutput) -> Ended:
    try:
        async with asyncio.timeout(seconds_left):  # of a network, it may never come
            return Ended(await _by_thread(lambda: read_file(path)))
    except TimeoutError:
        return Ended(late, seconds_left)


async def _by_thread(work: Callable[[], T]) -> T:
    """The result of `work`, run in a thread; in the event loop if this machine has none left."""
    future = start(work)
    return work() if future is None else await future


def _environment() -> dict[str, str]:
    own = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    return own | {"LC_ALL": "C", "PATH": os.pathsep.join(SYSTEM)}


def program_path(name: str, directories: Sequence[str] | None = None) -> str | None:
    """The path of a program: in the system's directories, else in absolute directories of PATH."""
    path = os.environ.get("PATH", "").split(os.pathsep)
    for directory in directories if directories is not None else (*SYSTEM, *path):
        place = Path(directory, name)
        if place.is_absolute() and place.is_file() and os.access(place, os.X_OK):
            return str(place)
    return None


def read_file(path: str) -> ToolOutput:
    """A configuration file, if it is a regular file of a plausible size."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return ToolOutput(exit_code=None, failure=ToolWhy(ToolReason.NO_FILE, path=path))
            data = file.read(settings.LOCAL_TOOLS_SIZE_LIMIT + 1)
    except (OSError, ValueError) as error:
        why = ToolWhy(ToolReason.FILE_UNREADABLE, path=path, text=str(error))
        return ToolOutput(exit_code=None, failure=why)
    if len(data) > settings.LOCAL_TOOLS_SIZE_LIMIT:
        return ToolOutput(exit_code=None, failure=ToolWhy(ToolReason.FILE_TOO_LARGE, path=path))
    return ToolOutput(data.decode("utf-8", "backslashreplace"))
