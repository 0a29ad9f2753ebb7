"""qmail-send: whom a delivery was for, what its report says, and the stamps of multilog and splogger."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from probe.model.reply import Stage
from probe.reading.log.event import Relay, Speaker, Stamp, Status, UnparsedLine, Words
from probe.reading.log.formats import by_name, detect
from tests.unit.reading.log.samples import events, one, sample

TAI64N = "@400000006b04009a075bcd15 "
NOON = Stamp(datetime(2026, 11, 23, 9, 0, tzinfo=UTC))
TO_BOB = "starting delivery 1: msg 7 to remote bob_smith@x.example"


def test_a_report_has_its_recipient_sender_relay_and_reply() -> None:
    event = one(
        "qmail",
        f"{TAI64N}info msg 7: bytes 1200 from <news@sender.example> qp 12 uid 89",
        f"{TAI64N}{TO_BOB}",
        f"{TAI64N}delivery 1: failure: 192.0.2.1_does_not_like_recipient./Remote_host_said:_550-5.1.1_"
        "<bob_smith@x.example>:_see/550_5.1.1_https://x.example/help/Giving_up_on_192.0.2.1./",
    )
    assert (event.sender, event.recipient, event.queue_id) == (
        "news@sender.example",
        "bob_smith@x.example",
        "7",
    )
    assert event.at == NOON
    assert event.status is Status.BOUNCED
    assert event.relay == Relay(None, "192.0.2.1")
    reply = "550-5.1.1 <bob_smith@x.example>: see\n550 5.1.1 https://x.example/help"
    assert event.words == Words(Speaker.REMOTE, reply, Stage.RCPT)


@pytest.mark.parametrize(
    ("report", "stage", "reply"),
    [
        (
            "Connected_to_192.0.2.1_but_greeting_failed./Remote_host_said:_421_busy/",
            Stage.GREETING,
            "421 busy",
        ),
        ("Connected_to_192.0.2.1_but_my_name_was_rejected./Remote_host_said:_450_no/", Stage.EHLO, "450 no"),
        ("Connected_to_192.0.2.1_but_sender_was_rejected./Remote_host_said:_451_no/", Stage.MAIL, "451 no"),
        ("192.0.2.1_failed_on_DATA_command./Remote_host_said:_451_no/", Stage.DATA, "451 no"),
        ("192.0.2.1_failed_after_I_sent_the_message./Remote_host_said:_451_no/", Stage.END_OF_DATA, "451 no"),
    ],
)
def test_the_words_of_qmail_remote_name_the_stage(report: str, stage: Stage, reply: str) -> None:
    event = one("qmail", TO_BOB, f"delivery 1: deferral: {report}")
    assert event.status is Status.DEFERRED
    assert event.words == Words(Speaker.REMOTE, reply, stage)
    assert event.relay is not None and event.relay.ip == "192.0.2.1"


def test_a_named_host_stands_before_its_address() -> None:
    report = "Remote_host_mx.x.example_(192.0.2.1)_does_not_like_recipient_(TLS)./Remote_host_said:_550_no/"
    event = one("qmail", TO_BOB, f"delivery 1: failure: User_and_password_not_set/<b>_{report}")
    assert event.words == Words(Speaker.REMOTE, "550 no", Stage.RCPT)


def test_where_no_server_spoke_the_words_are_qmail_s_own() -> None:
    text = "Sorry,_I_couldn't_find_any_host_named_x.example._(#5.1.2)/"
    event = one("qmail", TO_BOB, f"delivery 1: failure: {text}")
    own = "Sorry, I couldn't find any host named x.example. (#5.1.2)"
    assert event.words == Words(Speaker.LOCAL, own, Stage.DNS)
    assert event.relay is None


def test_what_waited_too_long_is_expired_with_the_last_reason() -> None:
    text = (
        "192.0.2.1_does_not_like_recipient./Remote_host_said:_450_later/Giving_up_on_192.0.2.1./"
        "I'm_not_going_to_try_again;_this_message_has_been_in_the_queue_too_long./"
    )
    event = one("qmail", TO_BOB, f"delivery 1: failure: {text}")
    assert event.status is Status.EXPIRED
    assert event.earlier == Words(Speaker.REMOTE, "450 later", Stage.RCPT)


def test_a_mailbox_of_a_virtual_domain_is_named_without_its_prefix() -> None:
    lines = ("starting delivery 1: msg 7 to local x.example-bob@x.example", "delivery 1: success: did_1+0+0/")
    event = one("qmail", *lines)
    assert (event.status, event.recipient, event.program, event.words) == (
        Status.SENT,
        "bob@x.example",
        "local",
        None,
    )


@pytest.mark.parametrize(
    "frame", ["Nov 23 09:00:00 mx qmail: 1795424400.123456 ", "2026-11-23 09:00:00.123456789 ", TAI64N]
)
def test_every_logger_s_lines_are_told(frame: str) -> None:
    lines = (f"{frame}{TO_BOB}", f"{frame}delivery 1: success: 192.0.2.1_accepted_message./")
    row = detect([line.encode() for line in lines])
    assert row is not None and row.name == "qmail"
    event = one("qmail", *lines)
    assert event.recipient == "bob_smith@x.example"
    assert event.at is not None and event.at.at.replace(microsecond=0, tzinfo=UTC) == NOON.at


def test_a_delivery_that_began_before_the_log_has_no_recipient() -> None:
    event = one("qmail", "delivery 9: failure: 192.0.2.1_does_not_like_recipient./Remote_host_said:_550_no/")
    assert (event.recipient, event.queue_id, event.status) == (None, None, Status.BOUNCED)


def test_a_cut_line_is_told_and_a_mangled_report_is_not() -> None:
    row = by_name("qmail")
    assert row is not None
    reader = row.make()
    (cut,) = reader.read(b"delivery 9: fai", 1)
    assert isinstance(cut, UnparsedLine)
    assert not reader.read(b"delivery 9: report mangled, will defer", 2)


def test_the_sample_gives_every_delivery_once() -> None:
    results = [(event.recipient, event.status) for event in events(sample("qmail"))]
    assert len(results) == len(
        [1 for line in sample("qmail").lines if b" delivery " in line and b"msg" not in line]
    )
    assert ("gina@down.example", Status.EXPIRED) in results
    assert all(recipient for recipient, _ in results)
