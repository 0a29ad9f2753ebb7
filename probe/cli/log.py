"""`smtp-probe log FILE...`: mail logs and queue listings, read into causes."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from itertools import combinations
from pathlib import Path
from typing import TextIO

from probe._version import VERSION
from probe.cli.commands import Run as RunCommand
from probe.cli.errors import UsageError, complain, refuse_controls, unreadable
from probe.cli.jobs import number_of_jobs
from probe.cli.log_inputs import STDIN, Input, inputs
from probe.cli.log_options import ALERTS, FORMATS, STATUSES, parser
from probe.cli.log_reading import Run, now_here, read_all
from probe.cli.output import (
    chosen_format,
    deliver_each,
    destination,
    is_one_file,
    refuse_input,
    report_path,
    speak_utf8,
    style_for,
)
from probe.cli.progress import ProgressLine
from probe.knowledge.rules import rules_digest
from probe.maillog.aggregate import Aggregate
from probe.maillog.event_filter import EventFilter
from probe.maillog.further import Selection
from probe.maillog.groups import Fate
from probe.maillog.news import Comparison, compare, within
from probe.maillog.outcome import Outcome
from probe.maillog.pseudonym import Names
from probe.maillog.report import QUEUES, SCHEMA, LogGroup, LogReport, Since
from probe.maillog.summary import groups, history, moment, no_mailbox, refusals, totals, volumes
from probe.model.report_tool import ReportTool
from probe.model.text import amount
from probe.model.verdict import ExitCode, FixBy
from probe.reading.log.period import period
from probe.reading.reply.disposition import Disposition
from probe.report.formats import Kind
from probe.report.log_rows import NamedOutcome


def main(argv: Sequence[str], run_command: RunCommand) -> int:
    """Run `log` with the arguments behind its name; `run_command` runs the command line of another command.
    Returns the exit code. Raises UsageError."""
    if "--check" in argv:
        arguments, further = parser().parse_known_args(list(argv))
        from probe.cli.log_check import check_each

        return check_each(arguments, further, run_command)
    arguments = parser().parse_files(argv)
    _refuse_controls(arguments)
    form = chosen_format(arguments.format, Kind.LOG)
    if not form.is_laid_out:
        speak_utf8()
    session = _Session(arguments)
    problems: list[UsageError] = []
    files = inputs(arguments.files, arguments.log_format, problems)
    for file in files:
        if file.format is None and not file.is_empty:
            problems.append(_unknown(file))
    with ExitStack() as stack:
        keep = session.keep_unparsed(stack, problems)
        if arguments.format == "jsonl":
            target = stack.enter_context(destination(session.output))
            session.emit_to(target)
        run = session.run(keep)
        try:
            if arguments.follow:
                from probe.cli.log_follow import read_on

                read_on(files, run, problems)
            else:
                with ProgressLine() as line:
                    read_all(files, run, line, problems)
            run.aggregate.end()
        except _UnwritableError as failure:
            raise failure.error from None  # for `destination`, which knows what it means
    is_any = any(file.format is not None or file.is_empty for file in files)
    if problems and form.is_plugin:
        session.refuse_a_part(run, problems[0])
    code = session.deliver(run) if is_any or not problems else ExitCode.USAGE
    for problem in problems:
        complain(str(problem))
    return ExitCode.USAGE if problems and not form.is_plugin else code


class _UnwritableError(Exception):
    """What was read cannot be written; never to be taken for a log that cannot be read."""

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.error = error


def _unknown(file: Input) -> UsageError:
    more = (
        "" if file.is_utf16 or file.is_journal_in_lines else "; if it is one, name its kind with --log-format"
    )
    if file.is_message:
        from probe.cli.slips import operand

        more = f"; a message is read with: smtp-probe bounce {operand(file.name)}"
    return UsageError("FILE", f"{file.why_unknown}{more}")


def _refuse_controls(arguments: argparse.Namespace) -> None:
    for name, value in vars(arguments).items():
        for text in value if isinstance(value, list) else (value,):
            if isinstance(text, str):
                refuse_controls("FILE" if name == "files" else f"--{name.replace('_', '-')}", text)


class _Session:
    """What was asked for, checked, and what it takes to answer."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        self.arguments = arguments
        self.output = report_path(arguments.output)
        refuse_input(self.output, arguments.files)
        self._refuse_one_file_for_two()
        if arguments.alert_on not in ALERTS:
            raise UsageError("--alert-on", f"{arguments.alert_on!r} is not one of {', '.join(ALERTS)}")
        if arguments.alert_on == "new" and arguments.state is None:
            raise UsageError("--alert-on", "new needs --state FILE, to know what is not")
        self.jobs = number_of_jobs(arguments.jobs)
        if arguments.follow and (len(arguments.files) != 1 or arguments.files[0] == "-"):
            raise UsageError("--follow", "takes one FILE, not stdin and not several")
        self.now = now_here()
        self.event_filter = self._event_filter()
        self.state = None
        if arguments.state is not None:
            from probe.cli.log_state import StateFile

            self.state = StateFile(arguments.state)
        self.before = self.state.load() if self.state is not None else None
        self.names = Names(None if arguments.addresses else self._key())
        self._emit: Callable[[Outcome], None] | None = None

    def _refuse_one_file_for_two(self) -> None:
        """Raise UsageError if the report, the lines that were not understood and the state are to be kept in
        one file: the last of them would take the others' place."""
        names = (
            ("-o", self.output),
            ("--unparsed", self.arguments.unparsed),
            ("--state", self.arguments.state),
        )
        paths = [(option, Path(name)) for option, name in names if name is not None]
        for (option, path), (other, other_path) in combinations(paths, 2):
            if is_one_file(path, other_path):
                raise UsageError(option, f"{path} is the file of {other}, too; give each its own")

    def _key(self) -> bytes:
        if self.state is not None:
            return self.state.key()
        from probe.cli.log_state import machine_key

        return machine_key()[:64]

    def _event_filter(self) -> EventFilter:
        arguments = self.arguments
        try:
            span = period(arguments.since, arguments.until, self.now)
        except ValueError as problem:
            raise UsageError("--since" if arguments.since else "--until", str(problem)) from None
        for status in arguments.status or ():
            if status not in STATUSES:
                raise UsageError("--status", f"{status!r} is not one of {', '.join(STATUSES)}")
        return EventFilter(
            span if arguments.since or arguments.until else None,
            arguments.sender.strip("<>") if arguments.sender is not None else None,
            arguments.recipient.strip("<>") if arguments.recipient is not None else None,
            arguments.domain.rstrip(".").removeprefix("@") if arguments.domain is not None else None,
            arguments.queue_id,
            frozenset(map(Fate, arguments.status or ())),
        )

    def emit_to(self, target: TextIO) -> None:
        """Write each outcome as a line of JSON when it is known."""
        form = FORMATS["jsonl"]
        style = style_for(None)
        fates = self.event_filter.fates

        def emit(outcome: Outcome) -> None:
            if fates and outcome.fate not in fates:
                return
            try:
                target.write(form.write(Kind.LOG, NamedOutcome(outcome, self.names), style))
                if self.arguments.follow:
                    target.flush()
            except OSError as error:
                raise _UnwritableError(error) from None

        self._emit = emit

    def keep_unparsed(self, stack: ExitStack, problems: list[UsageError]) -> Callable[[bytes], None] | None:
        """What writes a line that was not understood. A file that takes no more is noted in `problems`, and
        the report is made all the same."""
        name = self.arguments.unparsed
        if name is None:
            return None
        for file in self.arguments.files:
            if file != "-" and Path(name).exists() and Path(file).exists() and Path(name).samefile(file):
                raise UsageError("--unparsed", f"{name} is one of the logs; name another file")
        try:
            stream = Path(name).open("wb")  # noqa: SIM115 - closed by the stack
        except OSError as error:
            raise unreadable("--unparsed", name, error, verb="write") from None
        is_full = False

        def attempt(write: Callable[[], object]) -> None:
            nonlocal is_full
            try:
                write()
            except OSError as error:
                if not is_full:
                    problems.append(unreadable("--unparsed", name, error, verb="write"))
                is_full = True

        def keep(line: bytes) -> None:
            if not is_full:
                attempt(lambda: stream.write(line + b"\n"))
                if self.arguments.follow:
                    attempt(stream.flush)

        stack.callback(attempt, stream.close)
        return keep

    def run(self, keep: Callable[[bytes], None] | None) -> Run:
        """The empty aggregate, and what reading has to heed."""
        aggregate = Aggregate(
            self.now.tzinfo,
            emit=self._emit,
            mark=self.before.until if self.before is not None else None,
            internal=self.arguments.internal,
        )
        is_brief = (
            self._emit is None and not self.event_filter.needs_senders and self.event_filter.queue_id is None
        )
        return Run(aggregate, self.event_filter, is_brief, keep, self.jobs)

    def refuse_a_part(self, run: Run, problem: UsageError) -> None:
        """For a monitoring system: raise the problem of a log that was not read, unless the others are
        critical already. The state is not kept then: what is new stays new."""
        from probe.report.plugin_answer import PluginState

        report = self.report(run, self._comparison(run))
        if FORMATS[self.arguments.format].exit_code(Kind.LOG, report) != PluginState.CRITICAL:
            raise problem

    def _comparison(self, run: Run) -> Comparison | None:
        return compare(run.aggregate, self.before) if self.before is not None else None

    def deliver(self, run: Run) -> int:
        """Say what was found; keep the state. Returns the exit code."""
        comparison = self._comparison(run)
        report = self.report(run, comparison)
        form = FORMATS[self.arguments.format]
        if form.name != "jsonl":
            deliver_each(
                [report],
                Kind.LOG,
                form,
                self.output,
                is_sequence=False,
                verbosity=int(self.arguments.verbose),
                is_paged=self.arguments.pager,
            )
        if self.state is not None and comparison is not None:
            self.state.save(comparison.state)
        return form.exit_code(Kind.LOG, report)

    def report(self, run: Run, comparison: Comparison | None) -> LogReport:
        """The report of what was counted."""
        aggregate = run.aggregate
        selection = Selection(
            self.names,
            self.arguments.files,
            self.event_filter.fates,
            comparison.since_last if comparison is not None and comparison.news.previous_at else None,
            self.event_filter.queue_id,
            self.arguments.log_format,
            [it.format for it in run.files if it.name == STDIN],
        )
        rows = groups(aggregate, selection)
        notes = (
            *(comparison.notes if comparison is not None else ()),
            *within(aggregate),
            *_left_out(aggregate),
            *((self._missing_message,) if self._is_message_missing(run) else ()),
        )
        return LogReport(
            schema=SCHEMA,
            tool=ReportTool(VERSION, rules_digest()),
            files=tuple(run.files),
            first_at=moment(aggregate.first),
            last_at=moment(aggregate.last),
            utc_offset_s=self._offset(run.aggregate.last),
            totals=totals(aggregate, self.event_filter.fates),
            groups=rows,
            no_mailbox=no_mailbox(aggregate, selection),
            history=history(run.history, aggregate, self.names),
            volumes=volumes(aggregate),
            refusals=refusals(aggregate, self.names),
            news=comparison.news if comparison is not None else None,
            notes=notes,
            exit_code=self._exit_code(run, rows),
        )

    def _offset(self, last: int) -> int:
        """That of the end of the period: it may have been summer then."""
        at = datetime.fromtimestamp(last, self.now.tzinfo) if last else self.now
        return round((at.utcoffset() or timedelta(0)).total_seconds())

    @property
    def _missing_message(self) -> str:
        """What to do where the one message that was asked for is not there."""
        return (
            f"no message with the queue id {self.event_filter.queue_id}: give the rotated files, too, and "
            "the id as the log of that server writes it"
        )

    def _is_message_missing(self, run: Run) -> bool:
        return self.event_filter.queue_id is not None and not run.history

    def _exit_code(self, run: Run, rows: Sequence[LogGroup]) -> ExitCode:
        if not any(it.read for it in run.files):
            is_empty = any(it.lines for it in run.files) and all(
                it.format in QUEUES and not it.problem for it in run.files
            )
            return ExitCode.ACCEPTED if is_empty else ExitCode.INCONCLUSIVE
        if self._is_message_missing(run):
            return ExitCode.INCONCLUSIVE
        alert = self.arguments.alert_on
        actionable = [it for it in rows if it.failures and it.fix_by is not FixBy.NOBODY]
        totals_of = run.aggregate.no_mailbox
        if alert == "any" and (actionable or any(map(totals_of.total, Disposition))):
            return ExitCode.REFUSED
        if alert == "new" and any(it.since_last in (Since.NEW, Since.TRIPLED) for it in actionable):
            return ExitCode.REFUSED
        return ExitCode.ACCEPTED


def _left_out(aggregate: Aggregate) -> list[str]:
    notes = []
    if aggregate.forgotten:
        notes.append(
            f"{amount(aggregate.forgotten, 'recipient')} not followed to the end, because too many waited "
            "at once: counted as waiting"
        )
    if aggregate.reasons.left_over:
        notes.append(
            f"{amount(aggregate.reasons.left_over, 'failure has', 'failures have')} words beyond those that "
            "are read one by one: only code and status were read there"
        )
    if aggregate.undated:
        notes.append(f"{amount(aggregate.undated, 'event has', 'events have')} no time")
    return notes
