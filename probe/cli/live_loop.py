"""The event loop of a live run of the command line: progress, and what is loaded while the run waits."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from probe import run
from probe._dataclass import dataclass
from probe.cli import start
from probe.cli.delivery import Delivery
from probe.cli.ending import until_asked_to_end
from probe.cli.errors import complain
from probe.cli.progress import ProgressLine
from probe.cli.tape import Archive, Tape
from probe.model.exhaustion import shortage_clause
from probe.net import descriptors
from probe.net.threads import start as start_in_thread
from probe.recording.events import Event, Sent
from probe.recording.journal import Recording
from probe.report.formats import Format, Kind

if TYPE_CHECKING:
    from probe.net.early_question import EarlyQuestion


@dataclass(frozen=True, slots=True)
class Hooks:
    """The callbacks of a run, and how it began: see `probe.run.observe`."""

    sink: Callable[[Event], None]
    progress: Callable[[str], None]
    recording_to: Callable[[Recording], None]
    spent: float
    early: EarlyQuestion | None


Observe = Callable[[Hooks], Coroutine[Any, Any, Recording]]


def observe(
    work: Observe,
    delivery: Delivery,
    tape: Tape | None,
    archive: Archive | None,
    live: run.LiveReport,
    early: EarlyQuestion | None,
) -> tuple[Recording, str]:
    """What the run saw, to its end or until a signal came, and its name in the history. Raises
    ResolverConfigError when there is no resolver to ask."""
    recordings: list[Recording] = []
    past: list[str] = []
    with contextlib.ExitStack() as stack:
        if archive:
            stack.callback(lambda: past.append(archive.end(is_worth_it=bool(recordings))))
        if tape:
            stack.callback(tape.close)
        if early:
            stack.callback(early.close)
        progress = stack.enter_context(ProgressLine(is_wanted=delivery.to.verbosity >= 0))
        if descriptors.are_few():  # then load everything before sockets are opened
            _load(delivery.to.form)
            if archive:
                archive.begin()
        try:
            say = _Steps(progress, is_verbose=delivery.to.verbosity > 0)
            spent = start.seconds_since_start()
            preparation = _Preparation(delivery.to.form, recordings, live)
            hooks = Hooks(_sink(tape, archive, preparation), say, recordings.append, spent, early)
            asyncio.run(until_asked_to_end(_preparing(work(hooks), archive, preparation)))
        except (KeyboardInterrupt, asyncio.CancelledError):
            if not recordings:
                raise KeyboardInterrupt from None
    return recordings[0], "".join(past)


class _Steps:
    """Told of each step of a run; with -v, what it waits for is a line of its own."""

    def __init__(self, progress: Callable[[str], None], *, is_verbose: bool) -> None:
        self._progress = progress
        self._is_verbose = is_verbose
        self._last = ""

    def __call__(self, text: str) -> None:
        if self._is_verbose and text != self._last:
            from probe.net.host_lanes import WAITS

            if text.startswith(WAITS):
                complain(text)
        self._last = text
        self._progress(text)


def _sink(*places: Tape | Archive | _Preparation | None) -> Callable[[Event], None]:
    """A function that passes each event to all outputs."""
    places_used = [place for place in places if place is not None]

    def append(event: Event) -> None:
        for place in places_used:
            place.append(event)

    return append


class _Preparation:
    """What the report of a run needs, loaded and made by a thread while the run waits: so the deadline is
    kept, and the report follows the last answer."""

    def __init__(self, form: Format, recordings: Sequence[Recording], live: run.LiveReport) -> None:
        self._form = form
        self._recordings = recordings
        self._live = live
        self._work: asyncio.Future[None] | None = None

    def begin(self) -> None:
        """Load the modules, and make a report of what was observed so far. To be called once."""
        self._work = start_in_thread(self._load_and_make)
        if self._work is None:
            self._load_and_make()

    def append(self, event: Event) -> None:
        """The server's farewell is waited for: make a report of what it has said, if that can be now."""
        is_farewell = isinstance(event, Sent) and event.data.startswith(_QUIT)
        if is_farewell and self._work is not None and self._work.done():
            self._work = start_in_thread(self._make)

    async def end(self) -> None:
        """Wait for the thread: a module that fails to load there is incomplete here."""
        if self._work is not None:
            await asyncio.wait((self._work,))

    def _load_and_make(self) -> None:
        _load(self._form)
        self._make()

    def _make(self) -> None:
        for recording in self._recordings:
            self._live.prepare(recording)


_QUIT = b"QUIT"


async def _preparing(
    work: Coroutine[Any, Any, Recording], archive: Archive | None, preparation: _Preparation
) -> Recording:
    """The result of `work`; when it has loaded its own modules, the archive and the preparation begin."""
    loop = asyncio.get_running_loop()

    def go_ahead() -> None:
        if archive:
            archive.begin()
        preparation.begin()

    ahead = loop.call_later(_AHEAD, go_ahead)
    loop.set_exception_handler(_complain)
    try:
        recording = await work
        await preparation.end()
        return recording
    finally:
        ahead.cancel()


_AHEAD = 0.2  # seconds; by then the run has loaded its own modules


def _complain(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Report unawaited errors on stderr, except exhausted resources, which are in the report."""
    error = context.get("exception")
    if error is None or not shortage_clause(error):
        loop.default_exception_handler(context)


def _load(form: Format) -> None:
    """Load the modules that are needed after a run whose report has this format."""
    from probe.diagnosis import answer, assemble  # noqa: F401
    from probe.knowledge.finding_tags import finding_tags, shared_words
    from probe.reading.reply.read import read_reply

    form.load(Kind.RUN)
    finding_tags()
    shared_words()
    read_reply("550 5.1.1 x")
