"""`smtp-probe log FILE --queue-id ID --check`: the live check of those whom one message did not reach."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from probe.cli import signals
from probe.cli.commands import Run
from probe.cli.errors import UsageError, complain, refuse_controls
from probe.cli.log_pair import already_read, read_into
from probe.cli.log_reading import now_here
from probe.maillog.pair import PairLog
from probe.model.logged import LogFate, LoggedDelivery
from probe.model.text import printable
from probe.model.verdict import ExitCode
from probe.reading.reply.disposition import disposition
from probe.report.words import NO_MAILBOX

CHECKED_LIMIT = 3  # recipients of one message that are asked about live, each at a server's expense
_NOT_WITH = ("since", "until", "domain", "status", "follow", "unparsed", "state")
_FORMATS = ("text", "json", "markdown")
_FATES = {
    LogFate.DEFERRED: "was deferred and waits",
    LogFate.BOUNCED: "was refused for good",
    LogFate.EXPIRED: "was given up after its time in the queue",
    LogFate.UNKNOWN: "was taken out of the queue",
}


def check_each(arguments: argparse.Namespace, further: Sequence[str], run: Run) -> int:
    """Run `check --log` for each recipient of the message that did not get it; the worst exit code. Raises
    UsageError."""
    queue_id = _queue_id(arguments)
    log = PairLog(now_here().tzinfo, _bare(arguments.sender), _bare(arguments.recipient), queue_id)
    read_into(log, arguments.files, arguments.log_format)
    result = _last_of_each(log)
    file_names = ", ".join(arguments.files)
    if not result:
        complain(f"log: no message with the queue id {queue_id} is in {file_names}")
        return ExitCode.INCONCLUSIVE
    failures = [it for it in result if it.status is not LogFate.SENT]
    if not failures:
        what = disposition(result[0].words) if result[0].is_remote else None
        rest = f"; {NO_MAILBOX[what]}" if what is not None else "; nothing to check"
        verb = "taken for" if what is not None else "delivered to"
        complain(f"log: {queue_id} was {verb} {_several(result)}: {_acceptance(result[0])}{rest}")
        return ExitCode.ACCEPTED
    addressees = [it for it in failures if "@" in it.recipient]
    if not addressees:
        raise UsageError("--check", f"the log names no recipient of {queue_id} that could be checked")
    if len(addressees) > 1 and (arguments.format == "json" or arguments.output):
        raise UsageError(
            "--check",
            f"{len(addressees)} recipients failed; one report has room for one: name it by --recipient",
        )
    if len(addressees) > CHECKED_LIMIT:
        complain(f"log: {len(addressees)} recipients failed; the first {CHECKED_LIMIT} are checked")
    codes: list[int] = []
    with already_read(arguments.files, log):
        for it in addressees[:CHECKED_LIMIT]:
            if not signals.is_end_wanted():  # Ctrl-C in one check is meant for those behind it, too
                codes.append(_check_one(it, len(result), arguments, further, run))
    if max(codes, default=0) > max(ExitCode):
        return max(codes)  # a fault of this program, or an interruption
    return ExitCode.worst(map(ExitCode, codes))


def _queue_id(arguments: argparse.Namespace) -> str:
    for name in arguments.files:
        refuse_controls("FILE", name)
    for name in ("queue_id", "sender", "recipient", "log_format", "format", "output"):
        refuse_controls(f"--{name.replace('_', '-')}", getattr(arguments, name) or "")
    if arguments.queue_id is None:
        raise UsageError("--check", "needs --queue-id ID; a pair of addresses is checked by check --log FILE")
    if arguments.format not in _FORMATS:
        raise UsageError("--check", f"reports as {', '.join(_FORMATS)}, not as {arguments.format!r}")
    log_file = next((name for name in _NOT_WITH if getattr(arguments, name)), None)
    if log_file is not None:
        raise UsageError("--check", f"cannot be used together with --{log_file.replace('_', '-')}")
    queue_id: str = arguments.queue_id
    return queue_id


def _bare(address: str | None) -> str | None:
    return address.strip("<>") if address is not None else None


def _last_of_each(log: PairLog) -> list[LoggedDelivery]:
    """What the log says last of each recipient, in the order in which they were heard of."""
    last = {outcome.event.recipient: log.delivery(outcome) for outcome in log.outcomes}
    return list(last.values())


def _several(result: Sequence[LoggedDelivery]) -> str:
    return ", ".join(printable(it.recipient) for it in result[:CHECKED_LIMIT]) + (
        f" and {len(result) - CHECKED_LIMIT} more" if len(result) > CHECKED_LIMIT else ""
    )


def _acceptance(delivery: LoggedDelivery) -> str:
    """What the other side said when it took the message."""
    host = delivery.relay_host or delivery.relay_ip or "the next hop"
    words_line = printable(" ".join(delivery.words.split()))
    when = f" at {delivery.at}" if delivery.at else ""
    return f"{printable(host)} took it{when}" + (f" ({words_line})" if words_line else "")


def _check_one(
    delivery: LoggedDelivery, count: int, arguments: argparse.Namespace, further: Sequence[str], run: Run
) -> int:
    if arguments.format == "text" and not arguments.output and not {"-q", "--quiet"} & set(further):
        of = f", one of {count} recipients," if count > 1 else ""
        what = f"{delivery.queue_id} to {printable(delivery.recipient)}{of} {_FATES[delivery.status]}"
        sys.stdout.write(f"{what}; the check of it:\n\n")
        sys.stdout.flush()
    report = ["--format", arguments.format, *(("-o", arguments.output) if arguments.output else ())]
    logs = [word for name in arguments.files for word in ("--log", name)]
    report += ["-v"] if arguments.verbose else []
    # behind "--": an address that a stranger chose must not become an option
    operands = ("--", delivery.reverse_path or "<>", delivery.recipient)
    return run(("check", *logs, "--queue-id", delivery.queue_id, *report, *further, *operands))
