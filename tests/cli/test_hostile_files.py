"""Every command that takes a file, given files that mean harm: one clear line and exit 2, or a result;
bounded memory, and nothing live in what is printed."""

from __future__ import annotations

import json
import os
import threading
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from probe.recording import events as ev
from probe.recording.codec import RecordingError, decode, encode
from probe.recording.file import load
from probe.settings import MESSAGE_SIZE_LIMIT
from tests.fuzz.target import quiet
from tests.support.hostile_files import BASE, Measured, measured, table, write, write_recording

MORE = 64  # MiB that a hostile file may take beyond an honest one

MESSAGES = table("messages.toml", "file")
LINES = table("lines.toml", "file")
RECORDINGS = table("recordings.toml", "recording")


def named(rows: list[dict[str, Any]]) -> Any:
    return pytest.mark.parametrize("row", rows, ids=[row["name"] for row in rows])


@cache
def usual(*arguments: str) -> float:
    """The memory that a command takes for an honest file."""
    return measured(*arguments).memory


def held(run: Measured, *honest: str) -> None:
    """What must hold whatever the file was."""
    assert run.code in {0, 1, 2, 3, 4, 5}
    assert (run.code == 2) == run.stderr.startswith("smtp-probe: ")
    assert run.stderr.count("\n") <= 1 and "Traceback" not in run.stderr
    quiet(run.stdout.decode("utf-8"))
    quiet(run.stderr)
    assert run.memory <= usual(*honest) + MORE


def with_message(octets: bytes) -> str:
    """A recorded run with the message in it."""
    lines = BASE.read_text("ascii").splitlines()
    lines.insert(1, encode(ev.MessageGiven(1, "message.eml", octets)))
    return "\n".join(lines) + "\n"


HONEST_BOUNCE = str(BASE.parents[2] / "bounces" / "postfix-dsn.eml")


@named(MESSAGES)
def test_a_bounce_that_means_harm(row: dict[str, Any], tmp_path: Path) -> None:
    path = write(row, tmp_path / "bounce.eml")
    run = measured("bounce", str(path), "--format", "jsonl")
    held(run, "bounce", HONEST_BOUNCE)
    assert run.code != 2
    rows = [json.loads(line) for line in run.stdout.decode("utf-8").splitlines()]
    assert rows
    if "is_bounce" in row:
        assert (rows[0]["is_bounce"], len(rows)) == (row["is_bounce"], row["recipients"])
    if "says" in row:
        assert any(row["says"] in problem for problem in rows[0]["problems"])
    if len(rows) <= 20:
        for form in ("text", "markdown"):
            held(measured("bounce", str(path), "--format", form), "bounce", HONEST_BOUNCE)


@named([row for row in MESSAGES if not any("hole" in piece for piece in row["pieces"])])
def test_a_message_that_means_harm_in_a_run(row: dict[str, Any], tmp_path: Path) -> None:
    octets = write(row, tmp_path / "message.eml").read_bytes()
    assert len(octets) <= MESSAGE_SIZE_LIMIT
    path = tmp_path / "run.jsonl"
    path.write_text(with_message(octets), "ascii")
    run = measured("replay", str(path))
    assert run.code == 1
    # the message itself is held as text and as octets while its line is read
    held(
        Measured(run.code, run.stdout, run.stderr, run.memory - 4 * len(octets) / 2**20),
        "replay",
        str(BASE),
    )


@named(MESSAGES[:3] + MESSAGES[6:9])
@pytest.mark.parametrize("command", ["replay", "redact"])
def test_a_message_is_no_recording(command: str, row: dict[str, Any], tmp_path: Path) -> None:
    path = write(row, tmp_path / "bounce.eml")
    run = measured(command, str(path))
    held(run, command, str(BASE))
    is_named = f"{path}: line 1: is" in run.stderr or "read it with: smtp-probe bounce" in run.stderr
    assert run.code == 2 and is_named


@named(LINES)
def test_lines_that_mean_harm(row: dict[str, Any], tmp_path: Path) -> None:
    path = write(row, tmp_path / "lines.txt")
    run = measured("explain", "--input", str(path), "--format", "jsonl")
    held(run, "explain", "550 5.1.1 user unknown")
    rows = [json.loads(line) for line in run.stdout.decode("utf-8").splitlines()]
    assert len(rows) == row["results"]
    assert [item["id"] for item in rows][: len(row.get("ids", ()))] == row.get("ids", [])
    assert row.get("refused", "") in run.stderr
    held(measured("explain", "--input", str(path)), "explain", "550 5.1.1 user unknown")


@named(RECORDINGS)
def test_a_recording_that_is_not_that_of_a_run(row: dict[str, Any], tmp_path: Path) -> None:
    path = write_recording(row, tmp_path / "run.jsonl")
    run = measured("replay", str(path))
    held(run, "replay", str(BASE))
    assert run.code == row.get("exit", run.code)
    assert row.get("says", "") in run.stderr
    if run.code != 2:
        report = measured("replay", str(path), "--format", "json")
        held(report, "replay", str(BASE))
        assert json.loads(report.stdout.decode("utf-8"))["verdict"]["exit_code"] == run.code == report.code
    shared = measured("redact", str(path))
    held(shared, "redact", str(BASE))
    assert (shared.code == 2) == (run.code == 2)


def test_a_recording_cut_anywhere_is_a_run_or_a_line_that_is_wrong(tmp_path: Path) -> None:
    octets = BASE.read_bytes()
    whole = len(load(BASE))
    ends = {at + step for at, octet in enumerate(octets) if octet == 10 for step in (-1, 0, 1)}
    path = tmp_path / "run.jsonl"
    for cut in sorted(ends | set(range(0, len(octets), 211))):
        path.write_bytes(octets[:cut])
        lines = octets[:cut].count(b"\n")
        try:
            events = len(load(path))
        except RecordingError as error:
            assert lines == 0, error
        else:
            # nothing but a line that was being written is left out
            assert lines <= events <= lines + 1 <= whole + 1


@pytest.mark.parametrize("command", [("bounce",), ("explain", "--input"), ("replay",), ("redact",)])
@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("/", "is a directory"),
        ("/proc/self/mem", "input/output error"),
        ("/nowhere/at/all", "no such file or directory"),
        ("a\udcff\x07b", "control character"),
    ],
)
def test_what_is_no_file_is_one_line(command: tuple[str, ...], path: str, problem: str) -> None:
    if path.startswith("/proc") and not Path(path).exists():
        pytest.skip("this system has no /proc")
    run = measured(*command, path)
    assert (run.code, run.stdout) == (2, b"")
    assert run.stderr.startswith("smtp-probe: ") and run.stderr.count("\n") == 1
    quiet(run.stderr)
    if problem != "control character" or command[0] in {"bounce", "explain"}:
        assert problem in run.stderr


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no /dev/zero")
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("bounce", "/dev/zero"), 0),
        (("explain", "--input", "/dev/zero"), 2),
        (("replay", "/dev/zero"), 2),
        (("redact", "/dev/zero"), 2),
        (("check", "a@b.example", "c@d.example", "--message", "/dev/zero"), 2),
    ],
)
def test_a_device_without_end_is_not_read_for_ever(arguments: tuple[str, ...], code: int) -> None:
    run = measured(*arguments)
    assert run.code == code
    held(run, "replay", str(BASE))


def test_a_pipe_is_read_as_a_file_is(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_bytes(b"550 5.1.1 user unknown\n"))
    writer.start()
    run = measured("explain", "--input", str(pipe))
    writer.join()
    assert run.code == 1 and b"REFUSED" in run.stdout


def test_a_file_that_may_not_be_read_is_one_line(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    path = tmp_path / "secret"
    path.write_text("550 no\n")
    path.chmod(0)
    run = measured("explain", "--input", str(path))
    assert (run.code, run.stdout) == (2, b"") and "permission denied" in run.stderr


def test_every_line_of_the_base_is_an_event() -> None:
    assert all(decode(line, version=1) for line in BASE.read_bytes().splitlines())


def test_a_long_bounce_joins_a_check_by_its_beginning(tmp_path: Path) -> None:
    (row,) = (row for row in MESSAGES if row["name"] == "returned-message-of-six-megabytes")
    path = write(row, tmp_path / "bounce.eml")
    pair = ("a@a.example", "u@b.example")
    nowhere = ("--nameserver", "127.0.0.1:9", "--timeout", "60", "--no-smtp", "--no-dnsbl")
    run = measured("check", *pair, "--bounce", str(path), *nowhere, "--format", "json")
    held(run, "check", *pair, "--bounce", HONEST_BOUNCE, *nowhere)
    assert run.code != 2
    assert json.loads(run.stdout)["verdict"]
    assert b"550 5.1.1 no such user" in run.stdout
