"""Records that are nearly one, told as what stands there."""

from __future__ import annotations

import pytest

from probe.model.near_miss import NearMiss, NearMissReason, Place
from probe.model.signing import KeyOrigin
from probe.standards.dkim.key import judge_answer
from probe.standards.dmarc.discovery import discover
from probe.standards.dns.message import Answer, Question, RecordType, Status, Txt
from probe.standards.near_miss import near_miss
from probe.standards.spf.check_host import check_host
from probe.wording.spoken import spoken
from tests.support import facts as make
from tests.support.dns_zone import Table
from tests.support.exact_reasons import assert_exact

SPF, DKIM, DMARC = Place.SPF, Place.DKIM, Place.DMARC
CASES = [
    (SPF, '"v=spf1 ip4:192.0.2.1 -all"', "quotation marks"),
    (SPF, "\u201cv=spf1 -all\u201d", "quotation marks"),
    (SPF, "'v=spf1 -all'", "quotation marks"),
    (SPF, "spf1 ip4:192.0.2.1 -all", "begins with spf1 and not with v=spf1 and a space"),
    (SPF, "v=spf ip4:192.0.2.1 -all", "begins with v=spf and not"),
    (SPF, "v=spf2 -all", "begins with v=spf2 and not"),
    (SPF, "v=spf1; ip4:192.0.2.1", "begins with v=spf1 and not with v=spf1 and a space"),
    (SPF, "v:spf1 -all", "begins with v:spf1 and not"),
    (SPF, "v = spf1 -all", "begins with v = spf1 and not"),
    (SPF, "spf2.0/pra -all", "begins with spf2 and not"),
    (SPF, "v=spf1\u00a0ip4:192.0.2.1 -all", "invisible character U+00A0"),
    (SPF, "\ufeffv=spf1 -all", "invisible character U+FEFF"),
    (SPF, " v=spf1 -all", "begins with a space"),
    (SPF, "v=DMARC1; p=none", "it is one of DMARC"),
    (SPF, "v=DKIM1; p=MII", "it is one of DKIM"),
    (DMARC, '"v=DMARC1; p=none"', "quotation marks"),
    (DMARC, "DMARC1; p=none", "begins with DMARC1 and not with v=DMARC1;"),
    (DMARC, "v=DMARC; p=none", "begins with v=DMARC and not"),
    (DMARC, "v=dmarc1; p=none", "begins with v=dmarc1 and not"),
    (DMARC, "v=DMARC1 p=none", "begins with v=DMARC1 and not"),
    (DMARC, "v=DMARC1\u00a0; p=none", "invisible character U+00A0"),
    (DMARC, "v=spf1 -all", "it is one of SPF"),
    (DMARC, "k=rsa; p=MIGf", "it is one of DKIM"),
    (DMARC, "d.dmarc.vendor.example", "the target of a CNAME"),
    (DKIM, "s1.domainkey.vendor.example.", "the target of a CNAME"),
    (DKIM, "DKIM1; k=rsa", "begins with DKIM1 and not with v=DKIM1;"),
    (DKIM, "v=spf1 include:vendor.example -all", "it is one of SPF"),
    (DKIM, "v=DMARC1; p=none", "it is one of DMARC"),
]
NOTHING = [
    (SPF, "google-site-verification=abc"),
    (SPF, "MS=ms123"),
    (SPF, "mail.vendor.example"),
    (SPF, ""),
    (SPF, "spfx-license=1"),
    (DMARC, "hello world"),
    (DMARC, "192.0.2.1"),
    (DKIM, "~"),
]


@pytest.mark.parametrize(("place", "text", "why"), CASES, ids=lambda it: str(it)[:40])
def test_what_stands_there_is_told(place: Place, text: str, why: str) -> None:
    result = spoken(near_miss(place, (b"MS=ms123", text.encode())))
    assert result.startswith("what stands there, ") and f"is no {place} record: " in result
    assert why in result


@pytest.mark.parametrize(("place", "text"), NOTHING)
def test_what_was_never_meant_as_one_is_passed_over(place: Place, text: str) -> None:
    assert near_miss(place, (text.encode(),)) is None


def test_octets_that_are_no_text_are_no_trouble() -> None:
    assert near_miss(SPF, (b"\xff\xfe\x00",)) is None
    result = near_miss(SPF, (b"v=spf1\xc2\xa0-all",))
    assert result is not None and result.character == "U+00A0"


def test_every_reason_is_reached_with_the_values_of_its_template() -> None:
    result = [near_miss(place, (text.encode(),)) for place, text, _ in CASES]
    assert_exact([it for it in result if it is not None], NearMissReason)


def test_a_long_record_is_cut() -> None:
    result = near_miss(SPF, (b"spf1 " + b"x" * 46,))
    assert result is not None and result.excerpt == "spf1 " + "x" * 44 + "\u2026"
    assert near_miss(SPF, (b"spf1 " + b"x" * 45,)) == NearMiss(
        NearMissReason.OTHER_BEGINNING, SPF, "spf1 " + "x" * 45, beginning="spf1"
    )


def test_spf_without_a_record_says_what_stands_there() -> None:
    table = Table({"TXT d.example": ["spf1 -all"]})
    result = table.drive(check_host(make.SOURCE, "d.example", "a", "d.example", "h.example"))
    assert (result.verdict, result.record) == ("none", None)
    assert result.near is not None and result.near.excerpt == "spf1 -all"


def test_dkim_without_a_key_says_what_stands_there() -> None:
    question = Question("s._domainkey.d.example", RecordType.TXT)
    answer = Answer(question, Status.ANSWER, (Txt((b"s.vendor.example",)),))
    key = judge_answer("d.example", "s", KeyOrigin.GIVEN, answer)
    assert key.status == "missing" and key.near is not None and not key.problems
    assert key.near.tag is NearMissReason.HOST_NAME


def test_dmarc_without_a_record_says_what_stands_there_and_with_one_does_not() -> None:
    table = Table({"TXT _dmarc.mail.d.example": ['"v=DMARC1; p=none"']})
    near = table.drive(discover("mail.d.example")).near
    assert near is not None and near.tag is NearMissReason.QUOTATION_MARKS
    table = Table(
        {"TXT _dmarc.mail.d.example": ["v=spf1 -all"], "TXT _dmarc.d.example": ["v=DMARC1; p=none"]}
    )
    assert table.drive(discover("mail.d.example")).near is None
