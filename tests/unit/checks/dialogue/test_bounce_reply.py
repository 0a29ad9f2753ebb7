"""The check of --bounce, and how its reply joins the evidence of a run."""

from __future__ import annotations

import pytest

from probe.diagnosis.evidence import evidence_of
from probe.diagnosis.outcome import observe
from probe.diagnosis.verdict import diagnose
from probe.facts.bounce import REF, bounce_of
from probe.facts.model import Facts
from probe.model.notice_reason import NoticeForm
from probe.model.reply import EnhancedStatus
from probe.model.session import EndReason
from probe.reading.bounce.about import BounceFacts
from probe.reading.bounce.results import DeliveryNotice, NoticeKind
from probe.recording import events as ev
from probe.recording.journal import Recording
from probe.standards.dsn.results import Action, DeliveryStatus
from tests.support import facts as make
from tests.support.check_cases import Case, assert_case, parametrize
from tests.support.recordings import full_events

FILLER = EnhancedStatus(5, 0, 0)


def bounced(
    reply: str, *, is_remote: bool = True, kind: NoticeKind = NoticeKind.BOUNCE, about: bool = True
) -> Facts:
    status = DeliveryStatus(
        recipient=str(make.RECIPIENT),
        action=Action.FAILED,
        status=FILLER,
        reporting_mta="mail.sender.example",
        remote_mta="mx.recipient.example",
        reply=reply,
        is_remote=is_remote,
        reported_status=FILLER,
    )
    notice = DeliveryNotice(NoticeKind.BOUNCE, NoticeForm.BOUNCE, (status,))
    return make.facts(bounce=BounceFacts(notice, status, about))


def unusable(*recipients: DeliveryStatus) -> Facts:
    notice = DeliveryNotice(NoticeKind.OTHER, NoticeForm.ORDINARY, recipients)
    return make.facts(bounce=BounceFacts(notice, None, False))


ONE, TWO = DeliveryStatus("a@b.example"), DeliveryStatus("c@d.example")
CASES = (
    Case("bounce-reply", "no bounce given", make.facts(), ()),
    Case("bounce-reply", "ordinary mail", unusable(), ("warning bounce-not-usable",), ("ordinary mail",)),
    Case(
        "bounce-reply",
        "two others",
        unusable(ONE, TWO),
        ("warning bounce-without-recipient",),
        ("2 recipients",),
    ),
    Case(
        "bounce-reply",
        "one other",
        bounced("550 no", about=False),
        ("warning bounce-of-other-recipient",),
        ("another recipient",),
    ),
    Case(
        "bounce-reply",
        "specific reply",
        bounced("550 5.7.1 no"),
        ("notice bounce-with-remote-reply", "notice bounce-status-is-filler"),
        ("550 5.7.1 no",),
    ),
    Case(
        "bounce-reply",
        "bare 5.0.0 of the remote",
        bounced("550 5.0.0 no"),
        ("notice bounce-with-remote-reply", "notice bounce-status-of-remote"),
    ),
    Case(
        "bounce-reply",
        "reply lost",
        bounced("timed out", is_remote=False),
        ("notice bounce-without-remote-reply", "notice bounce-status-is-filler"),
    ),
)


@parametrize(CASES)
def test_check(case: Case) -> None:
    assert_case(case)


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        ("550 5.0.0 no", "stands in the remote server's own reply"),
        ("550 5.7.1 no", "filler that mail.sender.example wrote; the remote server said 5.7.1"),
        ("550 no", "filler that mail.sender.example wrote; the remote server gave no enhanced status"),
    ],
)
def test_the_origin_of_a_bare_status_is_named(reply: str, words: str) -> None:
    from probe.checks.dialogue import bounce_reply

    assert any(words in finding.message for finding in bounce_reply.check(bounced(reply)))


def test_the_bounce_counts_where_the_recipient_is_accepted_now() -> None:
    diagnosis = diagnose(bounced("554 5.7.1 rejected as spam"), ())
    assert diagnosis.verdict.outcome == "accepted"
    assert diagnosis.verdict.cause == "spam_content"
    assert diagnosis.verdict.exit_code == 5
    assert "bounce" in diagnosis.verdict.summary


def test_the_bounce_counts_where_this_run_could_not_ask() -> None:
    unreached = make.failed_session(end=EndReason.TIMEOUT)
    facts = make.facts(sessions=(unreached,), bounce=bounced("550 5.2.2 mailbox full").bounce)
    diagnosis = diagnose(facts, ())
    assert diagnosis.verdict.outcome == "inconclusive"
    assert diagnosis.verdict.exit_code == 4
    assert diagnosis.verdict.cause == "mailbox_full"


def test_the_bounce_of_another_recipient_is_no_evidence() -> None:
    facts = bounced("554 5.7.1 rejected as spam", about=False)
    assert evidence_of(facts, observe(facts)) == ()
    assert diagnose(facts, ()).verdict.exit_code == 0


def test_a_rule_that_run_and_bounce_both_fire_counts_once() -> None:
    reply = make.reply(550, "5.1.1 user unknown")
    refused = make.session(exchanges=make.exchanges(reply))
    alone = make.facts(sessions=(refused,))
    both = make.facts(sessions=(refused,), bounce=bounced("550 5.1.1 user unknown").bounce)
    rules = [item.rule for item in evidence_of(both, observe(both))]
    assert sorted(rules) == sorted({item.rule for item in evidence_of(alone, observe(alone))} | set(rules))
    assert len(rules) == len(set(rules))


def test_a_bare_refusal_is_explained_by_the_words_of_the_bounce() -> None:
    refused = make.session(exchanges=make.exchanges(make.reply(550, "5.0.0 refused")))
    facts = make.facts(sessions=(refused,), bounce=bounced("550 5.2.2 mailbox full").bounce)
    diagnosis = diagnose(facts, ())
    assert diagnosis.verdict.cause == "mailbox_full"
    assert any(item.ref == REF for item, _ in diagnosis.ranking[0].evidence_for)


def test_a_recorded_bounce_is_read_for_the_recipient_of_the_run() -> None:
    started = next(event for event in full_events() if isinstance(event, ev.Started))
    target = started.target
    message = (
        "From: MAILER-DAEMON@a.example\nSubject: failure notice\n\nHi. This is the qmail-send program\n\n"
        "<other@b.example>:\nRemote host said: 550 5.1.1 no such user\n\n"
        f"<{getattr(target, 'forward_path', '')}>:\nRemote host said: 552 5.2.2 mailbox full\n"
    )
    recording = Recording(started)
    recording.append(ev.BounceGiven(1, "b.eml", message.encode()))
    facts = bounce_of(recording)
    assert facts is not None
    assert facts.is_about_recipient
    assert facts.status is not None
    assert facts.status.reply == "552 5.2.2 mailbox full"
