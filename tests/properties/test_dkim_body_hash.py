"""The body of a message, hashed in pieces, is what dkimpy hashes of it whole."""

from __future__ import annotations

import hashlib

import pytest
from dkim import rfc822_parse
from dkim.canonicalization import CanonicalizationPolicy
from hypothesis import given
from hypothesis import strategies as st

from probe.reading.message import abridge, body_hash
from probe.reading.message.abridge import longest_line

HEAD = b"From: a@b.example\r\n"
BODIES = st.lists(
    st.sampled_from([b"\r\n", b"\n", b"\r", b" ", b"\t", b"a", b"bc", b" \r\n", b"\r\r\n", b"  \t x"]),
    max_size=30,
).map(b"".join)


def of_dkimpy(data: bytes, *, relaxed: bool, length: int | None) -> bytes:
    _, body = rfc822_parse(data)
    policy = CanonicalizationPolicy.from_c_value(b"simple/relaxed" if relaxed else b"simple/simple")
    return hashlib.sha256(policy.canonicalize_body(body)[:length]).digest()


@given(
    BODIES,
    st.sampled_from([b"\r\n", b"\n"]),
    st.integers(1, 9),
    st.booleans(),
    st.none() | st.integers(0, 40),
)
def test_in_pieces_as_whole(body: bytes, blank: bytes, piece: int, relaxed: bool, length: int | None) -> None:
    data = HEAD + blank + body
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(body_hash, "_PIECE", piece)
        pieces = body_hash.body_hash(data, hashlib.sha256, is_relaxed=relaxed, length=length)
    assert pieces == of_dkimpy(data, relaxed=relaxed, length=length)


@given(st.lists(st.sampled_from([b"A: b\n", b"A: b\r\n", b"\n", b"\r\n", b"c"]), max_size=8).map(b"".join))
def test_the_body_begins_where_dkimpy_says(data: bytes) -> None:
    body = data[body_hash.body_start(data) :]
    lines = data.replace(b"\r\n", b"\n").split(b"\n")
    first = lines.index(b"") if b"" in lines else len(lines)
    assert body.replace(b"\r\n", b"\n") == b"\n".join(lines[first + 1 :])


@given(BODIES, st.integers(1, 9))
def test_the_longest_line_in_pieces(data: bytes, piece: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(abridge, "_PIECE", piece)
        assert longest_line(data) == max(len(line) - line.endswith(b"\r") for line in data.split(b"\n"))
