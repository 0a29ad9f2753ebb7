"""Composes the program: live runs, replays, reports. The only module that sees both sides."""

from __future__ import annotations

import contextlib
import re
import secrets
import ssl
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from probe import settings
from probe._version import VERSION
from probe.model.fault import spared
from probe.model.reply import Reply, Stage
from probe.model.report import Report
from probe.model.session import Advice, Experiment
from probe.model.target import Options, PairTarget, Target
from probe.recording import events as ev
from probe.recording.journal import Recording

if TYPE_CHECKING:
    from probe.knowledge.severities import Severities

Sink = Callable[[ev.Event], None]
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Lab:
    """Where a demo's servers are, instead of the ports and roots of the Internet."""

    scenario: str
    https_context: ssl.SSLContext | None
    https_port: int | None
    tls_roots: str | None = None  # a PEM file: what its mail servers' certificates are judged by


async def observe(
    target: Target,
    options: Options,
    *,
    message: tuple[str, bytes] | None = None,
    bounce: tuple[str, bytes] | None = None,
    sink: Sink | None = None,
    progress: Progress | None = None,
    recording_to: Callable[[Recording], None] | None = None,
    lab: Lab | None = None,
    pace: settings.Pace = settings.PACE,
    spent: float = 0.0,
) -> Recording:
    """Make one live run and return what was observed, complete or cut short by the deadline.

    `message` is the name and the octets of --message, `bounce` those of --bounce; `sink` gets every
    event as it is observed (--record); `progress` short words on what is being done; `recording_to`
    is handed the recording before the first observation, so that an interrupted caller still has it;
    `pace` how long it waits; `spent` the seconds of the timeout that are gone already.
    Cancelling ends the run: what was not reached is recorded, then CancelledError goes on. Raises
    ResolverConfigError when there is no resolver to ask.

    Where the process has no room for a further run beside those that are under way, it waits first, and its
    time counts from then.
    """
    from probe.collect.context import Context
    from probe.collect.live import observe as observe_all
    from probe.net import descriptors
    from probe.net.clock import Clock
    from probe.net.dns_schedule import schedule
    from probe.net.resolver import Resolver

    async with descriptors.admitted():
        await schedule().nobody_waits()
        clock = Clock()
        started = _started(clock.started_at, target, options, lab)
        recording = Recording(started)
        if recording_to is not None:
            recording_to(recording)
        keep = sink or _nowhere
        keep(started)
        deadline = clock.deadline(_time_to_observe(options.timeout - spent, spent))
        async with Resolver(
            options.nameservers,
            on_answer=lambda answer: context.record(ev.DnsAnswered(clock.at_ms(), answer)),
            remaining=deadline.remaining,
            query_timeout=pace.dns_query,
            lifetime=pace.dns_lifetime,
        ) as resolver:
            context = Context(
                target=target,
                options=started.options,
                clock=clock,
                deadline=deadline,
                resolver=resolver,
                recording=recording,
                sink=keep,
                settled=text_settles,
                unwelcome=bars_the_guest,
                advise=_advice_in_thread,
                say=progress or _unsaid,
                message=message,
                bounce=bounce,
                https_context=lab.https_context if lab is not None else None,
                https_port=lab.https_port if lab is not None else None,
                tls_roots=lab.tls_roots if lab is not None else None,
                pace=pace,
            )
            for place, reason in resolver.passed_over:
                context.record(ev.NotReached(clock.at_ms(), place, reason))
            await observe_all(context)
    return recording


def _started(at: str, target: Target, options: Options, lab: Lab | None) -> ev.Started:
    return ev.Started(
        version=ev.FORMAT_VERSION,
        tool_version=VERSION,
        started_at=at,
        target=target,
        options=options if options.seed else replace(options, seed=secrets.randbits(63) | 1),
        invocation=_invocation(target, lab),
        scenario=lab.scenario if lab is not None else None,
        survey=ev.SURVEY,
    )


def prepare() -> None:
    """Load all that a run and its report need, and read the tables: for those who cannot have that done in
    the middle of a run. The report of a run that saw nothing goes through most of it."""
    from probe.collect import live  # noqa: F401
    from probe.model.address import NullReversePath
    from probe.model.address_parse import parse_mailbox
    from probe.net import tls
    from probe.standards.public_suffix import organizational_domain

    nobody = PairTarget(NullReversePath(), parse_mailbox("nobody@example.com"))
    report_of(Recording(ev.Started(ev.FORMAT_VERSION, VERSION, _EPOCH, nobody, Options(), "check")))
    text_settles(Reply(550, None, ("no such user",)), Stage.RCPT)
    organizational_domain("example.com")
    tls.prepare()
    with contextlib.suppress(
        ImportError, OSError
    ):  # then there is no second opinion, and the report says why
        from probe.net import opinions

        opinions.load()


_EPOCH = "1970-01-01T00:00:00.000Z"


async def _advice_in_thread(recording: Recording, offered: tuple[Experiment, ...]) -> Advice:
    from probe.net.threads import in_thread

    so_far = Recording.of(tuple(recording))  # the run goes on meanwhile
    return await in_thread(partial(advice, so_far, offered))


def advice(recording: Recording, offered: tuple[Experiment, ...]) -> Advice:
    """Which of the control experiments to make next, by what the run has seen so far; none where this
    program fails to tell."""
    from probe.diagnosis.advice import advise
    from probe.facts.build import facts_of

    failed = Advice(None, dict.fromkeys(offered, "not made: this program failed to choose an experiment"))
    return spared("the choice of experiments", lambda: advise(facts_of(recording), offered), failed, step=1)


def report_of(recording: Recording, severities: Severities | None = None) -> Report:
    """The report of a recording; the same for a live run and its replay. `severities` are the user's own, by
    tag: they are no observation, and stand in no recording. The customer's key in the zone
    of a blocklist is a secret, and reports are shown around: it reads KEY there."""
    from probe.diagnosis.assemble import report_of as assemble

    report = assemble(recording, severities)
    keys = _keys(recording.started.options.dnsbl)
    if not keys:
        return report
    from probe.report.clean import with_strings

    return with_strings(report, lambda text: keys.sub("KEY", text))


def _keys(zones: tuple[str, ...]) -> re.Pattern[str] | None:
    """The labels in front of a known zone that takes a key there, as one pattern."""
    if not zones:
        return None
    from probe.knowledge.dnsbl import all_lists

    ends = {f".{entry.key_zone}" for entry in all_lists() if entry.key_zone}
    found = {(zone.removesuffix(end), end) for zone in zones for end in ends if zone.endswith(end)}
    keys = (rf"(?<![\w-]){re.escape(key)}(?={re.escape(end)})" for key, end in sorted(found))
    return re.compile("|".join(keys), re.IGNORECASE) if found else None


def replay(path: Path, severities: Severities | None = None) -> Report:
    """The report of a saved run; `severities` as in `report_of`. Raises RecordingError for what is no
    recording, OSError."""
    from probe.recording.file import load

    return report_of(load(path), severities)


_ABOUT_THE_GUEST = frozenset({"ip_blocklisted", "poor_reputation", "rate_limited"})


def bars_the_guest(reply: Reply, stage: Stage) -> bool:
    """Whether a refusal says of the connecting address itself that it is not wanted: it is on a list, has
    a bad name, or comes too often. Where this program fails to tell, the host is left alone."""
    return spared("the reading of the reply", lambda: _bars_the_guest(reply, stage), True, step=1)


def _bars_the_guest(reply: Reply, stage: Stage) -> bool:
    from probe.diagnosis.scoring import rank, words_name_it
    from probe.reading.reply.match import read_reply

    if reply.is_positive:
        return False
    ranked = rank(read_reply(str(reply), stage).evidence, stage=stage, permanent=reply.is_permanent)
    return words_name_it(ranked) and ranked[0].id in _ABOUT_THE_GUEST


def text_settles(reply: Reply, stage: Stage) -> bool:
    """Whether control experiments would add nothing to an answer: its own words name the cause, or it
    is a 4yz, for which time is the test. Where this program fails to tell, no more is asked."""
    return spared("the reading of the reply", lambda: _text_settles(reply, stage), True, step=1)


def _text_settles(reply: Reply, stage: Stage) -> bool:
    from probe.diagnosis.scoring import rank, words_name_it
    from probe.knowledge.fact_evidence import beside_words
    from probe.reading.reply.match import read_reply

    if reply.is_transient:
        return True
    evidence = read_reply(str(reply), stage).evidence
    ranked = rank(evidence, stage=stage, permanent=reply.is_permanent)
    if not words_name_it(ranked):
        return False
    if ranked[0].id != "user_unknown":
        return True
    # "5.0.0 user unknown" is what a domain that takes no mail says of everybody; the status of a server
    # that looked the mailbox up is X.1.1 (RFC 3463 section 3.2). And "recipient rejected" or OpenSMTPD's
    # "invalid recipient" is said of filtered senders and foreign domains as well.
    placeholder = reply.enhanced_status is not None and reply.enhanced_status.is_generic
    return not placeholder and ranked[0].probability >= beside_words().sure_of_unknown


def _time_to_observe(left: float, spent: float) -> float:
    """What of the time that is left may be used: what follows the run takes about as long as what went
    before it, and longer on a slow machine; a short run is not given over to its report."""
    reserve = max(settings.REPORT_RESERVE, settings.REPORT_SHARE * spent)
    return max(0.0, left - min(reserve, left * 2 / 3))


def _invocation(target: Target, lab: Lab | None) -> str:
    if lab is not None:
        return "demo"
    return "check" if isinstance(target, PairTarget) else "domain"


def _nowhere(_: ev.Event) -> None:
    return None


def _unsaid(_: str) -> None:
    return None
