"""`never` deletes an address from a list: it is said only with its ground, and the report names it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probe.explanation import STAGES, Explanation, explain, to_json
from probe.knowledge import toml_import
from probe.knowledge.rule_files import VOCABULARY
from probe.knowledge.rules import all_rules
from probe.model.evidence import Band
from probe.model.reply import Stage
from probe.report.style import Style
from tests.support.rendering import to_markdown, to_text

RULES = tuple(all_rules())
EXAMPLES = tuple(dict.fromkeys(example.text for rule in RULES for example in rule.examples))
CODES = ("550", "551", "552", "553", "554", "556", "521", "571", "450", "451", "452", "421", "")
STATUSES = ("", "5.1.1", "5.1.2", "5.1.6", "5.1.10", "5.2.1", "5.0.0", "5.7.1", "4.1.1", "4.2.1", "5.4.4")
# Words of which none says that a mailbox or a domain is not there.
OPEN_WORDS = (
    "mailbox unavailable", "mailbox unavailable, try again later", "Recipient rejected",
    "recipient refused", "this server does not handle mail for that user", "Error: no valid recipients",
    "mail transport unavailable", "Invalid recipient: <a@b.example>",
    "I cannot deliver mail for <a@b.example>", "Access denied", "rejected",
    "MAILER-DAEMON: delivery failed", "delivery not possible", "Command rejected", "not accepted",
    "bad recipient", "Previous (cached) callout verification failure",
    "Could not complete recipient verify callout", "user unknown or mailbox full",
    "the account may not exist", "mailbox disabled", "over quota",
    "Sender address rejected: User unknown in local recipient table", "unable to verify recipient",
    "empfänger abgelehnt", "destinataire refusé", "收件人被拒绝", "受信拒否", "destinatario rechazado",
)  # fmt: skip

texts = st.builds(
    lambda code, status, parts: " ".join(part for part in (code, status, *parts) if part),
    st.sampled_from(CODES),
    st.sampled_from(STATUSES),
    st.lists(st.sampled_from(EXAMPLES + OPEN_WORDS), min_size=0, max_size=3),
)
stages = st.sampled_from((None, *STAGES))


def _is_grounded(explained: Explanation) -> bool:
    assert explained.reading is not None and explained.cause is not None
    return any(item.final == explained.cause.id for item in explained.reading.evidence)


def _holds(explained: Explanation) -> None:
    conduct, conclusion = explained.conduct, explained.conclusion
    if conduct is None or conclusion is None or conduct.retry != "never":
        return
    assert explained.cause is not None and explained.cause.id in ("user_unknown", "bad_domain")
    assert explained.band in (Band.STATED, Band.LIKELY)
    assert explained.reading is not None and explained.reading.permanent is not False
    assert _is_grounded(explained)
    assert conclusion.retry_reason
    assert to_json(explained)["retry_reason"] == conclusion.retry_reason
    assert conclusion.retry_reason in " ".join(to_text(explained, Style(width=400)).split())
    assert "never" not in to_markdown(explained) or conclusion.retry_reason[:20] in to_markdown(explained)


@given(texts, stages)
def test_never_has_its_ground_in_composed_replies(text: str, stage: Stage | None) -> None:
    _holds(explain(text, stage))


def test_never_has_its_ground_in_every_example_of_every_rule() -> None:
    for rule in RULES:
        for example in rule.examples:
            for stage in (None, Stage(example.stage) if example.stage else Stage.RCPT, Stage.END_OF_DATA):
                _holds(explain(example.text, stage, example.host))


@pytest.mark.parametrize("words", OPEN_WORDS)
@pytest.mark.parametrize("code", ["550", "550 5.0.0", "550 5.2.1", "553", "554 5.7.1", "450 4.2.0"])
def test_open_words_never_lead_to_never(code: str, words: str) -> None:
    for stage in (None, Stage.RCPT, Stage.MAIL, Stage.DATA, Stage.END_OF_DATA):
        conduct = explain(f"{code} {words}", stage).conduct
        assert conduct is not None and conduct.retry != "never"


@given(texts, stages, st.sampled_from(["try again later", "please retry in 10 minutes", "temporarily"]))
def test_what_passes_is_not_given_up(text: str, stage: Stage | None, passing: str) -> None:
    """A wait that the words name is `later`, or the words ask to mend something first: never `never`."""
    conduct = explain(f"{text} {passing}", stage).conduct
    assert conduct is None or conduct.retry != "never"


def test_a_ground_says_what_it_says_of_a_mailbox_or_a_domain_only() -> None:
    assert {rule.final for rule in RULES if rule.final} == {"user_unknown", "bad_domain"}
    for rule in RULES:
        if rule.final and rule.causes:
            assert max(rule.causes, key=lambda cause: rule.causes[cause]) in (rule.final, "bad_domain")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "550 5.1.1 <a@b.example>: Recipient address rejected: User unknown in virtual mailbox table",
            "mailbox",
        ),
        ("550 gebruiker bestaat niet", "another language"),
        ("556 5.1.10 Recipient address has null MX", "domain"),
        ("550 5.1.1 rejected", "X.1.1"),
    ],
)
def test_words_that_say_so_are_named(text: str, reason: str) -> None:
    row = to_json(explain(text, Stage.RCPT))
    assert row["retry"] == "never" and reason in row["retry_reason"]


WORDS = toml_import.parse(VOCABULARY)["words"]
# What a reply may say beside "does not exist" that is not said of the recipient, or not for good.
ASIDES = (
    "sender",
    "yours",
    "own_account",
    "ip",
    "login",
    "relay",
    "passing",
    "later",
    "failed",
    "first",
    "room",
)


@pytest.mark.parametrize("language", [language for language in WORDS if language != "any"])
def test_no_language_gives_an_address_up_beside_words_of_the_sender_or_of_a_time(language: str) -> None:
    words = WORDS[language]
    for aside in ASIDES:
        for phrase in words.get(aside, ())[:3]:
            reply = f"550 {words['account'][0]} {phrase} {words['absent'][0]}".replace(" .. ", " ")
            explained = explain(reply)
            assert explained.conduct is not None and explained.conduct.retry != "never", reply
