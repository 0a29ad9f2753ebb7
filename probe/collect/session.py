"""Runs one planned dialogue over a connection and records it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from probe import settings
from probe._dataclass import dataclass, replace
from probe.model.address import IPAddress, Mailbox
from probe.model.observed import EndCause, SessionReason
from probe.model.reason import Reason
from probe.model.reply import Reply, Stage
from probe.model.session import EndReason, Experiment, Stop
from probe.model.target import TlsMode
from probe.net.clock import Clock, Deadline
from probe.net.smtp import Dial, Dialler, HandshakeError, Sink, Wire, WireError, dial_tcp
from probe.recording import events as ev
from probe.settings import SmtpBudgets
from probe.standards.smtp.commands import Command
from probe.standards.smtp.dialogue import (
    Action,
    AwaitGreeting,
    Close,
    Dialogue,
    DialoguePlan,
    Handshake,
    State,
)
from probe.standards.smtp.transcript import Entry


@dataclass(frozen=True, slots=True)
class SessionOutcome:
    """The outcome of one session.

    `stop` is why the dialogue went no further (None: the connection failed first); `end` and
    `cause` are what `SessionClosed` records; `entries` the exchanges so far, greeting first.
    """

    number: int
    mx_host: str
    ip: IPAddress
    experiment: Experiment
    plan: DialoguePlan
    end: EndReason
    cause: Reason[EndCause] | None
    stop: Stop | None
    entries: tuple[Entry, ...]

    @property
    def connected(self) -> bool:
        """Whether there was a TCP connection."""
        return bool(self.entries)

    def reply(self, stage: Stage) -> Reply | None:
        """The last usable reply of a stage."""
        usable = (entry for entry in reversed(self.entries) if entry.stage is stage and entry.usable)
        return next((entry.reply for entry in usable), None)

    def answer_about(self, position: int) -> Reply | None:
        """The usable reply to the RCPT of the plan's forward-path at that position."""
        rcpts = [entry for entry in self.entries if entry.stage is Stage.RCPT]
        return rcpts[position].reply if position < len(rcpts) and rcpts[position].usable else None

    @property
    def tls_failed(self) -> bool:
        """Whether STARTTLS was offered but TLS failed: refused, aborted, or no reply after it."""
        if self.stop in (Stop.TLS_REFUSED, Stop.TLS_FAILED):
            return True
        # after a timeout QUIT is still sent; it comes after the unanswered command
        entries = [entry for entry in self.entries if entry.stage is not Stage.QUIT]
        last = entries[-1] if entries else None
        if last is None or self.stop is not None:
            return False
        mute = last.stage is Stage.EHLO and last.secure and last.read is None
        return mute or last.stage is Stage.STARTTLS


Paths = tuple[Mailbox, ...] | None
OnReply = Callable[[Entry], Paths | Awaitable[Paths]]
"""Called with each exchange whose reply may be concluded from, before anything else is sent. May return other
forward-paths than planned, with those that were asked about."""


async def run_session(
    number: int,
    dial: Dial,
    experiment: Experiment,
    reason: Reason[SessionReason],
    plan: DialoguePlan,
    *,
    sink: Sink,
    clock: Clock,
    deadline: Deadline,
    budgets: SmtpBudgets = settings.SMTP,
    dial_with: Dialler = dial_tcp,
    own_name: Callable[[], Awaitable[str]] | None = None,
    on_reply: OnReply | None = None,
) -> SessionOutcome:
    """Run one session and return its outcome.

    `own_name` gives the EHLO name where it is still being found out: it is needed after the greeting.
    `on_reply` decides after each reply what is asked next.
    Whatever happens, cancellation included, the socket is closed and SessionClosed recorded.
    Network trouble is an outcome, never an exception.
    """
    sink(ev.SessionOpened(clock.at_ms(), number, dial.mx_host, dial.ip, dial.port, experiment, reason))
    wire = Wire(number, sink, clock, deadline, dial_with)
    dialogue = Dialogue(plan)
    end: tuple[EndReason, Reason[EndCause] | None] | None = None
    try:
        end = await _Conversation(wire, dialogue, dial, budgets, own_name, on_reply).hold()
    finally:
        wire.close()
        if end is None:
            end = (EndReason.DEADLINE if deadline.has_passed else EndReason.INTERRUPTED, None)
        sink(ev.SessionClosed(clock.at_ms(), number, *end))
    entries = tuple(wire.transcript.entries)
    final_plan = dialogue.plan
    return SessionOutcome(number, dial.mx_host, dial.ip, experiment, final_plan, *end, dialogue.stop, entries)


@dataclass(slots=True)
class _Conversation:
    wire: Wire
    dialogue: Dialogue
    dial: Dial
    budgets: SmtpBudgets
    own_name: Callable[[], Awaitable[str]] | None = None
    on_reply: OnReply | None = None
    end: EndReason = EndReason.QUIT

    async def hold(self) -> tuple[EndReason, Reason[EndCause] | None]:
        """Run the session from the connection to its end: how it ended, and the cause."""
        try:
            await self.wire.connect(self.dial, self.budgets.connect)
            action = self.dialogue.begin()
            while not isinstance(action, Close):
                action = await self._perform(action)
        except WireError as error:
            if self.dialogue.state is not State.QUIT:
                await self._leave_late(error)
                return error.reason, error.cause or self._why()
            # errors at the end never change the result of the session
        else:
            await self._hear_out()
        if self.dialogue.stop is Stop.CLOSING:
            self.end = EndReason.CLOSED_BY_PEER
        return self.end, self._why()

    def _why(self) -> Reason[EndCause] | None:
        stop = self.dialogue.stop
        return Reason(EndCause.STOP, stop=stop) if stop is not None and stop is not Stop.DONE else None

    async def _perform(self, action: Action) -> Action:
        if isinstance(action, Handshake):
            return await self._secure()
        if isinstance(action, AwaitGreeting):
            wire_reply = await self.wire.greeting(self.budgets.greeting)
            if self.own_name is not None:
                self.dialogue.plan = replace(self.dialogue.plan, helo=await self.own_name())
        elif isinstance(action, Close):
            return action
        else:
            wire_reply = await self.wire.exchange(action.command, self._budget(action.command))
        if self.wire.transcript.out_of_step:
            return self.dialogue.lost_step()
        entry = self.wire.transcript.entries[-1]
        paths = self.on_reply(entry) if self.on_reply is not None and entry.usable else None
        if isinstance(paths, Awaitable):
            paths = await paths
        if paths is not None:
            self.dialogue.plan = replace(self.dialogue.plan, forward_paths=paths)
        return self.dialogue.replied(wire_reply)

    async def _secure(self) -> Action:
        try:
            is_verified = await self.wire.handshake(self.dial, self.budgets.handshake)
        except HandshakeError as error:
            self.end = error.reason
            return self.dialogue.insecure()
        if not is_verified and self.dialogue.plan.tls is TlsMode.REQUIRE:
            return self.dialogue.unverified()
        return self.dialogue.secured()

    def _budget(self, command: Command) -> float:
        budgets = self.budgets
        by_stage = {
            Stage.EHLO: budgets.ehlo,
            Stage.STARTTLS: budgets.starttls,
            Stage.MAIL: budgets.mail,
            Stage.RCPT: budgets.rcpt,
        }
        return by_stage.get(command.stage, budgets.closing)

    async def _leave_late(self, error: WireError) -> None:
        """After a timeout: send QUIT anyway, which also waits a last time for a late reply.

        Before the greeting nothing may be sent (RFC 5321 section 3.1).
        """
        silent = error.reason in (EndReason.TIMEOUT, EndReason.DEADLINE)
        if not silent or self.wire.is_over or self.dialogue.state is State.GREETING:
            return
        try:
            await self.wire.exchange(Command.quit(), self.budgets.closing)
        except WireError:
            return

    async def _hear_out(self) -> None:
        """An answer to QUIT other than 221 may be a late reply to an earlier command: then wait for more, so
        that shifted replies are detected."""
        last = self.wire.transcript.entries[-1]
        if last.stage is Stage.QUIT and last.reply is not None and last.reply.code != 221:
            await self.wire.until_closed(self.budgets.closing)
