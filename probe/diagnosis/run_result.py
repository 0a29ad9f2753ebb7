"""What was observed of a run as a whole: the outcome, its stage, and what it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from probe.facts.session import Exchange, Session
from probe.model.reason import Reason, Tagged
from probe.model.reply import Reply, Stage
from probe.model.verdict import Outcome, OutcomeReason


class Ground(StrEnum):
    """What the outcome rests on; chooses the words of the summary and the evidence."""

    REPLY = "reply"
    ROUTE = "route"  # DNS alone: the domain takes no mail
    DNS_UNKNOWN = "dns_unknown"
    UNDIALLED = "undialled"  # every address is non-global and --allow-private was not given
    NO_CONNECTION = "no_connection"
    NO_REPLY = "no_reply"  # connected, then silence, a drop, or half a reply
    DESYNCHRONISED = "desynchronised"
    TLS = "tls"
    SMTPUTF8 = "smtputf8"
    OWN = "own"  # this host's own mail server decides
    LOGIN = "login"  # the relay is to be logged in to
    NOT_REACHED = "not_reached"  # the deadline, an interruption
    NOT_ASKED = "not_asked"  # --no-smtp: DNS alone was to be asked, and nothing in it stands in the way
    INTERRUPTED = "interrupted"  # in the middle of a session


_WITHOUT_CAUSE = frozenset({Ground.NOT_REACHED, Ground.INTERRUPTED, Ground.LOGIN, Ground.UNDIALLED})


@dataclass(frozen=True, slots=True)
class RunResult:
    """The outcome with the exchange that decided it, when one did.

    `reason` says more than the ground does, None where the reply says all; `behind` is what it rests on: how
    a session ended, what is wrong with a certificate, why no server was asked, what DNS gave instead of an
    answer. `probe.diagnosis.why` makes the clause.
    """

    outcome: Outcome
    stage: Stage
    ground: Ground
    session: Session | None = None
    exchange: Exchange | None = None
    reason: Reason[OutcomeReason] | None = None
    behind: tuple[Tagged, ...] = ()

    @property
    def has_no_cause(self) -> bool:
        """Whether nothing was learned of anybody, so that no cause is looked for."""
        return self.ground in _WITHOUT_CAUSE

    def is_for(self, *tags: OutcomeReason) -> bool:
        """Whether its reason is one of these."""
        return self.reason is not None and self.reason.tag in tags

    @property
    def reply(self) -> Reply | None:
        """The deciding reply."""
        return self.exchange.reply if self.exchange is not None else None

    @property
    def ref(self) -> str:
        """How evidence names what decided."""
        if self.exchange is not None:
            return self.exchange.ref
        return f"session:{self.session.number}" if self.session is not None else "dns:MX"
