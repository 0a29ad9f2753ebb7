"""The process of the second opinion: what is left of it, whatever becomes of it or of the run."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from probe.model.observed import OpinionFault, OpinionSubject
from probe.net import descriptors, opinion_process
from probe.net.clock import Clock
from probe.net.opinion import Opinion, subjects_of
from probe.recording import codec
from probe.recording.events import DnsAnswered
from probe.standards.dns.message import Answer, Question, RecordType, Status

SUBJECTS = subjects_of("sender.example", "sender.example", None)


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """No process of this test, dead or alive."""
    yield
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)


async def _ask(questions: tuple[Question, ...]) -> tuple[Answer, ...]:
    return tuple(Answer(question, Status.NXDOMAIN) for question in questions)


async def _never(_: tuple[Question, ...]) -> tuple[Answer, ...]:
    await asyncio.sleep(3600)
    return ()


async def _opinions(seconds: float = 60.0) -> tuple[Opinion, ...] | None:
    return await opinion_process.opinions(SUBJECTS, _ask, deadline=Clock().deadline(seconds))


def _instead(monkeypatch: pytest.MonkeyPatch, program: str) -> None:
    monkeypatch.setattr("probe.net.opinion_process._PROGRAM", program)


async def test_it_answers_in_the_order_of_the_subjects() -> None:
    result = await _opinions()
    assert result is not None
    assert [it.subject for it in result] == [OpinionSubject.SPF, OpinionSubject.DMARC]
    assert all(it.fault is None and it.warnings for it in result), result


async def test_all_that_it_uses_is_loaded_before_its_threads_begin() -> None:
    """Threads that import modules of one cycle get some that are half made: one opinion in twenty failed."""
    program = (
        "import sys\n"
        "from probe.net import checkdmarc_records, opinion_child\n"
        "opinion_child._load_less()\n"
        "checkdmarc_records.load()\n"
        "before = set(sys.modules)\n"
        "from checkdmarc import dmarc, mta_sts, smtp_tls_reporting, spf\n"
        "assert set(sys.modules) == before, set(sys.modules) - before\n"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", program)
    assert await process.wait() == 0


def test_no_opinion_is_lost_where_an_answer_was_not_read() -> None:
    """Its end would be an error of the socket then, before which the run may not have read all; so it waits
    until the run closes the socket."""
    process, connection = opinion_process._start()
    with process, connection, connection.makefile("rwb", buffering=0) as stream:
        pairs = [("mta_sts", "recipient.example"), ("smtp_tls_reporting", "recipient.example")]
        stream.write(json.dumps({"seconds": 60, "subjects": pairs}).encode() + b"\n")
        opinions = 0
        while line := stream.readline():
            value = json.loads(line)
            if isinstance(value, list):
                answer = Answer(Question(value[0], RecordType(value[1])), Status.NXDOMAIN)
                stream.write(2 * (codec.encode(DnsAnswered(0, answer)).encode() + b"\n"))
            opinions += isinstance(value, dict)
        assert opinions == 2
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.3)


async def test_without_a_question_no_process_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("probe.net.opinion_process._start", None)
    assert await opinion_process.opinions((), _ask, deadline=Clock().deadline(9)) == ()


@pytest.mark.parametrize("program", ["raise SystemExit(3)", "import nothing_of_that_name", "'"])
async def test_where_it_cannot_load_the_library_it_says_so(
    program: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _instead(monkeypatch, program)
    assert await _opinions() is None


async def test_where_none_can_be_started_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    assert await _opinions() is None


async def test_with_few_descriptors_none_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(descriptors, "are_few", lambda: True)
    assert await _opinions() is None


async def test_one_that_dies_of_a_record_has_no_opinion(monkeypatch: pytest.MonkeyPatch) -> None:
    _instead(monkeypatch, "import os; os.write(0, b'\"loaded\"\\n'); os._exit(1)")
    result = await _opinions()
    assert result is not None
    assert [it.fault and it.fault.tag for it in result] == [OpinionFault.FAILED] * 2
    assert all(it.library.startswith("checkdmarc ") for it in result)


@pytest.mark.parametrize(
    ("words", "tag"),
    [("", OpinionFault.LATE), ("os.write(0, b'\"loaded\"\\n');", OpinionFault.NO_OPINION)],
)
async def test_one_that_is_stuck_ends_with_the_deadline(
    words: str, tag: OpinionFault, monkeypatch: pytest.MonkeyPatch
) -> None:
    _instead(monkeypatch, f"import os, time; {words} time.sleep(3600)")
    for seconds in (1.0, 5.0, 20.0):
        result = await _opinions(seconds=seconds)
        assert result is not None
        tags = [it.fault and it.fault.tag for it in result]
        if tags == [tag] * 2:
            break  # on a slow machine no process has begun by the first
    assert tags == [tag] * 2


async def test_a_cancelled_run_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """While it loads, and while it waits for an answer."""
    for program in ("import time; time.sleep(3600)", opinion_process._PROGRAM):
        _instead(monkeypatch, program)
        has_begun = asyncio.Event()

        async def ask(_: tuple[Question, ...], has_begun: asyncio.Event = has_begun) -> tuple[Answer, ...]:
            has_begun.set()
            return await _never(())

        deadline = Clock().deadline(60)
        work = asyncio.ensure_future(opinion_process.opinions(SUBJECTS, ask, deadline=deadline))
        if "path" in program:
            await has_begun.wait()
        else:
            await asyncio.sleep(0.2)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        with pytest.raises(ChildProcessError):
            os.waitpid(-1, os.WNOHANG)


_RUN = """
import asyncio
from probe.net import opinion_process
from probe.net.clock import Clock
from probe.net.opinion import subjects_of
start = opinion_process._start
def announced():
    process, connection = start()
    print(process.pid, flush=True)
    return process, connection
opinion_process._start = announced
async def never(_):
    print("asked", flush=True)
    await asyncio.sleep(3600)
subjects = subjects_of("a.example", None, None)
asyncio.run(opinion_process.opinions(subjects, never, deadline=Clock().deadline(600)))
"""


@pytest.mark.parametrize("is_asking", [False, True])
def test_it_does_not_outlive_a_run_that_is_killed(is_asking: bool) -> None:
    run = subprocess.Popen([sys.executable, "-c", _RUN], stdout=subprocess.PIPE, text=True)
    with run:
        assert run.stdout is not None
        number = int(run.stdout.readline())
        if is_asking:
            assert run.stdout.readline() == "asked\n"
        run.send_signal(signal.SIGKILL)
        run.wait()
        while _is_alive(number):  # the suite's own time limit ends this
            pass


def _is_alive(number: int) -> bool:
    try:
        state = Path(f"/proc/{number}/stat").read_text("ascii").rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"  # whoever has it now may take its time to look


async def test_a_signal_of_the_terminal_is_not_for_it() -> None:
    process, connection = opinion_process._start()
    with process, connection:  # it ends with the connection
        assert os.getpgid(process.pid) == process.pid != os.getpgrp()


async def test_it_has_nothing_open_but_its_socket() -> None:
    reader, writer = os.pipe()
    os.set_inheritable(writer, True)
    process, connection = opinion_process._start()
    with process, connection:  # it ends with the connection
        names = {it.name: str(it.readlink()) for it in Path(f"/proc/{process.pid}/fd").iterdir()}
        assert names["1"] == os.devnull
        assert str(writer) not in names or "pipe" not in names[str(writer)]
    os.close(reader)
    os.close(writer)
