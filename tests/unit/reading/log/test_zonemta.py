"""ZoneMTA: one line a try, with words that may be the server's or its own."""

from __future__ import annotations

from probe.model.reply import Stage
from probe.reading.log.event import Event, Relay, Speaker, Status, UnparsedLine, Words
from tests.unit.reading.log.samples import read, sample

ZONEMTA = sample("zonemta")


def _events(lines: list[str] | None = None) -> list[Event]:
    data = [it.encode() for it in lines] if lines is not None else None
    return [it for it in read(ZONEMTA, data) if isinstance(it, Event)]


def test_every_try_has_the_fate_that_the_log_tells() -> None:
    assert [(it.recipient, it.status) for it in _events()] == [
        ("bob@b.example", Status.SENT),
        ("gone@c.example", Status.BOUNCED),
        ("dan@e.example", Status.DEFERRED),
        ("dan@e.example", Status.SENT),
        ("eve@f.example", Status.DEFERRED),
        ("frank@g.example", Status.DEFERRED),
        ("frank@g.example", Status.EXPIRED),
    ]


def test_senders_hosts_and_words() -> None:
    taken, refused, *_, blocked, waits, _ = _events()
    assert (taken.sender, taken.source_ip) == ("news@a.example", "198.51.100.5")
    assert taken.relay == Relay("mx.b.example", "192.0.2.1")
    assert refused.sender == "news=gone@a.example"
    assert refused.words is not None and refused.words.text.startswith("550 5.1.1 The email account")
    assert (blocked.relay, waits.sender, waits.source_ip) == (None, "", None)
    assert blocked.words is not None and blocked.words.speaker is Speaker.REMOTE
    assert waits.words is not None and waits.words.speaker is Speaker.LOCAL


def test_without_syslog_and_with_words_without_a_code() -> None:
    line = (
        "info Sender/default/867[1] id=x 19001ba5ad80001cdc.001 DEFERRED[dns] from=a@a.example "
        "to=b@b.example src= mx=b.example id=<1@a.example> (DNS error: queryMx ETIMEOUT b.example)"
    )
    (event,) = _events([line])
    assert event.words == Words(Speaker.LOCAL, "DNS error: queryMx ETIMEOUT b.example", Stage.DNS)


def test_what_ends_before_its_time_is_said_not_to_be_understood() -> None:
    whole = ZONEMTA.lines[3]
    (record,) = read(ZONEMTA, [whole[: whole.index(b" mx=")]])
    assert isinstance(record, UnparsedLine)
