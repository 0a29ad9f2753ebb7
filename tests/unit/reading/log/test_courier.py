"""What Courier says itself in the form of a reply is not the remote server's."""

from __future__ import annotations

from probe.reading.log.event import Speaker, Status
from tests.unit.reading.log.samples import events, sample

COURIER = sample("courier")


def test_unicode_for_a_server_without_smtputf8() -> None:
    """As Courier 2.0.6 wrote it, of a Subject in plain UTF-8."""
    begin = (
        "Nov 30 20:43:42 mail courieresmtp: id=0000000000482889.000000006B0DDFFE.00000132,"
        "from=<a@a.example>,addr=<b@b.example>"
    )
    lines = [
        ": 553-The recipient's mail server does not support E-mail",
        ": 553-messages with international Unicode E-mail addresses or",
        ": 553-E-mail messages in the international Unicode E-mail format.",
        ": 553 Unable to deliver Unicode E-mail to a non-Unicode mail server.",
        ",status: failure",
    ]
    (event,) = events(COURIER, [f"{begin}{line}".encode() for line in lines])
    assert event.status is Status.BOUNCED
    assert event.words is not None and event.words.speaker is Speaker.LOCAL
    assert event.words.text.endswith("non-Unicode mail server.")
