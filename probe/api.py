"""The Python API. The command line is one user of it.

    import asyncio, probe

    report = asyncio.run(probe.check("bob@example.com", "alice@example.net"))
    print(report.verdict.outcome, report.verdict.cause, report.verdict.exit_code)

`check` and `domain` are coroutines; `check_sync` and `domain_sync` are the same for callers without
an event loop. `explain` and `replay` touch no network. Nothing is ever delivered: a dialogue ends at
RCPT. Cancelling a coroutine closes its sockets.
"""

from __future__ import annotations

import asyncio
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from probe.model.address_parse import parse_domain, parse_mailbox, parse_reverse_path
from probe.model.reply import Stage
from probe.model.report import Report
from probe.model.target import DomainTarget, Options, PairTarget, Target

if TYPE_CHECKING:
    from probe.explanation import Explanation


async def check(
    sender: str, recipient: str, options: Options | None = None, *, message: bytes | None = None
) -> Report:
    """Check one pair and return the report.

    `sender` is a mailbox or `<>`, `recipient` a mailbox (RFC 5321 section 4.1.2); `options` are those
    of the command line, `message` the octets of the message to be sent. Raises AddressError for an
    address that is none and ResolverConfigError when there is no resolver; what the network does is
    in the report, never an exception.
    """
    target = PairTarget(parse_reverse_path(sender), parse_mailbox(recipient))
    return await _report(target, options, message)


async def domain(name: str, options: Options | None = None) -> Report:
    """Check a recipient domain before a send: no MAIL, no RCPT. Raises as `check` does."""
    return await _report(DomainTarget(parse_domain(name)[0]), options, None)


def check_sync(
    sender: str, recipient: str, options: Options | None = None, *, message: bytes | None = None
) -> Report:
    """`check` for callers without an event loop."""
    return asyncio.run(check(sender, recipient, options, message=message))


def domain_sync(name: str, options: Options | None = None) -> Report:
    """`domain` for callers without an event loop."""
    return asyncio.run(domain(name, options))


def explain(reply: str, *, stage: Stage | str | None = None, host: str = "") -> Explanation:
    """Read one SMTP reply or bounce line. Touches no network and never raises on any text.

    `stage` is where it was given, when that is known; `host` the server that gave it. ValueError
    when `stage` names none.
    """
    from probe.explanation import explain as read

    return read(reply, Stage(stage) if stage else None, host)


def replay(recording: str | PathLike[str]) -> Report:
    """The report of a saved run, from the same observations again. Raises RecordingError, OSError."""
    from probe.run import replay as report_of_file

    return report_of_file(Path(recording))


async def _report(target: Target, options: Options | None, message: bytes | None) -> Report:
    from probe.run import observe, report_of

    given = ("message", message) if message is not None else None
    return report_of(await observe(target, options or Options(), message=given))
