"""This machine's clock beside those of servers, and what is judged where it is off."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from probe.facts.clock import ClockFacts, ClockReading, by_right_clock, clock_of, without_dates
from probe.model.observed import CertificateFault, FetchFault
from probe.model.reason import Reason
from probe.model.reply import Stage
from probe.model.trust import Trust
from probe.recording import events as ev
from probe.recording.journal import Recording
from tests.support import facts as make
from tests.support.recordings import STARTED_AT, full_events

BEGAN = datetime.fromisoformat(STARTED_AT)
DAY = 86400


def recording(*events: ev.Event) -> Recording:
    return Recording.of([full_events()[0], *events])


def greeting(text: str) -> ClockFacts:
    session = make.session(exchanges=(make.exchange(Stage.GREETING, make.reply(220, text)),))
    return clock_of(recording(), (session,))


def reading(ahead_s: int, by: str = "mx.test") -> ClockReading:
    return ClockReading(by, ahead_s, "session:1:greeting")


@pytest.mark.parametrize(
    ("text", "ahead_s"),
    [
        ("mx ESMTP Exim 4.96 Sat, 21 Nov 2026 08:00:00 +0000", 0),
        ("mx ESMTP Sendmail 8.17; Sat, 21 Nov 2026 10:30:00 +0100", 5400),
        ("mx Microsoft ESMTP MAIL Service ready at Fri, 20 Nov 2026 08:00:00 GMT", -DAY),
        ("mx ESMTP Postfix", None),
        ("mx ESMTP 21 Nov 2026", None),
        ("mx Sat, 31 Feb 2026 08:00:00 +0000", None),
        ("mx Sat, 21 Nov 2026 99:99:99 +0000", None),
    ],
)
def test_the_date_of_a_greeting_is_read(text: str, ahead_s: int | None) -> None:
    result = [it.ahead_s for it in greeting(text).readings]
    assert [round(it, -1) for it in result] == ([] if ahead_s is None else [ahead_s])


@pytest.mark.parametrize(
    ("date", "count"), [("Sat, 21 Nov 2026 08:00:00 GMT", 1), ("", 0), ("yesterday", 0), ("0" * 64, 0)]
)
def test_the_date_of_a_policy_host_is_read(date: str, count: int) -> None:
    event = ev.HttpsFetched(0, "https://mta-sts.test/x", 200, "text/plain", b"", None, date)
    result = clock_of(recording(event), ()).readings
    assert [(it.by, it.ahead_s) for it in result] == [("mta-sts.test", 0)] * count


@pytest.mark.parametrize(
    ("ahead", "is_off", "is_borne_out"),
    [
        ((), False, False),
        ((600,), False, False),
        ((601,), True, False),
        ((-601,), True, False),
        ((DAY, DAY + 30), True, True),
        ((DAY, 5 * DAY), True, False),
        ((DAY, 3), False, False),  # one agrees with this machine: the other's is wrong
        ((DAY, DAY, 3), False, False),
    ],
)
def test_when_it_is_off(ahead: tuple[int, ...], is_off: bool, is_borne_out: bool) -> None:
    clock = ClockFacts(tuple(reading(it, f"mx{number}.test") for number, it in enumerate(ahead)))
    assert (clock.is_off, clock.is_borne_out) == (is_off, is_borne_out)


OFF, RIGHT = ClockFacts((reading(-400 * DAY),)), ClockFacts((reading(3),))
EXPIRED = Reason(CertificateFault.EXPIRED, text="2026-12-01")
OTHER_NAME = Reason(CertificateFault.OTHER_NAME, host="mx.test")


def test_what_only_a_wrong_clock_holds_against_a_certificate_is_not_known() -> None:
    leaf = replace(make.certificate(), not_before="2026-01-01T00:00:00Z", not_after="2026-12-01T00:00:00Z")
    tls = make.tls(
        certificate=leaf, problems=(EXPIRED, OTHER_NAME), trusted=False, trust=Reason(Trust.REFUSED)
    )
    now = datetime(2027, 12, 26, tzinfo=UTC)
    (result,) = without_dates((make.session(tls=tls),), OFF, now)
    assert result.tls is not None
    assert (result.tls.problems, result.tls.trusted) == ((OTHER_NAME,), None)
    assert result.tls.trust == Reason(Trust.CLOCK_OFF)
    assert without_dates((make.session(tls=tls),), RIGHT, now)[0].tls == tls


def test_a_certificate_that_is_expired_by_any_clock_is_expired() -> None:
    leaf = replace(make.certificate(), not_before="2020-01-01T00:00:00Z", not_after="2021-01-01T00:00:00Z")
    tls = make.tls(certificate=leaf, problems=(EXPIRED,))
    (result,) = without_dates((make.session(tls=tls),), OFF, datetime(2027, 12, 26, tzinfo=UTC))
    assert result.tls == tls


@pytest.mark.parametrize(
    ("clock", "tag", "expected"),
    [
        (OFF, FetchFault.CERTIFICATE, FetchFault.CLOCK_OFF),
        (OFF, FetchFault.REFUSED, FetchFault.REFUSED),
        (RIGHT, FetchFault.CERTIFICATE, FetchFault.CERTIFICATE),
    ],
)
def test_a_policy_host_is_not_blamed_for_a_wrong_clock(
    clock: ClockFacts, tag: FetchFault, expected: FetchFault
) -> None:
    event = ev.HttpsFetched(1, "https://mta-sts.test/x", None, "", b"", Reason(tag, text="expired"))
    (result,) = by_right_clock((event,), clock)
    assert result.fault is not None
    assert (result.fault.tag, result.fault.tag.is_of_certificate) == (
        expected,
        expected is FetchFault.CERTIFICATE,
    )
