"""Identifier alignment (RFC 9989 sections 4.4 and 4.10.2)."""

from __future__ import annotations

from probe.standards.dmarc.alignment import alignment
from probe.standards.dmarc.discovery import discover
from probe.standards.dmarc.results import Alignment
from probe.standards.dns.message import Status
from tests.support.dns_zone import Table, Zone


def aligned(author: str, zone: Zone, spf: str | None = None, dkim: tuple[str, ...] = ()) -> Alignment:
    table = Table(zone)
    dmarc = table.drive(discover(author))
    return table.drive(alignment(dmarc, spf, dkim))


RELAXED = {"TXT _dmarc.example.com": ["v=DMARC1; p=reject"]}
STRICT = {"TXT _dmarc.example.com": ["v=DMARC1; p=reject; adkim=s; aspf=s"]}


def test_the_table_of_the_rfc() -> None:
    assert aligned("news.example.com", RELAXED, "foo.example.com").spf is True
    assert aligned("news.example.com", STRICT, "news.example.com").spf is True
    assert aligned("news.example.com", STRICT, "foo.example.com").spf is False
    assert aligned("news.example.com", RELAXED, "foo.example.net").spf is False


def test_spf_and_dkim_have_their_own_modes() -> None:
    zone = {"TXT _dmarc.example.com": ["v=DMARC1; p=reject; adkim=s"]}
    assert aligned("example.com", zone, "a.example.com", ("a.example.com",)) == Alignment(True, False)


def test_one_aligned_signing_domain_is_enough() -> None:
    assert aligned("example.com", RELAXED, None, ("vendor.example.net", "m.example.com")).dkim is True
    assert aligned("example.com", RELAXED, None, ("vendor.example.net",)).dkim is False


def test_nothing_to_compare_is_unknown() -> None:
    assert aligned("example.com", RELAXED) == Alignment(None, None)
    table = Table({})
    assert table.drive(alignment(None, "example.com", ())) == Alignment(None, None)
    assert not table.asked


def test_psd_n_separates_departments() -> None:
    zone = {**RELAXED, "TXT _dmarc.dept.example.com": ["v=DMARC1; p=none; psd=n"]}
    assert aligned("dept.example.com", zone, "example.com").spf is False
    assert aligned("dept.example.com", zone, "x.dept.example.com").spf is True


def test_psd_y_separates_the_domains_below_it() -> None:
    zone = {
        "TXT _dmarc.example.com": ["v=DMARC1; p=none; psd=y"],
        "TXT _dmarc.one.example.com": ["v=DMARC1; p=reject"],
    }
    assert aligned("one.example.com", zone, "two.example.com").spf is False
    assert aligned("one.example.com", zone, "mail.one.example.com").spf is True


def test_without_any_record_the_registered_domains_are_compared() -> None:
    assert aligned("a.example.co.uk", {}, "b.example.co.uk", ("c.other.co.uk",)) == Alignment(True, False)


def test_unanswered_discovery_settles_only_identity() -> None:
    zone = {"TXT _dmarc.example.com": Status.TIMEOUT}
    assert aligned("example.com", zone, "example.com", ("m.example.com",)) == Alignment(True, None)


def test_an_unanswered_common_ancestor_leaves_it_open() -> None:
    zone: Zone = {
        "TXT _dmarc.a.example.com": ["v=DMARC1; p=reject"],
        "TXT _dmarc.example.com": Status.SERVFAIL,
    }
    assert aligned("a.example.com", zone, "b.example.com").spf is None
    assert aligned("a.example.com", zone, "b.example.net").spf is False


def test_strict_identity_asks_nothing_more() -> None:
    table = Table(STRICT)
    dmarc = table.drive(discover("example.com"))
    rounds = len(table.rounds)
    table.drive(alignment(dmarc, "a.example.com", ("example.com",)))
    assert len(table.rounds) == rounds
