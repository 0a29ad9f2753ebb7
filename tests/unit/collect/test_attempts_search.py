"""The search over MX hosts and their addresses: in which order, and after how many it ends."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from probe.collect.attempts import ask_target
from probe.collect.session import SessionOutcome
from probe.model.address import IPAddress
from probe.model.reply import Stage
from probe.model.session import EndReason, Experiment, Stop
from probe.net.clock import Deadline
from probe.standards.dns.results import MxHost
from tests.support.reasons import WHY, spoken
from tests.support.sessions import PLAN
from tests.support.visits import (
    ANSWERED,
    BARRED,
    GREETED,
    MUTE,
    NOTHING,
    TLS_FAILED,
    A,
    B,
    C,
    Make,
    World,
    outcome,
)

DEFERRED = outcome((Stage.GREETING, 450), stop=Stop.GREETING_REFUSED)
CLOSING = outcome((Stage.GREETING, 421), stop=Stop.CLOSING)


def hosts(**addresses: tuple[IPAddress, ...]) -> tuple[MxHost, ...]:
    return tuple(MxHost(10, f"{name}.test", ips, ()) for name, ips in addresses.items())


THREE = hosts(a=(A, B), b=(C,), c=(A,))


def search(at: World, *questions: MxHost, **visits: Any) -> tuple[SessionOutcome, ...]:
    return asyncio.run(ask_target(at.visits(**visits), questions, PLAN))


@pytest.mark.parametrize(
    ("become", "places"),
    [
        ([ANSWERED], ["a.test 9.9.9.1"]),
        ([MUTE, ANSWERED], ["a.test 9.9.9.1", "a.test 9.9.9.2"]),
        ([DEFERRED, ANSWERED], ["a.test 9.9.9.1", "a.test 9.9.9.2"]),
        ([CLOSING, ANSWERED], ["a.test 9.9.9.1", "b.test 9.9.9.3"]),
        ([BARRED], ["a.test 9.9.9.1", "b.test 9.9.9.3"]),
        ([MUTE], ["a.test 9.9.9.1", "a.test 9.9.9.2", "b.test 9.9.9.3"]),
        ([NOTHING], ["a.test 9.9.9.1", "a.test 9.9.9.2", "b.test 9.9.9.3", "c.test 9.9.9.1"]),
        # a host that nobody reached does not count among the two that are talked to
        (
            [NOTHING, NOTHING, BARRED],
            ["a.test 9.9.9.1", "a.test 9.9.9.2", "b.test 9.9.9.3", "c.test 9.9.9.1"],
        ),
        ([NOTHING, MUTE, BARRED], ["a.test 9.9.9.1", "a.test 9.9.9.2", "b.test 9.9.9.3"]),
        ([outcome(GREETED, end=EndReason.DEADLINE)], ["a.test 9.9.9.1"]),
    ],
)
def test_hosts_and_addresses_are_asked_in_their_order_until_one_answers(
    world: Make, become: list[SessionOutcome], places: list[str]
) -> None:
    at = world(*become)
    outcomes = search(at, *THREE)
    assert at.places() == places
    assert [it.number for it in outcomes] == list(range(1, len(places) + 1))


def test_every_address_of_a_host_that_is_talked_to_is_one_host(world: Make) -> None:
    at = world(MUTE)
    search(at, *hosts(a=(A, B, C), b=(A, B), c=(C,)))
    assert at.places() == [f"a.test {ip}" for ip in (A, B, C)] + [f"b.test {ip}" for ip in (A, B)]


def test_the_reason_of_a_session_is_what_became_of_the_one_before(world: Make) -> None:
    at = world(outcome(end=EndReason.TIMEOUT), MUTE, BARRED)
    search(at, *hosts(a=(A,), b=(B,), c=(C,), d=(A,)))
    assert [spoken(it.reason) for it in at.dialled] == [
        "the planned question",
        "a.test [9.9.9.1] could not be reached (timeout)",
        "b.test [9.9.9.2] did not come to an answer (timeout)",
    ]
    at = world(BARRED)
    search(at, *THREE)
    assert (
        spoken(at.dialled[1].reason)
        == "a.test [9.9.9.1] did not come to an answer (the greeting was not 220)"
    )


def test_the_experiment_and_its_reason_may_be_another(world: Make) -> None:
    at = world(ANSWERED)
    asyncio.run(ask_target(at.visits(), THREE, PLAN, experiment=Experiment.DOMAIN, reason=WHY))
    assert [(it.experiment, it.reason) for it in at.dialled] == [(Experiment.DOMAIN, WHY)]
    search(at, *THREE)
    assert at.dialled[1].experiment is Experiment.TARGET


def test_only_the_sessions_of_this_search_are_given_back(world: Make) -> None:
    at = world(ANSWERED)
    visits = at.visits()
    asyncio.run(visits.visit("z.test", C, Experiment.RANDOM, WHY, PLAN))
    outcomes = asyncio.run(ask_target(visits, THREE, PLAN))
    assert [(it.number, it.mx_host) for it in outcomes] == [(2, "a.test")]


def test_both_tries_of_failed_tls_are_given_back_and_the_second_decides(world: Make) -> None:
    at = world(TLS_FAILED, ANSWERED)
    assert [it.number for it in search(at, *THREE)] == [1, 2]
    assert at.places() == ["a.test 9.9.9.1"] * 2


def test_at_the_deadline_the_search_ends_with_what_it_has(world: Make) -> None:
    at = world(MUTE)
    outcomes = search(at, *THREE, deadline=Deadline(at.clock, 12.0))
    assert [it.number for it in outcomes] == [1]


def test_without_hosts_nothing_is_asked(world: Make) -> None:
    at = world(ANSWERED)
    assert search(at) == ()
    assert search(at, *hosts(a=())) == ()
    assert at.dialled == []
