"""Lines of Exim 4.100, as it wrote them on loopback, with other names."""

from __future__ import annotations

from datetime import datetime

import pytest

from probe.model.reply import Stage
from probe.reading.log.event import Event, Relay, Speaker, Status, Words
from probe.reading.log.formats import by_name
from tests.unit.reading.log.samples import one

EXIM = "2026-11-29 02:00:00 1xXUqD-0000000AbCd-12ef "


@pytest.mark.parametrize(
    ("rest", "status", "words", "relay"),
    [
        (
            "== bob@x.example R=r T=t defer H=mx.x.example [192.0.2.1]:25 DT=0.1s: SMTP error from remote "
            "mail server after RCPT TO:<bob@x.example>: 450 4.2.0 later",
            Status.DEFERRED, Words(Speaker.REMOTE, "450 4.2.0 later", Stage.RCPT),
            Relay("mx.x.example", "192.0.2.1", 25),
        ),
        (
            "== bob@x.example R=r T=t defer H=mx.x.example [192.0.2.1]*: Remote host closed connection in "
            "response to RCPT TO:<bob@x.example>",
            Status.DEFERRED,
            Words(
                Speaker.LOCAL,
                "Remote host closed connection in response to RCPT TO:<bob@x.example>",
                Stage.RCPT,
            ),
            Relay("mx.x.example", "192.0.2.1"),
        ),
        (
            "== bob@x.example R=r T=t defer (Connection refused) DT=0.000s",
            Status.DEFERRED, Words(Speaker.LOCAL, "Connection refused", Stage.CONNECT), None,
        ),
        (
            "== bob@x.example R=r defer: host lookup did not complete",
            Status.DEFERRED, Words(Speaker.LOCAL, "host lookup did not complete", Stage.DNS), None,
        ),
        (
            "== bob@x.example R=r T=t defer DT=0.1s: retry time not reached for any host for 'x.example'",
            Status.DEFERRED,
            Words(Speaker.LOCAL, "retry time not reached for any host for 'x.example'"), None,
        ),
        # on a connection that was open already
        (
            "** bob@x.example R=r T=t H=mx.x.example [192.0.2.1]* : SMTP error from remote mail server after "
            "RCPT TO:<bob@x.example>: 550 5.1.1 no",
            Status.BOUNCED, Words(Speaker.REMOTE, "550 5.1.1 no", Stage.RCPT),
            Relay("mx.x.example", "192.0.2.1"),
        ),
        (
            '=> bob@x.example R=r T=t H=mx.x.example [192.0.2.1]* C="250 ok"',
            Status.SENT, Words(Speaker.REMOTE, "250 ok", Stage.END_OF_DATA),
            Relay("mx.x.example", "192.0.2.1"),
        ),
    ],
)  # fmt: skip
def test_exim_4_100_has_no_number_of_the_error(
    rest: str, status: Status, words: Words, relay: Relay | None
) -> None:
    event = one("exim", EXIM + rest)
    assert (event.status, event.words, event.relay) == (status, words, relay)
    assert event.recipient == "bob@x.example"
    assert event.repeats is ("retry time not reached" in rest)


@pytest.mark.parametrize("brief", [True, False])
def test_exim_a_block_without_the_numbers_of_errors(brief: bool) -> None:
    """Exim 4.100: two deferrals by the reading of many lines at once, one by that of a single line."""
    lines = [
        "<= a@b.example U=x P=local S=1",
        "== bob@x.example R=r T=t defer H=mx.x.example [192.0.2.1]*: SMTP error from remote mail server "
        "after RCPT TO:<bob@x.example>: 452 4.2.2 full",
        "== bob@x.example R=r T=t defer: retry time not reached for any host for 'x.example'",
        "== eve@x.example R=r T=t defer (Connection refused)",
        "** bob@x.example: retry timeout exceeded",
    ]
    row = by_name("exim")
    assert row is not None
    reader = row.make()
    reader.is_brief = brief
    reader.source("mainlog", datetime(2026, 11, 29, 4))
    records = reader.block("".join(f"{EXIM}{line}\n" for line in lines).encode(), 1)
    happened = [record for record in records if isinstance(record, Event)]
    full = Words(Speaker.REMOTE, "452 4.2.2 full", Stage.RCPT)
    assert [(event.recipient, event.status) for event in happened] == [
        ("bob@x.example", Status.DEFERRED),
        ("bob@x.example", Status.DEFERRED),
        ("eve@x.example", Status.DEFERRED),
        ("bob@x.example", Status.EXPIRED),
    ]
    assert (happened[0].words, happened[0].relay) == (full, Relay("mx.x.example", "192.0.2.1"))
    assert happened[1].repeats
    assert happened[2].words == Words(Speaker.LOCAL, "Connection refused", Stage.CONNECT)
    assert happened[3].earlier == full


def test_the_answer_stands_behind_flags_without_a_value() -> None:
    line = (
        EXIM + "=> bob@x.example R=r T=t H=mx.x.example [192.0.2.1] X=TLS1.3:X:256 CV=yes L* PRDR K "
        'C="250 2.0.0 Ok, discarded" QT=2s'
    )
    event = one("exim", line)
    assert isinstance(event, Event) and event.delay_s == 2
    assert event.words == Words(Speaker.REMOTE, "250 2.0.0 Ok, discarded", Stage.END_OF_DATA)
