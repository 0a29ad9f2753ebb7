"""A reply that a session received is read as it is: its code and status are never searched in its words."""

from __future__ import annotations

import pytest

from probe.model.reply import EnhancedStatus, Reply, Stage
from probe.reading.reply.read import Reading, read_received, read_reply


def _reply(code: int, status: str, *lines: str) -> Reply:
    return Reply(code, EnhancedStatus.parse(status), lines)


def _fired(reading: Reading) -> set[str]:
    return {item.rule for item in reading.evidence}


@pytest.mark.parametrize(
    "words",
    [
        "try later\n<<< 421 4.3.2 closing",
        "host mx.example.net[192.0.2.1] said: 421 4.3.2 closing (in reply to MAIL FROM command)",
        "SMTP error (421): closing",
        "to=<a@b.test>, relay=x, dsn=4.3.2, status=deferred (421 closing)",
        "reject: RCPT from a.test[192.0.2.1]: 421 closing; from=<a@a.test>",
        "Expected response code 250 but got code 421",
    ],
)
def test_words_that_look_like_a_log_change_neither_code_nor_stage(words: str) -> None:
    reading = read_received(_reply(550, "", words), Stage.RCPT)
    assert (reading.code, reading.stage, reading.permanent) == (550, Stage.RCPT, True)


def test_the_status_is_that_of_the_reply_and_others_in_the_words_are_evidence() -> None:
    reading = read_received(_reply(550, "5.0.0", "5.0.0 delivery failed (#5.2.2)"))
    assert "esc.2.2" in _fired(reading)
    assert reading.text == "delivery failed (#5.2.2)"


def test_each_line_is_read_without_its_status() -> None:
    reading = read_received(_reply(550, "5.1.1", "5.1.1 The account", "5.1.1 does not", "5.1.1 exist"))
    assert reading.text == "The account does not exist"
    assert str(reading.enhanced) == "5.1.1"


def test_a_reply_without_a_code_has_none() -> None:
    assert read_received(_reply(0, "", "SSH-2.0-OpenSSH")).code is None


def test_a_received_reply_that_quotes_another_has_its_own_code_and_the_reason_of_the_other() -> None:
    words = "5.1.0 <s@a.test>: Sender address rejected: undeliverable address: host mx said: 450 gone"
    reading = read_received(_reply(550, "5.1.0", words), Stage.RCPT)
    assert (reading.code, str(reading.enhanced), reading.stage) == (550, "5.1.0", Stage.RCPT)
    assert _fired(reading) == {"postfix.probe-of-sender"}


@pytest.mark.parametrize(
    ("code", "status", "words"),
    [
        (550, "5.1.1", "5.1.1 <a@b.test>: Recipient address rejected: User unknown"),
        (554, "5.7.1", "5.7.1 Service unavailable; Client host [192.0.2.1] blocked using zen.spamhaus.org"),
        (451, "4.7.1", "4.7.1 Greylisted, come back in 5 minutes"),
        (550, "", "mailbox full"),
        (552, "5.2.2", "5.2.2 用户邮箱已满"),
    ],
)
def test_it_says_what_the_same_reply_in_a_log_says(code: int, status: str, words: str) -> None:
    received = read_received(_reply(code, status, words), Stage.RCPT, "mx.b.test")
    logged = read_reply(f"{code} {words}", Stage.RCPT, "mx.b.test")
    assert received.evidence == logged.evidence
    assert (received.code, received.enhanced, received.text) == (logged.code, logged.enhanced, logged.text)
