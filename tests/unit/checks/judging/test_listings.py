"""How grave a listing is: its kind, its weight, whose list it is, and never one that does not list."""

from __future__ import annotations

import pytest

from probe.checks.judging import listings
from probe.facts.model import Facts
from probe.model.finding import Severity
from probe.model.listing import ListingStatus
from probe.model.target import Options
from probe.standards.dnsbl.results import Listing, ListingCode
from tests.support import facts as make


def code(
    kind: str = "reputation", weight: int = 8, number: int = 2, meaning: str = "spam source"
) -> ListingCode:
    return ListingCode(f"127.0.0.{number}", meaning, kind, weight)


def listed(*codes: ListingCode, **changes: object) -> Listing:
    shown = {"codes": codes, "weight": max((it.weight for it in codes), default=0)}
    return make.listing(ListingStatus.LISTED, **(shown | changes))


def at(is_sending_address: bool | None = True, *dnsbl: str, entries: tuple[Listing, ...] = ()) -> Facts:
    return make.facts(
        vantage=make.vantage(is_sending_address=is_sending_address),
        options=Options(ip=make.SOURCE, dnsbl=dnsbl),
        listings=entries,
    )


WEIGHTS = [
    (0, Severity.NOTICE),
    (2, Severity.NOTICE),  # just below the middle
    (3, Severity.WARNING),
    (5, Severity.WARNING),  # just below a grave one
    (6, Severity.ERROR),
    (7, Severity.ERROR),
    (10, Severity.ERROR),
]


@pytest.mark.parametrize(("weight", "severity"), WEIGHTS)
def test_the_weight_of_a_listing_decides_how_grave_it_is(weight: int, severity: Severity) -> None:
    entry = listed(code(weight=weight))
    assert listings.severity(at(), entry) is severity
    assert listings.is_grave(at(), entry) is (severity is Severity.ERROR)


@pytest.mark.parametrize("status", [it for it in ListingStatus if it is not ListingStatus.LISTED])
def test_a_list_that_does_not_list_is_never_grave(status: ListingStatus) -> None:
    entry = make.listing(status, codes=(code(),), weight=10)
    assert not listings.is_grave(at(), entry)
    assert not listings.is_policy(make.listing(status, codes=(code("policy"),), weight=3))


@pytest.mark.parametrize(
    ("kinds", "is_policy"),
    [
        (["policy"], True),
        (["policy", "info"], True),
        (["policy", "policy"], True),
        (["policy", "reputation"], False),
        (["reputation"], False),
        (["info"], False),
        ([], False),
    ],
)
def test_a_policy_listing_says_nothing_of_what_the_address_did(kinds: list[str], is_policy: bool) -> None:
    assert listings.is_policy(listed(*(code(kind) for kind in kinds))) is is_policy


@pytest.mark.parametrize(
    ("sending", "severity"), [(True, Severity.WARNING), (False, Severity.NOTICE), (None, Severity.NOTICE)]
)
@pytest.mark.parametrize("weight", [1, 6, 9])
def test_a_policy_listing_matters_only_where_the_mail_comes_from(
    sending: bool | None, severity: Severity, weight: int
) -> None:
    assert listings.severity(at(sending), listed(code("policy", weight))) is severity


@pytest.mark.parametrize("weight", [0, 6, 10])
def test_a_code_that_only_informs_is_a_notice_whatever_it_weighs(weight: int) -> None:
    assert listings.severity(at(), listed(code("info", weight))) is Severity.NOTICE


def test_a_code_that_informs_beside_one_that_counts_does_not_hide_it() -> None:
    assert listings.severity(at(), listed(code("info"), code("reputation"))) is Severity.ERROR


def test_a_list_that_only_the_user_knows_is_grave() -> None:
    own = listed(code(weight=0), list_id="bl.example", zone="bl.example")
    assert listings.severity(at(True, "bl.example"), own) is Severity.ERROR
    assert listings.severity(at(True, "other.example"), own) is Severity.NOTICE, "nobody named it"
    known = listed(code(weight=0), list_id="known", zone="bl.example")
    assert listings.severity(at(True, "bl.example"), known) is Severity.NOTICE, "its weight is known"


def test_a_list_of_the_user_without_a_code_is_grave() -> None:
    entry = listed(list_id="bl.example", zone="bl.example")
    assert listings.severity(at(True, "bl.example"), entry) is Severity.ERROR


def test_entries_are_taken_by_role_in_their_order_without_allow_lists() -> None:
    source, helo, link = (make.listing(role=role) for role in ("source", "helo", "link"))
    allow = make.listing(role="source", is_allow_list=True)
    facts = at(entries=(link, allow, helo, source))
    assert listings.of_roles(facts, "source", "helo") == (helo, source)
    assert listings.of_roles(facts, "sender_domain") == ()


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        (listed(code()), "Example List, bl.example (127.0.0.2 spam source)"),
        (listed(code(), title="bl.example"), "bl.example (127.0.0.2 spam source)"),
        (listed(code(meaning="")), "Example List, bl.example (127.0.0.2)"),
        (listed(), "Example List, bl.example"),
        (listed(text="see our page"), 'Example List, bl.example, saying "see our page"'),
        (
            listed(code(), code("policy", 3, 10, "dial-up"), text="see"),
            'Example List, bl.example (127.0.0.2 spam source and 127.0.0.10 dial-up), saying "see"',
        ),
    ],
)
def test_a_listing_is_told_with_list_code_and_reason(entry: Listing, words: str) -> None:
    assert listings.told(entry) == words


def test_the_way_out_is_told_only_where_there_is_one() -> None:
    assert listings.way_out(listed(), "or") == (
        ", or ask for delisting at https://bl.example/remove once the cause is mended"
    )
    assert listings.way_out(listed(delist_url=""), "then") == ""


def test_a_finding_names_the_list_and_then_the_answers_behind_it() -> None:
    assert listings.refs(listed(evidence=("dns:A:x", "dns:TXT:x"))) == (
        "dnsbl:bl.example",
        "dns:A:x",
        "dns:TXT:x",
    )
