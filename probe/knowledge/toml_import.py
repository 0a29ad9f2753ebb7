"""Read the TOML files of this package, parsed once and remembered.

Parsing TOML is too slow for a light command. A wheel contains each table already parsed (JSON, written by
setup.py); a checkout keeps the parsed form in `__pycache__`, checked against the file's time and size, and
works without it if it cannot write.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
"""The folder of the reviewed data. Only with files of its own can a parsed table be kept beside them, so
importlib.resources, which takes several milliseconds to load, would bring nothing."""

Stamp = list[list[Any]]


def load(path: Path) -> Mapping[str, Any]:
    """Return the parsed table. Raises tomllib.TOMLDecodeError or OSError."""
    return derive(path.with_name(path.name + ".json"), [path], lambda: parse(path))


def parse(path: Path) -> dict[str, Any]:
    """Parse one TOML file, without any cache."""
    import tomllib  # only if there is no parsed copy

    return tomllib.loads(path.read_text(encoding="utf-8"))


def derive(
    copy: Path,
    sources: Sequence[Path],
    make: Callable[[], Mapping[str, Any]],
    *,
    keep: bool | None = None,
) -> Mapping[str, Any]:
    """Return what `make` computes from `sources`, from the wheel's copy or the cache where one is valid.

    `copy` names the file a wheel carries; the cache has the same name in `__pycache__`.
    `keep` says whether a new cache may be written; by default Python's own bytecode setting decides.
    """
    try:
        return _table(copy, None)
    except FileNotFoundError:
        pass
    cache = copy.parent / "__pycache__" / copy.name
    stamp = _stamp(sources)
    try:
        return _table(cache, stamp)
    except (OSError, ValueError, KeyError, TypeError):
        pass
    table = make()
    if keep or (keep is None and not sys.dont_write_bytecode):
        from probe import _cache_file  # only if there is no valid copy

        entry = json.dumps({"stamp": stamp, "table": table}, separators=(",", ":"))
        _cache_file.put(cache, entry.encode())
    return table


def _table(file: Path, stamp: Stamp | None) -> Mapping[str, Any]:
    """Read a stored table. Raises OSError, or ValueError where the stamp is another one."""
    entry = json.loads(file.read_bytes())
    if stamp is not None and entry["stamp"] != stamp:
        raise ValueError("made from other sources")
    table: Mapping[str, Any] = entry["table"]
    return table


def _stamp(sources: Sequence[Path]) -> Stamp:
    """What changes when a source does: names, times in nanoseconds and sizes in octets."""
    stamp: Stamp = []
    for path in sources:
        status = path.stat()
        stamp.append([path.name, status.st_mtime_ns, status.st_size])
    return stamp
