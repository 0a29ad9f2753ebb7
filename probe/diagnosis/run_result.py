"""The result of a run: the outcome, its stage, and what it rests on."""

from __future__ import annotations

from probe._dataclass import dataclass
from probe._enum import StrEnum
from probe.facts.session import Exchange, Session
from probe.model.reason import Reason, Tagged
from probe.model.reply import Reply, Stage
from probe.model.verdict import Outcome, OutcomeReason


class Ground(StrEnum):
    """What the outcome rests on; the words of the summary and the evidence depend on it."""

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
    LOGIN = "login"  # the relay requires a login
    NOT_REACHED = "not_reached"  # the deadline, an interruption
    NOT_ASKED = "not_asked"  # --no-smtp: only DNS was asked, and nothing in it prevents delivery
    INTERRUPTED = "interrupted"  # in the middle of a session


_WITHOUT_CAUSE = frozenset({Ground.NOT_REACHED, Ground.INTERRUPTED, Ground.LOGIN, Ground.UNDIALLED})


@dataclass(frozen=True, slots=True)
class RunResult:
    """The outcome with the exchange that decided it, when one did.

    `reason` is more specific than the ground, None if the reply is the reason; `behind` are the reasons
    behind it: how a session ended, what is wrong with a certificate, why no server was asked, what DNS gave
    instead of an answer. `probe.diagnosis.why` makes the clause.
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
        """Whether nothing was learned, so that there is no cause to look for."""
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
        """The reference of what decided, for evidence."""
        if self.exchange is not None:
            return self.exchange.ref
        return f"session:{self.session.number}" if self.session is not None else "dns:MX"
