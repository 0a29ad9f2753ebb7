"""Read the plain TOML that the tables of this package are written in, several times faster than tomllib.

One key a line; strings, numbers, booleans, arrays and inline tables as JSON has them, and '''...''' literals
of one line. An array over several lines ends with a `]` at the left margin; a comment or a literal in it has
a line of its own. Anything else is left to tomllib, so a table may use all of TOML; tests hold both to the
same result.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

_KEY = re.compile(r"[A-Za-z0-9_-]+")
_QUOTED_KEY = re.compile(r'"[A-Za-z0-9_. -]+"')
_INLINE_KEY = re.compile(r'"(?:[^"\\]|\\.)*"|([A-Za-z0-9_-]+) *=')
_LITERAL_LINE = re.compile(r"\s*'''((?:(?!''').)*)'''(,?)")
_DECODE = json.JSONDecoder().raw_decode


def parse(text: str) -> dict[str, Any] | None:
    """Return the table, or None where the text uses more of TOML than this reads."""
    table: dict[str, Any] = {}
    current = table
    lines = iter(text.split("\n"))
    for line in lines:
        if not line or line[0] == "#":
            continue
        if line[0] == "[":
            section = _section(line, table)
            if section is None:
                return None
            current = section
            continue
        key, separator, value = line.partition(" = ")
        key = key[1:-1] if _QUOTED_KEY.fullmatch(key) else key if _KEY.fullmatch(key) else ""
        if not separator or not key or key in current:
            return None
        try:
            current[key] = _value(value, lines)
        except (ValueError, StopIteration):
            return None
    return table


def _section(line: str, table: dict[str, Any]) -> dict[str, Any] | None:
    """Open `[name]`, `[name.name]` or `[[name]]`; None for what else there is, and for repeated tables."""
    depth = 2 if line.startswith("[[") else 1
    names = line[depth:-depth].split(".")
    if line != f"{'[' * depth}{'.'.join(names)}{']' * depth}" or not all(map(_KEY.fullmatch, names)):
        return None
    *outer, name = names
    for part in outer:
        table = table.setdefault(part, {})
        if not isinstance(table, dict):
            return None
    if depth == 1:
        return None if name in table else table.setdefault(name, {})
    rows = table.setdefault(name, [])
    if outer or not isinstance(rows, list):
        return None
    rows.append({})
    last: dict[str, Any] = rows[-1]
    return last


def _value(value: str, lines: Iterator[str]) -> Any:
    """Read one value. Raises ValueError for what JSON does not have, StopIteration for an open array."""
    if value.startswith("'''"):
        if len(value) < 6 or value.find("'''", 3) != len(value) - 3:
            raise ValueError("not a literal of one line")
        return value[3:-3]
    if value.startswith("[") and not value.endswith("]") and "#" not in value:
        value = _array(value, lines)
    if "{" in value:
        value = _INLINE_KEY.sub(_quoted, value)
    result, end = _DECODE(value)
    rest = value[end:].lstrip()
    if rest and rest[0] != "#":
        raise ValueError("more than one value")
    return result


def _array(first: str, lines: Iterator[str]) -> str:
    """The lines of an array as JSON writes it: no comments, literals quoted, no comma before a bracket."""
    parts = [first]
    while parts[-1] != "]":
        line = next(lines)
        literal = _LITERAL_LINE.fullmatch(line)
        if literal:
            parts.append(json.dumps(literal[1]) + literal[2])
        elif "#" not in line:
            if line.lstrip().startswith("]"):
                parts[-1] = parts[-1].removesuffix(",")
            parts.append(line)
        elif not line.lstrip().startswith("#"):
            raise ValueError("perhaps a comment")
    return "\n".join(parts)


def _quoted(match: re.Match[str]) -> str:
    return f'"{match[1]}":' if match[1] else match[0]
