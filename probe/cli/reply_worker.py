"""A process that explains lots of lines for another one (`probe.cli.reply_pool`).

It reads from its stdin, and writes to its stdout, one JSON value a line: first the way, then a lot for each
answer, until its stdin ends. So it ends with the process that started it, however that one ends.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from typing import Any

from probe.cli.reply_lots import Line, Lot, Way, Written, write_lot
from probe.model.exhaustion import shortage_clause
from probe.model.reply import Stage
from probe.model.verdict import ExitCode
from probe.report.style import Style


def encode_way(way: Way) -> bytes:
    """A line for a worker."""
    return _encode([*way[:3], list(way.style)])


def encode_lot(lot: Lot) -> bytes:
    """A line for a worker."""
    return _encode([list(it) if isinstance(it, Line) else _plain(it) for it in lot])


def decode_answer(line: bytes) -> Written | str | None:
    """What a worker answered: the results; a sentence on what this machine lacks; None for no answer. Raises
    RuntimeError for a bug in it."""
    try:
        answer: dict[str, Any] = json.loads(line)
    except ValueError:
        return None
    if "bug" in answer:
        raise RuntimeError(answer["bug"])
    return str(answer["lacks"]) if "lacks" in answer else _written(answer)


def _encode(value: Any) -> bytes:
    return json.dumps(value).encode("ascii") + b"\n"  # ASCII holds what no charset has, too


def _plain(written: Written) -> dict[str, Any]:
    return {"text": written.text, "codes": sorted(written.codes), "error": written.error}


def _written(row: dict[str, Any]) -> Written:
    return Written(row["text"], frozenset(map(ExitCode, row["codes"])), row["error"])


def _answer(line: bytes, way: Way) -> dict[str, Any]:
    try:
        rows = json.loads(line)
        return _plain(write_lot([Line(*it) if isinstance(it, list) else _written(it) for it in rows], way))
    except Exception as error:  # noqa: BLE001  it is raised again by the process that asks, which can tell it
        lacks = shortage_clause(error)
        return {"lacks": lacks} if lacks else {"bug": f"{type(error).__name__}: {error}"}


def serve() -> None:
    """Answer until stdin ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all: the process that asks ends
    target = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing else may stand among the answers
    way: Way | None = None
    try:
        for line in sys.stdin.buffer:
            if way is None:
                stage, host, form, style = json.loads(line)
                way = Way(Stage(stage) if stage else None, host, form, Style(*style))
            else:
                target.write(_encode(_answer(line, way)))
                target.flush()
    except BrokenPipeError:
        pass  # nobody waits for the answer
    os._exit(0)
