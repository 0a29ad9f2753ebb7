"""A notice in free text that was cut off, and one whose returned message is no person's."""

from __future__ import annotations

import pytest

from probe.bounces import BouncedRecipient, read_bounces
from probe.model.verdict import FixBy, Retry

HEAD = "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.org\nTo: bob@example.org\nSubject: failure notice\n\n"
# What the second half of each says makes another thing of the first one.
REFUSALS = (
    "550 5.1.1 user unknown or mailbox full",
    "550 no such user here, or your address is on a blocklist",
    "550 the mailbox does not exist for senders without a login",
)
FORMS = (
    "Hi. This is the qmail-send program at mx.example.org.\nI'm afraid I wasn't able to deliver your message "
    "to the following addresses.\n\n<alice@example.net>:\nRemote host said: {}",
    "This is the mail system at host mx.example.org.\n\n<alice@example.net>: host mx.example.net[192.0.2.1] "
    "said: {}",
    "A message that you sent could not be delivered to one or more of its\nrecipients. The following "
    "address(es) failed:\n\n  alice@example.net\n    host mx.example.net [192.0.2.1]: {}",
    "Your message to alice@example.net could not be delivered.\n\nReason: {}",
)
RETURNED = (
    "\n--- Below this line is a copy of the message.\n\n{}From: bob@example.org\nTo: alice@example.net\n\nx"
)


def retry(recipient: BouncedRecipient) -> Retry | None:
    conclusion = recipient.explanation.conclusion if recipient.explanation is not None else None
    return conclusion.conduct.retry if conclusion is not None else None


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("refusal", REFUSALS)
def test_no_beginning_gives_an_address_up(form: str, refusal: str) -> None:
    text = HEAD + form.format(refusal)
    for end in range(len(text) - len(refusal), len(text) + 1):
        assert Retry.NEVER not in [retry(it) for it in read_bounces(text[:end].encode())], text[:end]


@pytest.mark.parametrize("form", FORMS)
def test_a_whole_one_gives_it_up(form: str) -> None:
    text = HEAD + form.format("550 5.1.1 user unknown")
    for whole in (text + "\n", text + "\n" + RETURNED.format("")):
        (recipient,) = read_bounces(whole.encode())
        assert retry(recipient) is Retry.NEVER
        assert recipient.notice.problems == ()


def test_it_is_said_that_a_text_ends_within_a_line() -> None:
    (recipient,) = read_bounces((HEAD + FORMS[0].format("550 5.1.1 user unknown")).encode())
    assert [str(why.tag) for why in recipient.notice.problems] == ["ends_within_line"]
    assert retry(recipient) is Retry.AFTER_FIX


@pytest.mark.parametrize(
    ("fields", "is_automatic"),
    [
        ("Return-Path: <bob@example.org>\n", False),
        ("Return-Path: <>\n", True),
        ("Return-Path: <bob@example.org>\nAuto-Submitted: auto-replied\n", True),
        ("Return-Path: <bob@example.org>\nAuto-Submitted: auto-generated\n", False),
    ],
)
def test_no_list_is_to_be_corrected_for_an_automatic_answer(fields: str, *, is_automatic: bool) -> None:
    text = HEAD + FORMS[0].format("550 5.1.1 user unknown\n") + RETURNED.format(fields)
    (recipient,) = read_bounces(text.encode())
    assert recipient.notice.original.is_automatic is is_automatic
    assert recipient.explanation is not None and recipient.explanation.conclusion is not None
    assert recipient.explanation.conclusion.action.startswith("No list needs") is is_automatic


@pytest.mark.parametrize(
    ("reply", "cause"),
    [
        ("550 5.7.1 your host is blocked", "ip_blocklisted"),
        ("550 the hosting provider of your server is on a blocklist", "ip_blocklisted"),
    ],
)
def test_a_host_within_the_reply_to_exim_is_no_host_that_replied(reply: str, cause: str) -> None:
    text = HEAD + FORMS[2].format("").rstrip(": ")
    text += f"\n    SMTP error from remote mail server after RCPT TO:<alice@example.net>:\n    {reply}\n"
    (recipient,) = read_bounces(text.encode())
    assert recipient.status is not None and recipient.explanation is not None
    assert recipient.status.reply == reply
    assert recipient.explanation.cause is not None and recipient.explanation.cause.id == cause


def test_the_bracket_around_a_reply_of_exchange_is_none_of_its_words() -> None:
    form = (
        "Delivery has failed to these recipients:\n\nalice@example.net\n\nDiagnostic information for "
        "administrators:\n\nGenerating server: mx.example.org\n\nalice@example.net\n{}\n\nOriginal message "
        "headers:\n\nFrom: bob@example.org\n"
    )
    for line, reply in (
        ("#< #5.1.1 smtp;550 5.1.1 User unknown> #SMTP#", "550 5.1.1 User unknown"),
        ("#<mx.example.net #5.5.0 smtp;554 <alice@example.net>: no> #SMTP#", "554 <alice@example.net>: no"),
    ):
        (recipient,) = read_bounces((HEAD + form.format(line)).encode())
        assert recipient.explanation is not None and recipient.explanation.reading is not None
        assert f"{recipient.explanation.reading.code} " in reply
        assert recipient.explanation.reading.text.endswith(reply.rpartition(" ")[2])


@pytest.mark.parametrize(
    ("port", "fix_by"), [(":587", FixBy.SENDER), (":465", FixBy.SENDER), ("", FixBy.EITHER)]
)
def test_over_the_port_of_submission_the_senders_own_server_refused(port: str, fix_by: FixBy) -> None:
    text = FORMS[1].replace("[192.0.2.1]", f"[192.0.2.1]{port}").format("550 Access denied")
    (recipient,) = read_bounces(f"{HEAD}{text} (in reply to MAIL FROM command)\n".encode())
    assert recipient.explanation is not None and recipient.explanation.conclusion is not None
    assert recipient.explanation.conclusion.conduct.fix_by is fix_by
