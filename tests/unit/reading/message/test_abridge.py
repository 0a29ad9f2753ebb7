"""What is kept of a message that is too long to be taken apart whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.reading.message.abridge import abridge, head_of, longest_line
from probe.reading.message.read import read_message
from probe.settings import MESSAGE_HEADER_LIMIT, MESSAGE_TEXT_LIMIT

LINES = st.lists(st.sampled_from([b"", b"a", b"ab", b"abc", b"\r", b"--b", b"a" * 300])).flatmap(
    lambda lines: st.lists(st.sampled_from([b"\n", b"\r\n"]), min_size=len(lines), max_size=len(lines)).map(
        lambda ends: b"".join(line + end for line, end in zip(lines, ends, strict=True))
    )
)


def _longest(data: bytes) -> int:
    return max(len(line.removesuffix(b"\r")) if ended else len(line) for line, ended in _split(data))


def _split(data: bytes) -> list[tuple[bytes, bool]]:
    pieces = data.split(b"\n")
    return [(piece, index < len(pieces) - 1) for index, piece in enumerate(pieces)]


@given(st.one_of(LINES, st.binary(), LINES.map(lambda data: data + b"tail")))
def test_the_longest_line_is_that_of_all_lines(data: bytes) -> None:
    assert longest_line(data) == _longest(data)


@given(LINES)
def test_a_message_within_the_bounds_is_left_as_it_is(data: bytes) -> None:
    assert abridge(data) == (data, None)


def test_a_long_body_loses_its_end_and_no_boundary() -> None:
    long = b"a line of a body\r\n" * 100_000
    data = b"--b\r\n\r\n" + long + b"--b\r\nContent-Type: text/html\r\n\r\nshort\r\n--b--\r\n"
    short, read_octets = abridge(data)
    assert len(short) < MESSAGE_TEXT_LIMIT and read_octets is None
    assert short.endswith(b"--b\r\nContent-Type: text/html\r\n\r\nshort\r\n--b--\r\n")


@pytest.mark.parametrize("data", [b"--b\n\nx\n" * 20_000, (b"--b\n" + b"x\n" * 10_000) * 20])
def test_beyond_reason_the_end_is_left_out_and_said(data: bytes) -> None:
    short, read_octets = abridge(data)
    assert 0 < len(short) < len(data)
    assert data.startswith(short)
    assert read_octets == len(short)


def test_the_head_ends_at_the_first_empty_line() -> None:
    assert head_of(b"A: b\r\nC: d\r\n\r\nbody\r\n\r\n") == (b"A: b\r\nC: d", True)
    assert head_of(b"A: b\n\nbody") == (b"A: b", True)
    assert head_of(b"A: b") == (b"A: b", True)
    assert head_of(b"\r\nbody") == (b"", True)


def test_of_a_head_without_end_only_the_beginning_is_read() -> None:
    head, is_whole = head_of(b"X-A: b\n" * 100_000)
    assert (len(head), is_whole) == (MESSAGE_HEADER_LIMIT, False)


def test_an_attachment_behind_a_long_one_is_still_seen() -> None:
    part = b"--b\r\nContent-Type: application/zip\r\nContent-Disposition: attachment; filename=%s\r\n\r\n"
    long = b"QUJDQUJDQUJDQUJDQUJDQUJDQUJDQUJD\r\n" * 100_000
    data = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    data += part % b"one.zip" + long + part % b"two.exe" + long + b"--b--\r\n"
    assert read_message(data).attachments == ("one.zip", "two.exe")
