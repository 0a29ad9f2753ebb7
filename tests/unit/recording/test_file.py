"""Recordings on disk: private, never overwritten, valid after any interruption."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from ipaddress import ip_address
from pathlib import Path

import pytest

from probe.recording import events as ev
from probe.recording.codec import RecordingError, encode
from probe.recording.file import RecordingWriter, load
from probe.standards.dns.message import Answer, Mx, Question, Record, RecordType, Status, Tlsa, Txt
from tests.support.reasons import TRUSTED
from tests.support.recordings import full_events


def written(path: Path, count: int | None = None) -> Path:
    with RecordingWriter(path) as writer:
        for event in full_events()[:count]:
            writer.append(event)
    return path


def test_what_was_written_is_read_back(tmp_path: Path) -> None:
    assert list(load(written(tmp_path / "run.jsonl"))) == full_events()


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    earlier = os.umask(0)
    try:
        path = written(tmp_path / "run.jsonl")
    finally:
        os.umask(earlier)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_each_event_is_on_disk_at_once(tmp_path: Path) -> None:
    with RecordingWriter(tmp_path / "run.jsonl") as writer:
        for count, event in enumerate(full_events(), start=1):
            writer.append(event)
            assert len(load(tmp_path / "run.jsonl")) == count


def test_an_existing_recording_is_not_overwritten(tmp_path: Path) -> None:
    path = written(tmp_path / "run.jsonl", 2)
    with pytest.raises(RecordingError, match="not empty"):
        RecordingWriter(path)
    assert len(load(path)) == 2


def test_an_empty_file_is_taken_and_made_private(tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    path.touch(0o644)
    assert len(load(written(path, 3))) == 3
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("made_before", [False, True])
def test_while_one_run_writes_a_second_is_refused(made_before: bool, tmp_path: Path) -> None:
    path = tmp_path / "run.jsonl"
    if made_before:
        path.touch()
    with RecordingWriter(path) as writer:  # nothing is in it yet
        with pytest.raises(RecordingError, match="another run is writing this file"):
            RecordingWriter(path)
        for event in full_events():
            writer.append(event)
            with pytest.raises(RecordingError, match="another run is writing this file"):
                RecordingWriter(path)
    assert list(load(path)) == full_events()
    with pytest.raises(RecordingError, match="not empty"):
        RecordingWriter(path)


def test_a_run_that_wrote_nothing_leaves_the_file_to_the_next(tmp_path: Path) -> None:
    RecordingWriter(tmp_path / "run.jsonl").close()
    assert len(load(written(tmp_path / "run.jsonl", 2))) == 2


def test_what_is_no_file_may_be_written_by_two(tmp_path: Path) -> None:
    with RecordingWriter(Path(os.devnull)), RecordingWriter(Path(os.devnull)) as writer:
        writer.append(full_events()[0])


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_written_all_the_same(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", refuse)
    assert len(load(written(tmp_path / "run.jsonl", 2))) == 2


def test_every_truncation_after_the_first_line_is_a_valid_prefix(tmp_path: Path) -> None:
    whole = written(tmp_path / "run.jsonl").read_bytes()
    first = whole.index(b"\n") + 1
    cut = tmp_path / "cut.jsonl"
    for length in range(first, len(whole), 97):
        cut.write_bytes(whole[:length])
        recording = load(cut)
        complete = whole[:length].count(b"\n")
        assert list(recording)[:complete] == full_events()[:complete]
        assert len(recording) - complete in (0, 1)


@pytest.mark.parametrize(
    ("content", "word"),
    [
        (b"", "empty"),
        (b"{", "line 1"),
        (b"\n", "line 1"),
        (b"\x00\xff\n", "line 1"),
        (b'{"kind":"finished","at_ms":1}\n', "begins with its started event"),
        (encode(full_events()[0]).encode() + b"\n{\n", "line 2"),
        (encode(full_events()[0]).encode() + b"\n" + encode(full_events()[0]).encode(), "second started"),
        (encode(full_events()[0]).encode() + b'\n{"kind":"later"}', "line 2"),
    ],
)
def test_a_broken_file_is_one_clear_error(tmp_path: Path, content: bytes, word: str) -> None:
    path = tmp_path / "run.jsonl"
    path.write_bytes(content)
    with pytest.raises(RecordingError, match=word):
        load(path)


def test_a_missing_file_is_an_os_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "none.jsonl")


def _answered(answer: Answer, path: Path) -> Path:
    with RecordingWriter(path) as writer:
        writer.append(full_events()[0])
        writer.append(ev.DnsAnswered(1, answer))
    return path


@pytest.mark.parametrize(
    ("rtype", "record", "fit"),
    [
        (RecordType.A, ip_address("192.0.2.1"), 65_535 // 16),
        (RecordType.AAAA, ip_address("2001:db8::1"), 65_535 // 28),
        (RecordType.MX, Mx(10, "mx.example"), 65_535 // 16),
        (RecordType.TXT, Txt((b"x" * 255, b"")), 65_535 // 269),
        (RecordType.TLSA, Tlsa(3, 1, 1, bytes(32)), 65_535 // 47),
        (RecordType.PTR, "host.example", 65_535 // 14),
    ],
)
def test_an_answer_is_at_most_one_message_of_dns(
    rtype: RecordType, record: Record, fit: int, tmp_path: Path
) -> None:
    question = Question("a.example", rtype)
    assert len(load(_answered(Answer(question, Status.ANSWER, (record,) * fit), tmp_path / "a"))) == 2
    with pytest.raises(RecordingError, match="an answer has at most 65535 octets"):
        load(_answered(Answer(question, Status.ANSWER, (record,) * (fit + 1)), tmp_path / "b"))


def test_aliases_count_as_records_do(tmp_path: Path) -> None:
    answer = Answer(Question("a.example", RecordType.A), Status.NODATA, (), ("b.example",) * 5000)
    with pytest.raises(RecordingError, match="an answer has at most 65535 octets"):
        load(_answered(answer, tmp_path / "run.jsonl"))


@pytest.mark.parametrize(
    ("event", "problem"),
    [
        (ev.HttpsFetched(1, "https://a.example/", 200, "text/plain", b"x" * 65_537), "a larger policy"),
        (ev.TlsEstablished(1, 1, "TLSv1.3", "x", (bytes(1000),) * 132, TRUSTED), "more certificates"),
    ],
)
def test_what_is_larger_than_a_run_takes_is_refused(event: ev.Event, problem: str, tmp_path: Path) -> None:
    with RecordingWriter(tmp_path / "run.jsonl") as writer:
        writer.append(full_events()[0])
        writer.append(event)
    with pytest.raises(RecordingError, match=f"line 2: {problem}"):
        load(tmp_path / "run.jsonl")
