"""Whose server it was, by its name or by the words of our own server; and what never left this machine."""

from __future__ import annotations

import pytest

from probe.maillog.operators import Operators, is_on_this_machine, relay_in
from probe.reading.log.event import Event, Kind, Relay, Speaker, Status, Words


def _event(relay: Relay | None = None, words: str = "", program: str | None = "postfix/smtp") -> Event:
    result = Words(Speaker.LOCAL, words) if words else None
    return Event("f", 1, Kind.ATTEMPT, Status.DEFERRED, "x", program=program, relay=relay, words=result)


@pytest.mark.parametrize(
    ("host", "operator"),
    [
        ("gmail-smtp-in.l.google.com", "google"),
        ("corp.mail.protection.outlook.com", "m365"),
        ("x.olc.protection.outlook.com", "ms-consumer"),
        ("mx7.firm.example", "firm.example"),
        ("mx.firm.co.uk", "firm.co.uk"),
        ("192.0.2.7", "192.0.2.7"),
    ],
)
def test_operators_by_host(host: str, operator: str) -> None:
    assert Operators().of_host(host).id == operator


@pytest.mark.parametrize(
    ("words", "host"),
    [
        ("connect to mx.b.example[192.0.2.1]:25: Connection refused", "mx.b.example"),
        ("lost connection with mx.b.example[2001:db8::1] while sending RCPT TO", "mx.b.example"),
        ("Connection refused by mx1.b.example.", "mx1.b.example"),
        ("reply: read error from mx1.b.example.", "mx1.b.example"),
    ],
)
def test_our_own_words_name_the_server(words: str, host: str) -> None:
    result = relay_in(_event(words=words))
    assert result is not None and result.host == host


def test_a_peer_is_no_server() -> None:
    assert relay_in(_event(words="Other network problem: [Errno 54] Connection reset by peer")) is None


def test_without_a_server_the_domain_tells() -> None:
    assert Operators().of(_event(words="Host not found"), "gmail.com").id == "google"
    assert Operators().of(_event(words="Host not found"), "b.example").id == "b.example"


@pytest.mark.parametrize(
    ("event", "here"),
    [
        (_event(Relay("127.0.0.1", "127.0.0.1", 10024)), True),
        (_event(Relay("mail.b.example", "private/dovecot-lmtp")), True),
        (_event(Relay("local"), program="postfix/local"), True),
        (_event(words="connect to 127.0.0.1[127.0.0.1]:10024: Connection refused"), True),
        (_event(Relay("mx.b.example", "192.0.2.1", 25)), False),
        (_event(), False),
        (_event(program="local_delivery"), True),
        (_event(words="Child process of spamcheck transport returned 127", program="spamcheck"), True),
        (_event(program="prog"), True),
    ],
)
def test_what_stays_on_this_machine(event: Event, here: bool) -> None:
    assert is_on_this_machine(event) is here
