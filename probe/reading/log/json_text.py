"""Joins lines to JSON records: one record a line, several in an array, or one over several lines."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from probe._named_tuple import NamedTuple
from probe._regex import regex

_TOKEN = regex(rb"\"(?>[^\"\\]|\\.)*+\"?|[{}]")
LIMIT = 1_048_576  # octets of one record


class JsonMatch(NamedTuple):
    """`records`: the objects that end in this line; `bad`: text that is not an object."""

    records: Sequence[Mapping[str, object]]
    bad: bytes | None


class JsonRecords:
    """Joins records. A record on one line that does not end there was cut; one that begins with a single
    brace continues over several lines."""

    def __init__(self) -> None:
        self._lines: list[bytes] = []
        self._size = 0
        self._depth = 0

    def line(self, data: bytes) -> JsonMatch:
        """Read one line."""
        text = data.strip(b" \t,\r\n\xef\xbb\xbf")
        if text[:1] == b"{" and (not self._lines or data[:2] == b'{"'):
            one = _object(text)
            if one is not None:  # complete and not indented: the lines before do not belong to it
                return JsonMatch((one,), self.end())
        if not self._lines and b"{" not in text:
            return JsonMatch((), None)
        return self._scan(data)

    def end(self) -> bytes | None:
        """The rest at the end of the input: the beginning of an incomplete record."""
        rest = b"\n".join(self._lines)
        self._lines, self._size, self._depth = [], 0, 0
        return rest or None

    def _scan(self, data: bytes) -> JsonMatch:
        records: list[Mapping[str, object]] = []
        bad: bytes | None = None
        begin = 0
        for token in _TOKEN.finditer(data):
            sign = token[0]
            if sign == b"{":
                if self._depth == 0:
                    begin = token.start()
                self._depth += 1
            elif sign == b"}" and self._depth:
                self._depth -= 1
                if self._depth == 0:
                    text = b"\n".join([*self._lines, data[begin : token.end()]])
                    self._lines, self._size, begin = [], 0, token.end()
                    one = _object(text)
                    if one is None:
                        bad = text
                    else:
                        records.append(one)
        if self._depth:
            rest = data[begin:]
            is_cut = not self._lines and rest.strip() != b"{"
            self._lines.append(rest)
            self._size += len(rest)
            if is_cut or self._size > LIMIT:
                bad = self.end()
        return JsonMatch(records, bad)


def _object(text: bytes) -> Mapping[str, object] | None:
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def text_of(record: object, *path: str) -> str | None:
    """The text at a path of names; None if there is none. Numbers are text, too."""
    for name in path:
        if not isinstance(record, Mapping):
            return None
        record = record.get(name)
    if isinstance(record, str):
        return record
    if isinstance(record, int | float) and not isinstance(record, bool):
        return str(record)
    return None


def number_of(record: object, *path: str) -> float | None:
    """The number at a path of names; None if there is none."""
    text = text_of(record, *path)
    try:
        return float(text) if text is not None else None
    except ValueError:
        return None


def items_of(record: object, *path: str) -> Sequence[object]:
    """The list at a path of names; a single value is a list of one; a missing one is an empty list."""
    for name in path:
        if not isinstance(record, Mapping):
            return ()
        record = record.get(name)
    if record is None:
        return ()
    return record if isinstance(record, list) else (record,)
