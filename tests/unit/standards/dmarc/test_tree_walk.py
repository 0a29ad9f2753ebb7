"""The tree walk by itself: which names, where it stops, and whose records count."""

from __future__ import annotations

import pytest

from probe.model.dmarc_record import DmarcReason, DmarcWhy
from probe.standards.dmarc.tree_walk import TreeWalk, question, walk, walk_names
from probe.standards.dns.message import Status
from tests.support.dns_zone import Table, Zone

A_RECORD = ["v=DMARC1; p=none"]


def walked(domain: str, zone: Zone) -> TreeWalk:
    table = Table({f"TXT _dmarc.{name}": text for name, text in zone.items()})
    return walk(domain, {question(name): table.answer(question(name)) for name in walk_names(domain)})


def counting(result: TreeWalk) -> list[str]:
    return [record.domain for record in result.records_found]


@pytest.mark.parametrize(
    ("labels", "second"),
    [
        (7, "b.c.d.e.f.g"),  # just below the limit: one by one
        (8, "b.c.d.e.f.g.h"),  # at it: the last seven, which is one label less
        (9, "c.d.e.f.g.h.i"),  # just above: one label is passed over
        (12, "f.g.h.i.j.k.l"),
    ],
)
def test_from_eight_labels_on_the_second_question_goes_to_the_last_seven(labels: int, second: str) -> None:
    names = walk_names(".".join("abcdefghijkl"[:labels]))
    assert names[1] == second
    assert [name.count(".") for name in names[1:]] == list(reversed(range(second.count(".") + 1)))


def test_a_single_label_is_asked_once() -> None:
    assert walk_names("com") == ("com",)


@pytest.mark.parametrize("psd", ["n", "y"])
def test_a_record_that_says_what_it_is_ends_the_walk(psd: str) -> None:
    zone = {
        "a.b.example.com": A_RECORD,
        "b.example.com": [f"v=DMARC1; p=none; psd={psd}"],
        "example.com": A_RECORD * 2,
        "com": Status.TIMEOUT,
    }
    result = walked("a.b.example.com", zone)
    assert counting(result) == ["a.b.example.com", "b.example.com"]
    assert (result.discarded, result.unknown) == ((), ())


def test_a_record_that_leaves_open_what_it_is_does_not_end_the_walk() -> None:
    zone = {"a.example.com": ["v=DMARC1; p=none; psd=u"], "example.com": A_RECORD, "com": A_RECORD}
    assert counting(walked("a.example.com", zone)) == ["a.example.com", "example.com", "com"]


@pytest.mark.parametrize("silent", [Status.TIMEOUT, Status.SERVFAIL])
def test_a_name_without_an_answer_is_unknown_and_passed_over(silent: Status) -> None:
    result = walked("a.example.com", {"a.example.com": silent, "example.com": A_RECORD, "com": silent})
    assert counting(result) == ["example.com"]
    assert result.unknown == ("a.example.com", "com")


@pytest.mark.parametrize("number", [2, 3])
def test_several_records_at_one_name_count_for_nothing_and_others_do(number: int) -> None:
    zone = {"a.example.com": A_RECORD * number, "example.com": [*A_RECORD, "v=spf1 -all"]}
    result = walked("a.example.com", zone)
    assert counting(result) == ["example.com"]
    assert result.discarded == (DmarcWhy(DmarcReason.SEVERAL_RECORDS, "a.example.com", count=number),)


def test_a_record_is_found_by_its_name_alone() -> None:
    result = walked("a.example.com", {"a.example.com": A_RECORD, "com": A_RECORD})
    assert [(it and it.domain) for it in map(result.at, ("a.example.com", "example.com", "com"))] == [
        "a.example.com",
        None,
        "com",
    ]


@pytest.mark.parametrize(
    ("zone", "organization"),
    [
        ({}, "x.a.example.com"),
        ({"example.com": A_RECORD}, "example.com"),
        ({"a.example.com": A_RECORD, "example.com": A_RECORD}, "example.com"),  # the shortest name
        ({"a.example.com": ["v=DMARC1; p=none; psd=n"], "example.com": A_RECORD}, "a.example.com"),
        ({"example.com": ["v=DMARC1; p=none; psd=y"]}, "a.example.com"),
        ({"com": ["v=DMARC1; p=none; psd=y"]}, "example.com"),
        ({"a.example.com": A_RECORD, "com": ["v=DMARC1; p=none; psd=y"]}, "example.com"),
        ({"x.a.example.com": ["v=DMARC1; p=none; psd=y"], "com": A_RECORD}, "x.a.example.com"),
        ({"x.a.example.com": ["v=DMARC1; p=none; psd=n"], "com": A_RECORD}, "x.a.example.com"),
    ],
)
def test_the_organizational_domain(zone: Zone, organization: str) -> None:
    assert walked("x.a.example.com", zone).organizational_domain == organization


def test_one_label_below_a_public_suffix_is_counted_from_the_suffix() -> None:
    result = walked("y.x.a.example.com", {"example.com": ["v=DMARC1; p=none; psd=y"]})
    assert result.organizational_domain == "a.example.com"
