"""What is said of this machine's clock."""

from __future__ import annotations

from probe.facts.clock import ClockFacts, ClockReading
from probe.facts.model import Facts
from tests.support import facts as make
from tests.support.check_cases import Case, assert_case, parametrize


def beside(*ahead_s: int) -> Facts:
    readings = (ClockReading(f"mx{number}.test", it, "x") for number, it in enumerate(ahead_s, 1))
    return make.facts(clock=ClockFacts(tuple(readings)))


CASES = (
    Case("clock", "nobody gives a date", make.facts(), ()),
    Case("clock", "right", beside(20), ("ok clock-right",), ("mx1.test",)),
    Case("clock", "one differs", beside(86400), ("notice clock-differs",),
         ("behind that of mx1.test", "NTP")),
    Case("clock", "two agree that it is off", beside(-86400, -86410), ("warning clock-off",),
         ("ahead of those of mx1.test and mx2.test",)),
)  # fmt: skip


@parametrize(CASES)
def test_check(case: Case) -> None:
    assert_case(case)
