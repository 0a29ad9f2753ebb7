"""What holds for the reply reader whatever a server sends."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from probe.standards.smtp.reader import ReplyReader, WireReply

PIECES = [
    b"250",
    b"550",
    b"55",
    b"-",
    b" ",
    b"\r\n",
    b"\n",
    b"\r",
    b"\0",
    b"\x1b",
    b"5.1.1",
    b"no such user",
    b"\xe9",
]
streams = st.one_of(st.binary(max_size=300), st.lists(st.sampled_from(PIECES), max_size=60).map(b"".join))


def read_in(chunks: list[bytes]) -> list[WireReply]:
    reader = ReplyReader(line_limit=20, lines_limit=4, size_limit=60)
    replies = [reply for chunk in chunks for reply in reader.feed(chunk)]
    rest = reader.finish()
    return [*replies, rest] if rest else replies


def cut(data: bytes, places: list[int]) -> list[bytes]:
    borders = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[a:b] for a, b in pairwise(borders)]


@given(streams, st.lists(st.integers(0, 1000), max_size=8))
def test_chunks_make_no_difference(data: bytes, places: list[int]) -> None:
    whole = read_in([data])
    assert read_in([bytes([octet]) for octet in data]) == whole
    assert read_in(cut(data, places)) == whole


@given(st.lists(st.binary(max_size=200), max_size=30))
def test_nothing_is_held_beyond_the_caps(chunks: list[bytes]) -> None:
    reader = ReplyReader(line_limit=20, lines_limit=4, size_limit=60)
    for chunk in chunks:
        for read in reader.feed(chunk):
            assert len(read.raw) <= 60 and len(read.reply.lines) <= 4
        assert len(reader._line) <= 21 and len(reader._raw) <= 60 and len(reader._texts) <= 4


@given(st.integers(200, 559), st.lists(st.text("abc .:äß", max_size=15), min_size=1, max_size=8))
def test_what_the_grammar_allows_is_read_back(code: int, texts: list[str]) -> None:
    lines = [f"{code}-{text}" for text in texts[:-1]] + [f"{code} {texts[-1]}"]
    (read,) = ReplyReader().feed("".join(f"{line}\r\n" for line in lines).encode())
    assert read.reply.code == code
    assert read.reply.lines == tuple(texts)
    assert read.deviations == () and read.usable
