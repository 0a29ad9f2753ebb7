"""Reads the header section of a message or part.

An ordinary section is read by `plain_header`; any other by the email package of the standard library, with
the same result where both can read it (tests/unit/reading/bounce/test_header.py compares them). That takes
ten times as long, and 19 modules that half of all bounces do not need.
"""

from __future__ import annotations

from functools import lru_cache

from probe.reading.bounce.header import Header
from probe.reading.bounce.plain_header import read_plain_header

_REMEMBERED = 256  # octets: longer header sections have something of their own


def read_header(head: bytes) -> Header:
    """Read a header section, without the empty line behind it. Never raises on any octets."""
    return _read_once(head) if len(head) <= _REMEMBERED else _read(head)


def _read(head: bytes) -> Header:
    header = read_plain_header(head)
    if header is not None:
        return header
    from probe.reading.bounce.odd_header import read_odd_header

    return read_odd_header(head)


_read_once = lru_cache(maxsize=512)(_read)
"""The parts of bounces by one program have the same header sections: half of all that are read."""
