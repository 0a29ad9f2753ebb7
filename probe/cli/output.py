"""The destination of a report (a terminal, a pipe or a file) and its style."""

from __future__ import annotations

import contextlib
import io
import os
import stat
import sys
import time
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Protocol, TextIO

from probe.cli import signals
from probe.cli.errors import UsageError, abandon, complain, unreadable
from probe.cli.terminal import terminal_columns, terminal_lines
from probe.model.verdict import ExitCode
from probe.report.formats import Format, Kind, formats_of
from probe.report.style import Style

MAX_COLUMNS = 100  # longer lines are harder to read, however wide the terminal


def style_for(stream: TextIO | None, verbosity: int = 0, note: str = "", *, is_paged: bool = False) -> Style:
    """The style of a stream; None means a file: UTF-8, 100 columns, no colour. Text in a pager is not
    folded."""
    if stream is None:
        return Style(verbosity=verbosity, note=note)
    is_terminal = stream.isatty()
    # https://no-color.org: set and not empty; a dumb terminal has no SGR
    plain = bool(os.environ.get("NO_COLOR")) or os.environ.get("TERM") == "dumb"
    return Style(
        width=min(terminal_columns(MAX_COLUMNS), MAX_COLUMNS),
        height=terminal_lines(stream) if is_terminal and not is_paged else None,
        colour=is_terminal and not plain,
        encoding=stream.encoding or "ascii",
        verbosity=verbosity,
        note=note,
    )


class ExitResult(Protocol):
    """A result with an exit code."""

    @property
    def exit_code(self) -> ExitCode: ...


def chosen_format(name: str, kind: Kind) -> Format:
    """Read --format. Raises UsageError for a format that this kind of result does not have."""
    formats = formats_of(kind)
    if name not in formats:
        raise UsageError("--format", f"{name!r} is not one of {', '.join(formats)}")
    return formats[name]


def report_path(output: str | None) -> Path | None:
    """The file of -o; None for stdout, also if it is "-"."""
    return Path(output) if output not in (None, "-") else None


def refuse_input(path: Path | None, names: Iterable[str | None]) -> None:
    """Raise UsageError if the file of -o is one of those that are read ("-" is stdin, None is not given): the
    report would take its place."""
    for name in filter(None, names):
        source = Path("/dev/stdin" if name == "-" else name)
        with contextlib.suppress(OSError):  # what cannot be looked at is told by whoever opens it
            if path is not None and path.is_file() and path.samefile(source):
                raise UsageError("-o", f"{path} is read, too, and would be written over; name another file")


def is_one_file(one: Path, other: Path) -> bool:
    """Whether what is written to both, now or once they are there, would go to one file."""
    same = os.path.realpath(one) == os.path.realpath(other)
    return same and (one.is_file() or not one.exists())  # /dev/null may be both


def deliver_each(
    results: Iterable[ExitResult],
    kind: Kind,
    form: Format,
    path: Path | None,
    *,
    is_sequence: bool,
    verbosity: int = 0,
    is_paged: bool = False,
) -> ExitCode:
    """Write results one by one as they come, to a file or to stdout; `is_sequence`: written as several even
    if there is only one. Returns the worst exit code. Raises UsageError when it cannot be written."""
    style = style_for(None if path is not None else sys.stdout, verbosity, is_paged=is_paged)
    texts = ((form.write(kind, result, style, is_row=is_sequence), (result.exit_code,)) for result in results)
    return deliver_series(texts, form, path, is_sequence=is_sequence, is_paged=is_paged)


def deliver_series(
    texts: Iterable[tuple[str, Collection[ExitCode]]],
    form: Format,
    path: Path | None,
    *,
    is_sequence: bool = True,
    is_paged: bool = False,
) -> ExitCode:
    """The same for results that are written already: each text with the exit codes of what it tells; none
    for an empty one. Without any result nothing was observed, which is inconclusive."""
    series = form.series
    codes: set[ExitCode] = set()
    with destination(path, is_paged=is_paged) as target:
        before, after = series.ends if is_sequence else ("", "")
        for text, its_codes in texts:
            if its_codes:
                lead = series.between if codes else before
                codes.update(its_codes)
                target.write(lead + text)
                target.flush()
        if is_sequence:
            target.write(after if codes else series.none)
    return ExitCode.worst(codes or {ExitCode.INCONCLUSIVE})


def deliver_text(
    text: str,
    path: Path | None,
    stream: TextIO | None = None,
    *,
    is_paged: bool = False,
    mode: int | None = None,
) -> None:
    """Write to a file (UTF-8), or to `stream` (None: stdout), possibly through a pager. `mode` are the
    permissions of a new file. A closed pipe is no error.

    Raises UsageError when it cannot be written.
    """
    with destination(path, stream, is_paged=is_paged, mode=mode) as target:
        target.write(text)


def write_beside(form: Format, kind: Kind, result: object) -> None:
    """Append the result to the second file of the format, if the environment names one. A file that cannot be
    written is told, and no failure: the report itself is delivered."""
    name = os.environ.get(form.beside.variable) if form.beside is not None else None
    if form.beside is None or not name:
        return
    text = formats_of(kind)[form.beside.form].write(kind, result, Style())
    try:
        with Path(name).open("a", encoding="utf-8") as target:
            target.write(text)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the name
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        complain(f"{form.beside.variable}: cannot write {name}: {reason.lower()}")


@contextlib.contextmanager
def destination(
    path: Path | None, stream: TextIO | None = None, *, is_paged: bool = False, mode: int | None = None
) -> Iterator[TextIO]:
    """Where a report is written: `stream` (None: stdout), or the file of -o, which is replaced only by a
    complete report, and has the permissions `mode` if it is new (None: as the umask has it); a pager if
    requested and stdout is a terminal. A closed pipe is no error.

    Raises UsageError when it cannot be written. Code in the context may raise OSError only for that.
    """
    stream = stream or sys.stdout
    try:
        with _stdout_or_pager(stream, is_paged=is_paged) if path is None else _file(path, mode) as target:
            yield target
            target.flush()
    except BrokenPipeError:
        abandon(stream)
    except OSError as error:
        if path is not None:
            raise unreadable("-o", str(path), error, verb="write") from None
        abandon(stream)
        where = "standard error" if stream is sys.stderr else "standard output"
        raise unreadable("", where, error, verb="write") from None


def _stdout_or_pager(stream: TextIO, *, is_paged: bool) -> contextlib.AbstractContextManager[TextIO]:
    if not is_paged or stream is not sys.stdout or not stream.isatty():
        return contextlib.nullcontext(stream)
    from probe.cli.pager import open_pager

    return open_pager()


@contextlib.contextmanager
def _file(path: Path, mode: int | None) -> Iterator[TextIO]:
    """A temporary file that replaces the target when everything is written."""
    state = path.stat() if path.exists() else None
    place = Path(os.path.realpath(path))  # the file that a symbolic link names, not the link
    if state is not None and not _is_replaceable(state, place):
        with path.open("w", encoding="utf-8") as target:
            yield target
        return
    draft = place.with_name(f".smtp-probe-{os.getpid()}-{time.time_ns():x}.part")
    if state is not None and not os.access(place.parent, os.W_OK):
        with _in_place(place) as target:
            yield target
        return
    with signals.remove_on_signal(str(draft)):
        try:
            with draft.open("x", encoding="utf-8") as target:
                yield target
            if state is not None:
                draft.chmod(stat.S_IMODE(state.st_mode))
            elif mode is not None:
                draft.chmod(mode)
            _put(draft, place)
        finally:
            draft.unlink(missing_ok=True)


def _is_replaceable(state: os.stat_result, place: Path) -> bool:
    """Whether the file can be replaced: not a pipe, terminal or /dev/stdout, nor a deleted file."""
    return stat.S_ISREG(state.st_mode) and place.exists() and os.path.samestat(state, place.stat())


def _put(draft: Path, place: Path) -> None:
    try:
        draft.replace(place)
    except OSError:  # a mount point, or another user's file in a sticky directory
        with _in_place(place) as target:
            target.write(draft.read_text(encoding="utf-8"))


@contextlib.contextmanager
def _in_place(place: Path) -> Iterator[TextIO]:
    """The target itself; truncated if writing fails."""
    with place.open("w", encoding="utf-8") as target:
        whole = False
        try:
            yield target
            target.flush()
            whole = True
        finally:
            if not whole:
                with contextlib.suppress(OSError):
                    os.truncate(place, 0)


def speak_utf8(stream: TextIO | None = None) -> None:
    """For formats that machines read, on `stream` (None: stdout): JSON between systems is UTF-8, whatever the
    locale (RFC 8259 section 8.1)."""
    stream = stream or sys.stdout
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(encoding="utf-8")
