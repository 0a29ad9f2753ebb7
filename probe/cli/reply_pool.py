"""Explains the lines of a stream by several processes; the results come in the order of the lines.

A process is a new interpreter, so that this works on every system. A thread here asks it: it waits for the
answer, while the main thread reads the input and heeds signals.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from typing import BinaryIO

from probe.cli import signals
from probe.cli.errors import NothingObservedError, UsageError
from probe.cli.reply_lots import Line, Lot, Way, Written, write_lot
from probe.cli.reply_worker import decode_answer, encode_lot, encode_way
from probe.model.debugging import is_debugging

LOT = 256  # lines that a process explains at once: 20 ms of work, beside which handing over is little
LOT_LETTERS = 1 << 17  # characters of a lot, but for its last line; memory must be limited
_END = 5.0  # seconds in which a process that has closed its output ends
_AHEAD = 2  # lots for each process that are under way or wait to be written
_SERVE = (
    "import sys; sys.path[:] = sys.argv[1:]; from probe.cli import reply_worker as it; it.serve()"  # one line
)


class Workers:
    """So many processes, each started when there is a lot for it."""

    def __init__(self, jobs: int, way: Way) -> None:
        self.jobs = jobs
        self._way = way
        self._threads = ThreadPoolExecutor(jobs, initializer=_leave_signals)
        self._own = threading.local()
        self._lock = threading.Lock()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._is_closed = False

    def submit(self, lot: Lot) -> Future[Written]:
        """The future result of a lot. It raises NothingObservedError if a process cannot be started, or ends
        early, and what the process itself raised."""
        return self._threads.submit(self._ask, lot)

    def close(self) -> None:
        """End the processes at once, whatever they do."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            self._is_closed = True
        for process in self._processes:
            process.kill()
            process.wait()
            signals.has_ended(process.pid)

    def _ask(self, lot: Lot) -> Written:
        process: subprocess.Popen[bytes] | None = getattr(self._own, "process", None)
        if process is None:
            process = self._own.process = self._start()
        line = b""
        with suppress(OSError):  # it ended
            _send(process, encode_lot(lot))
            assert process.stdout is not None
            line = process.stdout.readline()
        answer = decode_answer(line)
        if not isinstance(answer, Written):
            raise NothingObservedError(answer or _end_of(process))
        return answer

    def _start(self) -> subprocess.Popen[bytes]:
        try:
            process = subprocess.Popen(  # noqa: S603  this interpreter, no shell
                (sys.executable, "-c", _SERVE, *sys.path),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=None if is_debugging() else subprocess.DEVNULL,
            )
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise NothingObservedError(
                f"explain: cannot start a process: {reason}; give fewer --jobs"
            ) from None
        with self._lock:
            self._processes.append(process)
            signals.end_with_this(process.pid)
            if self._is_closed:
                process.kill()
        with suppress(OSError):  # it ended: the first lot tells
            _send(process, encode_way(self._way))
        return process


def _send(process: subprocess.Popen[bytes], line: bytes) -> None:
    assert process.stdin is not None
    process.stdin.write(line)
    process.stdin.flush()


def _end_of(process: subprocess.Popen[bytes]) -> str:
    """What became of a process that gave no answer, in a sentence."""
    try:
        code = process.wait(_END)
    except subprocess.TimeoutExpired:
        return "explain: one of its processes gives no answer; run it again without --jobs"
    signals.has_ended(process.pid)
    if code >= 0:
        return f"explain: one of its processes ended with code {code}; run it again without --jobs"
    name = signal.Signals(-code).name if -code in set(signal.Signals) else f"signal {-code}"
    return (
        f"explain: one of its processes was killed ({name}), and not all replies are explained; "
        "if this machine is short of memory, give fewer --jobs"
    )


def _leave_signals() -> None:
    """Signals are the main thread's; a process that this thread starts takes over what it leaves, so that
    Ctrl-C does not stop it in the midst of its start: it ends when its stdin does."""
    if hasattr(signal, "pthread_sigmask"):  # not on Windows
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGHUP})


def write_side_by_side(
    items: Iterable[Line | Written], way: Way, jobs: int, is_paused: Callable[[], bool]
) -> Iterator[Written]:
    """The results of the lines, a lot each, in order. Raises what reading the lines raises, after the results
    of those before, and NothingObservedError.

    No process is started before a first lot is full. `is_paused`: the input may have nothing more at hand;
    then everything read so far is written first.
    """
    workers: Workers | None = None
    under_way: deque[Future[Written]] = deque()
    lot: list[Line | Written] = []
    letters = 0
    failure: UsageError | None = None
    with ExitStack() as stack:
        try:
            for item in items:
                lot.append(item)
                letters += len(item.text)
                if len(lot) >= LOT or letters >= LOT_LETTERS:
                    if workers is None:
                        workers = Workers(jobs, way)
                        stack.callback(workers.close)
                    yield from _results(under_way, _AHEAD * jobs - 1)
                    under_way.append(workers.submit(lot))
                    lot, letters = [], 0
                elif is_paused():
                    yield from _results(under_way, 0)
                    yield write_lot(lot, way)
                    lot, letters = [], 0
        except UsageError as problem:
            failure = problem
        rest = write_lot(lot, way)
        yield from _results(under_way, 0)
        yield rest
    if failure is not None:
        raise failure


def _results(under_way: deque[Future[Written]], most: int) -> Iterator[Written]:
    """The first results: those that are there, and more until no more than `most` are under way."""
    while under_way and (len(under_way) > most or under_way[0].done()):
        yield under_way.popleft().result()


def input_pauses(stream: BinaryIO) -> Callable[[], bool]:
    """Whether there is nothing to read now. A file never pauses."""
    import select

    def is_paused() -> bool:
        try:
            return not select.select([stream], [], [], 0)[0]
        except (OSError, ValueError):  # Windows knows only sockets
            return False

    return is_paused
