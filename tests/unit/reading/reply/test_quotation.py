"""Replies that quote another server's: what is the head, what the quotation, and whose address is meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.explanation import explain
from probe.model.reply import Stage
from probe.reading.reply.entries import QuotationEntry, all_quotations
from probe.reading.reply.quotation import quotation
from probe.reading.reply.read import read_reply
from probe.reading.reply.unwrap import PlainReply, reply_lines

ENTRIES = all_quotations()
EXAMPLES = [(entry, text, inner) for entry in ENTRIES for text, inner in entry.examples]
HEAD = "550 5.1.1 <a@rcpt.test>: Recipient address rejected: undeliverable address: "


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.id)
def test_an_entry_is_complete(entry: QuotationEntry) -> None:
    assert entry.source and entry.date and entry.examples
    assert entry.about in ("sender", "recipient") and entry.says and not entry.says.endswith(".")


@pytest.mark.parametrize(("entry", "text", "inner"), EXAMPLES, ids=lambda item: str(item)[:40])
def test_an_example_is_told_apart(entry: QuotationEntry, text: str, inner: str) -> None:
    reply, line = reply_lines(PlainReply.of(text))
    quote = quotation(reply) or quotation(line)
    assert quote is not None
    assert (quote.id, quote.about, quote.inner) == (entry.id, entry.about, inner)


@pytest.mark.parametrize(
    "text",
    [
        "550 5.1.1 <a@rcpt.test>: Recipient address rejected: User unknown",
        "host mx.rcpt.test[192.0.2.7] said: 550 5.1.1 User unknown (in reply to RCPT TO command)",
        "550 Sender verify failed",
        "550 our mail server said no",
        "550 we have not responded to your request",
    ],
)
def test_what_quotes_nobody_is_no_quotation(text: str) -> None:
    assert all(quotation(line) is None for line in reply_lines(PlainReply.of(text)))


def test_code_and_status_are_those_of_the_head() -> None:
    reading = read_reply(
        HEAD + "host mx.rcpt.test[192.0.2.7] said: 452 4.2.2 Mailbox full (in reply to RCPT TO command)"
    )
    assert (reading.code, str(reading.enhanced)) == (550, "5.1.1")
    assert "esc.1.1" not in {item.rule for item in reading.evidence}, "the head's status is filler"


def test_the_stage_is_that_of_the_outer_reply() -> None:
    inner = "host mx.rcpt.test[192.0.2.7] said: 554 5.7.1 no (in reply to end of DATA command)"
    ours = f"host mx.front.test[192.0.2.8] said: {HEAD}{inner} (in reply to RCPT TO command)"
    assert read_reply(ours).stage is Stage.RCPT
    assert read_reply(HEAD + inner).stage is None, "the stage of the quotation is not the reply's"


def test_a_verification_without_a_reason_settles_no_cause() -> None:
    reading = read_reply("550-Callout verification failed:\n550 ")
    assert reading.evidence and not any(item.final for item in reading.evidence)


LISTED = "554 5.7.1 Client host [192.0.2.7] is listed at bl.test"
CALLED_BACK = "550-{}\n550-Called:   192.0.2.1\n550-Sent:     {}\n550-Response: {}\n550 Sender verify failed"


def action_of(text: str) -> str:
    conclusion = explain(text).conclusion
    assert conclusion is not None
    return conclusion.action


@pytest.mark.parametrize(
    "text",
    [
        CALLED_BACK.format("Verification failed for <s@sender.test>", "QUIT", LISTED),
        CALLED_BACK.format("Callback setup failed while verifying <s@sender.test>", "MAIL FROM:<>", LISTED),
        "450 4.1.7 <s@sender.test>: Sender address rejected: unverified address: "
        f"host mx.sender.test[192.0.2.1] refused to talk to me: {LISTED}",
    ],
)
def test_a_callout_that_was_refused_itself_is_let_in(text: str) -> None:
    """The address that is listed is the receiving server's (seen with Exim 4.96 and Postfix 3.7.11)."""
    explained = explain(text)
    assert explained.cause is not None and explained.cause.id == "sender_invalid"
    assert "Let the recipient's server in" in action_of(text)


def test_an_address_that_is_not_there_lets_nobody_in() -> None:
    command = "RCPT TO:<s@sender.test>"
    unknown = CALLED_BACK.format("Verification failed for <s@sender.test>", command, "550 User unknown")
    assert "Let the recipient's server in" not in action_of(unknown)


@given(st.text(max_size=300), st.sampled_from([text for _, text, _ in EXAMPLES]), st.integers(0, 300))
def test_any_text_is_read(noise: str, example: str, place: int) -> None:
    cut = min(place, len(example))
    read_reply(example[:cut] + noise + example[cut:])
    read_reply(noise + example)
    quotation(noise)
