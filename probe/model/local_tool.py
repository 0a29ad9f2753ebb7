"""Questions to programs and files of this machine, and their answers. Values only: nothing is run here."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One program to be run, read-only: its name, never a path from outside; its arguments, never read by a
    shell; its standard input. Text from the user is in `stdin` or is the value of an option, so that it
    cannot become an option."""

    program: str
    arguments: tuple[str, ...] = ()
    stdin: str = ""


@dataclass(frozen=True, slots=True)
class FileCall:
    """One configuration file to be read; `path` is named by the server's own configuration."""

    path: str


@dataclass(frozen=True, slots=True)
class ToolOutput:
    """The result of a call. `exit_code` is None if the program did not end, or the file could not be read;
    then `failure` says why. `is_missing`: there is no such program."""

    text: str = ""
    errors: str = ""
    exit_code: int | None = 0
    failure: str = ""
    is_missing: bool = False

    @property
    def is_usable(self) -> bool:
        """Whether the call succeeded."""
        return self.exit_code == 0

    @property
    def why(self) -> str:
        """A clause on what went wrong: the last error line of the program."""
        lines = [line.strip() for line in self.errors.splitlines() if line.strip()]
        message = next((line for line in reversed(lines) if "warning:" not in line), "")
        message = message.partition(": ")[2] if ": fatal: " in message else message  # the program's own path
        return self.failure or message or f"exit status {self.exit_code}"


Call = ToolCall | FileCall
Inquiry = Generator[tuple[Call, ...], tuple[ToolOutput, ...], T]


def run_inquiry(inquiry: Inquiry[T], answer: Callable[[Call], ToolOutput]) -> T:
    """Drive an inquiry over answers that are known already."""
    try:
        calls = next(inquiry)
        while True:
            calls = inquiry.send(tuple(answer(call) for call in calls))
    except StopIteration as stop:
        result: T = stop.value
        return result
