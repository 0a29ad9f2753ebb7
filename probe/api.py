"""The Python API. The command line is one user of it.

    import probe

    report = probe.check_sync("bob@example.com", "alice@example.net")
    print(report.verdict.outcome, report.verdict.cause, report.verdict.exit_code)
    print(report.to_text())

`check` and `domain` are coroutines; `check_sync` and `domain_sync` are the same for callers without
an event loop. `explain`, `bounce`, `replay` and `redact` touch no network. Nothing is ever delivered: a
dialogue ends at RCPT. Cancelling a coroutine closes its sockets.

Many checks may run at once in one event loop, or in several. They share the sockets to a name server, and the
limits on open files of this process and on sessions with a mail server; long computations run in a thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from probe.bounces import BouncedRecipient
    from probe.explanation import Explanation
    from probe.model.reply import Stage
    from probe.model.report import Report
    from probe.model.target import Options, Target
    from probe.recording.events import Event
    from probe.recording.redact import Redaction


async def check(
    sender: str,
    recipient: str,
    options: Options | None = None,
    *,
    message: bytes | None = None,
    record: str | PathLike[str] | None = None,
) -> Report:
    """Check one pair and return the report.

    `sender` is a mailbox or `<>`, `recipient` a mailbox (RFC 5321 section 4.1.2); `options` are those of the
    command line, `message` the octets of the message to be sent, `record` a new file for what is observed,
    which `replay` and `redact` read. Raises AddressError for an invalid address, ResolverConfigError when
    there is no resolver, RecordingError or OSError for a file that cannot be written; network errors are in
    the report, never an exception.
    """
    return await _report(partial(_pair, sender, recipient), options, message, record)


async def domain(
    name: str, options: Options | None = None, *, record: str | PathLike[str] | None = None
) -> Report:
    """Check a recipient domain before a send: no MAIL, no RCPT. Raises as `check` does."""
    return await _report(partial(_domain, name), options, None, record)


def check_sync(
    sender: str,
    recipient: str,
    options: Options | None = None,
    *,
    message: bytes | None = None,
    record: str | PathLike[str] | None = None,
) -> Report:
    """`check` for callers without an event loop. RuntimeError where one runs in this thread (a notebook)."""
    _without_a_loop("check")
    return asyncio.run(check(sender, recipient, options, message=message, record=record))


def domain_sync(
    name: str, options: Options | None = None, *, record: str | PathLike[str] | None = None
) -> Report:
    """`domain` for callers without an event loop. RuntimeError where one runs in this thread (a notebook)."""
    _without_a_loop("domain")
    return asyncio.run(domain(name, options, record=record))


def _without_a_loop(name: str) -> None:
    """Raise RuntimeError before a coroutine is created, which would be reported as never awaited."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise RuntimeError(
        f"probe.{name}_sync cannot be used here: an event loop runs in this thread, as in Jupyter;"
        f" write `report = await probe.{name}(...)`"
    )


def explain(reply: str, *, stage: Stage | str | None = None, host: str = "") -> Explanation:
    """Read one SMTP reply or bounce line. Touches no network and never raises on any text.

    `stage` is where it was given, when that is known; `host` the server that gave it. ValueError
    when `stage` names none.
    """
    from probe.explanation import explain as read
    from probe.model.reply import Stage

    return read(reply, Stage(stage) if stage else None, host)


def replay(recording: str | PathLike[str]) -> Report:
    """The report of a saved run, from the same observations again. Raises RecordingError, OSError."""
    from probe.run import replay as report_of_file

    return report_of_file(Path(recording))


def bounce(message: bytes | str | PathLike[str]) -> tuple[BouncedRecipient, ...]:
    """Read a bounce: one result for each recipient that it is about, at least one.

    `message` is the octets of one message, or the path of a file that holds one (.eml) or many (mbox). What
    is no bounce gives a result whose `is_bounce` is False. Touches no network and never raises on any octets;
    OSError for a file that cannot be read.
    """
    from probe.bounces import messages, read_bounces

    if isinstance(message, bytes):
        return read_bounces(message)
    path = Path(message)
    with path.open("rb") as stream:
        several = [read_bounces(data, str(path)) for data in messages(stream)]
    return tuple(result for results in several for result in results) or read_bounces(b"", str(path))


def redact(recording: str | PathLike[str]) -> Redaction:
    """A recording without names, addresses and message text; its `text` is what to write into a file.

    It replays to the same verdict. `identifiers` names what was not replaced. Raises RecordingError, OSError.
    """
    from probe.recording.file import load
    from probe.recording.redact import redaction

    return redaction(load(Path(recording)))


def _pair(sender: str, recipient: str) -> Target:
    from probe.model.address_parse import parse_mailbox, parse_reverse_path
    from probe.model.target import PairTarget

    return PairTarget(parse_reverse_path(sender), parse_mailbox(recipient))


def _domain(name: str) -> Target:
    from probe.model.address_parse import parse_domain
    from probe.model.target import DomainTarget

    return DomainTarget(parse_domain(name)[0])


async def _report(
    target: Callable[[], Target],
    options: Options | None,
    message: bytes | None,
    record: str | PathLike[str] | None,
) -> Report:
    from probe.net.gc_pauses import short_pauses
    from probe.net.threads import in_thread

    with short_pauses():
        if not _LOADED:
            await in_thread(_load)
        from probe.model.target import Options
        from probe.run import observe, report_of

        whom, file = target(), ("message", message) if message is not None else None
        with _event_sink(record) as sink:
            recording = await observe(whom, options or Options(), message=file, sink=sink)
        return await in_thread(partial(report_of, recording))


@contextmanager
def _event_sink(path: str | PathLike[str] | None) -> Iterator[Callable[[Event], None] | None]:
    if path is None:
        yield None
        return
    from probe.recording.file import RecordingWriter

    with RecordingWriter(Path(path)) as writer:
        yield writer.append


def _load() -> None:
    """Load what a check and its report need; this would block an event loop for too long."""
    if not _LOADED:
        from probe.net.gc_pauses import no_pauses

        with no_pauses():
            from probe.run import prepare

            prepare()
        _LOADED.append(True)


_LOADED: list[bool] = []
