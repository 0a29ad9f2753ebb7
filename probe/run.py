"""Composes the program: live runs, replays, reports. The only module that sees both sides."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import ModuleType

    from probe.collect.caller import AskDns, Caller
    from probe.collect.context import Adviser, Judges
    from probe.collect.machine import Announce
    from probe.diagnosis.session_reading import SessionReader
    from probe.doctor.report import DoctorReport
    from probe.facts.build import GrowingFacts
    from probe.knowledge.severities import Severities
    from probe.model.address import Mailbox, ReversePath
    from probe.model.logged import LogAccount
    from probe.model.report import Report
    from probe.model.target import Options, Target
    from probe.net.early_question import EarlyQuestion
    from probe.recording.events import Event
    from probe.recording.journal import Recording
    from probe.recording.machine import MachineJournal, MachineOptions, MachineRequest
    from probe.world import World


def ask_first(target: Target, options: Options) -> EarlyQuestion | None:
    """Send the first question of a run before `observe`, and all that it loads; to be called once nothing
    keeps the run from asking. None where it begins with no single question. Never raises."""
    from probe.collect.first_question import ask_first

    return ask_first(target, options)


async def observe(
    target: Target,
    options: Options,
    *,
    message: tuple[str, bytes] | None = None,
    bounce: tuple[str, bytes] | None = None,
    log: LogAccount | None = None,
    sink: Callable[[Event], None] | None = None,
    progress: Callable[[str], None] | None = None,
    recording_to: Callable[[Recording], None] | None = None,
    world: World | None = None,
    spent: float = 0.0,
    is_alone: bool = False,
    early: EarlyQuestion | None = None,
) -> Recording:
    """Make one live run and return what was observed, complete or cut short by the deadline.

    `message` is the name and the octets of --message, `bounce` those of --bounce; `log` is what the log of
    --log tells; `sink` gets every event as it is observed (--record); `progress` gets short texts on the
    current step; `recording_to` gets the recording before the first observation, so that an interrupted
    caller has it; `world` is the environment, by default the Internet; `spent` are the seconds of the timeout
    already used; `is_alone`: this process makes no other run, and may start another process for its own;
    `early` is what `ask_first` sent for this run; the caller closes it afterwards.
    Cancelling ends the run: what was not reached is recorded, then CancelledError is raised.
    Raises ResolverConfigError when there is no resolver to ask.

    If the process has no resources for another run, it waits first, and its time counts from then.
    """
    from probe.collect.context import UserFiles
    from probe.collect.start import Listeners, make_run
    from probe.world import live

    return await make_run(
        target,
        options,
        world or live(is_alone=is_alone, early=early),
        _judges,
        UserFiles(message, bounce, log),
        Listeners(sink, progress, recording_to),
        spent,
    )


def _judges() -> Judges:
    from probe.collect.context import Judges
    from probe.diagnosis.answer import refuses_this_client, settles_cause

    return Judges(settles_cause, refuses_this_client, _adviser, _hands_on)


def _adviser() -> Adviser:
    from probe.diagnosis.advice import Adviser

    return Adviser()


def _hands_on(events: tuple[Event, ...]) -> bool:
    from probe.diagnosis.in_the_end import is_handed_on
    from probe.recording.journal import Recording

    return is_handed_on(Recording.of(events))


def session_reader(options: Options) -> SessionReader:
    """Reads what sessions mean for one recipient of many, as `check` does. `options` are the effective ones
    that they were held with."""
    from probe.diagnosis.session_reading import SessionReader

    return SessionReader(options)


async def caller(
    options: Options, sender: ReversePath, recipient: Mailbox | None, ask_dns: AskDns, spacing: float
) -> Caller:
    """What makes the sessions of a list, as `check` makes its own; `recipient` is one of its mailboxes (None:
    none is asked about), `spacing` the seconds between two sessions about one domain."""
    from probe.collect.caller import caller as make
    from probe.collect.caller import read_own_server
    from probe.world import live

    world = live()
    return make(options, await read_own_server(options, world, sender, recipient), world, ask_dns, spacing)


def remote() -> ModuleType:
    """What holds the sessions of a list in a worker on another machine."""
    from probe.collect import remote

    return remote


def report_of(recording: Recording, severities: Severities | None = None) -> Report:
    """The report of a recording; the same for a live run and its replay. `severities` are the user's own, by
    tag; they are not recorded."""
    from probe.diagnosis.assemble import report_of as assemble
    from probe.report.blocklist_keys import without_keys

    return without_keys(assemble(recording, severities), recording.started.options.dnsbl)


class LiveReport:
    """The report of a run that is going on. `prepare` makes one of what was observed so far, in a thread
    while the run waits: the report at its end then reads what came since, and nothing is loaded for it. It
    may be called again, but not at the same time."""

    def __init__(self) -> None:
        self._facts: GrowingFacts | None = None

    def prepare(self, recording: Recording) -> None:
        """Read what was observed so far."""
        from probe.diagnosis.assemble import report_on
        from probe.facts.build import GrowingFacts
        from probe.recording.journal import Recording

        growing, self._facts = self._facts or GrowingFacts(), None  # until it is whole again
        beginning = tuple(recording)  # the run goes on meanwhile
        report_on(growing.after(beginning[growing.events :]), Recording.of(beginning))
        self._facts = growing

    def of(self, recording: Recording, severities: Severities | None = None) -> Report:
        """As `report_of`, of the same run at its end."""
        growing = self._facts
        if growing is None:
            return report_of(recording, severities)
        from probe.diagnosis.assemble import report_on
        from probe.report.blocklist_keys import without_keys

        facts = growing.after(islice(recording, growing.events, None))
        return without_keys(report_on(facts, recording, severities), recording.started.options.dnsbl)


def replay(path: Path, severities: Severities | None = None) -> Report:
    """The report of a saved run, as `report_of`. Raises RecordingError for an invalid recording, OSError."""
    from probe.recording.file import load

    return report_of(load(path), severities)


async def observe_machine(
    request: MachineRequest,
    options: MachineOptions,
    *,
    announce: Announce,
    journal_to: Callable[[MachineJournal], None],
    world: World | None = None,
) -> MachineJournal:
    """Observe this machine for `doctor`; arguments as in `probe.collect.machine`, `world` as in `observe`."""
    from probe.collect import machine
    from probe.world import live

    return await machine.observe_machine(
        request, options, world or live(), announce=announce, journal_to=journal_to
    )


def doctor_report_of(journal: MachineJournal) -> DoctorReport:
    """The report of `doctor` on what was observed."""
    from probe.doctor.assemble import report_of as assemble

    return assemble(journal)


def prepare() -> None:
    """Load everything that a run and its report need, for callers that cannot wait for it during a run."""
    from probe.collect import prepare as asking
    from probe.diagnosis import prepare as judging

    asking.prepare()
    judging.prepare()
