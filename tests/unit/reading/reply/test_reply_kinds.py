"""Replies that condemn nobody, and refusals that name no rule.

Replies with cause, owner and time stand in fixtures/replies/kinds.toml.
"""

from __future__ import annotations

import pytest

from probe.explanation import explain
from probe.model.evidence import Band
from probe.model.reply import Stage

RCPT, MAIL, EHLO, GREETING, EOD = Stage.RCPT, Stage.MAIL, Stage.EHLO, Stage.GREETING, Stage.END_OF_DATA


# No words that say so: nobody is struck off.
@pytest.mark.parametrize(
    ("text", "fix_by"),
    [
        ("550 mailbox unavailable, please try again later", {"recipient", "recipient_admin", "either"}),
        ("550 Empfänger abgelehnt", {"recipient", "either"}),
        ("550 this server does not handle mail for that user", {"recipient_admin", "either"}),
        ("550 we never accept mail for such recipients", {"recipient_admin", "either", "recipient"}),
        ("550 Recipient rejected", {"recipient", "either", "sender"}),
        ("550 Invalid recipient: <a@rcpt.test>", {"sender", "either", "recipient_admin"}),
        ("550 I cannot deliver mail for <a@rcpt.test>", {"either", "recipient_admin", "sender"}),
        ("550 mail transport unavailable", {"recipient_admin", "either"}),
        ("550 MAILER-DAEMON: delivery was not possible", {"either"}),
    ],
)
def test_giving_up_needs_words_that_say_so(text: str, fix_by: set[str]) -> None:
    conduct = explain(text, RCPT).conduct
    assert conduct is not None and conduct.retry != "never" and conduct.fix_by in fix_by


@pytest.mark.parametrize(
    "text", ["554 5.5.1 Error: no valid recipients", "503 no valid RCPT", "554 no recipients left"]
)
@pytest.mark.parametrize("stage", [Stage.DATA, EOD, None])
def test_an_echo_of_the_rcpt_before_is_no_verdict_on_a_mailbox(text: str, stage: Stage | None) -> None:
    explained = explain(text, stage)
    assert explained.conduct is not None and explained.conduct.retry == "after_fix"
    assert explained.conduct.fix_by == "either"


# Where no rule is named the report says so, and which test comes next at that stage.
@pytest.mark.parametrize(
    ("stage", "test"),
    [
        (GREETING, "PTR"), (EHLO, "HELO"), (MAIL, "another sender"), (RCPT, "another recipient"),
        (Stage.DATA, "From"), (EOD, "From and other headers"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    "text", ["550 5.7.1 Access denied", "554 rejected by policy", "550 Zugriff verweigert"]
)
def test_a_policy_without_a_name_is_never_stated_and_gets_the_next_test(
    stage: Stage, test: str, text: str
) -> None:
    explained = explain(text, stage)
    assert explained.band is not Band.STATED
    assert explained.conclusion is not None
    if explained.cause is not None and explained.cause.id == "policy_unspecified":
        assert "No reason is given" in explained.conclusion.action or explained.band is Band.UNDECIDED
        assert test in explained.conclusion.action
        assert (explained.conclusion.conduct.fix_by, explained.conclusion.conduct.retry) == (
            "either",
            "after_fix",
        )
