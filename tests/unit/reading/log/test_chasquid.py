"""chasquid: the reply within Go's words, its further lines, what was given up, and refused clients."""

from __future__ import annotations

import pytest

from probe.model.reply import Stage
from probe.reading.log.event import Event, Kind, Relay, Speaker, Status, Words
from tests.unit.reading.log.samples import events, one, sample

FAILED = "2026-11-30 09:58:50.9 qGH7-LvLN_k from=shop@a.example to=bob@x.example failed"
LATER = "Nov 30 09:59:50 mail chasquid[7]: qGH7-LvLN_k from=shop@a.example"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ("MAIL+RCPT 550 5.1.1 no", Words(Speaker.REMOTE, "550 5.1.1 no", None)),
        ("DATA 451 later", Words(Speaker.REMOTE, "451 later", Stage.DATA)),
        ("DATA closing 554 5.7.1 spam", Words(Speaker.REMOTE, "554 5.7.1 spam", Stage.END_OF_DATA)),
        (
            "all MXs returned transient failures (last: Error creating client: 554 no (you))",
            Words(Speaker.REMOTE, "554 no (you)", Stage.GREETING),
        ),
        (
            "all MXs returned transient failures (last: Could not dial: dial tcp 192.0.2.9:25: i/o timeout)",
            Words(Speaker.LOCAL, "Could not dial: dial tcp 192.0.2.9:25: i/o timeout", Stage.CONNECT),
        ),
        (
            "all MXs returned transient failures (last: Could not dial: dial tcp: lookup . on [::1]:53: x)",
            Words(Speaker.LOCAL, "Could not dial: dial tcp: lookup . on [::1]:53: x", Stage.DNS),
        ),
        ("MAIL+RCPT EOF", Words(Speaker.LOCAL, "MAIL+RCPT EOF", None)),
    ],
)
def test_what_stands_around_a_reply_tells_the_stage(error: str, expected: Words) -> None:
    event = one("chasquid", f"{FAILED} (permanent): {error}")
    assert (event.status, event.words) == (Status.BOUNCED, expected)
    assert (event.queue_id, event.sender, event.recipient) == (
        "qGH7-LvLN_k",
        "shop@a.example",
        "bob@x.example",
    )


def test_the_further_lines_of_a_reply_belong_to_it() -> None:
    event = one(
        "chasquid",
        f"{FAILED} (permanent): MAIL+RCPT 550 5.7.26 Mail from a.example is",
        "5.7.26 not accepted: https://x.example/why",
        "_ queue.go:359       Queue.SendLoop qGH7-LvLN_k: error: bob@x.example permanent error: 550",
        "5.7.26 a line of nobody's",
    )
    assert event.words == Words(
        Speaker.REMOTE,
        "550 5.7.26 Mail from a.example is\n5.7.26 not accepted: https://x.example/why",
    )


def test_journalctl_indents_the_further_lines() -> None:
    event = one("chasquid", f"{FAILED} (permanent): MAIL+RCPT 550 5.1.1 no", f"{' ' * 30}5.1.1 such user")
    assert event.words == Words(Speaker.REMOTE, "550 5.1.1 no\n5.1.1 such user")


def test_the_further_lines_of_a_reply_that_defers_belong_to_it_too() -> None:
    event = one(
        "chasquid",
        f"{FAILED} (temporary): all MXs returned transient failures (last: MAIL+RCPT 421 4.7.28 Too much",
        "4.7.28 from your network (see below))",
    )
    assert event.words == Words(Speaker.REMOTE, "421 4.7.28 Too much\n4.7.28 from your network (see below)")


def test_what_still_waits_when_the_message_leaves_was_given_up() -> None:
    attempt, expiry = _events(
        f"{FAILED} (temporary): MAIL+RCPT 452 full",
        f"{LATER} completed loop, next in 1m6s",
        f"{LATER} all done",
        f"{LATER} all done",
    )
    assert (attempt.status, expiry.status, expiry.kind) == (Status.DEFERRED, Status.EXPIRED, Kind.QUEUE)
    assert expiry.earlier == attempt.words == Words(Speaker.REMOTE, "452 full")
    assert (expiry.sender, expiry.recipient) == ("shop@a.example", "bob@x.example")


@pytest.mark.parametrize("last", ["sent", "failed (permanent): MAIL+RCPT 550 no"])
def test_what_got_an_answer_in_the_end_was_not_given_up(last: str) -> None:
    lines = (
        f"{FAILED} (temporary): MAIL+RCPT 450 later",
        f"{LATER} to=bob@x.example {last}",
        f"{LATER} all done",
    )
    assert next(event.status for event in _events(*lines)) is Status.DEFERRED
    assert not [event for event in _events(*lines) if event.status is Status.EXPIRED]


def test_a_refused_client_is_named_with_each_recipient() -> None:
    first, second = _events(
        "Nov 30 10:16:15 mail chasquid[66]: 192.0.2.7:52256 rejected from=a@b.example"
        " to=[c@x.example d@x.example] - 5.6.0 Error parsing message: EOF"
    )
    assert [first.recipient, second.recipient] == ["c@x.example", "d@x.example"]
    assert (first.kind, first.client) == (Kind.REFUSAL, Relay(None, "192.0.2.7"))
    (no_recipient,) = _events(
        "2026-11-30 10:16:15.1 [2001:db8::7]:52262 rejected from=a@b.example - failed SPF: all"
    )
    assert (no_recipient.client, no_recipient.recipient) == (Relay(None, "2001:db8::7"), None)


def test_the_sample_has_one_result_for_each_recipient() -> None:
    attempts = [event for event in events(sample("chasquid")) if event.kind is Kind.ATTEMPT and event.sender]
    assert {event.recipient: event.status for event in attempts if event.status is not Status.DEFERRED} == {
        "ok@example.net": Status.BOUNCED,  # the second message, taken for spam
        "gone@example.net": Status.BOUNCED,
        "blk@example.org": Status.BOUNCED,
        "bare@example.net": Status.BOUNCED,
    }
    assert {event.recipient for event in attempts if event.status is Status.DEFERRED} == {
        "full@example.net",
        "someone@fail.example",
        "x@null.example",
        "x@nosuch.example",
        "close@example.net",
    }


def _events(*lines: str) -> list[Event]:
    return events(sample("chasquid"), [line.encode() for line in lines])
