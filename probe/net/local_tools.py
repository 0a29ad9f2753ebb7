"""Runs the read-only tools of this host's mail server: no shell, no terminal, a bounded time, bounded output.

A program is looked for in the system's own directories first, so that the PATH cannot replace it.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import stat
from collections.abc import Sequence
from pathlib import Path

from probe import settings
from probe.model.local_tool import Call, FileCall, Inquiry, T, ToolCall, ToolOutput, ToolReason, ToolWhy
from probe.net.clock import Clock
from probe.net.process_limit import ProcessLimit, at_most
from probe.net.threads import in_thread

SYSTEM = ("/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/local/sbin", "/usr/local/bin", "/opt/local/sbin")
# Variables that the tools themselves use: an instance chosen for all Postfix commands
_ENVIRONMENT = ("MAIL_CONFIG", "HOME", "TMPDIR")
_REAPED = 1.0  # seconds in which a killed process ends


async def run_tools(inquiry: Inquiry[T], *, budget: float = settings.LOCAL_TOOLS_TIMEOUT) -> T:
    """Drive an inquiry over the programs of this host, for at most `budget` seconds; programs still running
    are then killed. A program that fails, or is late, is a result and not an error. The number of concurrent
    inquiries in a process is limited; the time counts from the start of this one."""
    async with _INQUIRIES.hold():
        return await _drive(inquiry, budget)


async def _drive(inquiry: Inquiry[T], budget: float) -> T:
    clock = Clock()
    late = ToolOutput(exit_code=None, failure=ToolWhy(ToolReason.LATE, seconds=budget))
    try:
        calls = next(inquiry)
        while True:
            calls = inquiry.send(await _answers(calls, budget - clock.seconds(), late))
    except StopIteration as stop:
        result: T = stop.value
        return result


_INQUIRIES = ProcessLimit(at_most(settings.LOCAL_TOOLS_AT_ONCE))


async def _answers(calls: Sequence[Call], seconds_left: float, late: ToolOutput) -> tuple[ToolOutput, ...]:
    """The results of the calls within that many seconds; `late` for the others."""
    if seconds_left <= 0:
        return tuple(late for _ in calls)
    tasks = [asyncio.ensure_future(_answer(call)) for call in calls]
    try:
        await asyncio.wait(tasks, timeout=seconds_left)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return tuple(late if task.cancelled() else task.result() for task in tasks)


def program_path(name: str, directories: Sequence[str] | None = None) -> str | None:
    """The path of a program: in the system's directories, else in absolute directories of PATH."""
    path = os.environ.get("PATH", "").split(os.pathsep)
    for directory in directories if directories is not None else (*SYSTEM, *path):
        place = Path(directory, name)
        if place.is_absolute() and place.is_file() and os.access(place, os.X_OK):
            return str(place)
    return None


async def _answer(call: Call) -> ToolOutput:
    if isinstance(call, FileCall):
        return await in_thread(lambda: read_file(call.path))
    path = program_path(call.program)
    if path is None:
        why = ToolWhy(ToolReason.NO_PROGRAM, program=call.program)
        return ToolOutput(exit_code=None, failure=why, is_missing=True)
    return await _run(path, call)


async def _run(path: str, call: ToolCall) -> ToolOutput:
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    environment |= {"LC_ALL": "C", "PATH": os.pathsep.join(SYSTEM)}
    try:
        transport, protocol = await asyncio.get_running_loop().subprocess_exec(
            _ToolProtocol,
            path,
            *call.arguments,
            env=environment,
            cwd="/",
            start_new_session=True,
        )
    except (OSError, ValueError) as error:  # ValueError: an argument with a NUL
        why = ToolWhy(ToolReason.NOT_RUN, program=call.program, text=str(error))
        return ToolOutput(exit_code=None, failure=why)
    try:
        protocol.say(call.stdin.encode("utf-8", "backslashreplace"))
        await protocol.over
    finally:
        if transport.get_returncode() is None:
            _end(transport.get_pid())
        # or its end would be reported to a closed loop; and close() would remove it from the child watcher,
        # which reports an error
        await asyncio.wait([protocol.end], timeout=_REAPED)
        transport.close()
    if protocol.is_too_much:
        why = ToolWhy(ToolReason.TOO_MUCH, program=call.program, most=settings.LOCAL_TOOLS_SIZE_LIMIT)
        return ToolOutput(exit_code=None, failure=why)
    return ToolOutput(_decode(protocol.output[1]), _decode(protocol.output[2]), transport.get_returncode())


class _ToolProtocol(asyncio.SubprocessProtocol):
    """Collects the output of a program, until it ends or prints too much."""

    def __init__(self) -> None:
        self.output = {1: bytearray(), 2: bytearray()}
        self.is_too_much = False
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.end: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._input: asyncio.WriteTransport | None = None

    def process_exited(self) -> None:
        if not self.end.done():
            self.end.set_result(None)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.SubprocessTransport)
        pipe = transport.get_pipe_transport(0)
        self._input = pipe if isinstance(pipe, asyncio.WriteTransport) else None

    def say(self, data: bytes) -> None:
        """Write to its standard input, then close it."""
        if self._input is not None:
            self._input.write(data)
            self._input.close()

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        room = settings.LOCAL_TOOLS_SIZE_LIMIT - len(self.output[fd])
        self.output[fd] += data[:room]
        if len(data) > room:
            self.is_too_much = True
            self._end()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end()

    def _end(self) -> None:
        if not self.over.done():
            self.over.set_result(None)


def _end(pid: int) -> None:
    """Kill the process and its children: they have a session of their own."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


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
    return ToolOutput(_decode(data))


def _decode(data: bytes | bytearray) -> str:
    return data.decode("utf-8", "backslashreplace")
