"""What a log tells of how much goes to the recipient's mail servers, beside the provider's limits."""

from __future__ import annotations

from dataclasses import replace

from probe.facts.model import Facts
from probe.model.logged import LogAccount, LoggedVolume
from tests.support import facts as make
from tests.support.check_cases import Case, assert_case, parametrize

FEW = LoggedVolume("b.example", "b.example", 95, 2, 2, 1, 0, 40, 98, 12, "2026-11-28T20:25:00Z")
MUCH = replace(FEW, delivered=60, cured=20, waiting=30)
SMALL = replace(FEW, delivered=0, cured=0, waiting=1, refused=0)


def _facts(volume: LoggedVolume | None, provider_id: str = "") -> Facts:
    result = make.facts(log=LogAccount(("mail.log",), "", "2026-11-28T21:00:00Z", None, 0, volume))
    provider = make.provider(id=provider_id) if provider_id else None
    return replace(result, recipient=replace(result.recipient, provider=provider))


CASES = (
    Case("log-volume", "no log", make.facts(), ()),
    Case("log-volume", "nothing went there", _facts(None), ("notice volume-none",)),
    Case(
        "log-volume",
        "as usual",
        _facts(FEW),
        ("notice volume-told",),
        (
            "40 deliveries",
            "98 in the last day",
            "at most 12 in one minute",
            "4 % were deferred",
            "2 still wait",
        ),
    ),
    Case(
        "log-volume", "much deferred", _facts(MUCH), ("warning volume-deferred",), ("55 %", "fewer messages")
    ),
    Case("log-volume", "too few for a share", _facts(SMALL), ("notice volume-told",)),
    Case(
        "log-volume",
        "a limit is published",
        _facts(FEW, "orange"),
        ("notice volume-told", "notice volume-limit"),
    ),
    Case(
        "log-volume",
        "no limit is known",
        _facts(FEW, "nobody"),
        ("notice volume-told", "notice volume-limit-not-known"),
    ),
)


@parametrize(CASES)
def test_check(case: Case) -> None:
    assert_case(case)


def test_the_volume_is_no_longer_said_to_be_unseen() -> None:
    from probe.checks.recipient import limits_signals

    (records,) = limits_signals.check(_facts(FEW))
    (unseen,) = limits_signals.check(make.facts())
    assert "stands in the log" in records.message and "is not known" in unseen.message
