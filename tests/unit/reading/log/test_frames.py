"""Stamps, the frames of logging systems, and telling a format from its first lines."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from probe.reading.log.event import Stamp
from probe.reading.log.formats import FORMATS, by_name, detect
from probe.reading.log.frames import unframe
from probe.reading.log.memory import Memory
from probe.reading.log.stamps import Clock
from tests.unit.reading.log.samples import SAMPLES, Sample

CET = timezone(timedelta(hours=1))


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-28T20:25:15.151701+00:00", datetime(2026, 11, 28, 20, 25, 15, 151701, UTC)),
        ("2026-11-28T20:25:15Z", datetime(2026, 11, 28, 20, 25, 15, tzinfo=UTC)),
        ("2026-11-28T20:25:15.1Z", datetime(2026, 11, 28, 20, 25, 15, 100000, UTC)),
        ("2026-11-28T20:25:15.123456789Z", datetime(2026, 11, 28, 20, 25, 15, 123456, UTC)),
        ("2026-11-28 20:25:15.123 +0100", datetime(2026, 11, 28, 20, 25, 15, 123000, CET)),
        ("2026-11-28 20:25:15+0100", datetime(2026, 11, 28, 20, 25, 15, tzinfo=CET)),
        ("2026-12-31T23:59:60Z", datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("2026-11-28 20:25:15", datetime(2026, 11, 28, 20, 25, 15)),
    ],
)
def test_stamps_with_a_year(text: str, at: datetime) -> None:
    assert Clock().stamp(text) == Stamp(at)


@pytest.mark.parametrize(
    "text", ["2026-02-30 00:00:00", "Feb 30 00:00:00", "2026-11-28 25:00:00", "", "Nov", "-"]
)
def test_what_is_no_time_is_none(text: str) -> None:
    assert Clock(datetime(2026, 11, 29)).stamp(text) is None


@pytest.mark.parametrize(
    ("reference", "text", "year"),
    [
        (datetime(2027, 1, 2), "Dec 31 23:59:59", 2026),
        (datetime(2027, 1, 2), "Jan  1 00:00:00", 2027),
        (datetime(2027, 1, 2), "Jan  3 00:00:00", 2027),  # a day is left for zones and wrong clocks
        (datetime(2027, 1, 2), "Jan  3 00:00:01", 2026),
        (datetime(2027, 3, 1), "Feb 29 12:00:00", 2024),
        (datetime(2028, 3, 1, tzinfo=UTC), "Feb 29 12:00:00", 2028),
    ],
)
def test_the_year_is_that_of_the_twelve_months_before_the_file_s_time(
    reference: datetime, text: str, year: int
) -> None:
    stamp = Clock(reference).stamp(text)
    assert stamp is not None and stamp.at.year == year
    assert not stamp.has_year and not stamp.has_zone


def test_frames_are_taken_off_whatever_they_are_inside_of() -> None:
    inner = "Nov 28 20:25:15 mail postfix/smtp[88]: 4C0: text: with [brackets]"
    docker = json.dumps({"log": inner + "\n", "stream": "stdout", "time": "2026-11-28T20:25:16.5Z"})
    reference = datetime(2026, 11, 29)
    for line in (
        inner,
        "<22>" + inner,
        docker,
        "mail-1  | " + inner,
        "2026-11-28T20:25:16.5Z stdout F " + inner,
        "\x1b[36mmail-1  | \x1b[0m" + inner,
    ):
        frame = unframe(line.encode(), Clock(reference))
        assert frame == (
            Stamp(datetime(2026, 11, 28, 20, 25, 15), has_year=False),
            "postfix/smtp",
            "88",
            "4C0: text: with [brackets]",
        ), line


TEXT = "4C0: to=<a@b.example>, status=sent (250 Ok)"
TAGGED = f"postfix/smtp[88]: {TEXT}"
AT = datetime(2026, 4, 2, 10, 11, 12)
UTC_AT = datetime(2026, 4, 2, 8, 11, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "at"),
    [
        (f"Apr  2 10:11:12 mx mail.info {TAGGED}", AT),  # busybox
        (f"Apr  2 10:11:12 <mail.info> mx {TAGGED}", AT),  # FreeBSD's syslogd -vv
        (f"Apr  2 10:11:12 mx mail:info {TAGGED}", AT),  # AIX
        (f"Apr  2 10:11:12 mx mail:info Message forwarded from aix1: {TAGGED}", AT),
        (f"Apr  2 10:11:12 mx postfix/smtp[88]: [ID 197553 mail.info] {TEXT}", AT),  # Solaris
        (f"Apr  2 10:11:12 mac postfix/smtp[88] <Info>: {TEXT}", AT),
        (f"Apr  2 10:11:12 {TAGGED}", AT),
        (f"Thu Apr  2 10:11:12 2026 mail.info {TAGGED}", AT),  # OpenWrt
        (f"Thu 2026-04-02 10:11:12 CEST mx {TAGGED}", AT),  # journalctl -o short-full
        (f"Thu 2026-04-02 08:11:12 UTC mx {TAGGED}", UTC_AT),
        (f"1775117472.000000 mx {TAGGED}", UTC_AT),  # -o short-unix
        (f"[  123.456789] mx {TAGGED}", None),  # -o short-monotonic
        (f"mail.info: Apr  2 10:11:12 mx {TAGGED}", AT),
        (f"/var/log/mail.log.1:Apr  2 10:11:12 mx {TAGGED}", AT),  # grep -H
        (f"/var/log/mail.log-1201-Apr  2 10:11:12 mx {TAGGED}", AT),  # grep -HnC
        (f"1201:Apr  2 10:11:12 mx {TAGGED}", AT),
        (f"> > Apr  2 10:11:12 mx {TAGGED}", AT),
        (f"mail-0 postfix 2026-04-02T08:11:12.0Z mx {TAGGED}", UTC_AT),  # stern
        (f"2026-04-02T08:11:13.1Z mail/mail/0a1b2c Apr  2 10:11:12 mx {TAGGED}", AT),  # aws logs tail
    ],
)
def test_what_seldom_stands_before_a_line_is_taken_off_too(line: str, at: datetime | None) -> None:
    frame = unframe(line.encode(), Clock(datetime(2026, 4, 3)))
    assert (frame.program, frame.pid, frame.text) == ("postfix/smtp", "88", TEXT)
    assert (frame.at.at if frame.at is not None else None) == at


@pytest.mark.parametrize(
    "record",
    [
        {
            "labels": {"job": "mail"},
            "line": f"Apr  2 10:11:12 mx {TAGGED}",
            "timestamp": "2026-04-02T08:11:13Z",
        },
        {
            "message": TEXT,
            "process": {"name": "postfix/smtp", "pid": 88},
            "@timestamp": "2026-04-02T10:11:12",
        },
        {"msg": TEXT, "tag": "x", "program": "postfix/smtp", "time": "2026-04-02T10:11:12"},
        {"message": " " + TEXT, "syslogtag": "postfix/smtp[88]:", "timereported": "2026-04-02T10:11:12"},
    ],
)
def test_collectors_records_hold_a_line_or_its_parts(record: dict[str, object]) -> None:
    for before in ("", "data: ", "\x1e", "2026-04-02T10:11:12+02:00\tsyslog.mail\t"):
        frame = unframe(f"{before}{json.dumps(record)}".encode(), Clock(datetime(2026, 4, 3)))
        assert (frame.program, frame.text) == ("postfix/smtp", TEXT), before
        assert frame.at is not None and frame.at.at == AT


def test_a_record_of_graylog_has_seconds_since_1970() -> None:
    record = {"short_message": TEXT, "timestamp": 1775117472.5, "_application_name": "postfix/smtp"}
    frame = unframe(json.dumps(record).encode(), Clock())
    assert frame == (Stamp(UTC_AT.replace(microsecond=500000)), "postfix/smtp", None, TEXT)


@pytest.mark.parametrize(
    "text",
    [
        "2026-04-02 10:11:12 1uXyZ2-000AbC-1a => a@b.example R=r T=remote_smtp H=mx.b.example [192.0.2.1]",
        "2026-04-02 10:11:12.123 [991] 1uXyZ2-000AbC-1a Completed",
        "2026-04-02 10:11:12 H=mx.b.example [192.0.2.1]: rejected after DATA",
    ],
)
def test_a_line_of_exim_has_no_host_and_no_program(text: str) -> None:
    frame = unframe(text.encode(), Clock())
    assert (frame.program, frame.text) == (None, text.split(" ", 2)[2])
    assert unframe(f"mainlog:{text}".encode(), Clock()) == frame


def test_a_frame_of_rfc_5424_with_structured_data() -> None:
    line = b'<22>1 2026-11-28T20:25:15Z mail postfix 88 - [a@1 b="c \\" ] d"][e@1] \xef\xbb\xbftext'
    frame = unframe(line, Clock())
    assert (frame.program, frame.pid, frame.text) == ("postfix", "88", "text")
    assert frame.at == Stamp(datetime(2026, 11, 28, 20, 25, 15, tzinfo=UTC))


def test_a_message_of_journald_that_is_an_array_of_octets() -> None:
    record = {
        "MESSAGE": [99, 97, 102, 0xC3, 0xA9, 300, "x"],
        "SYSLOG_IDENTIFIER": "postfix/smtp",
        "_PID": "88",
        "__REALTIME_TIMESTAMP": "1795921545681073",
    }
    frame = unframe(json.dumps(record).encode(), Clock())
    assert (frame.program, frame.pid, frame.text) == ("postfix/smtp", "88", "café")
    assert frame.at is not None and frame.at.at.microsecond == 681073


def test_a_time_of_a_container_is_used_only_where_the_line_has_none() -> None:
    frame = unframe(b'{"log":"plain text\\n","stream":"stderr","time":"2026-11-28T20:25:16.5Z"}', Clock())
    assert frame.text == "plain text"
    assert frame.at == Stamp(datetime(2026, 11, 28, 20, 25, 16, 500000, UTC))


@pytest.mark.parametrize("which", SAMPLES, ids=lambda each: each.name)
def test_formats_are_told_by_the_first_lines(which: Sample) -> None:
    assert detect(which.lines) == which.format
    noise = [b"Nov 28 20:25:15 mail systemd[1]: Started Session 1 of user root.", b"", b"kernel: x"] * 50
    assert detect([*noise, *which.lines]) == which.format


def test_what_is_no_log_has_no_format() -> None:
    assert detect([]) is None
    # a log whose queue ids were changed before it was handed on
    renamed = (
        b"Nov 28 01:00:00 mx postfix/smtp[2]: MSGID42AAAAo: to=<a@b.example>, "
        b"relay=mx.b.example[192.0.2.1]:25, delay=1, dsn=2.0.0, status=sent (250 ok)"
    )
    assert detect([renamed]) == by_name("postfix")
    assert detect([b"hello", b"\x00\xff", b'{"a": 1}', b"a,b,c", b"From: a@b.example"]) is None


def test_a_log_of_two_programs_is_the_one_with_more_lines() -> None:
    by_name = {each.name: each for each in SAMPLES}
    mixed = [*by_name["dma"].lines[:9], *by_name["postfix-bsd"].lines[:300]]
    detection = detect(mixed)
    assert detection is not None and detection.name == "postfix"


def test_names_of_formats_are_distinct_and_every_reader_can_be_made() -> None:
    assert len({row.name for row in FORMATS}) == len(FORMATS)
    memory = Memory(5)
    for row in FORMATS:
        assert row.make(memory).memory is memory


def test_memory_forgets_the_oldest_untouched_message_first() -> None:
    memory = Memory(2)
    memory.message("a").sender = "x"
    memory.message("b")
    memory.message("a")
    memory.message("c")
    assert memory.message_of("b") is None
    result = memory.message_of("a")
    assert result is not None and result.sender == "x"
    for number in range(5):
        memory.note(number, number)
    assert [memory.note_of(number) for number in range(5)] == [None, None, None, 3, 4]
    assert memory.drop(4) == 4 and memory.note_of(4) is None


PLAIN = "Nov 23 10:00:01 mail postfix/smtp[90]: 7B1C23F: removed"


@pytest.mark.parametrize(
    "line",
    [
        f"[pod/postfix-0/postfix] {PLAIN}",
        f"2026-11-23T09:00:01.123456789Z {PLAIN}",
        f'2026-11-23T10:00:01+01:00 {{app="postfix", pod="mail-0"}} {PLAIN}',
        json.dumps({"@timestamp": "2026-11-23T09:00:01Z", "message": PLAIN, "log": {"offset": 7}}),
    ],
)
def test_what_a_collector_puts_before_a_line_is_left_out(line: str) -> None:
    assert unframe(line.encode(), Clock()) == unframe(PLAIN.encode(), Clock())


def test_a_line_that_a_collector_took_apart_is_put_together() -> None:
    record = {
        "timestamp": "2026-11-23T10:00:01+01:00",
        "syslogtag": "postfix/smtp[90]:",
        "message": " 7B1C23F: removed",
    }
    frame = unframe(json.dumps(record).encode(), Clock())
    assert (frame.program, frame.pid, frame.text) == ("postfix/smtp", "90", "7B1C23F: removed")
    assert frame.at == Stamp(datetime(2026, 11, 23, 10, 0, 1, tzinfo=CET))


@pytest.mark.parametrize("record", [{"message": "done"}, {"message": '{"message": "x"}', "program": "x"}])
def test_a_message_of_another_program_s_json_stays_in_it(record: dict[str, str]) -> None:
    line = json.dumps(record)
    assert unframe(line.encode(), Clock()).text == line


def test_a_stamp_of_multilog_is_the_time_of_a_line_without_one() -> None:
    at = Stamp(datetime(2026, 11, 23, 9, 0, tzinfo=UTC))
    assert unframe(b"@400000006b04009a075bcd15 status: local 0/10", Clock()).at == at
    assert unframe(b"@400000006b04009a075bcd15 " + PLAIN.encode(), Clock()).text == "7B1C23F: removed"
    assert unframe(b"@400000006b04009a075bcd15 " * 20_000, Clock()).at == at
