"""Runs the tests of a module once for each fault, each run in a process of its own.

The parent loads pytest and what the module needs, never the module; each child takes the faulty module from
memory in the place of the file and runs the tests. The checkout is not changed.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import math
import os
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import EnumMeta, StrEnum
from pathlib import Path
from types import CodeType, ModuleType

import pytest

from tests.mutation.operators import Mutant, mutants
from tests.mutation.table import ROOT, Judged

_PLUGINS = ("-p", "no:cacheprovider", "-p", "no:xdist", "-p", "no:faulthandler")
_QUIET = ("-x", "-q", "--no-header", "--tb=short", "-W", "ignore", *_PLUGINS)
_NOT_LOADED = 99  # exit status of a run whose tests do not import the module
_TIMES = 10  # a run with a fault may take this many times what the run without one took
_LEAST_S = 10.0


class Fate(StrEnum):
    """What became of a mutant."""

    KILLED = "killed"
    OUT_OF_TIME = "out of time"
    SURVIVED = "survived"


class UnfitTestsError(Exception):
    """The tests fail, or miss the module, without any fault; the text says what they printed."""


@dataclass(frozen=True, slots=True)
class _Ended:
    """What one run came to: its exit status (None: a limit ended it), and seconds of processor and clock."""

    pid: int
    status: int | None
    processor: float
    clock: float


class _InPlace(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives one module from compiled code; every other is imported as always."""

    def __init__(self, name: str, path: str, code: CodeType) -> None:
        self._name, self._path, self._code = name, path, code
        self.is_loaded = False

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._name:
            return None
        return importlib.util.spec_from_file_location(fullname, self._path, loader=self)

    def exec_module(self, module: ModuleType) -> None:
        self.is_loaded = True
        exec(self._code, module.__dict__)  # compiled from this checkout's source


def faults(module: Judged) -> list[Mutant]:
    """The faults of a module. Imports what it imports, and not the module."""
    return list(mutants(module.path.read_text(encoding="utf-8"), _members))


def _members(module: str, name: str) -> Sequence[str]:
    thing = getattr(importlib.import_module(module), name, None)
    return list(thing.__members__) if isinstance(thing, EnumMeta) else ()


def run(module: Judged, chosen: Sequence[Mutant], jobs: int) -> Iterator[tuple[Mutant, Fate]]:
    """Run the tests of a module for each fault, as many at once as `jobs`. Raises UnfitTestsError."""
    with tempfile.TemporaryDirectory() as folder:
        sys.pycache_prefix, sys.dont_write_bytecode = folder, False
        _preload(module)
        usual = _without_fault(module, Path(folder, "without-fault"))
        processor_s, clock_s = (
            max(_LEAST_S, _TIMES * used) for used in (usual.processor, usual.clock * jobs)
        )
        waiting, running = list(reversed(chosen)), dict[int, Mutant]()
        begun: dict[int, float] = {}
        try:
            while waiting or running:
                while waiting and len(running) < jobs:
                    mutant = waiting.pop()
                    pid = _start(module, mutant, Path(os.devnull), processor_s)
                    running[pid], begun[pid] = mutant, time.monotonic()
                ended = _next_end(begun, clock_s)
                yield running.pop(ended.pid), _fate(ended.status)
        finally:
            for pid in running:
                os.killpg(pid, signal.SIGKILL)


def _fate(status: int | None) -> Fate:
    if status is None:
        return Fate.OUT_OF_TIME
    return Fate.SURVIVED if status == 0 else Fate.KILLED


def _preload(module: Judged) -> None:
    """Import what the module itself imports, so that no child has to."""
    for name in (
        "_pytest.assertion.rewrite",
        "pytest_asyncio.plugin",
        "hypothesis.strategies",
        "dns.resolver",
    ):
        importlib.import_module(name)
    for node in ast.walk(ast.parse(module.path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            importlib.import_module(node.module)
            for alias in node.names:  # `from probe.checks.judging import listings` names a module
                with contextlib.suppress(ModuleNotFoundError):
                    importlib.import_module(f"{node.module}.{alias.name}")
    if module.name in sys.modules:
        raise UnfitTestsError(
            f"{module.name} is imported by what it imports, so that no fault can be put into it"
        )


def _without_fault(module: Judged, log: Path) -> _Ended:
    """The run that must pass. It is made twice: the first one compiles the tests."""
    for _ in range(2):
        ended = _next_end({_start(module, None, log): time.monotonic()})
        if ended.status == _NOT_LOADED:
            raise UnfitTestsError(f"none of {', '.join(module.tests)} imports {module.name}")
        if ended.status != 0:
            text = log.read_text(encoding="utf-8", errors="replace")
            raise UnfitTestsError(f"the tests of {module.name} fail without any fault:\n{text}")
    return ended


def _start(module: Judged, mutant: Mutant | None, log: Path, processor_s: float | None = None) -> int:
    """Start one run in a child and give its process number."""
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return pid
    status = 3
    try:
        os.setsid()
        sink = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        for stream in (1, 2):
            os.dup2(sink, stream)
        if processor_s is not None:
            resource.setrlimit(resource.RLIMIT_CPU, (int(processor_s) + 1, int(processor_s) + 2))
        status = _tested(module, mutant)
    finally:
        os._exit(status)


def _tested(module: Judged, mutant: Mutant | None) -> int:
    path = str(module.path)
    if mutant is None:
        code = compile(module.path.read_bytes(), path, "exec", dont_inherit=True)
    else:
        code = mutant.compiled(path)
    finder = _InPlace(module.name, path, code)
    sys.meta_path.insert(0, finder)
    os.chdir(ROOT)
    status = int(pytest.main([*_QUIET, *module.tests]))
    return status if finder.is_loaded else _NOT_LOADED


def _next_end(begun: dict[int, float], clock_s: float = math.inf) -> _Ended:
    """Wait until one run has ended by itself or by its limits; it is taken out of `begun`."""
    while True:
        pid, status, used = os.wait4(-1, os.WNOHANG)
        if pid:
            break
        now = time.monotonic()
        for late in [it for it, since in begun.items() if now - since > clock_s]:
            os.killpg(late, signal.SIGKILL)
        time.sleep(0.01)
    code = os.waitstatus_to_exitcode(status)
    clock = time.monotonic() - begun.pop(pid)
    return _Ended(pid, code if code >= 0 else None, used.ru_utime + used.ru_stime, clock)
