"""A machine that has little of everything: a check ends with its report, or with one line that names it."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import resource
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from probe import lab
from probe.cli import main
from probe.model.debugging import DEBUG
from probe.model.target import PairTarget

# as a machine has it that starts no thread: no stack can be mapped
NO_THREADS = """
import sys, threading
threading.stack_size(1 << 46)
sys.argv = ["smtp-probe", *sys.argv[1:]]
from probe.cli.main import run
sys.exit(run(sys.argv[1:]))
"""


@asynccontextmanager
async def healthy() -> AsyncIterator[list[str]]:
    """The arguments of a check of a recipient in good order."""
    scenario = lab.scenario("healthy")
    assert scenario is not None
    async with lab.serve(scenario) as it:
        target, options = it.target, it.options
        assert isinstance(target, PairTarget)
        (server,) = options.nameservers
        yield [
            "check",
            str(target.reverse_path),
            str(target.forward_path),
            f"--nameserver={server.host}:{server.port}",
            f"--port={options.port}",
            f"--ip={options.ip}",
            "--helo=mail.sender.example",
            "--allow-private",
            "--format=json",
        ]


async def ended(
    command: list[str], arguments: list[str], limit: Callable[[], None] | None = None
) -> tuple[int | None, str, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *command,
        *arguments,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=limit,
        env={name: value for name, value in os.environ.items() if name != DEBUG},
    )
    out, err = await process.communicate()
    return process.returncode, out.decode(), err.decode()


def _limit(what: int, number: int) -> Callable[[], None]:
    return lambda: resource.setrlimit(what, (number, number))


@pytest.mark.parametrize("number", [12, 16, 20, 32])
async def test_with_few_descriptors_a_check_is_what_it_is_with_many(number: int) -> None:
    async with healthy() as arguments:
        code, out, err = await ended(["-m", "probe"], arguments, _limit(resource.RLIMIT_NOFILE, number))
    assert (code, err) == (0, "")
    report = json.loads(out)
    assert report["verdict"]["outcome"] == "accepted"
    assert "open files" not in out


async def test_with_almost_none_it_is_this_machine_that_is_named() -> None:
    """Six or seven are what the event loop and its first socket need."""
    texts = []
    async with healthy() as arguments:
        for number in range(6, 10):
            code, out, err = await ended(["-m", "probe"], arguments, _limit(resource.RLIMIT_NOFILE, number))
            assert code in (0, 4), (number, code, err)
            assert "Traceback" not in out + err, (number, err)
            texts.append(out + err)
    assert any("this machine allows this process no more open files" in words for words in texts)
    assert not any("a bug" in words for words in texts)


@pytest.mark.parametrize("has_process", [True, False])
async def test_without_threads_a_second_opinion_needs_a_process_of_its_own(has_process: bool) -> None:
    program = NO_THREADS if has_process else f"import sys; sys.executable = ''\n{NO_THREADS}"
    async with healthy() as arguments:
        code, out, err = await ended(["-c", program], arguments)
    assert (code, err) == (0, "")
    assert json.loads(out)["verdict"]["outcome"] == "accepted"
    assert ("this machine allows this process no more threads" in out) is not has_process


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        OSError(errno.EMFILE, "Too many open files"),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
        RuntimeError("can't start new thread"),
        ImportError("x.so: failed to map segment from shared object"),
    ],
)
def test_what_this_machine_has_no_more_of_is_one_line_and_no_bug(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: list[str]) -> int:
        raise error

    monkeypatch.setattr(main, "_dispatch", fail)
    monkeypatch.delenv(DEBUG, raising=False)
    assert main.run(["check"]) == 4
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("smtp-probe: this machine ")
