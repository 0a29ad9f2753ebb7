"""Header sections: what is ordinary is read as the email package of the standard library reads it."""

from __future__ import annotations

import random
import re
from functools import cache
from pathlib import Path

import pytest

from probe.reading.bounce.header import Header
from probe.reading.bounce.odd_header import read_odd_header
from probe.reading.bounce.plain_header import read_plain_header
from probe.reading.bounce.read_header import read_header

ROOT = Path(__file__).resolve().parents[4] / "fixtures"
SECTIONS = re.compile(rb"(?:[!-9;-~]+:[^\n]*\n(?:[ \t][^\n]*\n)*)+")
_FOLD = re.compile(r"\r?\n[ \t]+")
# Put in anywhere: what a header section should not have, or has in another form
PIECES = (
    *(b"\r", b"\n", b"\r\n", b"\n\n", b"\n ", b"\n\t", b"\0", b"\x0b", b"\x1c", b"\x7f", b"\x85", b"\xa0"),
    *(b"\xff", b"\xc3\xa9", b"\xe2\x80\xa8", b":", b";", b"=", b'"', b"'", b"\\", b"<", b">", b"*", b"/"),
    *(b" ", b"From ", b"From x\n", b"\nFrom x y\n", b"\n:", b"\nX", b"\nX y: z", b"; ", b";;", b"; a"),
    *(b"; a=b", b'; a="b"', b'; a="b;c"', b'; a="b\\"c"', b"; a=b c", b"; a=<b>", b'; a="<b>"', b'; a=""'),
    *(b"; a*=utf-8''b", b"; a*0=b; a*1=c", b"; punycode'", b"; idna*=idna''a", b"; =b", b"; a=", b"(c)"),
    *(b"\nContent-Type: message/rfc822\n", b"\ncontent-type: TEXT/HTML; CHARSET=UTF-8\n", b"\nContent-Type:"),
    *(
        b"\nContent-Disposition: attachment; filename=x\n",
        b"\nContent-Disposition: ATTACHMENT\n",
        b"=?utf-8?",
    ),
)


@cache
def _sections() -> tuple[bytes, ...]:
    """Header sections of the fixtures, those of inner messages and parts among them."""
    return tuple(
        sorted(
            {
                section
                for folder in ("bounces", "hostile")
                for path in (ROOT / folder).rglob("*.eml")
                for section in SECTIONS.findall(path.read_bytes().replace(b"\r\n", b"\n"))
            }
        )
    )


def _unfolded(header: Header) -> object:
    """Python 3.13 begins a folded value behind its first line break."""
    fields = {
        name: [_FOLD.sub(" ", value).strip() for value in values] for name, values in header.fields.items()
    }
    return fields, *header[1:]


def _is_same(head: bytes) -> bool:
    """Whether the section was an ordinary one; fails if it was read otherwise than by the library."""
    ordinary = read_plain_header(head)
    if ordinary is not None:
        assert _unfolded(ordinary) == _unfolded(read_odd_header(head)), head
    return ordinary is not None


def test_sections_of_real_bounces_are_read_as_the_library_reads_them() -> None:
    assert len(_sections()) > 200
    ordinary = [_is_same(section) for section in _sections()]
    assert sum(ordinary) > 0.95 * len(ordinary)


def test_line_ends_change_nothing() -> None:
    for section in _sections():
        assert _is_same(section.replace(b"\n", b"\r\n")) == _is_same(section) == _is_same(section[:-1])


@pytest.mark.parametrize("seed", range(8))
def test_damaged_sections_are_read_as_the_library_reads_them(seed: int) -> None:
    chosen = random.Random(seed)
    ordinary = 0
    for section in _sections():
        head = section if seed % 2 else section.replace(b"\n", b"\r\n")
        for _ in range(chosen.randint(1, 3)):
            place = chosen.randint(0, len(head))
            piece = chosen.choice(PIECES)
            head = head[:place] + piece + head[place + chosen.choice((0, 0, len(piece), 9)) :]
        ordinary += _is_same(head)
    assert ordinary > 0.2 * len(_sections()), "or nothing was compared"


@pytest.mark.parametrize("piece", PIECES)
def test_damage_to_a_declaration(piece: bytes) -> None:
    head = (
        b'Subject: a\nContent-Type: text/plain; charset="utf-8";\n boundary=b\nContent-Disposition: inline\n'
    )
    for place in range(len(head) + 1):
        _is_same(head[:place] + piece + head[place:])


@pytest.mark.parametrize(
    "head",
    [
        b"no field at all",
        b" begins with a folded line\nSubject: a\n",
        b"Subject: a\n: no name\n",
        b"Subject : a\nX: b\n",
        b"Subject: a\rX: b\n",
        b"Content-Type: text/plain; charset*=utf-8''a\n",
        b'Content-Type: text/plain; a="b;c"\n',
        b"Content-Type: text/plain; charset\n",
        b"Content-Type: text/pl\xc3\xa4in\n",
        b"X: idna''\n",
        b"X: " + b"a" * 9000,
    ],
)
def test_what_is_not_ordinary_is_left_to_the_library(head: bytes) -> None:
    assert read_plain_header(head) is None
    assert read_header(head) == read_odd_header(head)


def test_an_ordinary_section() -> None:
    head = read_header(
        b"Received: by a\nreceived: by b\nContent-TYPE: Multipart/Report; Report-Type=delivery-status;\n"
        b'\tBoundary="=_x (1)"\nContent-Disposition: attachment; filename="a;b"\nSubject:\n =?utf-8?q?a?=\n'
    )
    assert head.fields["received"] == ["by a", "by b"]
    assert head.content_type == "multipart/report"
    assert head.parameters == (("report-type", "delivery-status"), ("boundary", "=_x (1)"))
    assert head.is_attached
    assert read_header(b"").content_type == read_header(b"Content-Type: text\n").content_type == "text/plain"
