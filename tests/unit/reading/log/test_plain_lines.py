"""What is around a line is taken off a whole block, and nothing is read otherwise for that."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from probe.reading.log.event import Event, UnparsedLine
from probe.reading.log.formats import by_name
from probe.reading.log.frames import unframe
from probe.reading.log.octets import blocks
from probe.reading.log.plain_lines import is_framed, plain_block
from probe.reading.log.reader import Reader, Tally, records_of_blocks
from probe.reading.log.stamps import Clock
from tests.bench import logs_made
from tests.unit.maillog.made import counted

REFERENCE = datetime(2026, 11, 29, tzinfo=UTC)
LINES = [it.rstrip(b"\n").decode() for it in logs_made.postfix(3000)]
MICROSECONDS = 1795921545681073


def _docker(line: str) -> str:
    return json.dumps({"log": f"{line}\n", "stream": "stdout", "time": "2026-11-28T20:25:16.5Z"})


def _journal(line: str) -> str:
    frame = unframe(line.encode(), Clock(REFERENCE))
    record = {"__REALTIME_TIMESTAMP": str(MICROSECONDS), "SYSLOG_IDENTIFIER": frame.program}
    return json.dumps(record | {"_PID": frame.pid, "MESSAGE": frame.text})


FRAMES: dict[str, Callable[[str], str]] = {
    "docker": _docker,
    "journal": _journal,
    "compose": "mail-1  | {}".format,
    "pod": "[pod/mail-0/postfix] {}".format,
    "runtime": "2026-11-28T20:25:16.500000000Z stdout F {}".format,
    "stamped": "2026-11-28T20:25:16.500000000Z {}".format,
    "loki": '2026-11-28T20:25:16Z {{host="mx", job="mail"}} {}'.format,
}
each_frame = pytest.mark.parametrize("frame", FRAMES.values(), ids=FRAMES.keys())


def _block(frame: Callable[[str], str], lines: list[str]) -> bytes:
    return "".join(f"{frame(it)}\n" for it in lines).encode()


@each_frame
def test_a_plain_line_has_the_same_frame_and_the_same_number(frame: Callable[[str], str]) -> None:
    block = _block(frame, LINES)
    assert is_framed(block)
    ends = [at for at, octet in enumerate(block) if octet == 0x0A]
    starts = [0, *(at + 1 for at in ends[:-1])]
    plain = plain_block(block, starts[::3]).split(b"\n")
    assert len(plain) == len(LINES) + 1
    for number, line in enumerate(block.splitlines()):
        clock = Clock(REFERENCE)
        if number % 3:
            assert plain[number] == b""
        else:
            assert plain[number] != line
            assert unframe(plain[number], clock) == unframe(line, clock)


@each_frame
def test_a_log_is_counted_as_it_is_without_its_frames(frame: Callable[[str], str]) -> None:
    framed, plain = counted(_block(frame, LINES)), counted(LINES)
    for name in ("sent", "attempts", "refused", "undated"):
        assert getattr(framed, name) == getattr(plain, name), name
    of_framed = {key: group.messages for key, group in framed.groups.items()}
    assert of_framed == {key: group.messages for key, group in plain.groups.items()}


@pytest.mark.parametrize(
    "line",
    [
        json.dumps({"log": "caf\u00e9 postfix/smtp[1]: A: to=<a@b.example>\n"}),
        json.dumps({"log": "two\nlines\n", "time": "2026-11-28T20:25:16Z"}),
        json.dumps({"MESSAGE": "A1: to=<a@b.example>", "SYSLOG_IDENTIFIER": "postfix/smtp"}),
        json.dumps(
            {"MESSAGE": "A1: to", "SYSLOG_IDENTIFIER": "a b", "_PID": "1", "__REALTIME_TIMESTAMP": "1"}
        ),
        '{"MESSAGE": ',
        "mail-1  | no line of syslog: to=<a@b.example>",
    ],
)
def test_what_would_not_be_the_same_stays_as_it_is(line: str) -> None:
    assert plain_block(f"{line}\n".encode(), [0]) == f"{line}\n".encode()


def _reader() -> Reader:
    row = by_name("postfix")
    assert row is not None
    reader = row.make()
    reader.is_brief = True
    reader.source("mail.log", REFERENCE)
    return reader


@each_frame
def test_a_line_that_is_not_understood_is_kept_as_it_is_in_the_file(frame: Callable[[str], str]) -> None:
    odd = "Nov 28 20:25:15 mx postfix/smtp[1]: 4C0FFEE4C0F: to=<a@b.example>, relay=none"
    block = _block(frame, [*LINES[:5], odd])
    tally = Tally()
    records = [it for batch in records_of_blocks(_reader(), blocks([block]), tally) for it in batch]
    (record,) = (it for it in records if isinstance(it, UnparsedLine))
    assert record.line == 6 and record.data == frame(odd).encode()
    assert tally.unparsed == 1


@each_frame
def test_the_sender_is_found_in_a_framed_block(frame: Callable[[str], str]) -> None:
    head = "Nov 28 20:25:15 mx postfix"
    lines = [
        f"{head}/qmgr[1]: 4C0FFEE4C0F: from=<news@a.example>, size=9, nrcpt=1 (queue active)",
        f"{head}/smtp[2]: 4C0FFEE4C0F: to=<b@b.example>, relay=mx.b.example[192.0.2.1]:25, delay=1, "
        "dsn=5.1.1, status=bounced (host mx.b.example[192.0.2.1] said: 550 no (in reply to RCPT TO command))",
    ]
    reader = _reader()
    (event,) = reader.block(_block(frame, lines), 1)
    assert isinstance(event, Event) and event.line == 2
    assert reader.sender("4C0FFEE4C0F") == "news@a.example"
