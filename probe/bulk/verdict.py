"""What the state of a domain means for a row of the list: the verdict of `domain --no-smtp`, from a table."""

from __future__ import annotations

from functools import cache

from probe._named_tuple import NamedTuple
from probe.bulk.domain import DomainState
from probe.knowledge.causes import causes
from probe.model.evidence import Band
from probe.model.verdict import Extent, FixBy, Outcome, Retry


class Verdict(NamedTuple):
    """What is said of a domain. `reason` is a clause about it, empty where nothing stands in the way."""

    outcome: Outcome
    cause: str | None
    band: Band
    fix_by: FixBy
    retry: Retry
    reason: str
    action: str
    extent: Extent = Extent.DNS

    @property
    def cells(self) -> list[str | None]:
        """As it is stored."""
        return [None if it is None else str(it) for it in self]

    @classmethod
    def of(cls, cells: list[str]) -> Verdict:
        """What was stored."""
        outcome, cause, band, fix_by, retry, reason, action, extent = cells
        return cls(
            *(Outcome(outcome), cause, Band(band), FixBy(fix_by), Retry(retry), reason, action),
            extent=Extent(extent),
        )


CATCH_ALL = (
    "the domain takes every recipient (catch-all): the mailbox was not asked about, for that proves nothing"
)
TAKES_ALL = Verdict(
    *(Outcome.ACCEPTED, None, Band.STATED, FixBy.NOBODY, Retry.NOW, CATCH_ALL, ""), extent=Extent.SERVER
)
"""Of a mailbox in a domain that takes an invented one, too."""
GREETS = Verdict(
    *(Outcome.ACCEPTED, None, Band.STATED, FixBy.NOBODY, Retry.NOW, "", ""), extent=Extent.SERVER
)
"""Of a domain whose servers answered about its mailboxes."""
_REFUSED = {
    DomainState.NO_DOMAIN: (Retry.NEVER, "the domain does not exist (NXDOMAIN, asked twice)"),
    DomainState.NULL_MX: (Retry.NEVER, "a null MX: the domain declares that it takes no mail"),
    DomainState.NO_MAIL_HOST: (Retry.AFTER_FIX, "the domain has neither MX nor address records"),
    DomainState.NO_USABLE_MX: (Retry.AFTER_FIX, "no MX host has an address that mail could be taken to"),
    DomainState.LOOPBACK_MX: (Retry.AFTER_FIX, "every MX leads back to the sender's own machine"),
}
_REASONS = {
    DomainState.IMPLICIT_MX: "no MX record; its own address is used (implicit MX)",
    DomainState.LITERAL: "an address literal; nothing was asked",
}
_PRIVATE = "its MX hosts have private addresses, as seen from here; --allow-private takes them for real"


@cache
def verdict(state: DomainState) -> Verdict:
    """The verdict on a domain in this state."""
    if state in _REFUSED:
        retry, reason = _REFUSED[state]
        cause = causes()["bad_domain"]
        return Verdict(Outcome.REFUSED, cause.id, Band.STATED, FixBy.SENDER, retry, reason, cause.action)
    if state is DomainState.DNS_UNKNOWN:
        cause = causes()["dns_failure"]
        reason = "DNS gave no usable answer; that is neither yes nor no"
        return Verdict(
            Outcome.INCONCLUSIVE, cause.id, Band.LIKELY, FixBy.EITHER, Retry.LATER, reason, cause.action
        )
    if state is DomainState.PRIVATE_MX:
        action = "Ask from the network that the addresses belong to, or ask another name server."
        return Verdict(
            Outcome.INCONCLUSIVE, None, Band.UNDECIDED, FixBy.EITHER, Retry.AFTER_FIX, _PRIVATE, action
        )
    reason = _REASONS.get(state, "")
    return Verdict(Outcome.ACCEPTED, None, Band.STATED, FixBy.NOBODY, Retry.NOW, reason, "")
