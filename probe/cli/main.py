"""The entry point of the command line: runs a command, prints one line for every error, returns an exit
code."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn, cast

from probe._regex import keep as keep_expressions
from probe.cli import signals
from probe.cli.commands import COMMANDS, READING_THEMSELVES
from probe.cli.errors import (
    EXIT_INTERNAL,
    NothingObservedError,
    UsageError,
    abandon,
    complain,
    refuse_controls,
)
from probe.cli.signals import EXIT_INTERRUPTED
from probe.model.debugging import DEBUG, ISSUES, is_debugging
from probe.model.exhaustion import shortage_clause
from probe.model.verdict import ExitCode


def run(argv: Sequence[str]) -> int:
    """Run one command line (without the program's name); returns the exit code, never raises."""
    _open_what_is_closed()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        return _dispatch(list(argv))
    except UsageError as problem:
        return _fail(argv, str(problem), ExitCode.USAGE)
    except NothingObservedError as problem:
        return _fail(argv, str(problem), ExitCode.INCONCLUSIVE)
    except SystemExit as end:  # argparse ends --help like this, and ignores write errors
        return _flush(end.code if isinstance(end.code, int) else 0)
    except KeyboardInterrupt:
        return _fail(argv, "interrupted", signals.exit_code())
    except OSError as error:
        # --help writes directly; every other command handles its own streams
        if error.errno in (errno.ENOSPC, errno.EPIPE):
            return _unwritable_stdout(error)
        if is_debugging():
            raise
        return _fail(argv, *_internal(error))
    except Exception as error:
        # The last resort: a bug must not reach the user as a traceback.
        if is_debugging():
            raise
        return _fail(argv, *_internal(error))


def _fail(argv: Sequence[str], problem: str, code: int) -> int:
    """Report on stderr, in one line, why there is no report; a monitoring plugin does on stdout, with an exit
    code of its own."""
    if "nagios" in " ".join(argv):  # so that no other command line loads the module
        from probe.cli import plugin

        if plugin.is_asked_for(argv):
            return plugin.say_unknown(problem)
    complain(problem)
    return code


def leave(code: int) -> NoReturn:
    """End the process at once. The interpreter's own way out takes apart a thousand modules one by one, waits
    for threads, and ends a daemon thread that still works (an import, a second opinion) wherever it is; in
    the midst of C++ code that aborts the process (CPython issue 87135). Who traces or profiles gets it."""
    if sys.gettrace() or sys.getprofile():
        sys.exit(code)
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    keep_expressions()
    os._exit(code)


def _flush(code: int) -> int:
    try:
        sys.stdout.flush()
    except OSError as error:
        return _unwritable_stdout(error)
    return code


def _unwritable_stdout(error: OSError) -> int:
    abandon(sys.stdout)
    if error.errno == errno.EPIPE:
        return 0  # a closed pipe is no error
    complain("cannot write standard output: no space left on device")
    return ExitCode.USAGE


def _internal(error: Exception) -> tuple[str, int]:
    """What to say about an error that nothing expected, and the exit code."""
    if words := shortage_clause(error):
        return words, ExitCode.INCONCLUSIVE
    problem = (
        f"internal error: {type(error).__name__}: {error}; this is a bug: please report it at {ISSUES} "
        f"with the traceback that {DEBUG}=1 shows"
    )
    return problem, EXIT_INTERNAL


def _open_what_is_closed() -> None:
    """A process may be started without its standard streams (`>&-`). Python then has None there, and the next
    file or socket would get the free descriptor; so they are replaced by empty input and discarded output."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115 - for good


def _dispatch(argv: list[str]) -> int:
    if argv and argv[0] in READING_THEMSELVES:
        code: int = READING_THEMSELVES[argv[0]].load().main(argv[1:], run)
        return code
    if argv and argv[0] not in _NAMES:
        argv = _as_meant(argv)
        if argv[:1] and argv[0] in READING_THEMSELVES:
            return _dispatch(argv)
    if argv in ([], ["-h"], ["--help"]):
        from probe.cli.program_help import program_help

        sys.stdout.write(program_help())
        sys.stdout.flush()
        return 0
    _refuse_controls(argv)
    entry = _READ_BY_TYPER.get(argv[0])
    if entry is not None:
        from probe.cli.parameters import read_plain

        arguments = read_plain(entry.function, argv[1:])
        if arguments is not None:
            return entry.function(**arguments)
    return _typer(argv)


_NAMES = frozenset(entry.name for entry in COMMANDS)
_READ_BY_TYPER = {entry.name: entry for entry in COMMANDS if not entry.reads_itself}


def _as_meant(argv: list[str]) -> list[str]:
    """`help CMD` becomes `CMD --help`, and two addresses become `check`; other arguments are unchanged."""
    if argv[0] == "help":
        return [*argv[1:2], "--help"]
    if argv[0].startswith("-") and len(argv) == 1:
        return argv
    from probe.cli.slips import command_for, is_address

    addresses = sum(map(is_address, argv))
    if addresses >= 2 and (is_address(argv[0]) or argv[0].startswith("-")):
        return ["check", *argv]
    command = command_for(" ".join(argv)) or command_for(argv[0])
    if command and not argv[0].startswith("-"):
        refuse_controls(f"argument {argv[0]!r}", argv[0])
        raise UsageError("", f"{argv[0]!r} is no command; did you mean: {command}")
    return argv


def _refuse_controls(argv: list[str]) -> None:
    for position, value in enumerate(argv):
        before = argv[position - 1] if position else ""
        name, equals, _ = value.partition("=")
        if value.startswith("--") and equals:
            subject = name
        else:
            subject = before if before.startswith("-") else f"argument {value!r}"
        refuse_controls(subject, value)


def _typer(argv: list[str]) -> int:
    import typer

    from probe.cli.app import build

    # BadParameter is public; its bases are the only other way to name typer's own errors, which
    # typer brings with it since 0.20-something and takes from click before that
    usage_error = cast(type[Exception], typer.BadParameter.__mro__[1])
    try:
        code = typer.main.get_command(build()).main(argv, "smtp-probe", standalone_mode=False)
    except usage_error as error:
        raise _as_usage_error(error, argv) from None
    except typer.Abort:
        raise KeyboardInterrupt from None
    except SystemExit:  # click ends like this if the pipe of --help is closed, which is no error
        return 0
    if code == EXIT_INTERRUPTED:  # newer versions report Ctrl-C like this, without a message
        raise KeyboardInterrupt
    return int(code or 0)


def _as_usage_error(error: Exception, argv: list[str]) -> UsageError:
    from probe.cli.slips import one_address, option_advice

    message = str(getattr(error, "format_message", error.__str__)()).rstrip(".")
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "smtp-probe"
    advice = option_advice(message) if "option" in message else ""
    if argv[0] == "check" and "'RECIPIENT'" in message:
        advice = one_address(argv[1:])
    return UsageError("", f"{message[:1].lower()}{message[1:]}; {advice or f'see {path} --help'}")
