"""Code and enhanced status of different classes (RFC 2034 section 4): the code tells how lasting, the subject
and detail of the status still tell why, and the evidence says that they contradict each other.

Servers that do so mean the detail: SES and Exchange write "550 4.4.7" of a message that expired, others "552
4.2.2" of a full mailbox, Exchange Online "451 5.7.3" of missing STARTTLS.
"""

from __future__ import annotations

import pytest

from probe.explanation import explain
from probe.model.evidence import Evidence
from probe.model.reply import EnhancedStatus, Reply, Stage
from probe.model.verdict import ExitCode
from probe.reading.reply.read import read_received, read_reply


def _of(rule: str, evidence: tuple[Evidence, ...]) -> Evidence | None:
    return next((item for item in evidence if item.rule == rule), None)


@pytest.mark.parametrize(
    ("text", "cause", "exit_code"),
    [
        ("450 5.1.1 User unknown", "user_unknown", ExitCode.DEFERRED),
        ("550 4.1.1 User unknown", "user_unknown", ExitCode.REFUSED),
        ("552 4.2.2 User has full mailbox", "mailbox_full", ExitCode.REFUSED),
        ("452 5.2.2 mailbox full", "mailbox_full", ExitCode.DEFERRED),
        ("451 5.7.3 STARTTLS is required to send mail", "tls_problem", ExitCode.DEFERRED),
        ("550 4.4.7 Message expired", "expired", ExitCode.REFUSED),
    ],
)
def test_the_code_tells_how_lasting_and_the_status_still_why(
    text: str, cause: str, exit_code: ExitCode
) -> None:
    explained = explain(text, Stage.RCPT)
    assert explained.cause is not None and explained.cause.id == cause
    assert explained.exit_code is exit_code
    assert explained.conduct is not None
    if exit_code is ExitCode.DEFERRED:
        assert explained.conduct.retry != "never"


@pytest.mark.parametrize("text", ["550 4.1.1 no", "450 5.1.1 no", "550-4.1.1 no\n550 4.1.1 not"])
def test_the_evidence_says_that_they_contradict_each_other(text: str) -> None:
    result = _of("esc.1.1", read_reply(text, Stage.RCPT).evidence)
    assert result is not None
    code, status = text[:3], text[4:9]
    assert f"the reply contradicts itself (code {code}, status {status})" in result.says
    assert not result.final, "what the reply itself contradicts is no ground for giving up"


@pytest.mark.parametrize(
    "text",
    [
        "550 5.1.1 no", "450 4.1.1 no", "5.1.1 no",
        "450 <a@b.test>: no: 550 sorry (#5.1.1)",  # the status of another reply
        "Status: 5.1.1 (450 no)",  # the sending server's verdict, not the reply's
    ],
)  # fmt: skip
def test_there_is_no_contradiction_without_a_code_and_its_own_status(text: str) -> None:
    result = _of("esc.1.1", read_reply(text, Stage.RCPT).evidence)
    assert result is not None and "contradicts" not in result.says and result.final


def test_a_rule_for_statuses_of_one_class_goes_by_the_codes_class() -> None:
    grey = "Try again later"
    assert _of("rspamd.greylisted", read_reply(f"451 4.7.1 {grey}", Stage.END_OF_DATA).evidence)
    assert _of("rspamd.greylisted", read_reply(f"451 5.7.1 {grey}", Stage.END_OF_DATA).evidence)
    assert not _of("rspamd.greylisted", read_reply(f"550 4.7.1 {grey}", Stage.END_OF_DATA).evidence)


def test_a_documented_pair_is_what_was_written() -> None:
    """A provider documents `550 4.2.2` as such; `550 5.2.2` is another pair of its table."""
    assert _of("esp.mailbox", read_reply("550 4.2.2 no").evidence)


def test_a_status_of_success_says_nothing_of_a_refusal() -> None:
    fired = {item.rule for item in read_reply("550 2.1.1 no", Stage.RCPT).evidence}
    assert not any(rule.startswith("esc.") for rule in fired)
    assert any(item.rule == "esc.1.1" for item in read_reply("550 5.1.1 no", Stage.RCPT).evidence)


def test_a_live_reply_is_held_to_the_same() -> None:
    reply = Reply(450, EnhancedStatus(5, 1, 1), ("5.1.1 no",))
    result = _of("esc.1.1", read_received(reply, Stage.RCPT).evidence)
    assert result is not None and "code 450, status 5.1.1" in result.says
    assert read_received(reply).permanent is False
