"""Runs one probe session, or a search, against scripted servers, with budgets short enough for tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address

from probe.collect.attempts import Visits
from probe.collect.session import SessionOutcome, run_session
from probe.facts.session import Session
from probe.facts.sessions import sessions_of
from probe.model.address import IPAddress, Mailbox
from probe.model.session import Experiment
from probe.model.target import Options, PairTarget
from probe.net.clock import Clock
from probe.net.courtesy import Courtesy
from probe.net.smtp import Dial
from probe.recording import events as ev
from probe.recording.journal import Recording
from probe.settings import SmtpBudgets
from probe.standards.smtp.dialogue import DialoguePlan
from tests.support.reasons import FORBIDDEN, WHY

BOB = Mailbox("bob", "example.com", "example.com")
ALICE = Mailbox("alice", "example.net", "example.net")
LOOPBACK = ip_address("127.0.0.1")
PLAN = DialoguePlan("probe.test", BOB, (ALICE,))

PATIENT = SmtpBudgets(5, 5, 5, 5, 5, 5, 5, 1)
# short only where a server is silent; a loaded machine still answers the rest in time
HASTY = SmtpBudgets(5, 0.5, 5, 5, 0.5, 5, 0.5, 1)


@dataclass
class Run:
    """A recording that grows, with the clock that stamps it."""

    seconds: float = 30.0
    clock: Clock = field(default_factory=Clock)
    courtesy: Courtesy = field(default_factory=Courtesy)

    def __post_init__(self) -> None:
        started = ev.Started(ev.FORMAT_VERSION, "0", self.clock.started_at, PairTarget(BOB, ALICE), Options())
        self.recording = Recording(started)
        self.deadline = self.clock.deadline(self.seconds)

    async def session(
        self,
        port: int,
        plan: DialoguePlan = PLAN,
        *,
        budgets: SmtpBudgets = PATIENT,
        ip: IPAddress = LOOPBACK,
        host: str = "mx.test",
        bind: IPAddress | None = None,
        tls_roots: str | None = None,
    ) -> SessionOutcome:
        return await run_session(
            len(self.sessions) + 1,
            Dial(ip, port, host, bind, tls_roots),
            Experiment.TARGET,
            WHY,
            plan,
            sink=self.recording.append,
            clock=self.clock,
            deadline=self.deadline,
            budgets=budgets,
        )

    def visits(
        self, port: int, *, budgets: SmtpBudgets = PATIENT, forbidden: frozenset[IPAddress] = frozenset()
    ) -> Visits:
        return Visits(
            self.recording.append,
            self.clock,
            self.deadline,
            lambda ip: FORBIDDEN if ip in forbidden else None,
            self.courtesy,
            port=port,
            spacing=0,
            budgets=budgets,
        )

    @property
    def sessions(self) -> tuple[Session, ...]:
        return sessions_of(self.recording)

    @property
    def sent(self) -> bytes:
        return b"".join(event.data for event in self.recording.all(ev.Sent))
