"""Asks the mail servers of a list, writes rows meanwhile, and says what it waits for."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from datetime import datetime
from itertools import count
from typing import Any

from probe import run
from probe.bulk.pace import Pace
from probe.cli.bulk_answers import Answers, OpenDomain
from probe.cli.bulk_options import BulkOptions
from probe.cli.bulk_progress import BulkProgress
from probe.cli.bulk_smtp import Servers, SmtpAsking
from probe.cli.bulk_state import BulkState
from probe.cli.bulk_writer import Writer
from probe.model.address import Mailbox
from probe.model.address_parse import parse_mailbox
from probe.model.verdict import Extent
from probe.settings import BULK_COMMIT, BULK_COURTESY

_TURNS = 60  # of writing, between two looks at what is past
_MOST_NAMED = 3  # lanes that the progress names


async def ask_servers(
    state: BulkState, writer: Writer, options: BulkOptions, progress: BulkProgress, ask_dns: Any
) -> None:
    """Ask the servers of all domains that are open, and write what is known now and then."""
    answers = Answers(state)
    try:
        sender = options.sender if options.extent is Extent.MAILBOX else None
        caller = await run.caller(
            options.server,
            options.sender,
            _first_mailbox(state) if sender is not None else None,
            ask_dns,
            BULK_COURTESY.session_pause,
        )
        reader = run.session_reader(caller.how.options)
        async with AsyncExitStack() as stack:
            servers: Servers = caller
            if options.dask is not None:
                from probe.cli.bulk_dask import servers_by_dask

                spacing = BULK_COURTESY.session_pause
                cluster = servers_by_dask(options.dask, caller, options.server, spacing)
                servers = await stack.enter_async_context(cluster)
            asking = SmtpAsking(answers, servers, reader, sender, options.parallel)
            await _first_of(asking.run(), _watch(state, writer, options, progress, asking, answers))
    finally:
        answers.lanes.close()


async def _first_of(work: Coroutine[Any, Any, None], watch: Coroutine[Any, Any, None]) -> None:
    """Run both until one ends, and raise what it raised: rows that cannot be written end the asking, too."""
    tasks = [asyncio.ensure_future(work), asyncio.ensure_future(watch)]
    try:
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in ended:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _first_mailbox(state: BulkState) -> Mailbox | None:
    """The mailbox for which the mail server of this host is asked how it would send."""
    rows = state.query(
        "select case address when '' then input else address end from rows "
        "where address is not null order by line limit 1"
    )
    return parse_mailbox(rows[0][0]) if rows else None


async def _watch(
    state: BulkState,
    writer: Writer,
    options: BulkOptions,
    progress: BulkProgress,
    asking: SmtpAsking,
    answers: Answers,
) -> None:
    ((total,),) = state.query("select count(*) from domains")
    for turn in count(1):
        await asyncio.sleep(BULK_COMMIT)
        if turn % _TURNS == 0:
            answers.forget_what_is_past(time.time())
        writer.write()
        ((domains, mailboxes),) = state.query(
            "select (select count(done) from domains), (select count(*) from answers)"
        )
        of_mailboxes = mailboxes if options.extent is Extent.MAILBOX else None
        progress("domains done", domains, total, waits_for(asking, time.time()), of_mailboxes)


def waits_for(asking: SmtpAsking, now: float) -> str:
    """What the run waits for: lanes that pause, and until when; else the lane that is ready next."""
    texts = [_pause(domain, pace) for domain, pace in asking.turns.pauses()]
    if not texts and (next_one := asking.turns.waits()) is not None:
        domain, pace = next_one
        texts = [f"{domain.operator or domain.name}: its next turn is at {_time(pace.ready_at(now))}"]
    more = len(texts) - _MOST_NAMED
    return ", ".join(texts[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _pause(domain: OpenDomain, pace: Pace) -> str:
    return f"{domain.operator or domain.name}: paused until {_time(pace.paused_until)} {pace.why}"


def _time(moment: float) -> str:
    return datetime.fromtimestamp(moment).astimezone().strftime("%H:%M")
