"""What asking about a list takes, before it is asked: how many questions, of whom, and for how long."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil

from probe._dataclass import dataclass
from probe.bulk.report import BulkPlan, BulkQuestions
from probe.bulk.summary import OperatorCount
from probe.model.verdict import Extent
from probe.settings import (
    BULK_COURTESY,
    BULK_PLAN_RATE,
    BULK_SESSION_TIME,
)


@dataclass(frozen=True, slots=True)
class Asking:
    """What is to be asked of mail servers: how far the questions go, the `operators` with most rows and how
    many there are, the `mailboxes`, each once, and the `domains` that have servers."""

    extent: Extent
    operators: Sequence[OperatorCount]
    operator_count: int
    mailboxes: int
    domains: int


def plan(
    domains: int, hosts: int | None, missing: int, asking: Asking | None, rate: float | None
) -> BulkPlan:
    """`hosts` are the distinct first MX hosts, `missing` the domains that DNS denied; `hosts` and `asking`
    are None where nothing was asked. `rate` is the number of questions a second that was measured."""
    questions = [BulkQuestions("MX", domains + missing, "each domain once; a missing one twice")]
    if hosts is not None:
        questions.append(BulkQuestions("A", hosts, "the first MX host of each domain, each host once"))
    in_dns = sum(it.count for it in questions)
    return BulkPlan(
        questions=(*questions, *(_of_servers(asking) if asking is not None else ())),
        dns_seconds=ceil(in_dns / (rate or BULK_PLAN_RATE)),
        is_measured=rate is not None,
        mailbox_seconds=_seconds(asking) if asking is not None and asking.mailboxes else None,
    )


def _of_servers(asking: Asking) -> Iterator[BulkQuestions]:
    if asking.extent is Extent.SERVER:
        yield BulkQuestions("session", asking.operator_count, "one with each operator, up to STARTTLS")
    if asking.extent is Extent.MAILBOX:
        yield BulkQuestions("RCPT", asking.mailboxes, "each mailbox once")
        yield BulkQuestions("RCPT", asking.domains, "an invented mailbox for each domain, at most")


def _seconds(asking: Asking) -> int:
    """The lane with most rows takes longest, for all are asked at once."""
    more = asking.extent is Extent.MAILBOX
    return max((mailbox_seconds(it.rows + it.domains * more) for it in asking.operators), default=0)


def mailbox_seconds(mailboxes: int) -> int:
    """How long it would take to ask one operator about so many mailboxes at a pace that servers bear: the cap
    an hour, or the sessions one after the other with their pauses, whichever is longer."""
    by_cap = mailboxes / BULK_COURTESY.mailboxes_an_hour * 3600
    sessions = ceil(mailboxes / BULK_COURTESY.rcpt_a_session)
    return ceil(max(by_cap, sessions * (BULK_SESSION_TIME + BULK_COURTESY.session_pause)))
