"""The reply reader, one shape of reply after another."""

import pytest

from probe.model.reply import EnhancedStatus
from probe.standards.smtp.reader import ReplyReader, WireReply
from probe.standards.smtp.results import Deviation


def read_one(data: bytes) -> WireReply:
    (read,) = ReplyReader().feed(data)
    return read


def test_a_single_line() -> None:
    read = read_one(b"550 5.1.1 no such user\r\n")
    assert read.reply.code == 550
    assert read.reply.enhanced_status == EnhancedStatus(5, 1, 1)
    assert read.reply.lines == ("5.1.1 no such user",)
    assert read.deviations == () and read.usable
    assert read.raw == b"550 5.1.1 no such user\r\n"


def test_a_code_alone_is_a_reply() -> None:
    read = read_one(b"250\r\n")
    assert (read.reply.code, read.reply.lines, read.deviations) == (250, ("",), ())


def test_several_lines_are_one_reply() -> None:
    read = read_one(b"550-5.7.1 first\r\n550-5.7.1 second\r\n550 5.7.1 last\r\n")
    assert read.reply.lines == ("5.7.1 first", "5.7.1 second", "5.7.1 last")
    assert read.reply.enhanced_status == EnhancedStatus(5, 7, 1)


def test_replies_in_one_packet_are_told_apart() -> None:
    reads = ReplyReader().feed(b"250 one\r\n550 two\r\n")
    assert [read.reply.code for read in reads] == [250, 550]


def test_mixed_codes_cannot_be_concluded_from() -> None:
    read = read_one(b"550-no\r\n250 yes\r\n")
    assert read.reply.code == 250
    assert read.deviations == (Deviation.MIXED_CODES,)
    assert not read.usable
    assert read.usable_as_greeting


@pytest.mark.parametrize(
    ("data", "deviation"),
    [
        (b"250 ok\n", Deviation.BARE_LF),
        (b"250 o\rk\r\n", Deviation.BARE_CR),
        (b"250 o\0k\r\n", Deviation.NUL),
        (b"250 \x1b[31mok\r\n", Deviation.CONTROL),
        (b"250 caf\xe9\r\n", Deviation.NOT_UTF8),
    ],
)
def test_odd_octets_are_named_and_the_reply_still_counts(data: bytes, deviation: Deviation) -> None:
    read = read_one(data)
    assert read.deviations == (deviation,)
    assert read.reply.code == 250 and read.usable


@pytest.mark.parametrize("line", [b"hello world", b"2500 x", b"2_5 x", b" 250 x", b"250\tx", b"+25 x", b""])
def test_a_line_without_a_code_is_an_answer_that_says_nothing(line: bytes) -> None:
    read = read_one(line + b"\r\n")
    assert read.reply.code == 0
    assert Deviation.MALFORMED_LINE in read.deviations
    assert not read.usable


def test_digits_of_other_scripts_are_no_code() -> None:
    assert read_one("２５０ ok\r\n".encode()).reply.code == 0


@pytest.mark.parametrize("line", [b"25 ok", b"5", b"55-no"])
def test_a_short_code_is_named(line: bytes) -> None:
    read = read_one(line + b"\r\n")
    assert read.deviations == (Deviation.SHORT_CODE,) and not read.usable


@pytest.mark.parametrize("code", [100, 199, 600, 999])
def test_codes_outside_the_classes_cannot_be_concluded_from(code: int) -> None:
    read = read_one(f"{code} odd\r\n".encode())
    assert read.reply.code == code
    assert read.deviations == (Deviation.CODE_OUT_OF_RANGE,) and not read.usable


def test_a_codeless_line_inside_a_reply_is_its_text() -> None:
    read = read_one(b"550-one\r\nforgotten code\r\n550 two\r\n")
    assert read.reply.lines == ("one", "forgotten code", "two")
    assert read.deviations == (Deviation.MALFORMED_LINE,) and read.usable


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("5.1.1 x", "5.1.1"),
        ("5.1.1", "5.1.1"),
        ("5.1.1: x", "5.1.1"),
        ("#5.1.0 x", "5.1.0"),
        ("5.123.456 x", "5.123.456"),
        ("3.1.1 x", None),
        ("5.1.1.1 x", None),
        ("5.1 x", None),
        ("5.1.1234 x", None),
        ("sorry 5.1.1", None),
    ],
)
def test_enhanced_status_only_right_after_the_code(text: str, status: str | None) -> None:
    result = read_one(f"550 {text}\r\n".encode()).reply.enhanced_status
    assert (str(result) if result else None) == status


def test_half_a_line_at_the_end_is_truncated() -> None:
    reader = ReplyReader()
    assert reader.feed(b"550 5.1.1 no su") == []
    read = reader.finish()
    assert read is not None
    assert read.reply.lines == ("5.1.1 no su",)
    assert read.deviations == (Deviation.TRUNCATED,) and not read.usable


def test_a_reply_without_its_last_line_is_truncated() -> None:
    reader = ReplyReader()
    assert reader.feed(b"550-first\r\n") == []
    read = reader.finish()
    assert read is not None and read.reply.code == 550 and not read.usable


def test_the_end_between_replies_leaves_nothing() -> None:
    reader = ReplyReader()
    reader.feed(b"250 ok\r\n")
    assert reader.is_empty
    assert reader.finish() is None


def test_an_endless_line_is_cut_and_memory_stays_bounded() -> None:
    reader = ReplyReader(line_limit=100)
    reader.feed(b"550 " + b"x" * 50)
    for _ in range(1000):
        assert reader.feed(b"y" * 1000) == []
        assert len(reader._line) <= 101
    (read,) = reader.feed(b"\r\n")
    assert len(read.reply.lines[0]) == 96
    assert read.deviations == (Deviation.LINE_TOO_LONG,) and read.reply.code == 550


def test_a_line_of_just_the_limit_is_whole() -> None:
    (read,) = ReplyReader(line_limit=10).feed(b"250 123456\r\n")
    assert read.reply.lines == ("123456",) and read.deviations == ()


def test_endless_lines_are_dropped_beyond_the_cap() -> None:
    reader = ReplyReader(lines_limit=5)
    for _ in range(1000):
        assert reader.feed(b"250-more\r\n") == []
    (read,) = reader.feed(b"250 end\r\n")
    assert len(read.reply.lines) == 5 and Deviation.TOO_MANY_LINES in read.deviations


def test_a_reply_beyond_its_size_is_dropped_and_named() -> None:
    reader = ReplyReader(size_limit=50)
    (read,) = reader.feed(b"250-" + b"a" * 20 + b"\r\n250-" + b"b" * 40 + b"\r\n250 c\r\n")
    assert Deviation.REPLY_TOO_LONG in read.deviations
    assert len(read.raw) <= 50
