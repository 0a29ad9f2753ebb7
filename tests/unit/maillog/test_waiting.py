"""Recipients that wait are found by message and address, however many a message has."""

from __future__ import annotations

from probe.maillog.waiting import WaitingList
from probe.reading.log.event import Event, Kind, Status
from tests.unit.maillog.made import counted, deferred, fates, sent

GREY = "451 4.7.1 Greylisted"


def _event(recipient: str | None, queue_id: str | None = "ABCDEF1234") -> Event:
    return Event("f", 1, Kind.ATTEMPT, Status.SENT, "sent", queue_id=queue_id, recipient=recipient)


def _list(count: int) -> WaitingList:
    return counted([deferred(GREY, to=f"u{n}@b.example") for n in range(count)]).waiting


def test_each_of_several_recipients_is_found_and_settled_once() -> None:
    for count in (1, 2, 3, 50):
        listed = _list(count)
        assert listed.count == count and len(list(listed.all())) == count
        assert listed.find(_event("z@b.example")) is None and listed.settle(_event("z@b.example")) is None
        assert listed.settle(_event(None)) is None and listed.find(_event("u0@b.example", None)) is None
        for number in reversed(range(count)):
            event = _event(f"u{number}@b.example")
            result = listed.find(event)
            assert result is not None and result.recipient == event.recipient
            assert listed.settle(event) is result and listed.settle(event) is None
        assert listed.count == 0 and not list(listed.all())


def test_what_befalls_a_message_befalls_all_of_its_recipients() -> None:
    listed = _list(7)
    assert len(listed.settle_all(_event(None))) == 7 and listed.count == 0
    assert not listed.settle_all(_event(None))


def test_a_list_of_many_recipients_is_looked_up_and_not_walked() -> None:
    """Three rounds over 5000 recipients of one message compare each with itself alone."""
    compared = 0

    class Address(str):
        __slots__ = ()

        def __eq__(self, other: object) -> bool:
            nonlocal compared
            compared += 1
            return str.__eq__(self, other)

        __hash__ = str.__hash__

    listed = _list(5000)
    for number in range(5000):
        assert listed.settle(_event(Address(f"u{number}@b.example"))) is not None
    assert compared <= 2 * 5000


def test_a_mailing_list_that_was_deferred_and_then_delivered() -> None:
    people = [f"u{n}@b.example" for n in range(300)]
    aggregate = counted([*(deferred(GREY, to=it) for it in people), *(sent(to=it) for it in people)])
    assert fates(aggregate) == {"sent": 300} and aggregate.waiting.count == 0
