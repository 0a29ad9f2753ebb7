"""The pieces of a multipart, however its boundary lines are written."""

from __future__ import annotations

import random
import re

import pytest

from probe.reading.bounce.boundaries import pieces_between

TOKENS = (
    *(b"--b", b"--b--", b"--b---", b"--bb", b"---b", b"--b ", b"--b--\t", b"--b -", b"-", b" --b", b"b"),
    *(b"\n", b"\n", b"\n", b"\r\n", b"\r", b"\r\r\n", b" ", b"text", b"\n--b\n", b"\r\n--b--\r\n", b"\0"),
)


def _by_expression(body: bytes, boundary: bytes, most: int) -> list[bytes]:
    """The same by the grammar of RFC 2046 section 5.1.1 as one expression."""
    line = re.compile(rb"^--" + re.escape(boundary.rstrip()) + rb"(--)?[ \t]*\r?$\n?", re.MULTILINE)
    pieces: list[bytes] = []
    start: int | None = None
    for match in line.finditer(body):
        if start is not None:
            pieces.append(body[start : match.start()])
        start = None if match.group(1) else match.end()
        if len(pieces) >= most or start is None:
            return pieces
    return [*pieces, body[start:]] if start is not None else pieces


@pytest.mark.parametrize("boundary", [b"b", b"b ", b"b--", b"-", b"--b", b"b\nb", b".*"])
def test_boundary_lines_are_those_of_the_grammar(boundary: bytes) -> None:
    chosen = random.Random(boundary)
    for _ in range(1500):
        body = b"".join(
            chosen.choice((*TOKENS, b"\n--" + boundary, b"--" + boundary + b"\n"))
            for _ in range(chosen.randint(0, 14))
        )
        most = chosen.choice((1, 2, 99))
        assert pieces_between(body, boundary, most) == _by_expression(body, boundary, most), body


@pytest.mark.parametrize(
    ("body", "pieces"),
    [
        (b"before\n--b\none\n--b\ntwo\n--b--\nbehind\n--b\nx", [b"one\n", b"two\n"]),
        (b"--b\none", [b"one"]),
        (b"--b", [b""]),
        (b"--b--\n--b\none", []),
        (b"--b\r\none\r\n--b \t\r\ntwo", [b"one\r\n", b"two"]),
        (b"x--b\none", []),
        (b"--bc\none", []),
        (b"", []),
    ],
)
def test_pieces(body: bytes, pieces: list[bytes]) -> None:
    assert pieces_between(body, b"b", 9) == pieces


@pytest.mark.parametrize("body", [b"x--b " * 50_000, b"-" * 50_000, b"--bx\n" * 50_000, b"--b" * 50_000])
def test_delimiters_within_lines_are_passed_over(body: bytes) -> None:
    """Each costs a look at what stands before it: a line of many would otherwise be read once for each."""
    assert pieces_between(body, b"b", 9) == []
    assert pieces_between(body, b"-", 9) == []
