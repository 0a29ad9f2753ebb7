"""Explain: stages, causes, JSON lines, exit codes."""

from __future__ import annotations

import json
from itertools import islice, repeat

import pytest

from probe.cli.explain import _explain_each
from probe.explanation import Explanation, explain, parse_stage, to_json
from probe.model.evidence import Band
from probe.model.reply import Stage
from probe.model.verdict import Retry
from tests.support.explained import explain_lines


def _cause(text: str, stage: Stage | None = None, host: str = "") -> str:
    explanation = explain(text, stage, host)
    assert explanation.cause is not None
    return explanation.cause.id


def test_a_given_stage_is_not_overruled_by_the_wrapping() -> None:
    assert explain("550 no (in reply to RCPT TO command)", Stage.MAIL).reading is not None
    reading = explain("550 no (in reply to RCPT TO command)", Stage.MAIL).reading
    assert reading is not None and reading.stage is Stage.MAIL


@pytest.mark.parametrize("stage", [Stage.GREETING, Stage.EHLO, Stage.MAIL])
def test_a_refusal_before_rcpt_is_never_an_unknown_user(stage: Stage) -> None:
    assert _cause("550 5.1.1 User unknown", stage) != "user_unknown"


def test_at_mail_from_an_unknown_address_is_the_senders() -> None:
    assert _cause("550 5.1.1 User unknown", Stage.MAIL) == "sender_invalid"
    assert _cause("550 No such domain", Stage.MAIL) == "sender_invalid"
    assert _cause("501 Domain must resolve, no such domain", Stage.EHLO) == "rdns_helo"
    assert _cause("550 5.1.1 User unknown", Stage.RCPT) == "user_unknown"


def test_a_bare_code_never_gives_more_than_a_possible_unknown_user() -> None:
    explanation = explain("550 5.0.0", Stage.RCPT)
    assert explanation.band in {Band.POSSIBLE, Band.UNDECIDED}


def test_words_beat_the_generic_status_in_front() -> None:
    assert _cause("550 5.0.0 SPF check failed", Stage.RCPT) == "auth_failed"


def test_a_specific_status_anywhere_is_used() -> None:
    reading = explain("554 5.0.0 delivery failed (#5.2.2)").reading
    assert reading is not None and str(reading.enhanced) == "5.2.2"


@pytest.mark.parametrize(
    ("text", "refused", "code"),
    [
        ("550 5.1.1 No such user", True, 1),
        ("451 4.3.0 Internal server error", False, 3),
        ("550 Domain frequency limited", True, 1),
        ("550 5.2.2 Mailbox full", True, 1),
        ("454 4.7.1 <a@example.com>: Relay access denied", False, 3),
        ("450 4.1.8 <a@example.com>: Sender address rejected: Domain not found", False, 3),
        ("Mailbox full", False, 3),
        ("Relay access denied", True, 1),
        ("it did not work", None, 4),
    ],
)
def test_the_exit_code_follows_the_class_of_the_code_and_without_one_the_cause(
    text: str, refused: bool | None, code: int
) -> None:
    explanation = explain(text)
    assert explanation.refused is refused
    assert explanation.exit_code == code


@pytest.mark.parametrize(
    ("text", "retry"),
    [
        ("550 Domain frequency limited", "later"),
        ("550 5.2.2 Mailbox full", "later"),
        ("454 4.7.1 <a@example.com>: Relay access denied", "after_fix"),
    ],
)
def test_when_to_try_again_follows_the_cause_whatever_the_class(text: str, retry: str) -> None:
    conduct = explain(text).conduct
    assert conduct is not None and conduct.retry == retry


def test_a_wait_that_the_server_names_goes_before_the_usual_one() -> None:
    named = explain("451 4.7.1 Greylisted, come back in 5 minutes")
    assert named.conduct is not None and named.conduct.retry_after == 300
    assert to_json(named)["retry_after_s"] == 300
    final = explain("550 5.1.1 No such user, do not try again in 5 minutes")
    assert final.conduct is not None and final.conduct.retry_after is None


def test_an_unsettled_cause_tells_nobody_to_act_on_a_guess() -> None:
    guess = explain("550 5.7.1")
    assert guess.band is Band.UNDECIDED and guess.cause is not None and guess.cause.id != "unknown"
    row = to_json(guess)
    assert row["fix_by"] == "either" and row["steps"] == [1, 8, 9]
    assert row["action"].startswith("Find the raw reply")
    result = explain("550 5.1.1 No such user", Stage.RCPT)
    assert result.advice is result.cause


def test_a_positive_reply_names_no_cause() -> None:
    explanation = explain("250 2.1.5 Ok")
    assert explanation.exit_code == 0
    assert to_json(explanation)["cause"] is None


def test_the_json_has_the_keys_of_the_contract() -> None:
    row = to_json(explain("550 5.1.1 No such user", Stage.RCPT, identity="x"))
    assert list(row) == [
        "id", "reply", "stage", "cause", "band", "causes", "fix_by", "retry", "steps", "action",
        "retry_after_s",
        "retry_reason",
    ]  # fmt: skip
    assert row["reply"] == {"code": 550, "enhanced_status": "5.1.1", "text": "No such user"}
    assert row["stage"] == "rcpt" and row["band"] == "stated" and row["steps"] == [1, 3, 8]
    assert sum(cause["probability"] for cause in row["causes"]) == pytest.approx(1, abs=0.01)


def test_lines_keep_their_order_and_a_bad_line_is_one_error() -> None:
    lines = [
        "550 5.1.1 No such user",
        "",
        json.dumps({"id": "a", "text": "452 4.2.2 mailbox full", "stage": "rcpt"}),
        '{"id": "b", "text": ',
        json.dumps({"id": "c", "text": "550 x", "stage": "lunch"}),
        json.dumps({"id": "d"}),
        json.dumps({"id": "e", "text": 5}),
        "554 spam detected",
    ]
    results = explain_lines(lines)
    assert [result.id for result in results] == [1, "a", 4, 5, 6, 7, 8]
    assert [bool(result.error) for result in results] == [False, False, True, True, True, True, False]
    assert "lunch" in results[3].error and "greeting" in results[3].error
    assert to_json(results[2])["error"]
    assert results[2].exit_code == 2


def test_lines_are_read_one_at_a_time() -> None:
    endless = _explain_each(repeat("550 no"), None, "")
    assert all(isinstance(result, Explanation) for result in islice(endless, 3))


def test_stage_names_are_those_of_the_contract() -> None:
    assert parse_stage("") is None
    assert parse_stage("end-of-data") is Stage.END_OF_DATA
    with pytest.raises(ValueError, match="not one of greeting, ehlo"):
        parse_stage("connect")


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("550 用户不存在", "user_unknown"),
        ("552 收件人邮箱已满", "mailbox_full"),
        ("550 宛先アドレスが見つかりません", "user_unknown"),
        ("550 Почтовый ящик переполнен", "mailbox_full"),
        ("550 Empfänger unbekannt", "user_unknown"),
        ("552 Boite du destinataire pleine", "mailbox_full"),
        ("550 Usuario desconocido", "user_unknown"),
    ],
)
def test_other_languages_are_read(text: str, cause: str) -> None:
    assert _cause(text) == cause


@pytest.mark.parametrize(
    "text",
    [
        "550 5.1.1 <xn--gre-6ka8l@example.net>: Recipient address rejected: User unknown",
        "550 No such user: xn--gre-6ka8l@xn--mller-kva.example",
        "550 5.1.1 <xn--gre-6ka8l@example.net>",
    ],
)
def test_a_mailbox_in_punycode_is_not_the_one_that_was_meant(text: str) -> None:
    explanation = explain(
        text.replace("xn--gre-6ka8l", "gruss").replace("XN--gre-6ka8l", "gruss"), Stage.RCPT
    )
    assert explanation.cause is not None and explanation.cause.id == "user_unknown"
    explanation = explain(text, Stage.RCPT)
    assert explanation.cause is not None and explanation.cause.id == "address_syntax"
    assert explanation.band is Band.LIKELY, "the sign is not in the server's words"
    assert explanation.conduct is not None and explanation.conduct.retry is Retry.AFTER_FIX
    assert explanation.conclusion is not None and "SMTPUTF8" in explanation.conclusion.action


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("552 5.2.2 <xn--gre-6ka8l@example.net> mailbox full", "mailbox_full"),
        ("450 4.2.0 <xn--gre-6ka8l@example.net>: Greylisted, try again later", "greylisted"),
        ("550 5.1.1 <info@xn--mller-kva.example>: User unknown", "user_unknown"),
        ("550 5.1.1 <xn--@example.net>: User unknown", "user_unknown"),
        ("550 5.1.1 <xn--abc-@example.net>: User unknown", "user_unknown"),
        ("550 5.1.8 <xn--gre-6ka8l@example.net>: Sender address rejected: not found", "sender_invalid"),
    ],
)
def test_punycode_says_nothing_where_no_mailbox_of_it_is_unknown(text: str, cause: str) -> None:
    assert _cause(text, Stage.RCPT) == cause


def test_the_recipient_tells_of_punycode_where_the_reply_names_nobody() -> None:
    explanation = explain("550 5.1.1 User unknown", Stage.RCPT, recipient="xn--gre-6ka8l@example.net")
    assert explanation.cause is not None and explanation.cause.id == "address_syntax"


@pytest.mark.parametrize("text", ["550 recipient verify failed", "451 recipient verify failed"])
def test_a_recipient_that_could_not_be_verified_is_not_surely_unknown(text: str) -> None:
    """The lookup may have failed as well; one phrase is one piece of evidence."""
    explanation = explain(text, Stage.RCPT)
    assert explanation.cause is not None and explanation.cause.id == "user_unknown"
    assert explanation.band is Band.LIKELY
