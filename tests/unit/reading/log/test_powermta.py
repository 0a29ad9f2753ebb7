"""PowerMTA's accounting file: the record types beside deliveries, bounces and deferrals, and times."""

from __future__ import annotations

from datetime import UTC, datetime

from probe.maillog.event_filter import EventFilter
from probe.maillog.summary import totals
from probe.reading.log.event import Event, Relay, Speaker, Stamp, Status, Words
from tests.unit.maillog.made import counted
from tests.unit.reading.log.samples import several

HEADER = "type,timeLogged,rcpt,dsnAction,dsnStatus,dsnDiag,dsnMta,dlvSourceIp,envId,queue"


def _read(*rows: str) -> list[Event]:
    return several("powermta", HEADER, *rows)


def test_a_bounce_that_came_back_later_is_a_refusal() -> None:
    (event,) = _read(
        "rb,2026-11-29 02:00:06+0100,bob@b.example,failed,5.1.1,smtp;550 5.1.1 gone,mx.b.example,,env9,"
    )
    assert (event.status, event.recipient, event.queue_id) == (Status.BOUNCED, "bob@b.example", "env9")
    assert event.words == Words(Speaker.REMOTE, "550 5.1.1 gone")


def test_a_try_of_a_whole_queue_names_its_domain_where_no_host_answered() -> None:
    silent, other = _read(
        "tq,2026-11-29 02:00:09+0100,,,4.4.1 (no answer from host),,,192.0.2.1,,b.example/vmta1",
        'tq,2026-11-29 02:00:09+0100,,,4.7.0,"smtp;421 4.7.0 later",mx.b.example (192.0.2.25),,,b.example/v',
    )
    assert (silent.recipient, silent.relay) == (None, Relay("b.example", None))
    assert silent.words == Words(Speaker.LOCAL, "4.4.1 (no answer from host)")
    assert other.relay == Relay("mx.b.example", "192.0.2.25")


def test_seconds_since_1970_are_a_time() -> None:
    (event,) = _read("d,1764378009,bob@b.example,relayed,2.0.0,smtp;250 ok,mx.b.example,,env1,")
    assert event.at == Stamp(datetime(2025, 11, 29, 1, 0, 9, tzinfo=UTC))


def test_what_is_no_delivery_is_passed_over() -> None:
    kinds = [f"{kind},1764378009,bob@b.example,,,,,,," for kind in ("r", "f", "rs", "p")]
    assert _read(*kinds) == []


def test_a_try_of_a_whole_queue_tells_the_domain_of_its_recipients() -> None:
    (event,) = _read(
        'tq,2026-11-29 02:00:09+0100,,,4.7.0,"smtp;421 4.7.0 later",mx.b.example (192.0.2.25),,,B.example/v',
    )
    assert event.domain == "B.example"
    assert EventFilter(domain="b.example").holds(event)
    assert not EventFilter(domain="c.example").holds(event)


def test_a_bounce_that_came_back_takes_the_place_of_the_delivery() -> None:
    delivery = "d,2026-11-29 02:00:01+0100,{},relayed,2.0.0,smtp;250 ok,mx.b.example,,env1,"
    late = "rb,2026-11-29 03:00:06+0100,{},failed,5.1.1,smtp;550 5.1.1 gone,mx.c.example,,,"
    rows = [HEADER, *(delivery.format(to) for to in ("bob@b.example", "al@b.example"))]
    rows += [late.format("bob@b.example"), late.format("before@b.example")]
    result = totals(counted(rows, "powermta"))
    assert (result.messages, result.sent, result.bounced) == (3, 1, 2)
