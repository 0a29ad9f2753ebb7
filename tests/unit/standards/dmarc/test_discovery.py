"""DMARC discovery (RFC 9989 section 4.10) with RFC 7489 beside it."""

from __future__ import annotations

import pytest

from probe.standards.dmarc.discovery import discover
from probe.standards.dmarc.results import DmarcResult
from probe.standards.dmarc.tree_walk import walk_names
from probe.standards.dns.message import RecordType, Status
from probe.wording.spoken import clauses, spoken
from tests.support.dns_zone import Table, Zone

HERE = {"MX example.com": ["10 mx.example.com"], "MX a.example.com": ["10 mx.example.com"]}


def found(author_domain: str, zone: Zone) -> DmarcResult:
    return Table({**HERE, **zone}).drive(discover(author_domain))


def test_the_names_of_the_rfcs_example() -> None:
    assert walk_names("a.b.c.d.e.f.g.h.i.j.mail.example.com") == (
        "a.b.c.d.e.f.g.h.i.j.mail.example.com",
        "g.h.i.j.mail.example.com",
        "h.i.j.mail.example.com",
        "i.j.mail.example.com",
        "j.mail.example.com",
        "mail.example.com",
        "example.com",
        "com",
    )


@pytest.mark.parametrize("labels", range(1, 20))
def test_a_walk_never_asks_more_than_eight(labels: int) -> None:
    domain = ".".join("abcdefghijklmnopqrstuvwxyz"[:labels])
    names = walk_names(domain)
    assert len(names) == min(labels, 8)
    assert names[0] == domain
    assert names[-1].count(".") == 0


def test_eight_labels_are_walked_one_by_one() -> None:
    assert walk_names("a.b.c.d.e.f.g.h")[1] == "b.c.d.e.f.g.h"


def test_everything_is_asked_in_one_batch() -> None:
    table = Table({**HERE, "TXT _dmarc.example.com": ["v=DMARC1; p=none"]})
    table.drive(discover("a.example.com"))
    assert len(table.rounds) == 1
    assert {q.name for q in table.asked if q.rtype is RecordType.TXT} == {
        "_dmarc.a.example.com",
        "_dmarc.example.com",
        "_dmarc.com",
    }


def test_the_author_domains_own_record_applies_with_p() -> None:
    result = found(
        "a.example.com",
        {
            "TXT _dmarc.a.example.com": ["v=DMARC1; p=quarantine; sp=reject"],
            "TXT _dmarc.example.com": ["v=DMARC1; p=reject"],
        },
    )
    assert result.record is not None
    assert (result.record.domain, result.applied_policy) == ("a.example.com", "quarantine")
    assert result.organizational_domain == "example.com"


def test_a_subdomain_takes_sp_of_the_organizational_domain() -> None:
    result = found("a.example.com", {"TXT _dmarc.example.com": ["v=DMARC1; p=reject; sp=none; np=reject"]})
    assert result.record is not None
    assert (result.record.domain, result.applied_policy) == ("example.com", "none")


def test_a_name_that_does_not_exist_takes_np() -> None:
    zone = {"TXT _dmarc.example.com": ["v=DMARC1; p=none; sp=quarantine; np=reject"]}
    assert found("ghost.example.com", zone).applied_policy == "reject"
    assert found("a.example.com", zone).applied_policy == "quarantine"
    no_np = {"TXT _dmarc.example.com": ["v=DMARC1; p=none; sp=quarantine"]}
    assert found("ghost.example.com", no_np).applied_policy == "quarantine"


def test_when_existence_is_unknown_the_policy_is_only_said_if_it_makes_no_difference() -> None:
    silent = {"MX ghost.example.com": Status.TIMEOUT}
    differs = {"TXT _dmarc.example.com": ["v=DMARC1; p=none; np=reject"], **silent}
    assert found("ghost.example.com", differs).applied_policy is None
    same = {"TXT _dmarc.example.com": ["v=DMARC1; p=reject"], **silent}
    assert found("ghost.example.com", same).applied_policy == "reject"


def test_an_alias_exists_even_when_its_target_does_not() -> None:
    zone = {
        "CNAME b.example.com": ["gone.example.net"],
        "TXT _dmarc.example.com": ["v=DMARC1; p=none; np=reject"],
    }
    assert found("b.example.com", zone).applied_policy == "none"


@pytest.mark.parametrize(
    ("declared", "applied"), [("reject", "quarantine"), ("quarantine", "none"), ("none", "none")]
)
def test_testing_takes_the_policy_one_level_down(declared: str, applied: str) -> None:
    result = found("example.com", {"TXT _dmarc.example.com": [f"v=DMARC1; p={declared}; t=y"]})
    assert result.applied_policy == applied


def test_psd_n_makes_the_organizational_domain_and_hides_what_is_above() -> None:
    result = found(
        "x.dept.example.com",
        {
            "MX x.dept.example.com": ["10 mx.example.com"],
            "TXT _dmarc.dept.example.com": ["v=DMARC1; p=quarantine; psd=n"],
            "TXT _dmarc.example.com": ["v=DMARC1; p=reject"],
        },
    )
    assert result.organizational_domain == "dept.example.com"
    assert result.applied_policy == "quarantine"
    assert result.rfc7489_organizational_domain == "example.com"
    assert result.rfc7489_record_domain == "example.com"


def test_psd_y_puts_the_organizational_domain_one_label_below() -> None:
    zone = {
        "MX a.mail.example.com": ["10 mx.example.com"],
        "TXT _dmarc.example.com": ["v=DMARC1; p=none; sp=reject; psd=y"],
    }
    below = found("a.mail.example.com", zone)
    assert below.organizational_domain == "mail.example.com"
    assert below.record is not None
    assert (below.record.domain, below.applied_policy) == ("example.com", "reject")
    own = found("a.mail.example.com", {**zone, "TXT _dmarc.mail.example.com": ["v=DMARC1; p=quarantine"]})
    assert own.record is not None
    assert (own.record.domain, own.applied_policy) == ("mail.example.com", "quarantine")


def test_a_public_suffix_domain_that_sends_mail_is_its_own_organization() -> None:
    result = found("example.com", {"TXT _dmarc.example.com": ["v=DMARC1; p=reject; psd=y"]})
    assert result.organizational_domain == "example.com"
    assert result.applied_policy == "reject"


def test_a_record_at_the_top_level_domain_covers_domains_without_one() -> None:
    result = found("example.com", {"TXT _dmarc.com": ["v=DMARC1; p=reject; psd=y"]})
    assert result.organizational_domain == "example.com"
    assert result.record is not None
    assert result.record.domain == "com"


def test_records_between_author_and_organizational_domain_do_not_apply() -> None:
    result = found(
        "a.b.example.com",
        {
            "MX a.b.example.com": ["10 mx.example.com"],
            "TXT _dmarc.b.example.com": ["v=DMARC1; p=none"],
            "TXT _dmarc.example.com": ["v=DMARC1; p=reject"],
        },
    )
    assert result.record is not None
    assert result.record.domain == "example.com"
    assert result.organizational_domain == "example.com"


def test_no_record_anywhere_is_none_and_known() -> None:
    result = found("example.com", {})
    assert (result.record, result.applied_policy, result.unknown) == (None, None, False)
    assert result.organizational_domain == "example.com"


def test_several_records_at_one_name_are_all_discarded_and_the_walk_goes_on() -> None:
    result = found(
        "a.example.com",
        {
            "TXT _dmarc.a.example.com": ["v=DMARC1; p=reject", "v=DMARC1; p=none"],
            "TXT _dmarc.example.com": ["v=DMARC1; p=quarantine"],
        },
    )
    assert result.applied_policy == "quarantine"
    assert clauses(result.invalid_records) == (
        "_dmarc.a.example.com has 2 DMARC records, so none of them counts; receivers with OpenDMARC 1.4"
        " apply one of them all the same",
    )
    assert result.rfc7489_record_domain is None


def test_other_txt_records_at_the_name_do_not_count() -> None:
    result = found("example.com", {"TXT _dmarc.example.com": ["v=spf1 -all", "v=DMARC1; p=reject"]})
    assert result.applied_policy == "reject"
    assert not result.invalid_records


def test_an_unusable_record_at_the_author_domain_ends_dmarc_there() -> None:
    result = found(
        "a.example.com",
        {
            "TXT _dmarc.a.example.com": ["v=DMARC1; p=rejct"],
            "TXT _dmarc.example.com": ["v=DMARC1; p=reject"],
        },
    )
    assert (result.record, result.unknown) == (None, False)
    assert "_dmarc.a.example.com" in spoken(result.invalid_records[0])


def test_unanswered_dns_is_unknown() -> None:
    result = found("example.com", {"TXT _dmarc.example.com": Status.SERVFAIL})
    assert (result.record, result.unknown) == (None, True)
    assert result.rfc7489_record_domain is None


def test_the_author_domain_unanswered_leaves_open_which_record_applies() -> None:
    result = found(
        "a.example.com",
        {"TXT _dmarc.a.example.com": Status.TIMEOUT, "TXT _dmarc.example.com": ["v=DMARC1; p=reject"]},
    )
    assert (result.record, result.unknown) == (None, True)


def test_silence_above_a_found_record_is_no_matter() -> None:
    result = found(
        "example.com", {"TXT _dmarc.example.com": ["v=DMARC1; p=reject"], "TXT _dmarc.com": Status.TIMEOUT}
    )
    assert (result.applied_policy, result.unknown) == ("reject", False)


def test_rfc_7489_goes_from_the_author_to_the_registered_domain() -> None:
    result = found(
        "a.b.example.co.uk",
        {
            "MX a.b.example.co.uk": ["10 mx.example.com"],
            "TXT _dmarc.example.co.uk": ["v=DMARC1; p=none"],
        },
    )
    assert result.rfc7489_organizational_domain == "example.co.uk"
    assert result.rfc7489_record_domain == "example.co.uk"
    assert result.organizational_domain == "example.co.uk"
