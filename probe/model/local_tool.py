"""Questions to programs and files of this machine, and their answers. Values only: nothing is run here."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeVar

from probe._dataclass import dataclass
from probe._enum import StrEnum

T = TypeVar("T")
# strerror of ENOENT, ENOTDIR, EISDIR
_NO_FILE = ("No such file or directory", "Not a directory", "Is a directory")


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


class ToolReason(StrEnum):
    """Why a call did not do what it was to do."""

    NO_PROGRAM = "no_program"  # on this host
    NOT_RUN = "not_run"  # the system did not start it
    LATE = "late"
    TOO_MUCH = "too_much"  # it printed without end
    NO_FILE = "no_file"  # a directory, a pipe
    FILE_UNREADABLE = "file_unreadable"
    FILE_TOO_LARGE = "file_too_large"
    COMPLAINT = "complaint"  # the program's own words
    EXIT_STATUS = "exit_status"  # it failed without a word


@dataclass(frozen=True, slots=True)
class ToolWhy:
    """A reason with the values that its sentence names; the others are empty. `program` and `path` are what
    was called, `seconds` how long it could take, `most` a limit in octets, `exit_status` that of the program
    (below zero: the signal that ended it), `text` what the program or the operating system says."""

    tag: ToolReason
    program: str = ""
    path: str = ""
    seconds: float | None = None
    most: int | None = None
    exit_status: int | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class ToolOutput:
    """The result of a call. `exit_code` is None if the program did not end, or the file could not be read;
    then `failure` says why. `is_missing`: there is no such program."""

    text: str = ""
    errors: str = ""
    exit_code: int | None = 0
    failure: ToolWhy | None = None
    is_missing: bool = False

    @property
    def is_usable(self) -> bool:
        """Whether the call succeeded."""
        return self.exit_code == 0

    @property
    def is_absent(self) -> bool:
        """Whether there is no file of that name, as far as one may look."""
        why = self.failure
        if why is None or why.tag is ToolReason.NO_FILE:
            return why is not None
        return why.tag is ToolReason.FILE_UNREADABLE and why.text.partition("] ")[2].startswith(_NO_FILE)

    @property
    def why(self) -> ToolWhy:
        """What went wrong: the last error line of the program, if it ran."""
        if self.failure is not None:
            return self.failure
        lines = [line.strip() for line in self.errors.splitlines() if line.strip()]
        message = next((line for line in reversed(lines) if "warning:" not in line), "")
        message = message.partition(": ")[2] if ": fatal: " in message else message  # the program's own path
        if message:
            return ToolWhy(ToolReason.COMPLAINT, text=message)
        return ToolWhy(ToolReason.EXIT_STATUS, exit_status=self.exit_code)


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
