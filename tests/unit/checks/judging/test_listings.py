"""How grave a listing is: its kind, its weight, whose list it is, and never one that does not list."""

from __future__ import annotations

import pytest

from probe.checks.judging import listings
from probe.checks.judging.listings import Gravity
from probe.facts.model import Facts
from probe.model.listing import CodeKind, ListingRole, ListingStatus
from probe.model.target import Options
from probe.standards.dnsbl.results import Listing, ListingCode
from tests.support import facts as make


def code(
    kind: str = "reputation", weight: int = 8, number: int = 2, meaning: str = "spam source"
) -> ListingCode:
    return ListingCode(f"127.0.0.{number}", meaning, CodeKind(kind), weight)


def listed(*codes: ListingCode, **changes: object) -> Listing:
    output = {"codes": codes, "weight": max((it.weight for it in codes), default=0)}
    return make.listing(ListingStatus.LISTED, **(output | changes))


def at(is_sending_address: bool | None = True, *dnsbl: str, entries: tuple[Listing, ...] = ()) -> Facts:
    return make.facts(
        vantage=make.vantage(is_sending_address=is_sending_address),
        options=Options(ip=make.SOURCE, dnsbl=dnsbl),
        listings=entries,
    )


WEIGHTS = [
    (0, Gravity.MINOR),
    (2, Gravity.MINOR),  # just below the middle
    (3, Gravity.MIDDLING),
    (5, Gravity.MIDDLING),  # just below a grave one
    (6, Gravity.GRAVE),
    (7, Gravity.GRAVE),
    (10, Gravity.GRAVE),
]


@pytest.mark.parametrize(("weight", "gravity"), WEIGHTS)
def test_the_weight_of_a_listing_decides_how_grave_it_is(weight: int, gravity: Gravity) -> None:
    entry = listed(code(weight=weight))
    assert listings.gravity(at(), entry) is gravity
    assert listings.is_grave(at(), entry) is (gravity is Gravity.GRAVE)


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
    ("sending", "gravity"), [(True, Gravity.MIDDLING), (False, Gravity.MINOR), (None, Gravity.MINOR)]
)
@pytest.mark.parametrize("weight", [1, 6, 9])
def test_a_policy_listing_matters_only_where_the_mail_comes_from(
    sending: bool | None, gravity: Gravity, weight: int
) -> None:
    assert listings.gravity(at(sending), listed(code("policy", weight))) is gravity


@pytest.mark.parametrize("weight", [0, 6, 10])
def test_a_code_that_only_informs_is_a_notice_whatever_it_weighs(weight: int) -> None:
    assert listings.gravity(at(), listed(code("info", weight))) is Gravity.MINOR


def test_a_code_that_informs_beside_one_that_counts_does_not_hide_it() -> None:
    assert listings.gravity(at(), listed(code("info"), code("reputation"))) is Gravity.GRAVE


def test_a_list_that_only_the_user_knows_is_grave() -> None:
    own = listed(code(weight=0), list_id="bl.example", zone="bl.example")
    assert listings.gravity(at(True, "bl.example"), own) is Gravity.GRAVE
    assert listings.gravity(at(True, "other.example"), own) is Gravity.MINOR, "nobody named it"
    entries = listed(code(weight=0), list_id="known", zone="bl.example")
    assert listings.gravity(at(True, "bl.example"), entries) is Gravity.MINOR, "its weight is known"


def test_a_list_of_the_user_without_a_code_is_grave() -> None:
    entry = listed(list_id="bl.example", zone="bl.example")
    assert listings.gravity(at(True, "bl.example"), entry) is Gravity.GRAVE


def test_entries_are_taken_by_role_in_their_order_without_allow_lists() -> None:
    source, helo, link = (make.listing(role=role) for role in ("source", "helo", "link"))
    allow = make.listing(role=ListingRole.SOURCE, is_allow_list=True)
    facts = at(entries=(link, allow, helo, source))
    assert listings.of_roles(facts, ListingRole.SOURCE, ListingRole.HELO) == (helo, source)
    assert listings.of_roles(facts, ListingRole.SENDER_DOMAIN) == ()


def test_a_finding_names_the_list_and_then_the_answers_behind_it() -> None:
    assert listings.refs(listed(evidence=("dns:A:x", "dns:TXT:x"))) == (
        "dnsbl:bl.example",
        "dns:A:x",
        "dns:TXT:x",
    )


@pytest.mark.parametrize(("title", "text"), [("Example List", "Example List"), ("bl.example", "")])
def test_the_phrases_on_a_listing_have_what_they_name(title: str, text: str) -> None:
    entry = listed(code(), code("policy", 3, 10, "dial-up"), title=title, text="see our page")
    assert listings.values(entry) == {
        "list": text,
        "zone": "bl.example",
        "subject": str(make.SOURCE),
        "codes": ["127.0.0.2", "127.0.0.10"],
        "meanings": ["spam source", "dial-up"],
        "text": "see our page",
        "delist": "https://bl.example/remove",
        "removal": "",
    }
