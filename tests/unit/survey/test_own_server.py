"""What this host's own mail server does with a message before any other server is asked."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

import pytest

from probe.model.address import IPAddress
from probe.model.address_parse import parse_mailbox
from probe.model.mta_reason import MtaReason, MtaWhy
from probe.model.sender_mta import (
    Hop,
    HopKind,
    MtaSoftware,
    OwnAddresses,
    Route,
    RouteChoice,
    SenderMta,
    TextFact,
    TlsLevel,
    TlsPolicy,
)
from probe.model.target import Endpoint, Options, PairTarget
from probe.model.verdict import Outcome, OutcomeReason
from probe.standards.dns.results import MxHost
from probe.survey.own_server import own_decision
from probe.survey.sending import before_self, leads_back, sending
from probe.wording.spoken import spoken
from tests.unit.checks.vantage.test_sender_mta import BROKEN, MTA, RELAYING, to

WRAPPED = TlsPolicy(TlsLevel.ENCRYPT, "s", wrapped=True)


def decided(mta: SenderMta, size: int | None = None, *, leads_here: bool = False) -> OutcomeReason | None:
    decision = own_decision(sending(Options(), mta), size, "d.test", (), leads_here=leads_here)
    return decision.reason.tag if decision is not None else None


def without_mailbox() -> SenderMta:
    mta = to(HopKind.REFUSED)
    return replace(mta, route=replace(mta.route, reason=MtaWhy(MtaReason.NO_MAILBOX, "a@d.test")))


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
        (without_mailbox(), None, OutcomeReason.OWN_NO_MAILBOX),
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
    assert own_decision(sending(argument, to(HopKind.REFUSED)), None, "d.test", ()) is None
    assert own_decision(sending(Options(), None), 1, "d.test", ()) is None


def test_exim_sends_back_what_postfix_lets_wait() -> None:
    for software, outcome in ((MtaSoftware.EXIM, Outcome.REFUSED), (MtaSoftware.POSTFIX, Outcome.DEFERRED)):
        decision = own_decision(sending(Options(), replace(BROKEN, software=software)), None, "d.test", ())
        assert decision is not None and decision.outcome is outcome


SELF, OTHER = ip_address("192.0.2.7"), ip_address("203.0.113.10")
ITSELF = replace(MTA, own=OwnAddresses((SELF,)))


def host(preference: int, *ips: IPAddress) -> MxHost:
    return MxHost(preference, f"mx{preference}.test", ips, ())


@pytest.mark.parametrize(
    ("hosts", "names"),
    [
        ((host(10, OTHER), host(20, SELF), host(30, OTHER)), ["mx10.test"]),
        ((host(10, SELF), host(20, OTHER)), []),
        ((host(10, OTHER), host(10, SELF)), []),
        ((host(10, OTHER), host(20, OTHER)), ["mx10.test", "mx20.test"]),
    ],
)
def test_a_server_hands_mail_to_nobody_behind_itself(hosts: tuple[MxHost, ...], names: list[str]) -> None:
    how = sending(Options(), ITSELF)
    assert [it.host for it in before_self(how, hosts)] == names
    assert leads_back(how, hosts) is not bool(names)
    decision = own_decision(how, None, "d.test", hosts)
    assert (decision is None) is bool(names)
    if decision is not None:
        assert (decision.outcome, decision.reason.tag) == (Outcome.REFUSED, OutcomeReason.OWN_LOOP)
        assert spoken(decision.reason).startswith("mail for d.test loops back to it")


def test_a_relay_that_is_the_server_itself_is_waited_for() -> None:
    relay = Hop("192.0.2.7", 25, False, (SELF,))
    route = Route(HopKind.RELAY, "smtp", "postconf relayhost", (relay,))
    decision = own_decision(
        sending(Options(), replace(ITSELF, route=route)), None, "d.test", (host(0, SELF),)
    )
    assert decision is not None
    assert (decision.outcome, decision.reason.tag) == (Outcome.DEFERRED, OutcomeReason.OWN_LOOP)
    elsewhere = replace(route, hops=(replace(relay, port=2525),))
    how = sending(Options(), replace(ITSELF, route=elsewhere))
    assert own_decision(how, None, "d.test", (host(0, SELF),)) is None


@pytest.mark.parametrize("options", [Options(route=RouteChoice.MX), Options(mx=Endpoint("mx.test", 25))])
def test_who_chooses_the_servers_may_ask_this_one(options: Options) -> None:
    assert before_self(sending(options, ITSELF), (host(10, SELF),)) == (host(10, SELF),)


PAIR = PairTarget(parse_mailbox("bob@a.test"), parse_mailbox("alice@d.test"))
CHANGED = replace(MTA, sends_from=TextFact("b@x.test", "s"), sends_to=TextFact("c@y.test", "s"))


def test_the_envelope_is_the_one_that_leaves() -> None:
    leaving = sending(Options(), CHANGED).leaving(PAIR)
    assert (str(leaving.reverse_path), str(leaving.forward_path)) == ("b@x.test", "c@y.test")
    by_choice = sending(Options(route=RouteChoice.MX), CHANGED).leaving(PAIR)
    assert (str(by_choice.reverse_path), str(by_choice.forward_path)) == ("b@x.test", "alice@d.test")
    assert sending(Options(), MTA).leaving(PAIR) == sending(Options(), None).leaving(PAIR) == PAIR
    unusable = replace(MTA, sends_from=TextFact("no address", "s"))
    assert sending(Options(), unusable).leaving(PAIR) == PAIR
