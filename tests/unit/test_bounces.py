"""The messages of a file: one, or those of a mailbox file (RFC 4155)."""

from __future__ import annotations

import io

import pytest

from probe import bounces
from probe.bounces import messages

FROM = b"From a@b.test Mon Jan  1 00:00:00 2024\n"


@pytest.mark.parametrize(
    ("octets", "parts"),
    [
        (b"", []),
        (b"\n\n", [b"\n\n"]),
        (b"Subject: a\n\nx\n", [b"Subject: a\n\nx\n"]),
        (b"\r\nSubject: a\n\n" + FROM + b"x", [b"\r\nSubject: a\n\n" + FROM + b"x"]),
        (FROM + b"A: b\n\nx\n\n" + FROM + b"y", [FROM + b"A: b\n\nx\n\n", FROM + b"y"]),
        (b"\n" + FROM + b"x\n\n" + FROM, [b"\n" + FROM + b"x\n\n", FROM]),
        (FROM + b"x\n" + FROM + b"y", [FROM + b"x\n" + FROM + b"y"]),
        (FROM + b"x\n\nFrom the start of a sentence\n", [FROM + b"x\n\nFrom the start of a sentence\n"]),
        (b"From the start\n\n" + FROM + b"x", [b"From the start\n\n" + FROM + b"x"]),
    ],
)
def test_messages_of_a_file(octets: bytes, parts: list[bytes]) -> None:
    assert list(messages(io.BytesIO(octets))) == parts


class _Slow(io.BytesIO):
    """A stream that gives a few octets at a time."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(7 if size is None or size < 0 else min(7, size))


@pytest.mark.parametrize("start", [b"Subject: a\n", b"\n" * 50, FROM])
def test_one_octet_beyond_the_limit_shows_that_there_was_more(
    monkeypatch: pytest.MonkeyPatch, start: bytes
) -> None:
    monkeypatch.setattr(bounces, "BOUNCE_SIZE_LIMIT", 100)
    octets = start + b"x\n" * 200
    for stream in (io.BytesIO(octets), _Slow(octets)):
        assert list(messages(stream)) == [octets[:101]]
    assert list(messages(io.BytesIO(octets[:100]))) == [octets[:100]]


def test_a_long_message_is_read_from_a_slow_stream_whole() -> None:
    octets = b"Subject: a\n\n" + b"x" * (bounces._BLOCK * 2 + 5)
    assert list(messages(_Slow(octets))) == [octets]
