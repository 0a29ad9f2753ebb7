"""`smtp-probe explain --jobs`: the output of one process, by several, and nothing of them is left behind."""

from __future__ import annotations

import contextlib
import io
import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from probe.cli import explain, jobs, reply_pool
from probe.cli.errors import NothingObservedError
from probe.cli.main import run
from probe.cli.reply_lots import Line, Way
from probe.cli.reply_pool import Workers
from probe.model.debugging import DEBUG
from probe.report.formats import Kind, formats_of
from probe.report.style import Style
from tests.bench import replies_made
from tests.support.patience import PATIENCE

FORMATS = tuple(formats_of(Kind.REPLY))
WAY = Way(None, "", "jsonl", Style())
ODD = (
    b"550 5.1.1 <a@b.test>: user unknown",
    b"450 4.2.0 greylisted, try again in 300 seconds",
    b"host mx.b.test[192.0.2.1] said: 554 5.7.1 blocked (in reply to RCPT TO command)",
    b'{"id": [1, "x"], "text": "550 5.2.2 mailbox full", "stage": "rcpt", "host": "mx.b.test"}',
    b'{"text": "550 no", "stage": "nowhere"}',
    b"{",
    b"",
    b"   \t ",
    b"250 2.0.0 ok",
    b"550 5.1.1 b\xeete pleine\r",
    b"\xef\xbb\xbf550 no such user",
    b"Nov 28 20:25:15 mail postfix/smtp[884]: 4B2A91: to=<b@b.test>, relay=none, delay=1, dsn=4.4.1, "
    b"status=deferred (connect to mx.b.test[192.0.2.1]:25: Connection refused)",
    b"Nov 28 20:25:15 mail postfix/qmgr[884]: 4B2A91: removed",
    b"-Queue ID-  --Size-- ----Arrival Time---- -Sender/Recipient-------",
    b"4B2A91      299 Fri Nov 28 20:25:15  a@a.test",
    b"(connect to mx.b.test[192.0.2.1]:25: Connection refused)",
    b"                                         b@b.test",
    b"-- 0 Kbytes in 1 Request.",
    b"550 " + b"x" * 3000,
    b"##vso[task.complete] 550 \x1b[31m no",
)


def _outcome(data: bytes, *options: str) -> tuple[bytes, str, int]:
    """What is written for these lines, what is complained of, and the exit code."""
    with tempfile.TemporaryDirectory() as name:
        source, target = Path(name, "in"), Path(name, "out")
        source.write_bytes(data)
        with contextlib.redirect_stderr(io.StringIO()) as complaint:
            code = run(("explain", "--input", str(source), "-o", str(target), *options))
        text = complaint.getvalue().replace(name, "")
        return target.read_bytes() if target.exists() else b"", text, code


@pytest.fixture
def _small_lots(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reply_pool, "LOT", 2)


@pytest.mark.usefixtures("_small_lots")
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(
        st.sampled_from(ODD) | st.binary(max_size=60) | st.text(max_size=60).map(str.encode), max_size=24
    ),
    st.sampled_from(FORMATS),
    st.sampled_from(((), ("--stage", "mail", "--host", "mx.b.test"), ("-v",))),
)
def test_three_processes_write_what_one_writes(lines: list[bytes], form: str, more: tuple[str, ...]) -> None:
    data = b"\n".join(lines)
    options = ("--format", form, *more)
    assert _outcome(data, *options, "--jobs", "3") == _outcome(data, *options)


@pytest.mark.usefixtures("_small_lots")
@pytest.mark.parametrize("form", FORMATS)
def test_all_odd_lines_in_order(form: str) -> None:
    data = b"\n".join((*ODD, *reversed(ODD)))
    written, complaint, code = _outcome(data, "--format", form, "--jobs", "2")
    assert (written, complaint, code) == _outcome(data, "--format", form)
    assert code == 2 and complaint.count("\n") == 1


@pytest.mark.usefixtures("_small_lots")
def test_what_stands_before_a_line_that_ends_the_reading_is_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(explain, "LINE_LIMIT", 1 << 10)
    monkeypatch.setattr(explain, "PASSED_LINES", 2)
    source = tmp_path / "lines.txt"
    source.write_bytes(b"550 a\n" * 5 + b"x" * (1 << 12))
    texts = []
    for number in ("1", "3"):
        assert run(("explain", "--format", "line", "--input", str(source), "--jobs", number)) == 2
        texts.append(capsys.readouterr())
    assert texts[0] == texts[1] and texts[0].out.count("\n") == 5


def test_an_input_of_less_than_a_lot_starts_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reply_pool, "Workers", None)
    written, _, code = _outcome(b"550 no\n" * (reply_pool.LOT - 1), "--format", "line", "--jobs", "2")
    assert code == 1 and written.count(b"\n") == reply_pool.LOT - 1


@pytest.mark.parametrize("value", ["", "-1", "65", "1.5", "two", "1e1", "٣", "+2", "9" * 5000])
def test_what_is_no_number_of_processes_is_told_in_one_line(
    value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(("explain", "550 no", f"--jobs={value}")) == 2
    line = capsys.readouterr().err
    assert line.startswith("smtp-probe: --jobs: ") and "1 to 64" in line and line.count("\n") == 1


def test_0_and_auto_are_as_many_as_there_are_processors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_processors", lambda: 5)
    assert (jobs.number_of_jobs("0"), jobs.number_of_jobs("auto"), jobs.number_of_jobs("7")) == (5, 5, 7)
    monkeypatch.setattr(jobs, "_processors", lambda: 200)
    assert jobs.number_of_jobs("auto") == jobs.MOST
    monkeypatch.undo()
    assert 1 <= jobs.number_of_jobs("0") <= jobs.MOST


@pytest.fixture
def workers() -> Iterator[Workers]:
    result = Workers(1, WAY)
    yield result
    result.close()


def test_a_killed_process_is_told_in_one_line(workers: Workers) -> None:
    assert workers.submit([Line("550 no", 1)]).result(PATIENCE).text.startswith('{"id": 1')
    workers._processes[0].kill()
    with pytest.raises(NothingObservedError, match=r"killed \(SIGKILL\)") as problem:
        workers.submit([Line("550 no", 2)]).result(PATIENCE)
    assert "\n" not in str(problem.value)


@pytest.mark.usefixtures("_small_lots")
@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "killed (SIGKILL)"),
        ("raise SystemExit(3)", "ended with code 3"),
        ("print('no answer')", "ended with code 0"),
    ],
)
def test_a_process_that_gives_no_answer_ends_the_run(
    code: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reply_pool, "_SERVE", code)
    _, complaint, exit_code = _outcome(b"550 no\n" * 9, "--jobs", "2")
    assert exit_code == 4 and words in complaint and complaint.count("\n") == 1


@pytest.mark.usefixtures("_small_lots")
def test_a_process_that_cannot_be_started_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    _, complaint, code = _outcome(b"550 no\n" * 9, "--jobs", "2")
    assert code == 4 and "cannot start a process: no such file or directory" in complaint


@pytest.mark.usefixtures("_small_lots")
def test_a_bug_in_a_process_is_one_here(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = reply_pool._SERVE.replace("it.serve()", "it.write_lot = lambda *_: 1 // 0; it.serve()")
    monkeypatch.setattr(reply_pool, "_SERVE", broken)
    monkeypatch.delenv(DEBUG, raising=False)
    _, complaint, code = _outcome(b"550 no\n" * 9, "--jobs", "2")
    assert code == 70 and "ZeroDivisionError" in complaint and complaint.count("\n") == 1


# -- as a process of its own ---------------------------------------------------------------------------------


@contextlib.contextmanager
def _started(file: Path | None = None) -> Iterator[subprocess.Popen[bytes]]:
    """`explain --jobs 2` in a session of its own; without a file it reads a pipe."""
    process = subprocess.Popen(
        (
            sys.executable,
            "-m",
            "probe",
            "explain",
            "--jobs",
            "2",
            "--format",
            "jsonl",
            "--input",
            file or "-",
        ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    with process:
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _assert_all_ended(group: int) -> None:
    """No process of the group is left, or none soon."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.01)
    pytest.fail("a process is left")


@pytest.fixture(scope="module")
def long_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """More than can be explained before it is looked at."""
    file = tmp_path_factory.mktemp("long") / "replies.txt"
    file.write_text("".join(f"{line}\n" for line in replies_made.distinct(20_000)), encoding="utf-8")
    return file


def test_a_closed_pipe_ends_all_processes_and_is_no_error(long_file: Path) -> None:
    with _started(long_file) as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline().startswith(b'{"id": 1,')
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(PATIENCE) in (0, 1, 3, 4)
        _assert_all_ended(process.pid)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_all_processes(long_file: Path, number: signal.Signals) -> None:
    with _started(long_file) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.readline()
        process.send_signal(number)
        assert process.wait(PATIENCE) == 128 + number
        assert process.stderr.read() == b"smtp-probe: interrupted\n"
        _assert_all_ended(process.pid)


def test_ctrl_c_reaches_the_whole_group_and_is_told_once(long_file: Path) -> None:
    with _started(long_file) as process:
        assert process.stdout is not None and process.stderr is not None
        process.stdout.readline()
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(PATIENCE) == 130
        assert process.stderr.read() == b"smtp-probe: interrupted\n"
        _assert_all_ended(process.pid)


def test_processes_end_with_one_that_is_killed(long_file: Path) -> None:
    with _started(long_file) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.kill()
        process.wait(PATIENCE)
        _assert_all_ended(process.pid)


def test_what_was_read_is_written_before_more_input_is_awaited() -> None:
    number = reply_pool.LOT + 10
    with _started() as process:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(b"550 5.1.1 user unknown\n" * number)
        process.stdin.flush()
        lines = 0
        while lines < number:
            assert select.select([process.stdout], [], [], PATIENCE)[0], f"{lines} of {number}"
            lines += os.read(process.stdout.fileno(), 1 << 16).count(b"\n")
        process.stdin.close()
        assert process.wait(PATIENCE) == 1
