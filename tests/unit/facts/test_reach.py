"""Where the way to the mail hosts ended: on this side, or not known where."""

from __future__ import annotations

import pytest

from probe.facts.reach import Barrier, barrier
from probe.facts.session import Session
from probe.model.observed import EndCause
from probe.model.session import EndReason
from tests.support import facts as make
from tests.support.barred import (
    FAR,
    GATEWAY,
    LOCAL,
    NEAR,
    NO_ROUTE,
    REFUSED,
    TIMEOUT,
    TURNED_AWAY,
    UNREACHABLE,
    attempt,
    attempts,
)

SAME_NETWORK = "9.9.9.17"
ICMP = attempts(UNREACHABLE, NEAR, tag=EndCause.ICMP, ip=GATEWAY)


@pytest.mark.parametrize(
    ("sessions", "expected"),
    [
        ((), None),
        ((make.session(),), None),
        (attempts(EndReason.NOT_DIALLED, NEAR), None),
        (attempts(EndReason.INTERRUPTED, NEAR), None),
        ((attempt(1, FAR, TIMEOUT), make.session(2)), None),
        (NO_ROUTE, Barrier.NO_ROUTE),
        ((*NO_ROUTE, attempt(2, NEAR, TIMEOUT)), Barrier.SILENT),
        ((*NO_ROUTE, attempt(2, NEAR, REFUSED)), Barrier.REFUSED),
        (TURNED_AWAY, Barrier.GATEWAY),
        ((*TURNED_AWAY, attempt(3, "1.1.1.1", TIMEOUT)), Barrier.OTHER),
        (LOCAL, Barrier.LOCAL),
        (attempts(TIMEOUT, NEAR), Barrier.SILENT),
        (attempts(TIMEOUT, NEAR, SAME_NETWORK), Barrier.SILENT),
        (attempts(TIMEOUT, NEAR, FAR), Barrier.SILENT_EVERYWHERE),
        (attempts(REFUSED, NEAR, SAME_NETWORK), Barrier.REFUSED),
        (attempts(REFUSED, NEAR, FAR), Barrier.REFUSED_EVERYWHERE),
        ((attempt(1, NEAR, REFUSED), attempt(2, FAR, TIMEOUT)), Barrier.OTHER),
        (ICMP, Barrier.OTHER),
    ],
)
def test_where_it_ended(sessions: tuple[Session, ...], expected: Barrier | None) -> None:
    assert barrier(sessions) is expected


def test_only_what_is_here_is_this_sides() -> None:
    there = {Barrier.SILENT, Barrier.REFUSED, Barrier.OTHER}
    assert {it for it in Barrier if not it.is_here} == there
