"""Programs of this host are run without a shell, in bounded time, with bounded output, and ended after it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path

import pytest

from probe import settings
from probe.model.local_tool import Call, FileCall, Inquiry, ToolCall, ToolOutput, ToolReason
from probe.net import local_tools
from probe.net.local_tools import program_path
from probe.net.running_tool import RunningTool
from probe.wording.spoken import spoken
from tests.support.exact_reasons import assert_exact

run_tools = partial(local_tools.run_tools, budget=60.0)


def _asked(*calls: Call) -> Inquiry[tuple[ToolOutput, ...]]:
    return (yield calls)


@pytest.fixture(autouse=True)
def _tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", f".:{tmp_path}")


def _tool(directory: Path, name: str, body: str) -> None:
    path = directory / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def _number(directory: Path) -> int:
    """Of the process that a tool wrote down; 0 before it has."""
    path = directory / "pid"
    return int(path.read_text() or 0) if path.exists() else 0


def _wait_for_end(session: int) -> None:
    """Its end is taken note of a moment later."""
    with pytest.raises(ProcessLookupError):
        for _ in range(1200):
            os.killpg(session, 0)
            time.sleep(0.05)


async def test_arguments_reach_the_program_as_they_are(tmp_path: Path) -> None:
    _tool(tmp_path, "probe-tool", 'for it in "$@"; do echo "[$it]"; done; cat; echo said >&2; exit 3')
    (texts,) = await run_tools(_asked(ToolCall("probe-tool", ("-x", "$(id); a b", ""), "typed\n")))
    assert (texts.text, texts.errors, texts.exit_code) == ("[-x]\n[$(id); a b]\n[]\ntyped\n", "said\n", 3)


async def test_a_program_that_is_not_there_is_an_answer(tmp_path: Path) -> None:
    (texts,) = await run_tools(_asked(ToolCall("probe-no-such-tool")))
    assert texts.is_missing
    assert not texts.is_usable


async def test_a_system_program_goes_before_one_of_the_path(tmp_path: Path) -> None:
    _tool(tmp_path, "env", "echo mine")
    assert program_path("env") == "/usr/bin/env"
    _tool(tmp_path, "probe-tool", "")
    assert program_path("probe-tool") == str(tmp_path / "probe-tool")


async def test_only_what_the_tools_go_by_is_left_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LD_PRELOAD_OF_PROBE", "x")
    monkeypatch.setenv("MAIL_CONFIG", "/etc/postfix-out")
    (texts,) = await run_tools(_asked(ToolCall("env")))
    names = {line.partition("=")[0] for line in texts.text.splitlines()}
    assert {"MAIL_CONFIG", "LC_ALL", "PATH"} <= names
    assert "LD_PRELOAD_OF_PROBE" not in names


async def test_a_program_that_does_not_end_is_ended_with_its_children(tmp_path: Path) -> None:
    _tool(tmp_path, "probe-tool", f"echo $$ >{tmp_path}/pid; /bin/sleep 600 & wait")
    _tool(tmp_path, "probe-quick", "echo done")
    for budget in (2, 10, 40):
        quick, late = await run_tools(_asked(ToolCall("probe-quick"), ToolCall("probe-tool")), budget=budget)
        if quick.exit_code == 0 and _number(tmp_path):
            break  # on a slow machine both had not begun by the first
    assert (quick.text, late.exit_code) == ("done\n", None)
    assert spoken(late.failure) == f"the tools took longer than {budget} s"
    _wait_for_end(_number(tmp_path))


async def test_a_program_that_prints_without_end_is_ended(tmp_path: Path) -> None:
    _tool(tmp_path, "probe-tool", "while :; do echo xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done")
    (texts,) = await run_tools(_asked(ToolCall("probe-tool")), budget=30)
    assert spoken(texts.failure) == f"probe-tool printed more than {settings.LOCAL_TOOLS_SIZE_LIMIT} octets"


async def test_files_are_read_when_they_are_files(tmp_path: Path) -> None:
    (tmp_path / "conf").write_bytes(b"a = \xff\n")
    os.mkfifo(tmp_path / "pipe")
    calls = [FileCall(str(tmp_path / name)) for name in ("conf", "pipe", "none")] + [FileCall(str(tmp_path))]
    conf, *others = await run_tools(_asked(*calls))
    assert (conf.text, conf.exit_code) == ("a = \\xff\n", 0)
    assert [it.exit_code for it in others] == [None, None, None]


async def test_each_reason_why_a_call_told_nothing_comes_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "LOCAL_TOOLS_SIZE_LIMIT", 99)
    _tool(tmp_path, "probe-chatty", "while :; do echo xxxxxxxxxxxxxxxx; done")
    _tool(tmp_path, "probe-complains", "echo 'postconf: fatal: no such thing' >&2; exit 1")
    _tool(tmp_path, "probe-silent", "exit 75")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large").write_bytes(b"x" * 100)
    files = [FileCall(str(tmp_path / name)) for name in ("pipe", "none", "large")]
    tools = [ToolCall(f"probe-{name}") for name in ("chatty", "complains", "silent", "not-there")]
    outputs = await run_tools(_asked(*files, *tools, ToolCall("env", ("\0",))), budget=30)
    late = await run_tools(_asked(ToolCall("env")), budget=0)
    whys = [output.why for output in (*outputs, *late)]
    assert_exact(whys, ToolReason)
    assert [spoken(why) for why in whys] == [
        f"{tmp_path}/pipe is no file",
        f"{tmp_path}/none: [Errno 2] No such file or directory: '{tmp_path}/none'",
        f"{tmp_path}/large is larger than any configuration",
        "probe-chatty printed more than 99 octets",
        "fatal: no such thing",
        "exit status 75",
        "no probe-not-there on this host",
        "env could not be run: embedded null byte",
        "the tools took longer than 0 s",
    ]


_TWICE = """
import asyncio, pathlib, sys
from probe.model.local_tool import ToolCall
from probe.net.local_tools import run_tools

def asked(call):
    return (yield (call,))

async def main():
    task = asyncio.ensure_future(run_tools(asked(ToolCall("probe-tool")), budget=60))
    while not pathlib.Path(sys.argv[1], "pid").exists() and not task.done():
        await asyncio.sleep(0.01)
    for _ in range(2):  # at the deadline of the run, and by Ctrl-C
        task.cancel()
        await asyncio.sleep(0)
    try:
        await task
    except asyncio.CancelledError:
        print("cancelled")

asyncio.run(main())
"""


def test_a_cancelled_tool_is_ended_and_nothing_is_said_of_it(tmp_path: Path) -> None:
    """asyncio would have its say on stderr, of a loop that is closed when the tool's end is noticed."""
    _tool(tmp_path, "probe-tool", f"echo $$ >{tmp_path}/part; mv {tmp_path}/part {tmp_path}/pid; sleep 600")
    run = subprocess.run(
        [sys.executable, "-c", _TWICE, str(tmp_path)], capture_output=True, text=True, timeout=100, check=True
    )
    assert (run.stdout, run.stderr) == ("cancelled\n", "")
    _wait_for_end(_number(tmp_path))


def test_a_tool_that_is_stopped_before_it_starts_ends_as_it_starts(tmp_path: Path) -> None:
    _tool(tmp_path, "probe-tool", f"echo $$ >{tmp_path}/pid; sleep 600")
    late = ToolOutput(exit_code=None)
    tool = RunningTool(str(tmp_path / "probe-tool"), ToolCall("probe-tool"), {}, 60, late)
    tool.stop()
    assert tool.run().output.exit_code == -signal.SIGKILL


async def test_a_tool_that_gave_its_answer_in_time_is_heard_although_nobody_listened(tmp_path: Path) -> None:
    """This program was busy for longer than the tool may take: the tool is not to blame."""
    _tool(tmp_path, "probe-tool", "echo done")
    _tool(tmp_path, "probe-again", "echo again")

    def asked(busy: float) -> Inquiry[tuple[ToolOutput, ...]]:
        (first,) = yield (ToolCall("probe-tool"),)
        time.sleep(busy)
        (second,) = yield (ToolCall("probe-again"),)
        return first, second

    for budget in (1, 5, 20):
        outputs = await run_tools(asked(budget + 0.5), budget=budget)
        if all(it.exit_code == 0 for it in outputs):
            break  # on a slow machine the tools themselves take longer than the first
    assert [it.text for it in outputs] == ["done\n", "again\n"]


async def test_rounds_share_their_time(tmp_path: Path) -> None:
    _tool(tmp_path, "probe-tool", "sleep 600")
    _tool(tmp_path, "probe-again", "echo again")

    def asked() -> Inquiry[tuple[ToolOutput, ...]]:
        (first,) = yield (ToolCall("probe-tool"),)
        (second,) = yield (ToolCall("probe-again"),)
        return first, second

    outputs = await run_tools(asked(), budget=0.5)
    assert [spoken(it.failure) for it in outputs] == ["the tools took longer than 0.5 s"] * 2


async def test_input_that_nobody_reads_holds_nothing_up(tmp_path: Path) -> None:
    _tool(tmp_path, "probe-tool", "exec <&-; echo done")
    _tool(tmp_path, "probe-reads", "wc -c")
    lines = "x" * 300_000
    deaf, reads = await run_tools(
        _asked(ToolCall("probe-tool", (), lines), ToolCall("probe-reads", (), lines)), budget=30
    )
    assert (deaf.text, reads.text.strip()) == ("done\n", "300000")


async def test_a_child_that_keeps_the_output_open_is_not_waited_for(tmp_path: Path) -> None:
    """It has left the session of the tool, so that it cannot be ended with it."""
    _tool(tmp_path, "probe-tool", f"setsid sh -c 'echo $$ >{tmp_path}/pid; exec sleep 600' & echo done")
    for budget in (1, 10, 40):
        (output,) = await run_tools(_asked(ToolCall("probe-tool")), budget=budget)
        assert output.exit_code is None
        if _number(tmp_path):
            break  # on a slow machine it had not begun by the first
    number = _number(tmp_path)
    assert number  # kill(0) would be for all of us
    os.kill(number, signal.SIGKILL)
