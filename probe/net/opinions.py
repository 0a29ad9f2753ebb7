"""checkdmarc's second opinion on records, in threads of this process.

The library is synchronous and may take long. So each subject runs in its own daemon thread, which cannot
delay the end of the process; at most OPINION_THREADS at once; without a thread there is no opinion. For a
process that makes one run only, `probe.net.opinion_process` has the library in a process of its own.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib

from probe._dataclass import replace
from probe.model.exhaustion import Shortage, shortage
from probe.model.observed import OpinionFault
from probe.model.reason import Reason
from probe.net import checkdmarc_records
from probe.net.clock import Deadline
from probe.net.opinion import Ask, AskNow, Opinion, Subjects, library
from probe.net.process_limit import ProcessLimit, at_most
from probe.net.threads import in_thread, start
from probe.settings import OPINION_THREADS, OPINION_TIMEOUT
from probe.standards.dns.message import Answer, Question


async def opinions(subjects: Subjects, ask: Ask, *, deadline: Deadline) -> tuple[Opinion, ...]:
    """One for each of `subjects`, in their order. Never raises on errors of DNS or the library.

    `ask` is the run's resolver, and nothing else is asked. The limit is `deadline`, or OPINION_TIMEOUT if
    that is sooner.
    """
    name = library()
    blank = [Opinion(subject, domain, name) for subject, domain in subjects]
    try:
        if blank:
            await in_thread(checkdmarc_records.load)
    except (ImportError, OSError, MemoryError) as error:
        why = Reason(OpinionFault.NOT_LOADED, shortage=shortage(error), text=str(error))
        return tuple(replace(opinion, fault=why) for opinion in blank)
    return tuple(await asyncio.gather(*(_ask_one(opinion, ask, deadline) for opinion in blank)))


_THREADS = ProcessLimit(at_most(OPINION_THREADS))


async def _ask_one(blank: Opinion, ask: Ask, deadline: Deadline) -> Opinion:
    """Fill in one opinion. OPINION_TIMEOUT counts from the start of its thread."""
    async with contextlib.AsyncExitStack() as stack:
        try:
            async with asyncio.timeout(deadline.seconds_left()):
                await stack.enter_async_context(_THREADS.hold())
        except TimeoutError:
            return replace(blank, fault=Reason(OpinionFault.LATE))
        budget = deadline.cut(OPINION_TIMEOUT)
        own_deadline = deadline.clock.deadline(deadline.clock.seconds() + budget)
        now = _through_loop(ask, asyncio.get_running_loop())
        inquiry = checkdmarc_records.RecordInquiry(blank, now, own_deadline.seconds_left)
        started = start(inquiry.opinion)
        if started is None:
            return replace(blank, fault=Reason(OpinionFault.SHORTAGE, shortage=Shortage.THREADS))
        try:
            await asyncio.wait((started,), timeout=budget)
        finally:
            inquiry.abandon()  # a thread that is still running asks nothing more
        late = Reason(OpinionFault.NO_OPINION, seconds=budget)
        return started.result() if started.done() else replace(blank, fault=late)


def _through_loop(ask: Ask, loop: asyncio.AbstractEventLoop) -> AskNow:
    """Asks through `ask`, in the event loop `loop`, from another thread."""

    def ask_now(question: Question, seconds: float) -> Answer:
        future: concurrent.futures.Future[Answer] = concurrent.futures.Future()

        async def work() -> None:
            (answer,) = await ask((question,))
            future.set_result(answer.believed())

        def begin() -> None:
            task = loop.create_task(work())
            task.add_done_callback(lambda job: future.cancel() if job.cancelled() else None)

        try:
            loop.call_soon_threadsafe(begin)
            return future.result(seconds)
        except (RuntimeError, concurrent.futures.CancelledError) as error:
            raise TimeoutError from error  # the loop was closed, or the run was interrupted

    return ask_now
