"""Sessions that were held and the world that they are held in: no socket, a clock that only tests move."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from ipaddress import ip_address
from typing import Any

from probe.collect.attempts import Visits
from probe.collect.session import SessionOutcome
from probe.model.address import IPAddress
from probe.model.dialable import NotPublic
from probe.model.observed import SessionReason
from probe.model.reason import Reason
from probe.model.reply import Reply, Stage
from probe.model.session import EndReason, Experiment, Stop
from probe.net.clock import Clock, Deadline
from probe.net.courtesy import Courtesy
from probe.net.smtp import Dial
from probe.settings import SmtpBudgets
from probe.standards.smtp.dialogue import DialoguePlan
from probe.standards.smtp.reader import WireReply
from probe.standards.smtp.transcript import Entry
from tests.support.sessions import PLAN

A, B, C = (ip_address(f"9.9.9.{n}") for n in (1, 2, 3))

Said = tuple[Stage, int | None]
GREETED = (Stage.GREETING, 220)
HELLO = (GREETED, (Stage.EHLO, 250))
MAILED = (*HELLO, (Stage.MAIL, 250))
TLS_BROKEN = (*HELLO, (Stage.STARTTLS, 220))


def outcome(*text: Said, stop: Stop | None = None, end: EndReason = EndReason.QUIT) -> SessionOutcome:
    """A session with these replies (None: none); without any there was no connection."""
    entries = tuple(
        Entry(stage, "", 0, False, None if code is None else WireReply(Reply(code, None, ("x",)), (), b""))
        for stage, code in text
    )
    return SessionOutcome(0, "", A, Experiment.TARGET, PLAN, end, None, stop, entries)


NOTHING = outcome(end=EndReason.REFUSED)
ANSWERED = outcome(*MAILED, (Stage.RCPT, 550), stop=Stop.DONE)
MUTE = outcome(GREETED, (Stage.EHLO, None), end=EndReason.TIMEOUT)
BARRED = outcome((Stage.GREETING, 554), stop=Stop.GREETING_REFUSED)
TLS_FAILED = outcome(*TLS_BROKEN, stop=Stop.TLS_FAILED)


class StandingClock(Clock):
    """Moves only where it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 10.0

    def seconds(self) -> float:
        return self.now_s


@dataclass(frozen=True)
class Dialled:
    number: int
    dial: Dial
    experiment: Experiment
    reason: Reason[SessionReason]
    plan: DialoguePlan
    budgets: SmtpBudgets


@dataclass
class World:
    """The servers of a test: what each session comes to, in order (the last one over and over)."""

    become: Sequence[SessionOutcome]
    takes_s: float = 2.0
    clock: StandingClock = field(default_factory=StandingClock)
    events: list[object] = field(default_factory=list)
    dialled: list[Dialled] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)

    async def run_session(
        self,
        number: int,
        dial: Dial,
        experiment: Experiment,
        reason: Reason[SessionReason],
        plan: DialoguePlan,
        **rest: object,
    ) -> SessionOutcome:
        items = self.become[min(len(self.dialled), len(self.become) - 1)]
        budgets = rest["budgets"]
        assert isinstance(budgets, SmtpBudgets)
        self.dialled.append(Dialled(number, dial, experiment, reason, plan, budgets))
        self.clock.now_s += self.takes_s
        where: dict[str, Any] = {
            "number": number,
            "mx_host": dial.mx_host,
            "ip": dial.ip,
            "experiment": experiment,
            "plan": plan,
        }
        return replace(items, **where)

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.clock.now_s += max(0.0, seconds)

    def visits(
        self, forbidden: Callable[[IPAddress], NotPublic | None] = lambda _: None, **changes: Any
    ) -> Visits:
        usual = Visits(self.events.append, self.clock, Deadline(self.clock, 1000.0), forbidden, Courtesy())
        return replace(usual, **changes)

    def places(self) -> list[str]:
        return [f"{it.dial.mx_host} {it.dial.ip}" for it in self.dialled]


Make = Callable[..., World]
