"""What this host's own mail server does with a message before any other server is asked."""

from __future__ import annotations

from dataclasses import replace

import pytest

from probe.model.sender_mta import HopKind, MtaSoftware, RouteChoice, SenderMta, TlsLevel, TlsPolicy
from probe.model.target import Endpoint, Options
from probe.model.verdict import Outcome, OutcomeReason
from probe.survey.own_server import own_decision
from probe.survey.sending import sending
from tests.unit.checks.vantage.test_sender_mta import BROKEN, MTA, RELAYING, to

WRAPPED = TlsPolicy(TlsLevel.ENCRYPT, "s", wrapped=True)


def decided(mta: SenderMta, size: int | None = None, *, leads_here: bool = False) -> OutcomeReason | None:
    decision = own_decision(sending(Options(), mta), size, leads_here=leads_here)
    return decision.reason.tag if decision is not None else None


@pytest.mark.parametrize(
    ("mta", "size", "tag"),
    [
        (MTA, None, None),
        (MTA, 10_240_000, None),
        (MTA, 10_240_001, OutcomeReason.OWN_SIZE),
        (RELAYING, None, None),
        (to(HopKind.UNKNOWN), None, None),
        (to(HopKind.REFUSED), 10_240_001, OutcomeReason.OWN_REFUSES),
        (to(HopKind.DEFERRED), 10_240_001, OutcomeReason.OWN_SIZE),
        (to(HopKind.DEFERRED), None, OutcomeReason.OWN_WAITS),
        (to(HopKind.DISCARDED), None, OutcomeReason.OWN_DISCARDS),
        (to(HopKind.PROGRAM), None, OutcomeReason.OWN_PROGRAM),
        (to(HopKind.LOCAL), None, OutcomeReason.OWN_DELIVERS),
        (BROKEN, None, OutcomeReason.OWN_TLS),
        (replace(to(HopKind.LOCAL), tls=BROKEN.tls), None, OutcomeReason.OWN_DELIVERS),
        (replace(RELAYING, tls=WRAPPED), None, OutcomeReason.OWN_WRAPPED),
        (replace(MTA, tls=WRAPPED), None, None),
    ],
)
def test_what_keeps_a_message_on_this_host(
    mta: SenderMta, size: int | None, tag: OutcomeReason | None
) -> None:
    assert decided(mta, size) is tag


def test_mail_that_is_delivered_here_was_taken_to_the_domain_where_its_servers_are_this_host() -> None:
    assert decided(to(HopKind.LOCAL), leads_here=True) is None
    assert decided(to(HopKind.PROGRAM), leads_here=True) is OutcomeReason.OWN_PROGRAM


@pytest.mark.parametrize("argument", [Options(route=RouteChoice.MX), Options(mx=Endpoint("mx.test", 25))])
def test_who_asks_for_other_servers_gets_them(argument: Options) -> None:
    assert own_decision(sending(argument, to(HopKind.REFUSED)), None) is None
    assert own_decision(sending(Options(), None), 1) is None


def test_exim_sends_back_what_postfix_lets_wait() -> None:
    for software, outcome in ((MtaSoftware.EXIM, Outcome.REFUSED), (MtaSoftware.POSTFIX, Outcome.DEFERRED)):
        decision = own_decision(sending(Options(), replace(BROKEN, software=software)), None)
        assert decision is not None and decision.outcome is outcome
