"""Typing mistakes: what an invalid command line probably means. Loaded only for such."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from probe._enum import StrEnum
from probe.model.text import printable

_HEAD = 1 << 16  # octets of a file that are read to recognise its kind
_LINES = 40
_REPLY = re.compile(r"\s*[245]\d\d(?:[ -]|$)")
_HEADER = re.compile(r"(?:From |[A-Za-z][A-Za-z0-9-]*:(?:\s|$))")
_HEADERS = (
    "from",
    "to",
    "subject",
    "date",
    "received",
    "return-path",
    "message-id",
    "mime-version",
    "delivered-to",
)
_EXCERPT_LENGTH = 80  # characters of an argument that an error repeats


class FileKind(StrEnum):
    """The kind of a file."""

    RECORDING = "a recording of a run"
    REPORT = "a report, which says what was concluded and not what was observed"
    MESSAGE = "a message"
    LOG = "a mail log"
    OTHER = "a file"


def kind_of(path: str) -> FileKind | None:
    """The kind of a file by its beginning; None if it cannot be read."""
    try:
        if not Path(path).is_file():
            return None
        with Path(path).open("rb") as stream:
            head = stream.read(_HEAD)
    except (OSError, ValueError):
        return None
    if head.lstrip()[:1] == b"{":
        if b'"started"' in head[:200]:
            return FileKind.RECORDING
        if b'"smtp-probe.report/' in head[:200]:
            return FileKind.REPORT
    lines = head.splitlines()[:_LINES]
    if _is_message([line.decode("latin-1") for line in lines]):
        return FileKind.MESSAGE
    from probe.reading.log.formats import detect

    return FileKind.LOG if detect(lines) is not None else FileKind.OTHER


def _is_message(lines: Sequence[str]) -> bool:
    """A header section (RFC 5322 section 2.2) with two fields that messages have; a mailbox file, too."""
    if not lines or _HEADER.match(lines[0]) is None:
        return False
    names = {line.partition(":")[0].strip().lower() for line in lines if ":" in line}
    return len(names & set(_HEADERS)) >= 2


def command_for_file(path: str) -> str:
    """The command that reads a file of this kind; empty if there is no file or no such command."""
    name = operand(path)
    match kind_of(path):
        case FileKind.RECORDING:
            return f"smtp-probe replay {name}"
        case FileKind.MESSAGE:
            return f"smtp-probe bounce {name}"
        case FileKind.LOG:
            return f"smtp-probe log {name}"
        case FileKind.OTHER:
            return f"smtp-probe explain --input {name}"
        case _:
            return ""


def about_file(path: str) -> str:
    """The kind of a file and the command that reads it, in one clause; empty if it is not a file."""
    kind = kind_of(path)
    if kind is None:
        return ""
    command = command_for_file(path)
    return f"{shown(path)} is {kind.value}" + (f"; read it with: {command}" if command else "")


def no_recording(path: str, reason: str) -> str:
    """Why a file is not a recording: what it is instead, if known, else `reason`."""
    if kind_of(path) not in (FileKind.MESSAGE, FileKind.LOG, FileKind.REPORT):
        return f"{path}: {reason}"
    way_out = "" if command_for_file(path) else "; check --record FILE makes a recording"
    return f"{about_file(path)}{way_out}"


def command_for(argument: str) -> str:
    """The command line for a single argument: a file, a reply, an address or a domain. Empty for anything
    else."""
    if command := command_for_file(argument):
        return command
    if _REPLY.match(argument):
        return f"smtp-probe explain {word(argument)}"
    if is_address(argument):
        return f"smtp-probe check SENDER {word(argument)}"
    if re.fullmatch(r"[\w-]+(?:\.[\w-]+)+\.?", argument):
        return f"smtp-probe domain {word(argument)}"
    return ""


def is_address(argument: str) -> bool:
    """Whether an argument is meant as an address, valid or not."""
    return argument == "<>" or (
        "@" in argument and argument[:1] not in "-/." and not re.search(r"\s", argument)
    )


def shown(argument: str) -> str:
    """An argument as a sentence names it, quoted; a long one is cut."""
    text = printable(argument)
    return shlex.quote(text if len(text) <= _EXCERPT_LENGTH else f"{text[:_EXCERPT_LENGTH]}…")


def word(argument: str) -> str:
    """An argument as a word of a shell's command line: whole, for a part of it would do something else."""
    return shlex.quote(printable(argument))


def operand(name: str) -> str:
    """The name of a file as such a word, which no command takes for an option."""
    return word(f"./{name}" if name[:1] == "-" != name else name)


def option_advice(message: str) -> str:
    """What to write instead of an unknown option, whose name is in the parser's message."""
    from probe.report.formats import FORMATS

    match = re.search(r"--([a-z]+)\b", message)
    names = {form.name for form in FORMATS}
    return f"write --format {match[1]}" if match is not None and match[1] in names else ""


def one_address(argv: Sequence[str]) -> str:
    """For `check` with one argument: what is required, and what may have been meant."""
    operands = [it for it in argv if not it.startswith("-")]
    hint = ""
    for argument in operands[-1:]:
        if is_address(argument) and (domain := argument.rpartition("@")[2].rstrip(">")):
            hint = f"; for the recipient domain alone: smtp-probe domain {word(domain)}"
        elif command := command_for(argument):
            hint = f"; or did you mean: {command}"
    return f"check takes two addresses: smtp-probe check SENDER RECIPIENT{hint}"
