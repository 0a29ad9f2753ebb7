"""One program of this host, run by the calling thread: its input, its output, its time, and its end."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from typing import IO

from probe import settings
from probe._dataclass import dataclass
from probe.model.local_tool import ToolCall, ToolOutput, ToolReason, ToolWhy

_READ = 65536  # octets at a time
_FIRST_LOOK, _LAST_LOOK = 0.0005, 0.05  # seconds between looks whether it has ended


@dataclass(frozen=True, slots=True)
class Ended:
    """What came of a call, and for how many seconds it ran."""

    output: ToolOutput
    seconds: float = 0.0


class RunningTool:
    """A program at `path`, in a session of its own. `run` is called in one thread, `stop` in any, as often as
    need be. After `seconds` it is killed with its children, and the result is `late`."""

    def __init__(
        self, path: str, call: ToolCall, environment: Mapping[str, str], seconds: float, late: ToolOutput
    ) -> None:
        self._argv = (path, *call.arguments)
        self._call = call
        self._environment = environment
        self._seconds = seconds
        self._late = late
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._is_stopped = False

    def run(self) -> Ended:
        """Run it to its end. Nothing that it does is an exception."""
        try:
            process = subprocess.Popen(  # noqa: S603  no shell, and its path is absolute
                self._argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=self._environment,
                cwd="/",
                start_new_session=True,
            )
        except (OSError, ValueError) as error:  # ValueError: an argument with a NUL
            why = ToolWhy(ToolReason.NOT_RUN, program=self._call.program, text=str(error))
            return Ended(ToolOutput(exit_code=None, failure=why))
        began = time.monotonic()
        with self._lock:
            self._process = process
        if self._is_stopped:
            self.stop()
        with process:  # closes the pipes, and waits: it is dead by then
            try:
                output = self._collect(process, began + self._seconds)
            finally:
                self.stop()
        return Ended(output, time.monotonic() - began)

    def stop(self) -> None:
        """Kill it and its children, if it runs; if it was not started yet, as soon as it is."""
        with self._lock:
            self._is_stopped = True
            if self._process is not None and self._process.returncode is None:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(self._process.pid, signal.SIGKILL)

    def _collect(self, process: subprocess.Popen[bytes], end: float) -> ToolOutput:
        conversation = _Conversation(process, self._call.stdin.encode("utf-8", "backslashreplace"))
        if not conversation.hold(end):
            return self._late
        if conversation.is_too_much:
            limit = settings.LOCAL_TOOLS_SIZE_LIMIT
            why = ToolWhy(ToolReason.TOO_MUCH, program=self._call.program, most=limit)
            return ToolOutput(exit_code=None, failure=why)
        if not self._has_ended(process, end):
            return self._late
        text, errors = map(_decode, conversation.outputs)
        return ToolOutput(text, errors, process.returncode)

    def _has_ended(self, process: subprocess.Popen[bytes], end: float) -> bool:
        """Wait until it has ended. Its number is free for another process then, so `stop` has to know."""
        pause = _FIRST_LOOK
        while True:
            with self._lock:
                if process.poll() is not None:
                    return True
            if time.monotonic() >= end:
                return False
            time.sleep(pause)
            pause = min(2 * pause, _LAST_LOOK)


class _Conversation:
    """The pipes of a program: what it is told, and what it prints."""

    def __init__(self, process: subprocess.Popen[bytes], data: bytes) -> None:
        assert process.stdin is not None and process.stdout is not None and process.stderr is not None
        self.is_too_much = False
        self._rest = memoryview(data)
        self._output = {process.stdout: bytearray(), process.stderr: bytearray()}
        self._stdin = process.stdin
        self._selector = selectors.DefaultSelector()
        for pipe in self._output:
            self._selector.register(pipe, selectors.EVENT_READ)
        os.set_blocking(self._stdin.fileno(), False)
        self._selector.register(self._stdin, selectors.EVENT_WRITE)

    @property
    def outputs(self) -> tuple[bytes, bytes]:
        """The standard output and the error output."""
        text, errors = self._output.values()
        return bytes(text), bytes(errors)

    def hold(self, end: float) -> bool:
        """Until both outputs are closed, or too much was printed; False if that is not so at `end`. What is
        there already is read also when this program was kept waiting for longer."""
        with self._selector:
            while not self.is_too_much and any(it in self._output for it in self._pipes()):
                ready = self._selector.select(max(0.0, end - time.monotonic()))
                if not ready:
                    return False
                for key, _ in ready:
                    self._write() if key.fileobj is self._stdin else self._read(key.fileobj)  # type: ignore[arg-type]
        return True

    def _pipes(self) -> list[object]:
        return [key.fileobj for key in self._selector.get_map().values()]

    def _write(self) -> None:
        try:
            self._rest = self._rest[os.write(self._stdin.fileno(), self._rest) :]
        except BlockingIOError:
            return
        except BrokenPipeError:  # it does not read
            self._rest = self._rest[:0]
        if not self._rest:
            self._selector.unregister(self._stdin)
            self._stdin.close()

    def _read(self, pipe: IO[bytes]) -> None:
        data = os.read(pipe.fileno(), _READ)
        if not data:
            self._selector.unregister(pipe)
            return
        room = settings.LOCAL_TOOLS_SIZE_LIMIT - len(self._output[pipe])
        self._output[pipe] += data[:room]
        self.is_too_much = self.is_too_much or len(data) > room


def _decode(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")
