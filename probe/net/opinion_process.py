"""checkdmarc's second opinion on records, in a process of its own.

Loading the library takes as long as several answers of a server, and as much memory as the rest of a run. In
a process that makes one run, Python's lock would hold up the dialogue meanwhile; in another process it is
loaded beside it (`probe.net.opinion_child`). Its questions come here and go to the run's own resolver, so
they are counted, recorded and limited as all others. Where no process can be had, there are the threads of
`probe.net.opinions`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import subprocess
import sys

from probe._dataclass import replace
from probe.model.debugging import is_debugging
from probe.model.observed import OpinionFault, OpinionSubject
from probe.model.reason import Reason
from probe.net import descriptors
from probe.net.clock import Deadline
from probe.net.opinion import BY_ITS_OWN_FAULT, Ask, Opinion, Subjects, library
from probe.recording import codec
from probe.recording import events as ev
from probe.settings import OPINION_TIMEOUT
from probe.standards.dns.message import Answer, Question, RecordType, Status

_PROGRAM = "import sys; sys.path[:] = {path!r}; from probe.net.opinion_child import main; main()"


async def opinions(subjects: Subjects, ask: Ask, *, deadline: Deadline) -> tuple[Opinion, ...] | None:
    """As `probe.net.opinions.opinions`, but None if no process could load the library. The process has ended
    then, and also when the caller is cancelled."""
    if not subjects:
        return ()
    try:
        process, connection = _start()
    except (OSError, ValueError):  # ValueError: a path that no argument can hold
        return None
    try:
        reader, writer = await asyncio.open_unix_connection(sock=connection, limit=codec.LINE_LIMIT)
        conversation = _Conversation(reader, writer, ask)
        try:
            return await conversation.hold(subjects, deadline)
        finally:
            conversation.end()
    finally:
        connection.close()
        process.kill()
        process.wait()


def _start() -> tuple[subprocess.Popen[bytes], socket.socket]:
    """The process, and the socket to it. In a group of its own: a signal of the terminal is for the run,
    which ends the process. Raises OSError where there is none to be had."""
    if descriptors.are_few() or not sys.executable or getattr(sys, "frozen", False):
        raise OSError
    ours, theirs = socket.socketpair()
    with contextlib.ExitStack() as stack, theirs:
        stack.enter_context(ours)
        process = subprocess.Popen(  # noqa: S603  this interpreter, with its own modules
            [sys.executable, *(["-I"] if sys.flags.isolated else []), "-c", _PROGRAM.format(path=sys.path)],
            stdin=theirs.fileno(),
            stdout=subprocess.DEVNULL,
            stderr=None if is_debugging() else subprocess.DEVNULL,
            process_group=0,
        )
        stack.pop_all()  # what could be started keeps its socket
    return process, ours


class _Conversation:
    """The lines to and from the process: see `probe.net.opinion_child`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, ask: Ask) -> None:
        self._reader = reader
        self._writer = writer
        self._ask = ask
        self._opinions: dict[OpinionSubject, Opinion] = {}
        self._answering: set[asyncio.Task[None]] = set()

    async def hold(self, subjects: Subjects, deadline: Deadline) -> tuple[Opinion, ...] | None:
        """The opinions; None if the process ends without having loaded the library."""
        request = {"seconds": deadline.seconds_left(), "subjects": subjects}
        self._writer.write(json.dumps(request).encode("ascii") + b"\n")
        fault, budget = Reason(OpinionFault.LATE), deadline.seconds_left()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(budget):
                if not await self._line():
                    return None
            budget = deadline.cut(OPINION_TIMEOUT)
            fault = Reason(OpinionFault.NO_OPINION, seconds=budget)
            async with asyncio.timeout(budget):
                while len(self._opinions) < len(subjects) and (line := await self._line()):
                    self._take(line)
                fault = Reason(OpinionFault.FAILED, text=BY_ITS_OWN_FAULT)
        return tuple(
            self._opinions.get(subject) or Opinion(subject, domain, library(), fault=fault)
            for subject, domain in subjects
        )

    def end(self) -> None:
        """Nothing more is answered."""
        self._writer.close()
        for task in self._answering:
            task.cancel()

    async def _line(self) -> bytes:
        """The next line; empty once the process has ended."""
        with contextlib.suppress(ConnectionError):
            line = await self._reader.readline()
            if line.endswith(b"\n"):
                return line
        return b""

    def _take(self, line: bytes) -> None:
        value = json.loads(line)
        if isinstance(value, list):
            name, rtype = value
            task = asyncio.ensure_future(self._answer(Question(name, RecordType(rtype))))
            self._answering.add(task)
            task.add_done_callback(self._answering.discard)
            return
        event = codec.decode(line)
        assert isinstance(event, ev.OpinionGiven)
        self._opinions[event.subject] = Opinion(
            event.subject, event.domain, event.library, event.errors, event.warnings, event.fault
        )

    async def _answer(self, question: Question) -> None:
        (reply,) = await self._ask((question,))
        answer = reply.believed()
        if answer.is_unknown:  # there is no opinion then, whatever the reason
            answer = Answer(question, Status.NOT_ASKED)
        line = codec.encode(ev.DnsAnswered(0, replace(answer, provenance=None)))
        self._writer.write(line.encode("ascii") + b"\n")
