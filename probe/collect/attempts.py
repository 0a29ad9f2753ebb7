"""The search over MX hosts and their addresses: which server to ask next, and when to stop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager

from probe import settings
from probe._dataclass import dataclass, field, replace
from probe._enum import StrEnum
from probe.collect.session import OnReply, SessionOutcome, run_session
from probe.knowledge.operator_signs import first_signs, network
from probe.knowledge.providers import operator_of
from probe.model.address import IPAddress
from probe.model.dialable import NotPublic
from probe.model.observed import EndCause, Gap, Part, SessionReason
from probe.model.reason import Reason
from probe.model.reply import Stage
from probe.model.session import EndReason, Experiment, Stop
from probe.model.target import TlsMode
from probe.net.clock import Clock, Deadline, pause
from probe.net.courtesy import Courtesy
from probe.net.host_lanes import WAITS, HostLanes
from probe.net.smtp import Dial, Dialler, Sink, dial_tcp
from probe.recording import events as ev
from probe.settings import SmtpBudgets
from probe.standards.dns.results import MxHost
from probe.standards.smtp.dialogue import DialoguePlan
from probe.survey.demand import HostTls


def say_nothing(_text: str) -> None:
    """Tells nobody what is waited for."""


NO_LANES = HostLanes(None)
_SHARE_OF_WAITING = 0.5
PLANNED = Reason(SessionReason.PLANNED)
WITHOUT_TLS = Reason(SessionReason.TLS_FAILED)


@dataclass(slots=True)
class Tally:
    """The sessions of a run so far, whoever they were with: how many, how many of them were connected, and
    when the last one ended (None: no pause is needed before the next)."""

    sessions: int = 0
    connections: int = 0
    last_end: float | None = None


@dataclass(slots=True)
class Visits:
    """The sessions of one run with the servers of one route: numbers them, spaces them in time, and enforces
    the limits.

    `why_not_dialable` says why an address must not be connected to, None if it may. `courtesy` counts the
    sessions of all runs with an operator, `host_lanes` holds up those of other processes, and `say` tells it.
    `bind` is the local address, `sources` the local address of each
    family if there is no `bind`, `dialling` opens a connection, `tls_roots` replaces the system's trust
    store, `demands` are the TLS requirements by MX host, `falls_back` whether a session without TLS follows a
    failed handshake, `own_name` gives the EHLO name if the plans do not have it yet, `on_reply` decides after
    each reply what a session asks next, `tally` counts those of the run. Times in seconds.
    """

    sink: Sink
    clock: Clock
    deadline: Deadline
    why_not_dialable: Callable[[IPAddress], NotPublic | None]
    courtesy: Courtesy
    host_lanes: HostLanes = NO_LANES
    say: Callable[[str], None] = say_nothing
    port: int = 25
    bind: IPAddress | None = None
    sources: Mapping[int, IPAddress] = field(default_factory=dict)
    tls_roots: str | None = None
    demands: Mapping[str, HostTls] = field(default_factory=dict)
    falls_back: bool = True
    spacing: float = settings.SESSION_SPACING
    budgets: SmtpBudgets = settings.SMTP
    dial_with: Dialler = dial_tcp
    own_name: Callable[[], Awaitable[str]] | None = None
    on_reply: OnReply | None = None
    tally: Tally = field(default_factory=Tally)
    outcomes: list[SessionOutcome] = field(default_factory=list)
    _without_tls: set[tuple[str, IPAddress]] = field(default_factory=set)

    async def visit(
        self,
        mx_host: str,
        ip: IPAddress,
        experiment: Experiment,
        reason: Reason[SessionReason],
        plan: DialoguePlan,
    ) -> SessionOutcome | None:
        """One session, and a second in the clear when TLS failed and is not required.

        None, with a NotReached event, if the deadline or a limit forbids it.
        """
        demand = self.demands.get(mx_host)
        if plan.tls is TlsMode.DANE:  # the effective mode depends on the host
            plan = replace(plan, tls=demand.mode if demand is not None else TlsMode.AUTO)
        if plan.tls is TlsMode.AUTO and (mx_host, ip) in self._without_tls:
            plan = replace(plan, tls=TlsMode.NEVER)
        outcome = await self._session(mx_host, ip, experiment, reason, plan)
        retry = (
            outcome is not None
            and plan.tls is TlsMode.AUTO
            and plan.until is Stage.RCPT
            and outcome.tls_failed
            and (self.falls_back or outcome.stop is Stop.TLS_REFUSED)
        )
        if not retry:
            return outcome
        self._without_tls.add((mx_host, ip))
        again = await self._session(mx_host, ip, experiment, WITHOUT_TLS, replace(plan, tls=TlsMode.NEVER))
        return again or outcome

    async def _session(
        self,
        mx_host: str,
        ip: IPAddress,
        experiment: Experiment,
        reason: Reason[SessionReason],
        plan: DialoguePlan,
    ) -> SessionOutcome | None:
        forbidden = self._why_not(ip)
        if forbidden:
            return self._not_dialled(mx_host, ip, experiment, reason, plan, forbidden)
        await self._keep_distance()
        async with contextlib.AsyncExitStack() as stack:
            if not self._obstacle():
                await stack.enter_async_context(self._lane(mx_host, ip))
            obstacle = self._obstacle() or await self._why_no_turn(mx_host, ip, stack)
            if obstacle:
                why = replace(obstacle, host=mx_host, ip=ip)
                self.sink(ev.NotReached(self.clock.at_ms(), Part.SESSION, why))
                return None
            return await self._dial(mx_host, ip, experiment, reason, plan)

    def _lane(self, mx_host: str, ip: IPAddress) -> AbstractAsyncContextManager[None]:
        """A context that other processes of this host respect; half of the time that is left is kept."""
        signs = first_signs(mx_host, (network(ip.packed),))
        seconds = self.deadline.seconds_left() * _SHARE_OF_WAITING
        return self.host_lanes.hold(signs, seconds, lambda: self.say(f"{WAITS} {operator_of(mx_host)}"))

    async def _why_no_turn(
        self, mx_host: str, ip: IPAddress, stack: contextlib.AsyncExitStack
    ) -> Reason[Gap] | None:
        """Wait for a turn at this host, held by `stack`; returns why there is none before the deadline."""
        try:
            async with asyncio.timeout(self.deadline.seconds_left()):
                await stack.enter_async_context(self.courtesy.turn(operator_of(mx_host), ip))
        except TimeoutError:
            return Reason(Gap.NO_TURN, most=settings.SESSIONS_WITH_ONE_ADDRESS)
        return None

    async def _dial(
        self,
        mx_host: str,
        ip: IPAddress,
        experiment: Experiment,
        reason: Reason[SessionReason],
        plan: DialoguePlan,
    ) -> SessionOutcome:
        self.tally.sessions += 1
        demand = self.demands[mx_host].certificate if mx_host in self.demands else None
        local = self.bind or self.sources.get(ip.version)
        dial = Dial(ip, self.port, mx_host, local, self.tls_roots, demand)
        try:
            outcome = await run_session(
                self.tally.sessions,
                dial,
                experiment,
                reason,
                plan,
                sink=self.sink,
                clock=self.clock,
                deadline=self.deadline,
                budgets=self._budgets(),
                dial_with=self.dial_with,
                own_name=self.own_name,
                on_reply=self.on_reply,
            )
        finally:
            self.tally.last_end = self.clock.seconds()
        if outcome.connected:
            self.tally.connections += 1
        else:
            self.tally.last_end = None  # no server was contacted, so no pause is needed
        self.outcomes.append(outcome)
        return outcome

    def _budgets(self) -> SmtpBudgets:
        is_filtered = any(o.end is EndReason.TIMEOUT and not o.connected for o in self.outcomes)
        again = min(self.budgets.connect, self.budgets.connect_again)
        return replace(self.budgets, connect=again) if is_filtered else self.budgets

    def _why_not(self, ip: IPAddress) -> Reason[EndCause] | None:
        if self.bind is not None and self.bind.version != ip.version:
            return Reason(EndCause.OTHER_FAMILY, ip=self.bind)
        address = self.why_not_dialable(ip)
        return Reason(EndCause.NOT_PUBLIC, address=address) if address is not None else None

    def _obstacle(self) -> Reason[Gap] | None:
        if self.deadline.has_passed:
            return Reason(Gap.DEADLINE)
        if self.tally.connections >= settings.MAX_SESSIONS:
            return Reason(Gap.MOST_SESSIONS, most=settings.MAX_SESSIONS)
        return None

    async def _keep_distance(self) -> None:
        if self.tally.last_end is not None:
            wait = self.tally.last_end + self.spacing - self.clock.seconds()
            await pause(self.deadline.cut(wait))

    def _not_dialled(
        self,
        mx_host: str,
        ip: IPAddress,
        experiment: Experiment,
        reason: Reason[SessionReason],
        plan: DialoguePlan,
        why: Reason[EndCause],
    ) -> SessionOutcome:
        self.tally.sessions += 1
        end = EndReason.NOT_DIALLED
        self.sink(
            ev.SessionOpened(
                self.clock.at_ms(), self.tally.sessions, mx_host, ip, self.port, experiment, reason
            )
        )
        self.sink(ev.SessionClosed(self.clock.at_ms(), self.tally.sessions, end, why))
        outcome = SessionOutcome(self.tally.sessions, mx_host, ip, experiment, plan, end, why, None, ())
        self.outcomes.append(outcome)
        return outcome


class NextStep(StrEnum):
    """What the search does after a session."""

    DONE = "done"
    ADDRESS = "address"
    HOST = "host"


def next_step(outcome: SessionOutcome) -> NextStep:
    """Decide from what one session showed.

    Any answer to RCPT, and a refused MAIL, end the search: a second server of the same domain would give the
    same answer. RFC 5321 section 5.1 moves on after connection failures and 4yz.
    """
    if outcome.end in (EndReason.DEADLINE, EndReason.INTERRUPTED):
        return NextStep.DONE
    if not outcome.connected:
        return NextStep.ADDRESS
    mail = outcome.reply(Stage.MAIL)
    if outcome.reply(Stage.RCPT) or (mail is not None and not mail.is_positive):
        return NextStep.DONE
    if outcome.stop in (Stop.DONE, Stop.SMTPUTF8_NOT_OFFERED, Stop.INTERMEDIATE):
        return NextStep.DONE
    last = outcome.reply(Stage.EHLO) or outcome.reply(Stage.GREETING)
    if outcome.stop is Stop.CLOSING:
        return NextStep.HOST  # a 421 is about the connection, not the recipient: no further session here
    if last is not None and last.is_transient:
        return NextStep.ADDRESS
    if mail is not None and outcome.stop is not None:
        return NextStep.DONE  # there was an answer about the recipient, even if it was unclear
    if outcome.stop is not None or (last is not None and last.is_permanent):
        return NextStep.HOST
    return NextStep.ADDRESS


async def ask_target(
    visits: Visits,
    hosts: tuple[MxHost, ...],
    plan: DialoguePlan,
    *,
    experiment: Experiment = Experiment.TARGET,
    reason: Reason[SessionReason] = PLANNED,
) -> tuple[SessionOutcome, ...]:
    """Ask the hosts in order, each at its addresses in order, until one gives an answer.

    At most two hosts that can be reached are asked. Returns every session made, the deciding one last; empty
    when there was nothing to connect to.
    """
    before = len(visits.outcomes)
    done_hosts: set[str] = set()
    for host in hosts:
        if len(done_hosts) == _HOSTS_TALKED_TO:
            break
        for ip in host.addresses:
            outcome = await visits.visit(host.host, ip, experiment, reason, plan)
            step = next_step(outcome) if outcome is not None else NextStep.DONE
            if outcome is None or step is NextStep.DONE:
                return tuple(visits.outcomes[before:])
            reason = _why_next(outcome)
            if outcome.connected:
                done_hosts.add(host.host)
            if step is NextStep.HOST:
                break
    return tuple(visits.outcomes[before:])


# RFC 5321 section 5.1 asks a client to try at least two addresses; if two servers of a domain refuse the
# client, a third adds nothing.
_HOSTS_TALKED_TO = 2


def _why_next(outcome: SessionOutcome) -> Reason[SessionReason]:
    host, ip = outcome.mx_host, outcome.ip
    if not outcome.connected:
        return Reason(SessionReason.NOT_CONNECTED, host=host, ip=ip, end=outcome.end)
    if outcome.stop is not None:
        return Reason(SessionReason.NO_ANSWER, host=host, ip=ip, stop=outcome.stop)
    return Reason(SessionReason.NO_ANSWER, host=host, ip=ip, end=outcome.end)
