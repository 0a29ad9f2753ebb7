"""The remote server's own reply, found in what bounces, logs and libraries made of it."""

from __future__ import annotations

import pytest

from probe.model.reply import Stage
from probe.reading.reply.unwrap import unwrap


@pytest.mark.parametrize(
    ("wrapped", "code", "enhanced", "text", "stage"),
    [
        (
            "host mx.example.com[192.0.2.1] said: 550 5.1.1 <a@example.com>: User unknown "
            "(in reply to RCPT TO command)",
            550,
            "5.1.1",
            "<a@example.com>: User unknown",
            Stage.RCPT,
        ),
        (
            "host mx.example.com [192.0.2.1]: 550 Mailbox full (in reply to end of DATA command)",
            550,
            None,
            "Mailbox full",
            Stage.END_OF_DATA,
        ),
        (
            "SMTP error from remote mail server after RCPT TO:<a@example.com>: "
            "host mx.example.com [192.0.2.1]: 550 Unrouteable address",
            550,
            None,
            "Unrouteable address",
            Stage.RCPT,
        ),
        (
            "192.0.2.1 does not like recipient. Remote host said: 550 5.1.1 no such user "
            "Giving up on 192.0.2.1.",
            550,
            "5.1.1",
            "no such user",
            Stage.RCPT,
        ),
        ("smtp; 550 5.2.2 mailbox full", 550, "5.2.2", "mailbox full", None),
        (
            "550-5.1.1 The account\n550-5.1.1 does not\n550 5.1.1 exist",
            550,
            "5.1.1",
            "The account does not exist",
            None,
        ),
        ("550-5.1.1 The account 550-5.1.1 does not 550 5.1.1 exist", 550, "5.1.1", None, None),
        ("550 550 5.7.1 refused", 550, "5.7.1", "refused", None),
        ("550 #5.1.0 Address rejected", 550, "5.1.0", "Address rejected", None),
        ("550 Invalid recipient (#5.1.1)", 550, "5.1.1", "Invalid recipient (#5.1.1)", None),
        ("554 5.0.0 <a@example.com>: 550 5.2.1 disabled", 554, "5.2.1", None, None),
        ("550 IP 192.0.2.1 is bad", 550, None, "IP 192.0.2.1 is bad", None),
        (
            "... while talking to mx.example.com.:\n>>> DATA\n<<< 552 too big\n554 5.0.0 Service unavailable",
            552,
            None,
            "too big",
            Stage.DATA,
        ),
        (
            "... while talking to mx.example.com.:\n>>> RCPT To:<a@example.com>\n<<< 550-no\n<<< 550 user\n"
            "550 5.1.1 <a@example.com>... User unknown",
            550,
            None,
            "no user",
            Stage.RCPT,
        ),
        (
            "host x.example[192.0.2.1] refused to talk to me: 554 blocked",
            554,
            None,
            "blocked",
            Stage.GREETING,
        ),
        (
            ">>> DATA <<< 554 5.7.1 <a@example.com>: Relay access denied 554 5.0.0 Service unavailable "
            "<<< 554 5.5.1 Error: no valid recipients",
            554,
            "5.7.1",
            "<a@example.com>: Relay access denied",
            Stage.RCPT,
        ),
        (
            "connect to x[192.0.2.1]: server refused to talk to me: 421 later (port 25)",
            421,
            None,
            None,
            Stage.GREETING,
        ),
        ("Remote Server returned '550 5.1.1 User not found'", 550, "5.1.1", "User not found", None),
        (
            'Exception: Expected response code 250 but got code "550", with message "550 5.7.1 no spam"',
            550,
            "5.7.1",
            "no spam",
            None,
        ),
        ("SMTPRecipientsRefused: {'a@b.example': (550, b'no such user')}", 550, None, None, Stage.RCPT),
        ("SMTPSenderRefused: (501, 'bad address', 'a')", 501, None, None, Stage.MAIL),
        ('code = 550, details = "account closed"', 550, None, None, None),
        (
            "milter-reject: END-OF-MESSAGE from a.example[192.0.2.1]: 4.7.1 Try again later; "
            "from=<a@a.example> to=<b@b.example> proto=ESMTP helo=<a.example>",
            None,
            "4.7.1",
            "Try again later",
            Stage.END_OF_DATA,
        ),
        (
            "H=a.example [192.0.2.1] F=<a@a.example> rejected RCPT <b@b.example>: found in a list",
            None,
            None,
            "found in a list",
            Stage.RCPT,
        ),
        ("Mailbox unavailable. The server response was: 5.7.1 Unable to relay", None, "5.7.1", None, None),
        # of a log line, what `grep -o` leaves
        (
            "said: 550 5.1.1 <a@b.example>: unknown (in reply to RCPT TO command))",
            550,
            "5.1.1",
            "<a@b.example>: unknown",
            Stage.RCPT,
        ),
    ],
)
def test_a_wrapped_reply_is_unwrapped(
    wrapped: str, code: int | None, enhanced: str | None, text: str | None, stage: Stage | None
) -> None:
    parts = unwrap(wrapped)
    assert parts.code == code
    assert (str(parts.enhanced[0]) if parts.enhanced else None) == enhanced
    assert parts.stage == stage
    if text is not None:
        assert parts.text == text


def test_the_filler_of_the_sending_server_is_recognised() -> None:
    assert unwrap(">>> DATA\n554 5.0.0 Service unavailable").local
    assert not unwrap(">>> DATA\n<<< 554 refused\n554 5.0.0 Service unavailable").local


@pytest.mark.parametrize(
    ("text", "stage"),
    [
        ("F=<bob@example.com> rejected after DATA: 550 spam", Stage.END_OF_DATA),
        ("SMTP error after DATA: 550 spam", Stage.DATA),
        ("550 spam (in reply to end of DATA command)", Stage.END_OF_DATA),
    ],
)
def test_of_two_wrappings_that_end_together_the_longer_one_names_the_stage(text: str, stage: Stage) -> None:
    assert unwrap(text).stage is stage


@pytest.mark.parametrize("place", ["192.0.2.1:587", "smtp.example.com:465", "[2001:db8::1]:587"])
def test_a_port_is_no_code_of_a_reply(place: str) -> None:
    parts = unwrap(f"connect ECONNREFUSED {place}")
    assert parts.code is None and place in parts.text
    assert unwrap("host said:550 no").code == 550
