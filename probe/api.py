"""The Python API. The command line is one user of it.

    import asyncio, probe

    report = asyncio.run(probe.check("bob@example.com", "alice@example.net"))
    print(report.verdict.outcome, report.verdict.cause, report.verdict.exit_code)

`check` and `domain` are coroutines; `check_sync` and `domain_sync` are the same for callers without
an event loop. `explain` and `replay` touch no network. Nothing is ever delivered: a dialogue ends at
RCPT. Cancelling a coroutine closes its sockets.

Many checks may go on at once in one event loop, or in several. They share the sockets to a name server, and
keep together to what this process may open and to what a mail server may be asked at once; what takes long is
computed in a thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from probe.explanation import Explanation
    from probe.model.reply import Stage
    from probe.model.report import Report
    from probe.model.target import Options, Target


async def check(
    sender: str, recipient: str, options: Options | None = None, *, message: bytes | None = None
) -> Report:
    """Check one pair and return the report.

    `sender` is a mailbox or `<>`, `recipient` a mailbox (RFC 5321 section 4.1.2); `options` are those
    of the command line, `message` the octets of the message to be sent. Raises AddressError for an
    address that is none and ResolverConfigError when there is no resolver; what the network does is
    in the report, never an exception.
    """
    return await _report(partial(_pair, sender, recipient), options, message)


async def domain(name: str, options: Options | None = None) -> Report:
    """Check a recipient domain before a send: no MAIL, no RCPT. Raises as `check` does."""
    return await _report(partial(_domain, name), options, None)


def check_sync(
    sender: str, recipient: str, options: Options | None = None, *, message: bytes | None = None
) -> Report:
    """`check` for callers without an event loop. RuntimeError where one runs in this thread."""
    _without_a_loop("check")
    return asyncio.run(check(sender, recipient, options, message=message))


def domain_sync(name: str, options: Options | None = None) -> Report:
    """`domain` for callers without an event loop. RuntimeError where one runs in this thread."""
    _without_a_loop("domain")
    return asyncio.run(domain(name, options))


def _without_a_loop(name: str) -> None:
    """Before any coroutine is made, which would be complained about as never awaited."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    raise RuntimeError(f"an event loop runs in this thread: use `await probe.{name}(...)` here")


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


def _pair(sender: str, recipient: str) -> Target:
    from probe.model.address_parse import parse_mailbox, parse_reverse_path
    from probe.model.target import PairTarget

    return PairTarget(parse_reverse_path(sender), parse_mailbox(recipient))


def _domain(name: str) -> Target:
    from probe.model.address_parse import parse_domain
    from probe.model.target import DomainTarget

    return DomainTarget(parse_domain(name)[0])


async def _report(target: Callable[[], Target], options: Options | None, message: bytes | None) -> Report:
    from probe.net.gc_pauses import short_pauses
    from probe.net.threads import in_thread

    with short_pauses():
        if not _LOADED:
            await in_thread(_load)
        from probe.model.target import Options
        from probe.run import observe, report_of

        file = ("message", message) if message is not None else None
        recording = await observe(target(), options or Options(), message=file)
        return await in_thread(partial(report_of, recording))


def _load() -> None:
    """What a check and its report need; it takes longer than an event loop may be held up."""
    if not _LOADED:
        from probe.net.gc_pauses import no_pauses

        with no_pauses():
            from probe.run import prepare

            prepare()
        _LOADED.append(True)


_LOADED: list[bool] = []
