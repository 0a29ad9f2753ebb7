"""Regular expressions that were compiled by an earlier run of the program.

Compiling an expression takes a quarter of a millisecond, and a command uses hundreds: a tenth of the time in
which two thousand bounces are read. So what the compiler of the standard library made of each is kept beside
Python's compiled modules, as they are: for one build of Python, written where one may write, and made again
whenever it is not there or not what was written. A code that is read is checked by the engine itself before
it runs it; with anything unexpected the expression is compiled.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, AnyStr, Final

from probe._named_tuple import NamedTuple
from probe._version import VERSION

_MODULE = Path((__spec__ and __spec__.cached) or __file__)  # compiled; where PYTHONPYCACHEPREFIX says
_FILE = _MODULE.with_name(f"_regex.{sys.implementation.cache_tag}.codes")
_BUILD = [VERSION, sys.version, sys.byteorder]  # what a code is for
_WORD: Final = "I"  # of a code: 32 bits
_CHECK = 8  # octets of the hash with which the file begins
_LARGEST = 4_000_000  # octets; four times what all commands need: then old expressions are dropped
_WORTH_WRITING = 16  # expressions: they cost a reader of the file less than compiling them

_new: dict[tuple[Any, int], re.Pattern[Any]] = {}


class _Codes(NamedTuple):
    """`rows`: by expression and flags what `_sre.compile` takes beside the code, and where that stands in
    `words`: flags, number of groups, the places of those with names, start and size."""

    rows: dict[str, list[Any]]
    words: bytes

    def pattern(self, expression: AnyStr, flags: int) -> re.Pattern[AnyStr] | None:
        """The expression, ready to use; None if it is not there, or its code is none."""
        row = self.rows.get(_key(expression, flags))
        if row is None:
            return None
        try:
            all_flags, groups, places, start, size = row
            return _pattern(expression, all_flags, groups, places, self.words[start : start + size])
        except (RuntimeError, TypeError, ValueError, OverflowError, IndexError):
            return None


_NONE = _Codes({}, b"")


def regex(expression: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """As `re.compile`; for expressions of the program, of which there are so many and no more. Raises
    re.error."""
    pattern = _codes().pattern(expression, flags)
    if pattern is not None:
        return pattern
    pattern = _new[expression, flags] = re.compile(expression, flags)
    return pattern


def keep() -> None:
    """Write the codes of the expressions that were compiled for the next run, if they are many. Never
    raises: a folder that cannot be written to is no error."""
    if len(_new) < _WORTH_WRITING or sys.dont_write_bytecode or sys.implementation.name != "cpython":
        return
    with contextlib.suppress(OSError):
        _FILE.parent.mkdir(parents=True, exist_ok=True)
        if os.access(_FILE.parent, os.W_OK):  # the work is in vain where one may not write
            from probe import _cache_file

            _cache_file.put(_FILE, _octets_of(_with_new(_codes())))


def _with_new(old: _Codes) -> _Codes:
    """The codes that are kept, and those of the expressions that this run compiled."""
    rows, words = (dict(old.rows), bytearray(old.words)) if len(old.words) < _LARGEST else ({}, bytearray())
    for (expression, flags), pattern in _new.copy().items():  # a thread may still compile
        code = _code_of(expression, flags)
        if code is not None and _is_of(code, pattern):
            rows[_key(expression, flags)] = [*code[:-1], len(words), len(code[-1])]
            words += code[-1]
    return _Codes(rows, bytes(words))


def _is_of(code: tuple[int, int, dict[str, int], bytes], pattern: re.Pattern[Any]) -> bool:
    """Whether the engine makes this pattern of the code; patterns are equal if their codes are."""
    try:
        return _pattern(pattern.pattern, *code) == pattern
    except (RuntimeError, TypeError, ValueError, OverflowError, IndexError):
        return False


def _key(expression: str | bytes, flags: int) -> str:
    if isinstance(expression, bytes):
        return f"{int(flags)} octets {expression.decode('latin-1')}"
    return f"{int(flags)} text {expression}"


@cache
def _codes() -> _Codes:
    """Those of the file; none if it is another Python's, or was damaged, or there is no such file."""
    import json

    try:
        octets = _FILE.read_bytes()
        if octets[:_CHECK] != _check(octets[_CHECK:]):
            return _NONE
        head, _, words = octets[_CHECK:].partition(b"\n")
        build, rows = json.loads(head)
        return _Codes(dict(rows), words) if build == _BUILD else _NONE
    except (OSError, ValueError, TypeError):
        return _NONE


def _octets_of(codes: _Codes) -> bytes:
    """What the file holds of these."""
    import json

    head = json.dumps([_BUILD, codes.rows], separators=(",", ":"))
    octets = head.encode() + b"\n" + codes.words
    return _check(octets) + octets


def _check(octets: bytes) -> bytes:
    """The hash by which Python itself knows the source of a compiled module: a damaged file has another."""
    check: bytes = import_module("_imp").source_hash(0, octets)
    return check


def _pattern(
    expression: AnyStr, flags: int, groups: int, places: dict[str, int], code: bytes
) -> re.Pattern[AnyStr]:
    """The pattern of a code. Raises RuntimeError, or others, for one that is none."""
    names: list[str | None] = [None] * (groups + 1)
    for name, place in places.items():
        names[place] = name
    words = memoryview(code).cast(_WORD).tolist()
    pattern: re.Pattern[AnyStr] = import_module("_sre").compile(
        expression, flags, words, groups, dict(places), tuple(names)
    )
    return pattern


def _code_of(expression: Any, flags: int) -> tuple[int, int, dict[str, int], bytes] | None:
    """What `_pattern` takes, by the compiler of the standard library, of which only the last step is public;
    None if it is not the one that is known here."""
    from array import array

    try:
        tree = import_module("re._parser").parse(expression, flags)
        words = array(_WORD, import_module("re._compiler")._code(tree, flags))
        state = tree.state
        return int(flags | state.flags), state.groups - 1, dict(state.groupdict), words.tobytes()
    except (ImportError, AttributeError, TypeError, ValueError, OverflowError):
        return None
