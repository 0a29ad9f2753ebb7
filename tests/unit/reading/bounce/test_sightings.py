"""The address that a bounce names, and who names it there."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from probe.model.sighting import SightingPlace
from probe.reading.bounce.about import read_about
from probe.reading.bounce.sightings import sightings_in_bounce

HEAD = """From: MAILER-DAEMON@{reporting}
To: bob@sender.example
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

It did not arrive.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; {reporting}

Final-Recipient: rfc822; alice@recipient.example
Action: failed
Status: 5.7.1
{fields}
--b
Content-Type: message/rfc822

{received}Return-Path: <bob@sender.example>
From: bob@sender.example
To: alice@recipient.example
Subject: hello

--b--
"""
REMOTE = "Remote-MTA: dns; mx.recipient.example\nDiagnostic-Code: smtp; {}"
LISTED = "554 5.7.1 Service unavailable; Client host [8.8.8.8] blocked using zen.spamhaus.org"
RECEIVED = (
    "Received: from out ([10.0.0.5]) (out.sender.example [8.8.4.4])\n by {} with ESMTP; Sat, 21 Nov 2026\n"
)


def named(reporting: str, fields: str, received: str = "") -> list[tuple[str, str, SightingPlace]]:
    text = HEAD.format(reporting=reporting, fields=fields, received=received)
    about = read_about(text.encode(), "alice@recipient.example")
    assert about.status is not None
    return [(str(it.ip), it.by, it.place) for it in sightings_in_bounce(about.notice, about.status)]


def test_the_reply_that_it_quotes_names_the_client() -> None:
    result = named("out.sender.example", REMOTE.format(LISTED))
    assert result == [("8.8.8.8", "mx.recipient.example", SightingPlace.BOUNCE)]


def test_a_reply_without_the_clients_address_gives_no_sighting() -> None:
    assert named("out.sender.example", REMOTE.format("550 5.1.1 no such user")) == []


def test_the_trace_field_of_the_server_that_gave_it_up_names_the_client() -> None:
    result = named("mx.recipient.example", "", RECEIVED.format("mx.recipient.example"))
    assert result == [("8.8.4.4", "mx.recipient.example", SightingPlace.RECEIVED)]


@pytest.mark.parametrize(
    ("reporting", "fields", "by"),
    [
        # the sender's own server reports what a remote one said: the trace shows who handed the message in
        ("out.sender.example", REMOTE.format("550 5.1.1 no such user"), "out.sender.example"),
        ("out.sender.example", "", "out.sender.example"),
        ("sender.example", "", "sender.example"),
        # some other server's field
        ("mx.recipient.example", "", "relay.recipient.example"),
    ],
)
def test_no_other_trace_field_does(reporting: str, fields: str, by: str) -> None:
    assert named(reporting, fields, RECEIVED.format(by)) == []


@pytest.mark.parametrize(
    ("received", "client"),
    [
        ("from x (rdns.test [8.8.8.8]) by mx.test with SMTP", "8.8.8.8"),
        ("from [10.0.0.5] (helo=x) by mx.test with esmtp", "10.0.0.5"),
        ("from rdns.test ([8.8.8.8] helo=[10.0.0.5]) by mx.test", "8.8.8.8"),
        ("from X.test (2606:4700::1) by MX.Test. (2603::1) with Microsoft SMTP Server", "2606:4700::1"),
        ("from x ([IPv6:2606:4700::1]) by mx.test", "2606:4700::1"),
        ("by mx.test with SMTP", None),
        ("from x by mx.test", None),
        ("from x (999.1.1.1) by mx.test", None),
        ("nonsense", None),
    ],
)
def test_whom_a_trace_field_names(received: str, client: str | None) -> None:
    about = read_about(
        HEAD.format(reporting="mx.test", fields="", received=f"Received: {received}\n").encode(), ""
    )
    trace = about.notice.original.trace
    assert (trace.client if trace else None) == (ip_address(client) if client else None)
    assert trace is None or trace.by == "mx.test"
