"""What asking about a list takes, before it is asked: how many questions, of whom, and for how long."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

from probe.bulk.report import BulkPlan, BulkQuestions
from probe.bulk.summary import OperatorCount
from probe.settings import (
    BULK_MAILBOXES_AN_HOUR,
    BULK_PLAN_RATE,
    BULK_RCPT_A_SESSION,
    BULK_SESSION_PAUSE,
    BULK_SESSION_TIME,
)


def plan(
    domains: int,
    hosts: int | None,
    missing: int,
    operators: Sequence[OperatorCount] | None,
    rate: float | None,
) -> BulkPlan:
    """`hosts` are the distinct first MX hosts, `missing` the domains that DNS denied; `hosts` and `operators`
    are None where nothing was asked. `rate` is the number of questions a second that was measured."""
    questions = [BulkQuestions("MX", domains + missing, "each domain once; a missing one twice")]
    if hosts is not None:
        questions.append(BulkQuestions("A", hosts, "the first MX host of each domain, each host once"))
    count = sum(it.count for it in questions)
    waits = [mailbox_seconds(it.rows) for it in operators] if operators is not None else []
    return BulkPlan(
        questions=tuple(questions),
        dns_seconds=ceil(count / (rate or BULK_PLAN_RATE)),
        is_measured=rate is not None,
        mailbox_seconds=max(waits, default=0) if operators is not None else None,
    )


def mailbox_seconds(mailboxes: int) -> int:
    """How long it would take to ask one operator about so many mailboxes at a pace that servers bear: the cap
    an hour, or the sessions one after the other with their pauses, whichever is longer."""
    by_cap = mailboxes / BULK_MAILBOXES_AN_HOUR * 3600
    sessions = ceil(mailboxes / BULK_RCPT_A_SESSION)
    return ceil(max(by_cap, sessions * (BULK_SESSION_TIME + BULK_SESSION_PAUSE)))
