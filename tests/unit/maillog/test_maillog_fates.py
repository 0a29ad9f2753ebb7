"""The same twelve messages through four servers: each recipient has the fate and cause that it really had."""

from __future__ import annotations

import pytest

from probe.maillog.outcome import Outcome
from probe.maillog.summary import totals
from probe.model.verdict import FixBy
from tests.unit.maillog.made import counted
from tests.unit.reading.log.samples import sample

SERVERS = ("exim", "opensmtpd", "postfix", "sendmail")
# By the servers that were sent to: the fate, the cause.
SENT = ("sent", None)
UNKNOWN = ("bounced", "user_unknown")
FULL = ("expired", "mailbox_full")
FATES = {
    "ok1@a1.example": SENT,
    "no1@a1.example": UNKNOWN,
    "full1@a1.example": FULL,
    "grey2@b1.example": SENT,
    "ok4@a2.example": SENT,  # of team@, with the next
    "no4@b2.example": UNKNOWN,
    "ok5-fwd@g2.example": SENT,  # of alice@
    "ok8@notls.example": ("expired", "tls_problem"),
    "ok9@spam.example": ("bounced", "spam_content"),
    "ok10@cut.example": ("expired", "connection_failed"),
    "no11@b1.example": UNKNOWN,
    "ok12@nohost.example": ("bounced", "bad_domain"),
    "ok12@a3.example": SENT,
    **{
        f"ok30{number}@{operator}{number % 3 + 1}.example": SENT
        for operator in "abg"
        for number in range(1, 8)
    },
    **{f"no30@{operator}1.example": UNKNOWN for operator in "abg"},
    **{f"grey30@{operator}2.example": SENT for operator in "abg"},
    **{f"full30@{operator}3.example": FULL for operator in "abg"},
}
LASTING = "never3@g1.example"  # put off at each try, until the time in the queue was over
RELAYED = "ok7@relayed.example"  # by a relay that refuses the login


def _outcomes(server: str) -> dict[str, Outcome]:
    """The last outcome of each recipient, which has one but where no queue id joins the tries."""
    log = b"".join(line + b"\n" for line in sample(f"{server}-fates").lines)
    outcomes: list[Outcome] = []
    counted(log, server, outcomes=outcomes)
    rows = [(it.event.recipient or "", it) for it in outcomes]
    rows = [(to, it) for to, it in rows if "@" in to and not to.endswith("@sender.example")]
    assert server == "msmtp" or len(rows) == len({to for to, _ in rows}), "one outcome for each recipient"
    return dict(rows)


def _cause(outcome: Outcome) -> str | None:
    return outcome.reason.conclusion.cause.id if outcome.reason and outcome.fate.value != "sent" else None


@pytest.mark.parametrize("server", SERVERS)
def test_every_recipient_has_its_fate_and_cause(server: str) -> None:
    result = {to: (it.fate.value, _cause(it)) for to, it in _outcomes(server).items()}
    rest = {to: row for to, row in result.items() if to not in FATES}
    assert {to: row for to, row in result.items() if to in FATES} == FATES
    assert set(rest) == {LASTING, RELAYED}


@pytest.mark.parametrize("server", SERVERS)
def test_the_first_delivery_after_a_deferral_is_told_with_its_tries(server: str) -> None:
    outcomes = _outcomes(server)
    late = {to for to, it in outcomes.items() if it.delivered_after is not None}
    assert late == {to for to in FATES if to.startswith("grey")}
    assert all((outcomes[to].attempts >= 2) is (to in late) for to in FATES if FATES[to] == SENT)


@pytest.mark.parametrize("server", SERVERS)
def test_what_was_put_off_until_it_was_given_up_does_not_pass_by_itself(server: str) -> None:
    outcome = _outcomes(server)[LASTING]
    assert outcome.fate.value == "expired"
    assert outcome.reason is not None
    assert outcome.reason.fix_by in (FixBy.EITHER, FixBy.RECIPIENT_ADMIN)


@pytest.mark.parametrize("server", SERVERS)
def test_the_table_says_the_same(server: str) -> None:
    log = b"".join(line + b"\n" for line in sample(f"{server}-fates").lines)
    aggregate = counted(log, server)
    result = totals(aggregate)
    assert result.deferred == 0
    assert result.cured == 4
    by_itself = [it for it in aggregate.groups.values() if it.reason.fix_by is FixBy.NOBODY]
    assert all(it.messages[fate] == 0 for it in by_itself for fate in it.messages if fate.value != "sent")


@pytest.mark.parametrize("program", ["msmtp", "nullmailer"])
def test_a_recipient_is_not_told_to_be_unknown_for_another_one(program: str) -> None:
    """Both programs send to one host, and a message to nobody as soon as one recipient is refused."""
    unknown: set[str] = set()
    others: set[str] = set()
    for to, outcome in _outcomes(program).items():
        if outcome.fate.value == "bounced":
            (unknown if _cause(outcome) == "user_unknown" else others).add(to)
    assert unknown == {"no1@a1.example", "no30@a1.example", "no11@b1.example"}
    assert {"ok1@a1.example", "full1@a1.example", "no30@b1.example", "ok301@g2.example"} <= others
