"""The command line where the world gives way: signals, closed streams, a full disk, odd arguments."""

from __future__ import annotations

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import dns.message
import dns.rdatatype
import dns.rrset
import pytest

from tests.cli.command import smtp_probe
from tests.support.patience import PATIENCE

PAIR = ("bob@example.com", "alice@example.net")
NOWHERE = ("--nameserver", "127.0.0.1:9", "--timeout", "60", "--no-smtp", "--no-dnsbl")
COMMAND = (sys.executable, "-m", "probe")
FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")


class _SilentServer(threading.Thread):
    """Accepts connections, says nothing, and notes when the other side is gone."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self.connected = threading.Event()
        self.left = threading.Event()

    def run(self) -> None:
        connection, _ = self._socket.accept()
        self.connected.set()
        try:
            while connection.recv(1024):
                pass
        except ConnectionResetError:
            pass
        self.left.set()

    def arguments(self) -> tuple[str, ...]:
        where = ("--mx", f"127.0.0.1:{self.port}", "--allow-private", "--no-dnsbl")
        return (*where, "--nameserver", "127.0.0.1:9", "--helo", "mail.example.com", "--ip", "127.0.0.1")


@pytest.fixture
def silent_server() -> Iterator[_SilentServer]:
    server = _SilentServer()
    server.start()
    yield server
    server._socket.close()


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_in_the_middle_gives_the_report_so_far_and_closes_the_socket(
    end: signal.Signals, silent_server: _SilentServer, tmp_path: Path
) -> None:
    saved = tmp_path / "run.jsonl"
    process = subprocess.Popen(
        [*COMMAND, "check", *PAIR, *silent_server.arguments(), "--format", "json", "--record", str(saved)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert silent_server.connected.wait(PATIENCE)
    while b'"connected"' not in saved.read_bytes():  # the server knows before the client does
        assert process.poll() is None
    process.send_signal(end)
    out, err = process.communicate(timeout=PATIENCE)
    assert silent_server.left.wait(PATIENCE)
    report = json.loads(out)
    assert process.returncode == report["verdict"]["exit_code"] == 4
    assert (report["verdict"]["outcome"], report["verdict"]["stage"]) == ("inconclusive", "greeting")
    assert [session["ended"] for session in report["sessions"]] == ["interrupted"]
    assert err == ""
    again = smtp_probe("replay", str(saved), "--format", "json")
    assert json.loads(again.stdout) == report


def test_the_deadline_ends_a_run_against_a_silent_server(silent_server: _SilentServer) -> None:
    for seconds in ("3", "10", "30"):  # a slow machine has not even dialled by the first
        outcome = smtp_probe(
            "check", *PAIR, *silent_server.arguments(), "--timeout", seconds, "--format", "json"
        )
        assert outcome.code == 4
        if silent_server.connected.is_set():
            break
    report = json.loads(outcome.stdout)
    assert [session["ended"] for session in report["sessions"]] == ["deadline"]
    assert "not-reached" in {finding["id"] for finding in report["findings"]}


@needs_full
def test_a_full_disk_while_recording_loses_the_recording_and_not_the_report() -> None:
    outcome = smtp_probe("check", *PAIR, *NOWHERE, "--record", str(FULL))
    assert outcome.code == 4
    assert "INCONCLUSIVE" in outcome.stdout
    assert outcome.stderr.count("\n") == 1
    assert "--record: cannot write /dev/full: no space left on device" in outcome.stderr


@needs_full
@pytest.mark.parametrize(
    "arguments",
    [
        *(("--help",), ("check", "--help"), ("explain", "--help"), ("bounce", "--help"), ("checks",)),
        *(("explain", "550 5.1.1 no such user"), ("rules",), ("schema", "report"), ("--version",)),
        ("check", *PAIR, *NOWHERE),
    ],
)
def test_a_full_disk_behind_stdout_is_one_line(arguments: tuple[str, ...]) -> None:
    with FULL.open("w") as full:
        result = subprocess.run(
            [*COMMAND, *arguments],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    assert result.returncode == 2
    assert result.stderr == "smtp-probe: cannot write standard output: no space left on device\n"


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_closed_standard_streams_change_nothing(closed: str) -> None:
    line = " ".join(["exec", *COMMAND, "check", *PAIR, *NOWHERE, closed])
    result = subprocess.run(
        ["/bin/sh", "-c", line], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert result.returncode == 4
    assert result.stderr == ""
    assert ("INCONCLUSIVE" in result.stdout) is (" >&-" not in f" {closed}")


@pytest.mark.parametrize(
    ("option", "path"),
    [("-o", "/nonexistent/folder/x"), ("--record", "/nonexistent/folder/x"), ("-o", "/tmp")],
)
def test_a_file_that_cannot_be_written_is_said_before_anything_is_asked(option: str, path: str) -> None:
    outcome = smtp_probe("check", *PAIR, *NOWHERE, option, path)
    assert (outcome.code, outcome.stdout) == (2, "")
    assert outcome.stderr.startswith(f"smtp-probe: {option}: cannot write {path}: ")


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", b"b\xffb@example.com", PAIR[1]),
        ("check", PAIR[0], b"\xe9\xff@example.net"),
        ("check", *PAIR, "--helo", b"\xff"),
        ("check", *PAIR, "--message", b"/nonexistent\xff"),
        ("replay", b"/nonexistent\xff"),
        (b"\xff\xfe",),
        ("check", "a" * 100_000 + "@example.com", PAIR[1]),
        ("check", *PAIR, "--selector", "a" * 100_000),
        ("check", *PAIR, "--size", "9" * 5_000),
        ("check", *PAIR, "--port", "9" * 5_000),
        ("check", *PAIR, "--timeout", "9" * 5_000),
        ("check", *PAIR, "--timeout", "nan"),
        ("check", *PAIR, "--nameserver", "1" * 100_000),
    ],
)
def test_arguments_that_are_nothing_are_one_short_line(arguments: tuple[str | bytes, ...]) -> None:
    result = subprocess.run([*COMMAND, *arguments], capture_output=True, timeout=PATIENCE, check=False)
    assert result.returncode == 2
    assert result.stdout == b""
    assert result.stderr.startswith(b"smtp-probe: ")
    assert result.stderr.count(b"\n") == 1
    assert len(result.stderr) < 2_000
    assert result.stderr.decode("utf-8")


@pytest.mark.parametrize("columns", ["40", "1", "0", "-5", "many", "9" * 400])
def test_any_width_gives_a_report(columns: str) -> None:
    outcome = smtp_probe("check", *PAIR, *NOWHERE, env={"COLUMNS": columns})
    assert outcome.code == 4
    assert outcome.stderr == ""
    assert outcome.stdout.rstrip().endswith("exit 4")


def test_forty_columns_are_kept() -> None:
    outcome = smtp_probe("check", *PAIR, *NOWHERE, env={"COLUMNS": "40"})
    assert max(map(len, outcome.stdout.splitlines())) <= 40


def test_the_c_locale_gets_ascii() -> None:
    env = {"LANG": "C", "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": ""}
    outcome = smtp_probe("check", *PAIR, *NOWHERE, env=env)
    assert outcome.code == 4
    assert outcome.stdout.isascii()


def test_a_reader_that_leaves_early_is_no_error() -> None:
    line = f"{' '.join(COMMAND)} rules | head -1"
    result = subprocess.run(
        ["/bin/sh", "-c", line], capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert result.stderr == ""
    assert result.stdout.count("\n") == 1


def test_an_ignored_sigint_does_not_make_sigterm_ignored(silent_server: _SilentServer) -> None:
    """A shell starts background jobs with SIGINT ignored."""
    process = subprocess.Popen(
        [*COMMAND, "check", *PAIR, *silent_server.arguments(), "-q"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
        env={**os.environ},
    )
    assert silent_server.connected.wait(PATIENCE)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 4
    assert out.startswith(b"INCONCLUSIVE")
    assert err == b""


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_at_any_moment_gives_a_report_or_one_line(end: signal.Signals) -> None:
    """From the first line of the program on; before it there is only the interpreter."""
    begun = "import os; from probe.__main__ import main; os.write(1, b'.'); main()"
    for pause in (0.03, 0.06, 0.1, 0.15, 0.2, 0.3, 0.5, 0.8):
        process = subprocess.Popen(
            [sys.executable, "-c", begun, "check", *PAIR, *NOWHERE, "--nameserver", "127.0.0.1:9", "-q"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        assert process.stdout is not None
        assert process.stdout.read(1) == b"."
        time.sleep(pause)
        process.send_signal(end)
        out, err = process.communicate(timeout=PATIENCE)
        assert b"Traceback" not in err
        assert b"Warning" not in err
        if process.returncode == 4:
            assert (out[:12], err) == (b"INCONCLUSIVE", b"")
        elif process.returncode == 128 + end:
            assert (out, err) == (b"", b"smtp-probe: interrupted\n")
        else:  # the operating system's own end, before anybody could speak
            assert (process.returncode, out, err) == (-end, b"", b"")


class _VanishingResolver(threading.Thread):
    """Answers the first datagrams, truly, and is then gone: closed, or there without a word."""

    def __init__(self, answers: int, *, closes: bool) -> None:
        super().__init__(daemon=True)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._answers = answers
        self._closes = closes

    def run(self) -> None:
        for _ in range(self._answers):
            query, peer = self._socket.recvfrom(4096)
            question = dns.message.from_wire(query)
            response = dns.message.make_response(question, recursion_available=True)
            kind, name = question.question[0].rdtype, question.question[0].name
            text = _ANSWERS.get((dns.rdatatype.to_text(kind), name.to_text()))
            if text:
                response.answer.append(dns.rrset.from_text(name, 300, "IN", kind, text))
            self._socket.sendto(response.to_wire(), peer)
        if self._closes:
            self._socket.close()


_ANSWERS = {("MX", "example.net."): "10 mx.example.net.", ("A", "mx.example.net."): "127.0.0.1"}


@pytest.mark.parametrize("closes", [True, False])
@pytest.mark.parametrize("answers", [0, 1, 4, 8])
def test_a_resolver_that_vanishes_is_reported_as_unknown(answers: int, closes: bool) -> None:
    resolver = _VanishingResolver(answers, closes=closes)
    resolver.start()
    where = ("--nameserver", f"127.0.0.1:{resolver.port}", "--allow-private", "--port", "9")
    outcome = smtp_probe("check", *PAIR, *where, "--no-dnsbl", "--timeout", "4", "--format", "json")
    report = json.loads(outcome.stdout)
    assert outcome.code == report["verdict"]["exit_code"] == 4
    assert report["verdict"]["stage"] in ("dns", "connect")
    missing = {"recipient-mx", "recipient-domain-exists", "spf", "dmarc-record", "ptr", "dkim-keys"}
    wrong = [f for f in report["findings"] if f["id"] in missing and f["severity"] in ("fatal", "error")]
    assert wrong == [] or answers == 8  # by then some were truly answered with "there is none"
    assert outcome.stderr == ""


@pytest.mark.parametrize("command", ["check", "replay"])
def test_a_small_disk_gives_one_line_of_error(command: str, tmp_path: Path) -> None:
    """A file may grow to 2 KiB here, which is what a disk that runs full does to a recording."""
    whole = tmp_path / "whole.jsonl"
    assert smtp_probe("check", *PAIR, *NOWHERE, "--record", str(whole)).code == 4
    small = tmp_path / "small"
    arguments: tuple[str, ...] = ("check", *PAIR, *NOWHERE, "--record", str(small))
    if command == "replay":
        arguments = ("replay", str(whole), "--format", "json", "-o", str(small))
    result = subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        preexec_fn=_little_room,
    )
    assert result.stderr.count("\n") == 1
    assert "cannot write" in result.stderr
    assert result.returncode == (4 if command == "check" else 2)
    if command == "check":
        again = smtp_probe("replay", str(small), "-q")
        assert (again.code, again.stderr) == (4, "")


def _little_room() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2048, 2048))


def test_nothing_is_kept_unless_asked(tmp_path: Path) -> None:
    result = subprocess.run(
        [*COMMAND, "check", *PAIR, *NOWHERE],
        capture_output=True,
        cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path), "TMPDIR": str(tmp_path), "PYTHONPATH": str(Path.cwd())},
        timeout=PATIENCE,
        check=False,
    )
    assert result.returncode == 4
    assert list(tmp_path.rglob("*")) == []
