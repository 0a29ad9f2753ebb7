"""A fault of this program affects only the rule in which it happens, never the report.

`recover` runs a rule, a predicate, a check or a reader: an exception becomes a `Fault`, a default value is
returned, and the run goes on. The report collects the faults with `collect_faults` and shows each as a
finding `internal`. With SMTP_PROBE_DEBUG=1 in the environment an exception is not caught: the tests run so,
and a developer sees the traceback.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import PurePath
from types import TracebackType
from typing import TypeVar

from probe._dataclass import dataclass, replace
from probe.model.debugging import is_debugging
from probe.model.exhaustion import Shortage, shortage
from probe.model.observed import Gap
from probe.model.program_part import ProgramPart
from probe.model.reason import Reason

_WORDS = 200  # characters of an exception's own text: it may quote text from the network
_PACKAGE = "probe"

T = TypeVar("T")
U = TypeVar("U")
Y = TypeVar("Y")
S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault inside this program. `part` is what failed; `of` says which, where there are several: the id
    of a check, the number of a session; `step` is the one of the nine steps that lacks it; `what` the
    exception in a clause; `where` file and line of this program. With `shortage` this machine has no more
    memory, descriptors, threads or room on a disk: `what` says so, and it is no bug."""

    part: ProgramPart
    step: int
    what: str
    where: str
    shortage: Shortage | None = None
    of: str = ""

    @property
    def is_machine(self) -> bool:
        """Whether the fault is of this machine (no resources), not of this program."""
        return self.shortage is not None

    @property
    def reason(self) -> Reason[Gap]:
        """Why the part was left out."""
        if self.shortage is not None:
            return Reason(Gap.SHORTAGE, shortage=self.shortage)
        return Reason(Gap.FAILED, text=self.what, where=self.where)


_collector: ContextVar[list[Fault] | None] = ContextVar("faults", default=None)


@contextmanager
def collect_faults() -> Iterator[list[Fault]]:
    """Collect the faults of the code inside the `with`, each once. Of two, the inner one takes its own."""
    faults: list[Fault] = []
    before = _collector.set(faults)
    try:
        yield faults
    finally:
        _collector.reset(before)


@contextmanager
def _note_fault(part: ProgramPart, step: int, of: str = "") -> Iterator[None]:
    """Pass an exception of the code inside to `collect_faults`; a cancellation is raised on."""
    try:
        yield
    except Exception as error:
        if is_debugging():
            raise
        note(replace(fault_of(part, error, step=step), of=of))


def recover(part: ProgramPart, rule: Callable[[], T], instead: U, *, step: int, of: str = "") -> T | U:
    """The result of `rule`; if it raises, `instead`, and the fault goes to `collect_faults`."""
    with _note_fault(part, step, of):
        return rule()
    return instead


async def recover_async(
    part: ProgramPart, work: Awaitable[T], instead: U, *, step: int, of: str = ""
) -> T | U:
    """The same for a coroutine."""
    with _note_fault(part, step, of):
        return await work
    return instead


def recover_steps(
    part: ProgramPart, steps: Generator[Y, S, T], instead: U, *, step: int
) -> Generator[Y, S, T | U]:
    """The same for a generator, which sends requests to its driver."""
    with _note_fault(part, step):
        return (yield from steps)
    return instead


def note(fault: Fault) -> None:
    """Give a fault to the innermost `collect_faults`; without one it is dropped."""
    faults = _collector.get()
    if faults is not None and fault not in faults:
        faults.append(fault)


def fault_of(part: ProgramPart, error: Exception, *, step: int) -> Fault:
    """The fault for an exception."""
    resource = shortage(error)
    if resource is not None:
        return Fault(part, step, resource.words, _where(error.__traceback__), resource)
    text = " ".join(str(error).split())
    name = type(error).__name__
    what = f"{name}: {text if len(text) <= _WORDS else text[:_WORDS] + '…'}" if text else name
    return Fault(part, step, what, _where(error.__traceback__))


def _where(trace: TracebackType | None) -> str:
    """The innermost line of this program, with the path inside the package: no path of the user's machine."""
    where = ""
    while trace is not None:
        parts = PurePath(trace.tb_frame.f_code.co_filename).parts
        if _PACKAGE in parts:
            start = len(parts) - 1 - parts[::-1].index(_PACKAGE)
            where = f"{'/'.join(parts[start:])}:{trace.tb_lineno}"
        trace = trace.tb_next
    return where
