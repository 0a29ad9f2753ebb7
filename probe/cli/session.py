"""A live run of the command line: recording, first question, report, exit code. What has an event loop is
loaded once the first question is under way."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from probe import run
from probe.cli import key_log, signals, start
from probe.cli import tape as tapes
from probe.cli.delivery import Delivery, render, write
from probe.cli.errors import NothingObservedError, UsageError, complain, unreadable
from probe.cli.output import is_one_file
from probe.cli.tape import NOT_SAVED, Tape
from probe.model.target import Options, Target
from probe.net import descriptors
from probe.net.nameservers import ResolverConfigError
from probe.report.formats import Kind

if TYPE_CHECKING:
    from probe.cli.live_loop import Observe
    from probe.net.early_question import EarlyQuestion


def first_question(target: Target, options: Options) -> Callable[[], EarlyQuestion | None]:
    """What sends the first question of a run with these options, unless no time is left for it."""

    def send() -> EarlyQuestion | None:
        return run.ask_first(target, options) if start.seconds_so_far() < options.timeout else None

    return send


def no_question() -> None:
    """The run asks nothing before it begins."""


def run_live(
    observe: Observe, delivery: Delivery, first: Callable[[], EarlyQuestion | None] = no_question
) -> int:
    """Make the run that `observe` begins, deliver its report, return the exit code. `first` sends its first
    question, once nothing else can keep the run from asking.

    Ctrl-C, SIGTERM and SIGHUP end the run early; the report then says what was not reached. Raises
    UsageError when a file cannot be written, NothingObservedError when there is no resolver to ask,
    KeyboardInterrupt when nothing was observed yet.
    """
    record, name = delivery.record, tapes.run_name(delivery.subject)
    if record and record.path and delivery.to.path and is_one_file(record.path, delivery.to.path):
        raise UsageError("-o", f"{delivery.to.path} is the file of --record, too; give each its own")
    key_log.pass_over_a_bad_one()
    tape = tapes.tape_on(record, name) if record else None
    archive = None
    if delivery.is_kept and tapes.keeps_runs(os.environ):
        archive = tapes.Archive(name, is_quiet=delivery.to.verbosity < 0)
    with signals.call_on_signal(_nothing):  # a second for the report of an interrupted run is acceptable
        try:
            # few descriptors: everything is loaded before the first socket is opened
            early = first() if not descriptors.are_few() else None
            from probe.cli import live_loop

            live = run.LiveReport()
            recording, past = live_loop.observe(observe, delivery, tape, archive, live, early)
        except ResolverConfigError as error:
            from probe.wording.spoken import spoken

            lines = (f"line {it.line}: {spoken(it)}" if it.line else spoken(it) for it in error.passed_over)
            raise NothingObservedError("; ".join((str(error), *lines))) from None
        report = live.of(recording, delivery.severities)
        text = render(report, delivery, note=_note(delivery, past))
    try:
        write(report, text, delivery)
    finally:  # a full disk may affect both
        _say_of(tape, delivery)
    return delivery.to.form.exit_code(Kind.RUN, report)


def _note(delivery: Delivery, past: str) -> str:
    """The last line of the report, on how to read the run again; `past` is its name in the history. Not with
    --record: there the report is equal to that of `replay`."""
    if delivery.record is not None:
        return ""
    return f"Kept: smtp-probe replay {past}" if past else NOT_SAVED


def _say_of(tape: Tape | None, delivery: Delivery) -> None:
    if tape is None or tape.is_abandoned:
        return
    where = str(tape.path or "standard output")
    if tape.failure:
        complain(f"{unreadable('--record', where, tape.failure, verb='write')}; it ends there")
    elif tape.path and delivery.to.verbosity >= 0 and _is_of_interest(delivery):
        complain(f"recorded to {where}; `smtp-probe replay` reads it again")


def _is_of_interest(delivery: Delivery) -> bool:
    """Whether to show the note: to a person, and always if the program chose the name of the file."""
    return sys.stderr.isatty() or (delivery.record is not None and delivery.record.is_directory)


def _nothing() -> None:
    return None
