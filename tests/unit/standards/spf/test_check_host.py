"""check_host beyond the RFC 7208 suite: limits, traces, hostile zones, and how it asks."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from probe.standards.dns.message import Answer, Question, Record, Resolution, Status, Txt
from probe.standards.spf.check_host import check_host
from probe.standards.spf.results import SpfResult, SpfVerdict
from probe.wording.spoken import spoken
from tests.support.dns_zone import Table, Zone

IP = "192.0.2.10"
ME = "TXT example.org"


def evaluate(zone: Zone, ip: str = IP, domain: str = "example.org", local: str = "bob") -> SpfResult:
    return Table(zone).drive(_resolution(ip, domain, local))


def _resolution(ip: str = IP, domain: str = "example.org", local: str = "bob") -> Resolution[SpfResult]:
    return check_host(ip_address(ip), domain, local, domain, "mail.example.org")


def test_the_matched_term_the_record_and_the_trace_are_told() -> None:
    record = "v=spf1 a include:_spf.example.net -all"
    zone = {
        ME: [record],
        "A example.org": ["192.0.2.1"],
        "TXT _spf.example.net": ["v=spf1 ip4:192.0.2.0/28 ~all"],
    }
    result = evaluate(zone)
    assert (result.verdict, result.matched, result.record) == (
        SpfVerdict.PASS,
        "include:_spf.example.net",
        record,
    )
    assert (result.lookups, result.void_lookups) == (2, 0)
    assert [(s.domain, s.depth, s.term, s.outcome) for s in result.trace] == [
        ("example.org", 0, "a", "no match"),
        ("example.org", 0, "include:_spf.example.net", "match"),
        ("_spf.example.net", 1, "ip4:192.0.2.0/28", "match"),
    ]
    assert result.evidence == ("dns:TXT:example.org", "dns:A:example.org", "dns:TXT:_spf.example.net")


def test_a_redirect_gives_the_matched_term_of_its_target() -> None:
    zone = {ME: ["v=spf1 redirect=other.example"], "TXT other.example": ["v=spf1 ip4:192.0.2.10 -all"]}
    result = evaluate(zone)
    assert (result.verdict, result.matched, result.lookups) == (SpfVerdict.PASS, "ip4:192.0.2.10", 1)
    assert result.record == "v=spf1 redirect=other.example"


def test_without_a_match_it_is_neutral_without_a_term() -> None:
    result = evaluate({ME: ["v=spf1 ip4:198.51.100.1"]})
    assert (result.verdict, result.matched) == (SpfVerdict.NEUTRAL, None)


def test_no_record_is_none() -> None:
    result = evaluate({ME: ["some text"]})
    assert (result.verdict, result.record) == (SpfVerdict.NONE, None)


@pytest.mark.parametrize(
    "status",
    [Status.SERVFAIL, Status.TIMEOUT, Status.REFUSED, Status.NOT_ASKED, Status.MALFORMED, Status.CNAME_LOOP],
)
def test_unanswered_is_temperror_and_names_the_question(status: Status) -> None:
    direct = evaluate({ME: status})
    nested = evaluate({ME: ["v=spf1 include:a.example -all"], "TXT a.example": status})
    assert (direct.verdict, nested.verdict) == (SpfVerdict.TEMPERROR, SpfVerdict.TEMPERROR)
    assert "TXT example.org" in spoken(direct.problem)
    assert "TXT a.example" in spoken(nested.problem)
    assert direct.record is None


@pytest.mark.parametrize(
    ("term", "zone"),
    [
        ("a:x.example", {"A x.example": Status.SERVFAIL}),
        ("exists:x.example", {"A x.example": Status.TIMEOUT}),
        ("mx:x.example", {"MX x.example": Status.SERVFAIL}),
        ("mx:x.example", {"MX x.example": ["10 h.example"], "A h.example": Status.REFUSED}),
    ],
)
def test_an_unanswered_mechanism_is_temperror_not_a_mismatch(term: str, zone: Zone) -> None:
    result = evaluate({ME: [f"v=spf1 {term} -all"], **zone})
    assert result.verdict is SpfVerdict.TEMPERROR
    assert result.trace[-1].outcome == "temperror"


def test_a_failure_behind_the_matching_term_does_not_count() -> None:
    zone: Zone = {
        ME: ["v=spf1 a include:broken.example include:gone.example -all"],
        "A example.org": [IP],
        "TXT broken.example": Status.TIMEOUT,
    }
    result = evaluate(zone)
    assert (result.verdict, result.lookups, result.void_lookups) == (SpfVerdict.PASS, 1, 0)
    assert "dns:TXT:broken.example" not in result.evidence


def test_an_include_without_a_record_is_permerror() -> None:
    result = evaluate({ME: ["v=spf1 include:gone.example -all"]})
    assert result.verdict is SpfVerdict.PERMERROR
    assert "gone.example has no SPF record" in spoken(result.problem)


def test_a_redirect_without_a_record_is_permerror() -> None:
    result = evaluate({ME: ["v=spf1 redirect=gone.example"]})
    assert result.verdict is SpfVerdict.PERMERROR
    assert "gone.example has no SPF record" in spoken(result.problem)


def test_two_records_are_permerror() -> None:
    result = evaluate({ME: ["v=spf1 -all", "v=spf1 +all"]})
    assert result.verdict is SpfVerdict.PERMERROR
    assert "2 SPF records" in spoken(result.problem)


def test_a_syntax_error_names_the_term() -> None:
    result = evaluate({ME: ["v=spf1 ip4:192.0.2.300 +all"]})
    assert result.verdict is SpfVerdict.PERMERROR
    assert "ip4:192.0.2.300" in spoken(result.problem)
    assert result.trace[-1].term == "ip4:192.0.2.300"


def test_two_void_lookups_are_allowed_and_the_third_is_permerror() -> None:
    two = evaluate({ME: ["v=spf1 a:a.gone.example a:b.gone.example ip4:192.0.2.10 -all"]})
    three = evaluate({ME: ["v=spf1 a:a.gone.example a:b.gone.example exists:c.gone.example ip4:192.0.2.10"]})
    assert (two.verdict, two.void_lookups) == (SpfVerdict.PASS, 2)
    assert (three.verdict, three.void_lookups) == (SpfVerdict.PERMERROR, 3)
    assert "c.gone.example" in spoken(three.problem)


def test_void_lookups_of_included_records_count_together() -> None:
    zone = {
        ME: ["v=spf1 a:a.gone.example include:i.example ip4:192.0.2.10"],
        "TXT i.example": ["v=spf1 a:b.gone.example mx:c.gone.example"],
    }
    assert evaluate(zone).verdict is SpfVerdict.PERMERROR


def test_ten_lookups_are_allowed_and_the_eleventh_is_permerror() -> None:
    zone = {f"A h{i}.example": ["198.51.100.1"] for i in range(11)}
    ten = " ".join(f"a:h{i}.example" for i in range(10))
    assert evaluate({**zone, ME: [f"v=spf1 {ten} ip4:{IP}"]}).verdict is SpfVerdict.PASS
    over = evaluate({**zone, ME: [f"v=spf1 {ten} a:h10.example ip4:{IP}"]})
    assert (over.verdict, over.lookups) == (SpfVerdict.PERMERROR, 11)
    assert "a:h10.example" in spoken(over.problem)


def test_a_lookup_bomb_is_defused() -> None:
    """Each record includes ten others, each of those ten more: 10^n questions if nothing stopped it."""

    class Bomb(Table):
        def answer(self, question: Question) -> Answer:
            includes = " ".join(f"include:i{i}.{question.name}" for i in range(10))
            records: tuple[Record, ...] = (Txt((f"v=spf1 {includes} -all".encode(),)),)
            return Answer(question, Status.ANSWER, records)

    table = Bomb({})
    result = table.drive(_resolution())
    assert (result.verdict, result.lookups) == (SpfVerdict.PERMERROR, 11)
    assert len(table.asked) <= 25


def test_an_mx_bomb_is_defused() -> None:
    terms = " ".join(f"mx:m{i}.example" for i in range(10))
    zone = {ME: [f"v=spf1 {terms} -all"]}
    for i in range(10):
        zone[f"MX m{i}.example"] = [f"10 x{j}.m{i}.example" for j in range(200)]
    table = Table(zone)
    result = table.drive(_resolution())
    assert result.verdict is SpfVerdict.PERMERROR
    assert len(table.asked) <= 11


def test_a_redirect_loop_and_an_include_loop_end() -> None:
    redirect = {ME: ["v=spf1 redirect=b.example"], "TXT b.example": ["v=spf1 redirect=example.org"]}
    include = {ME: ["v=spf1 include:example.org -all"]}
    assert evaluate(redirect).verdict is SpfVerdict.PERMERROR
    assert evaluate(include).verdict is SpfVerdict.PERMERROR


def test_a_redirect_beside_all_is_ignored() -> None:
    result = evaluate({ME: ["v=spf1 redirect=gone.example ?all"]})
    assert (result.verdict, result.matched, result.lookups) == (SpfVerdict.NEUTRAL, "?all", 0)


def test_a_64_kib_record_is_read() -> None:
    filler = " ".join("ip4:198.51.100.0/24" for _ in range(3200))
    result = evaluate({ME: [f"v=spf1 {filler} ip4:{IP} -all"]})
    assert (result.verdict, result.matched) == (SpfVerdict.PASS, f"ip4:{IP}")


def test_a_term_of_64_kib_is_read() -> None:
    assert evaluate({ME: ["v=spf1 a:" + "x" * 65000 + ".example -all"]}).verdict is SpfVerdict.FAIL
    assert evaluate({ME: ["v=spf1 a/" + "9" * 65000 + " -all"]}).verdict is SpfVerdict.PERMERROR
    assert evaluate({ME: ["v=spf1 exists:%{d" + "9" * 65000 + "}.x.example -all"]}).verdict is SpfVerdict.FAIL


def test_ptr_matches_only_names_that_lead_back() -> None:
    zone: Zone = {
        ME: ["v=spf1 ptr -all"],
        "PTR 10.2.0.192.in-addr.arpa": ["forged.example.org", "broken.example.org", "mail.example.org"],
        "A forged.example.org": ["192.0.2.99"],
        "A broken.example.org": Status.TIMEOUT,
        "A mail.example.org": [IP],
    }
    result = evaluate(zone)
    assert (result.verdict, spoken(result.trace[0].detail)) == (SpfVerdict.PASS, "mail.example.org")


def test_an_unanswered_ptr_is_no_match_and_no_error() -> None:
    result = evaluate({ME: ["v=spf1 ptr -all"], "PTR 10.2.0.192.in-addr.arpa": Status.TIMEOUT})
    assert result.verdict is SpfVerdict.FAIL
    assert result.silence is not None
    assert spoken(result.silence) == "PTR 10.2.0.192.in-addr.arpa: from the test's table"


def test_a_name_of_the_client_without_an_answer_is_told() -> None:
    zone: Zone = {
        ME: ["v=spf1 ptr -all"],
        "PTR 10.2.0.192.in-addr.arpa": ["forged.example.org", "broken.example.org"],
        "A forged.example.org": ["192.0.2.99"],
        "A broken.example.org": Status.SERVFAIL,
    }
    result = evaluate(zone)
    assert result.verdict is SpfVerdict.FAIL
    assert result.silence is not None and result.silence.host == "broken.example.org"
    assert evaluate({**zone, "A broken.example.org": ["192.0.2.98"]}).silence is None


def test_an_ipv6_client_is_held_against_aaaa_only() -> None:
    zone = {ME: ["v=spf1 a//64 -all"], "A example.org": [IP], "AAAA example.org": ["2001:db8::1"]}
    assert evaluate(zone, "2001:db8::ffff").verdict is SpfVerdict.PASS
    assert evaluate(zone, "2001:db8:1::1").verdict is SpfVerdict.FAIL


def test_an_empty_local_part_is_postmaster() -> None:
    zone = {ME: ["v=spf1 exists:%{l}.users.example -all"], "A postmaster.users.example": ["127.0.0.2"]}
    assert evaluate(zone, local="").verdict is SpfVerdict.PASS


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ("%{ir}.%{v}.x.example", "10.2.0.192.in-addr.x.example"),
        ("%{d2r}.x.example", "org.example.x.example"),
        ("%{l-}.x.example", "strong.bad.x.example"),
        ("%{lr-}.x.example", "bad.strong.x.example"),
        ("%{l1r-}.x.example", "strong.x.example"),
        ("%{S}.x.example", "strong-bad%40example.org.x.example"),
        ("%{o}.%{h}.x.example", "example.org.mail.example.org.x.example"),
        ("%%%-%_.x.example", "%%20\\032.x.example"),
        ("%{d128}.x.example", "example.org.x.example"),
        ("%{l+,/_=}.x.example", "strong-bad.x.example"),
    ],
)
def test_macros(spec: str, name: str) -> None:
    table = Table({ME: [f"v=spf1 exists:{spec} -all"]})
    table.drive(_resolution(local="strong-bad"))
    assert name.replace("\\032", " ") in [question.name for question in table.asked]


@pytest.mark.parametrize(
    "term",
    [
        "exists:%",
        "exists:%{",
        "exists:%{d",
        "exists:%{d0}.x.example",
        "exists:%{q}.x.example",
        "exists:%{dx}.example",
        "exists:%{c}.x.example",
        "exists:%{d}x",
        "a:%%x",
        "include:%{i",
        "x=%{c}",
        "exp=%{d}x",
    ],
)
def test_broken_macros_are_permerror(term: str) -> None:
    assert evaluate({ME: [f"v=spf1 {term} +all"]}).verdict is SpfVerdict.PERMERROR


@pytest.mark.parametrize("term", ["a:%{d}", "a:%%", "x=", "x=%{d}", "a:1.2.3.4-a", "a:x.1-1", "a:x.example."])
def test_odd_but_good_terms(term: str) -> None:
    assert evaluate({ME: [f"v=spf1 {term} +all"]}).verdict is SpfVerdict.PASS


def test_a_local_part_outside_ascii_matches_nothing() -> None:
    result = evaluate({ME: ["v=spf1 exists:%{l}.x.example -all"]}, local="b\u00f6b")
    assert (result.verdict, result.void_lookups) == (SpfVerdict.FAIL, 0)


def test_a_backslash_and_a_quote_in_the_local_part_stay_what_they_are() -> None:
    table = Table({ME: ["v=spf1 exists:%{l}.x.example -all"]})
    table.drive(_resolution(local='"a\\b"'))
    assert table.asked[-1].name == '"a\\\\b".x.example'


def test_the_explanation_is_expanded_and_only_for_a_fail() -> None:
    zone = {
        "TXT why.example": ["%{i} may not send for %{o}; asked by %{r} for %{p}, 100%%"],
        ME: ["v=spf1 ip4:198.51.100.1 -all exp=why.example"],
    }
    failed = evaluate(zone)
    assert failed.explanation == "192.0.2.10 may not send for example.org; asked by unknown for unknown, 100%"
    assert evaluate(zone, "198.51.100.1").explanation == ""


def test_a_hostile_explanation_changes_nothing() -> None:
    for text in ("%{z}", "bad \x07 bell", "\xff"):
        result = evaluate({ME: ["v=spf1 -all exp=why.example"], "TXT why.example": [text]})
        assert (result.verdict, result.explanation) == (SpfVerdict.FAIL, "")


def test_the_independent_lookups_of_a_record_are_asked_together() -> None:
    zone = {
        ME: [
            "v=spf1 include:_spf.a.example include:_spf.b.example mx a:out.example.org ip4:198.51.100.7 -all"
        ],
        "TXT _spf.a.example": ["v=spf1 include:_n1.a.example include:_n2.a.example ~all"],
        "TXT _n1.a.example": ["v=spf1 ip4:198.51.100.0/24 ~all"],
        "TXT _n2.a.example": ["v=spf1 ip4:203.0.113.0/24 ~all"],
        "TXT _spf.b.example": ["v=spf1 ip4:203.0.113.0/24 -all"],
        "MX example.org": ["10 mx1.example.org", "20 mx2.example.org"],
        "A mx1.example.org": ["192.0.2.1"],
        "A mx2.example.org": ["192.0.2.2"],
        "A out.example.org": ["192.0.2.3"],
    }
    table = Table(zone)
    result = table.drive(_resolution("192.0.2.10"))
    assert (result.verdict, result.lookups) == (SpfVerdict.FAIL, 6)
    assert [len(batch) for batch in table.rounds] == [1, 4, 4]
    assert len(table.asked) == len(set(table.asked))


def test_nothing_is_asked_ahead_beyond_a_term_that_decides_without_dns() -> None:
    table = Table({ME: [f"v=spf1 ip4:{IP} include:_spf.a.example mx -all"]})
    assert table.drive(_resolution()).verdict is SpfVerdict.PASS
    assert len(table.asked) == 1
