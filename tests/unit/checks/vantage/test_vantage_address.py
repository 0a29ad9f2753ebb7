"""What is said of the address that mail really leaves from."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address
from typing import Any

import pytest

from probe.checks.catalogue import findings_of
from probe.facts.model import Facts
from probe.model.finding import Severity
from probe.model.sighting import AddressBasis, Sighting, SightingPlace
from probe.standards.dns.results import PtrStatus
from probe.standards.spf.results import SpfVerdict
from tests.support import facts as make
from tests.support.check_cases import Case, assert_case, parametrize
from tests.unit.checks.vantage.test_sender_mta import MTA

PRIVATE = ip_address("10.0.0.5")
OTHER = ip_address("192.0.2.77")
MX = "mx.recipient.example"


def sighting(ip: Any = OTHER, place: SightingPlace = SightingPlace.EHLO, by: str = MX) -> Sighting:
    return Sighting(ip, by, place, "session:1:ehlo", PRIVATE)


def standing(spf: SpfVerdict = SpfVerdict.NONE, **changes: Any) -> Facts:
    result = make.facts(vantage=make.vantage(is_sending_address=None, **changes))
    return replace(result, sender=make.sender_facts(spf=make.spf(spf)))


def behind(basis: AddressBasis, *by: str, **changes: Any) -> Facts:
    """The probe connects from a private address, and somebody names another."""
    changes = {
        "probe_ip": PRIVATE,
        "source_ip": OTHER,
        "outside_ip": OTHER,
        "sightings": (sighting(),),
    } | changes
    return standing(basis=basis, basis_by=by, **changes)


GIVEN = {"basis": AddressBasis.GIVEN, "is_sending_address": False, "probe_ip": PRIVATE}
CASES = (
    Case("vantage-address", "there", make.facts(), ("ok probe-at-sending-address",)),
    Case("vantage-address", "elsewhere", make.facts(vantage=make.vantage(is_sending_address=False)),
         ("notice probe-elsewhere",)),
    Case("vantage-address", "not known", standing(), ("notice probe-place-not-known",), ("--ip",)),
    Case("vantage-address", "permitted by SPF", standing(SpfVerdict.PASS), ("ok probe-place-agreed",)),
    Case("vantage-address", "as Postfix here", replace(standing(), mta=MTA), ("ok probe-place-agreed",)),
    Case("vantage-address", "borne out", standing(basis_by=(MX,)), ("ok probe-place-agreed",),
         (f"where {MX} sees it",)),
    Case("vantage-address", "no route", make.facts_without_address(), ("not_assessed probe-without-route",)),
    Case("vantage-address", "two servers name another", behind(AddressBasis.SEEN, MX, "mx2.example"),
         ("notice probe-seen-elsewhere",), (f"192.0.2.77, seen by {MX} and mx2.example", "10.0.0.5")),
    Case("vantage-address", "one server names another", behind(AddressBasis.SAID, MX),
         ("notice probe-said-elsewhere",), (f"192.0.2.77, said by {MX}", "no fault", "--ip 192.0.2.77")),
    Case("vantage-address", "the log names another", behind(AddressBasis.LOGGED, "the log"),
         ("notice probe-logged-elsewhere",), ("192.0.2.77, as the log has it",)),
    Case("vantage-address", "private",
         behind(AddressBasis.PRIVATE, source_ip=None, outside_ip=None, sightings=()),
         ("not_assessed probe-private",), ("10.0.0.5", "RFC 1918", "--ip")),
    Case("vantage-address", "seen at --ip", make.facts(vantage=make.vantage(
        basis=AddressBasis.GIVEN, probe_ip=PRIVATE, sightings=(sighting(make.SOURCE),))),
         ("ok probe-seen-at-sending-address",), (MX, "10.0.0.5")),
    Case("vantage-address", "seen at another than --ip", make.facts(vantage=make.vantage(
        **GIVEN, sightings=(sighting(),), outside_ip=OTHER)),
         ("notice probe-seen-at-another-address",), (MX, "192.0.2.77")),
    Case("vantage-address", "the bounce names another", standing(
        SpfVerdict.PASS, sightings=(sighting(place=SightingPlace.BOUNCE),)),
         ("ok probe-place-agreed", "notice bounce-names-another-address")),
    Case("vantage-address", "the bounce names the same", standing(
        SpfVerdict.PASS, sightings=(sighting(make.SOURCE, SightingPlace.BOUNCE),)),
         ("ok probe-place-agreed",)),
)  # fmt: skip


@parametrize(CASES)
def test_check(case: Case) -> None:
    assert_case(case)


POOR = {"spf": make.spf(SpfVerdict.FAIL), "ptr": make.ptr(PtrStatus.MISSING)}


@pytest.mark.parametrize(
    ("basis", "severities"),
    [
        (AddressBasis.SAID, {"spf-fail": Severity.NOTICE, "ptr-missing": Severity.NOTICE}),
        (AddressBasis.SEEN, {"spf-fail": Severity.ERROR, "ptr-missing": Severity.WARNING}),
    ],
)
def test_what_one_server_says_of_the_address_is_no_fault(
    basis: AddressBasis, severities: dict[str, Severity]
) -> None:
    facts = replace(behind(basis, MX), sender=make.sender_facts(**POOR))
    findings = {it.tag: it.severity for it in findings_of(facts)}
    assert {tag: findings[tag] for tag in severities} == severities


def test_a_severity_of_the_users_own_goes_before() -> None:
    facts = replace(behind(AddressBasis.SAID, MX), sender=make.sender_facts(**POOR))
    findings = {it.tag: it.severity for it in findings_of(facts, {"spf-fail": Severity.ERROR})}
    assert findings["spf-fail"] is Severity.ERROR
