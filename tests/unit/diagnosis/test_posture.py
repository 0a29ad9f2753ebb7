"""What the sender's side shows, fact by fact: where it is seen, what it refers to, and its words."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from probe.diagnosis import posture
from probe.diagnosis.run_result import Ground, RunResult
from probe.diagnosis.situation import Sighting, Situation
from probe.facts.model import Facts
from probe.knowledge.dnsbl import by_id
from probe.model.evidence import Evidence, Facet
from probe.model.listing import CodeKind, ListingRole, ListingStatus
from probe.model.reply import Stage
from probe.model.spf import SpfReason, SpfWhy
from probe.model.verdict import Outcome
from probe.standards.dmarc.results import Alignment
from probe.standards.dns.message import RecordType, Status
from probe.standards.dns.results import PtrStatus, RouteKind
from probe.standards.dnsbl.results import Listing, ListingCode
from probe.standards.spf.results import SpfResult, SpfVerdict
from tests.support import facts as make

DOMAIN, SOURCE, NAME = make.SENDER.domain, make.SOURCE, "mail.sender.example"
SPF_REF, DMARC_REF = f"dns:TXT:{DOMAIN}", f"dns:TXT:_dmarc.{DOMAIN}"


def at(
    facts: Facts, *rules: str, stage: Stage = Stage.RCPT, replied: bool = True, code: int = 550
) -> Situation:
    """The facts beside a refusal at a stage; `rules` are what its words fired."""
    exchange = make.exchange(stage, make.reply(code, "no")) if replied else None
    result = RunResult(Outcome.REFUSED, stage, Ground.REPLY, exchange=exchange)
    findings = tuple(Evidence(rule, Facet.TEXT, {}, "because", "reply") for rule in rules)
    return Situation(facts, result, findings)


def sender(*rules: str, replied: bool = True, code: int = 550, **changes: Any) -> Situation:
    return at(make.facts(sender=make.sender_facts(**changes)), *rules, replied=replied, code=code)


# -- SPF -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verdict", SpfVerdict)
def test_each_verdict_of_spf_is_seen_by_one_fact(verdict: SpfVerdict) -> None:
    here = sender(spf=make.spf(verdict))
    records = {
        "fail": posture.spf_fail(here),
        "softfail": posture.spf_softfail(here),
        "none": posture.spf_none(here),
        "pass": posture.spf_pass(here),
    }
    word = "fail" if verdict is SpfVerdict.PERMERROR else verdict.value
    assert [name for name, it in records.items() if it is not None] == [
        name for name in records if name == word
    ]


def test_what_spf_says_is_told_with_the_address_and_the_term() -> None:
    def told(verdict: SpfVerdict, **changes: Any) -> SpfResult:
        return make.spf(verdict, **changes)

    assert posture.spf_fail(sender(spf=told(SpfVerdict.FAIL))) == Sighting(
        SPF_REF, f"fail for {SOURCE} (-all)"
    )
    broken = told(
        SpfVerdict.PERMERROR,
        matched=None,
        problem=SpfWhy(SpfReason.SEVERAL_RECORDS, domain="example.com", count=2),
    )
    assert posture.spf_fail(sender(spf=broken)) == Sighting(
        SPF_REF, f"permerror for {SOURCE} (example.com has 2 SPF records, one is allowed)"
    )
    both = replace(broken, matched="-all")
    assert posture.spf_fail(sender(spf=both)) == Sighting(SPF_REF, f"permerror for {SOURCE} (-all)")
    bare = told(SpfVerdict.FAIL, matched=None, problem=None)
    assert posture.spf_fail(sender(spf=bare)) == Sighting(SPF_REF, f"fail for {SOURCE} (no term matches)")
    soft = told(SpfVerdict.SOFTFAIL, matched="~all")
    assert posture.spf_softfail(sender(spf=soft)) == Sighting(SPF_REF, f"softfail for {SOURCE} (~all)")
    softest = replace(soft, matched=None)
    assert posture.spf_softfail(sender(spf=softest)) == Sighting(
        SPF_REF, f"softfail for {SOURCE} (no term matches)"
    )
    assert posture.spf_none(sender(spf=told(SpfVerdict.NONE))) == Sighting(SPF_REF, DOMAIN)
    assert posture.spf_pass(sender(spf=told(SpfVerdict.PASS))) == Sighting(
        SPF_REF, f"{SOURCE} matches ip4:{SOURCE}"
    )


def test_without_spf_or_without_a_sender_domain_nothing_is_seen() -> None:
    for fact in (posture.spf_fail, posture.spf_softfail, posture.spf_none, posture.spf_pass):
        assert fact(sender(spf=None)) is None
    assert posture.spf_none(sender(spf=make.spf(SpfVerdict.NONE), domain=None)) is None


# -- DMARC -----------------------------------------------------------------------------------------------


def dmarc(
    policy: str | None, verdict: SpfVerdict | None, spf: bool | None, dkim: bool | None
) -> Sighting | None:
    result = make.spf(verdict) if verdict is not None else None
    return posture.dmarc_cannot_pass(
        sender(dmarc=make.dmarc(policy), spf=result, alignment=Alignment(spf=spf, dkim=dkim))
    )


@pytest.mark.parametrize("policy", ["quarantine", "reject"])
def test_dmarc_cannot_pass_where_neither_path_is_open(policy: str) -> None:
    assert dmarc(policy, SpfVerdict.FAIL, True, False) == Sighting(DMARC_REF, f"p={policy}, SPF fail")
    assert dmarc(policy, SpfVerdict.PASS, False, False) == Sighting(DMARC_REF, f"p={policy}, SPF pass")
    assert dmarc(policy, SpfVerdict.PASS, None, False) == Sighting(DMARC_REF, f"p={policy}, SPF pass")


@pytest.mark.parametrize(
    ("policy", "verdict", "spf", "dkim"),
    [
        ("none", SpfVerdict.FAIL, False, False),
        (None, SpfVerdict.FAIL, False, False),
        ("reject", SpfVerdict.PASS, True, False),
        ("reject", SpfVerdict.TEMPERROR, False, False),  # a receiver may well get an answer
        ("reject", None, False, False),
        ("reject", SpfVerdict.FAIL, False, True),
        ("reject", SpfVerdict.FAIL, False, None),
    ],
)
def test_an_open_or_unknown_path_leaves_dmarc_alone(
    policy: str | None, verdict: SpfVerdict | None, spf: bool | None, dkim: bool | None
) -> None:
    assert dmarc(policy, verdict, spf, dkim) is None


def test_without_discovery_dmarc_is_left_alone() -> None:
    assert posture.dmarc_cannot_pass(sender(dmarc=None, alignment=Alignment(False, False))) is None


# -- the sender domain's own mail ------------------------------------------------------------------------


@pytest.mark.parametrize("kind", RouteKind)
def test_a_sender_domain_that_takes_no_bounce_is_dead(kind: RouteKind) -> None:
    words = {
        RouteKind.NO_DOMAIN: "the domain does not exist",
        RouteKind.NULL_MX: "it publishes a null MX",
        RouteKind.NO_MAIL_HOST: "it has neither MX nor an address",
    }
    mail = make.mx_result(kind, domain=DOMAIN)
    expected = Sighting(f"dns:MX:{DOMAIN}", words[kind]) if kind in words else None
    assert posture.sender_domain_dead(sender(mail=mail)) == expected
    bare = posture.sender_domain_dead(sender(mail=replace(mail, answers=())))
    assert bare == (replace(expected, ref="dns:MX") if expected else None)
    assert posture.sender_domain_dead(sender(mail=None)) is None


def test_the_first_answer_is_referred_to() -> None:
    answers = tuple(make.answer(DOMAIN, kind) for kind in (RecordType.MX, RecordType.A))
    dead = make.mx_result(RouteKind.NO_MAIL_HOST, answers=answers)
    result = posture.sender_domain_dead(sender(mail=dead))
    assert result is not None and result.ref == f"dns:MX:{DOMAIN}"
    alive = make.mx_result(RouteKind.MX, answers=answers)
    result = posture.sender_domain_takes_mail(sender(mail=alive))
    assert result is not None and result.ref == f"dns:MX:{DOMAIN}"


def failing(*statuses: Status, kind: RouteKind = RouteKind.UNKNOWN) -> Any:
    kinds = (RecordType.MX, RecordType.A, RecordType.AAAA)
    answers = [make.answer(DOMAIN, it, status=status) for it, status in zip(kinds, statuses, strict=False)]
    return make.mx_result(kind, answers=tuple(answers))


@pytest.mark.parametrize(
    ("statuses", "records"),
    [
        ((Status.SERVFAIL,), Sighting(f"dns:MX:{DOMAIN}", f"MX {DOMAIN}: SERVFAIL")),
        ((Status.SERVFAIL, Status.TIMEOUT), Sighting(f"dns:MX:{DOMAIN}", f"MX {DOMAIN}: SERVFAIL")),
        ((Status.NODATA, Status.TIMEOUT), Sighting(f"dns:A:{DOMAIN}", f"A {DOMAIN}: no answer in time")),
        (
            (Status.NOT_ASKED, Status.MALFORMED),
            Sighting(f"dns:A:{DOMAIN}", f"A {DOMAIN}: the reply could not be read"),
        ),
        ((Status.NOT_ASKED,), None),
        ((Status.REFUSED,), None),
        ((Status.UNREACHABLE,), None),
        ((Status.OWN_WORD,), None),
        ((Status.NODATA,), None),
        ((), None),
    ],
)
def test_dns_of_the_sender_domain_fails_where_an_answer_failed(
    statuses: tuple[Status, ...], records: Sighting | None
) -> None:
    assert posture.sender_dns_fails(sender(code=450, mail=failing(*statuses))) == records
    for rule in ("exim.local-problem", "exim.local-problem-of-address"):
        deferral = sender("other", rule, code=451, mail=failing(*statuses))
        assert posture.sender_dns_as_told(deferral) == records
    assert posture.sender_dns_as_told(sender("other", mail=failing(*statuses))) is None
    assert posture.sender_dns_as_told(sender(mail=failing(*statuses))) is None


def test_an_answer_that_did_not_come_here_explains_no_refusal_for_good() -> None:
    """Whoever gets no answer puts the mail off: a 5xx says that the receiver had one, or did not ask."""
    assert posture.sender_dns_fails(sender(code=550, mail=failing(Status.SERVFAIL))) is None
    assert posture.sender_dns_fails(sender(replied=False, mail=failing(Status.SERVFAIL))) is not None


@pytest.mark.parametrize("kind", [it for it in RouteKind if it is not RouteKind.UNKNOWN])
def test_a_route_that_is_known_did_not_fail(kind: RouteKind) -> None:
    assert posture.sender_dns_fails(sender(mail=failing(Status.SERVFAIL, kind=kind))) is None
    assert posture.sender_dns_fails(sender(mail=None)) is None


@pytest.mark.parametrize("kind", RouteKind)
def test_a_sender_domain_with_an_mx_takes_mail(kind: RouteKind) -> None:
    mail = replace(make.mx_result(kind, make.mx_host("a.example"), make.mx_host("b.example"), domain=DOMAIN))
    expected = Sighting(f"dns:MX:{DOMAIN}", "MX a.example") if kind is RouteKind.MX else None
    assert posture.sender_domain_takes_mail(sender(mail=mail)) == expected
    assert posture.sender_domain_takes_mail(sender(mail=mail, replied=False)) is None
    assert posture.sender_domain_takes_mail(sender(mail=None)) is None


def test_an_mx_of_which_nothing_was_kept_is_told_as_not_known() -> None:
    mail = make.mx_result(RouteKind.MX)
    for hosts in ((), (make.mx_host(""),)):
        bare = replace(mail, hosts=hosts, answers=())
        assert posture.sender_domain_takes_mail(sender(mail=bare)) == Sighting("dns:MX", "MX not known")


# -- PTR and EHLO name -----------------------------------------------------------------------------------

PTR_REF = f"dns:PTR:{SOURCE}"
BAD_HELO = make.helo(resolves=False)


@pytest.mark.parametrize("status", PtrStatus)
def test_reverse_dns_is_missing_confirmed_or_unknown(status: PtrStatus) -> None:
    here = sender(ptr=make.ptr(status))
    lacking = {
        PtrStatus.MISSING: Sighting(PTR_REF, f"{SOURCE}, no PTR"),
        PtrStatus.MISMATCH: Sighting(PTR_REF, f"{SOURCE}, {NAME} does not lead back"),
    }
    assert posture.no_reverse_dns(here) == lacking.get(status)
    confirmed = Sighting(PTR_REF, NAME) if status is PtrStatus.CONFIRMED else None
    assert posture.reverse_dns_confirmed(here) == confirmed


def test_without_an_address_there_is_no_reverse_dns_to_lack() -> None:
    assert posture.no_reverse_dns(sender(ptr=None)) is None
    assert posture.reverse_dns_confirmed(sender(ptr=None)) is None


def test_a_good_name_helps_little_beside_a_bad_ehlo_name() -> None:
    assert posture.reverse_dns_confirmed(sender(helo=BAD_HELO)) is None
    assert posture.reverse_dns_confirmed(sender(helo=None)) == Sighting(PTR_REF, NAME)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"resolves": False}, "does not resolve"),
        ({"is_fqdn": False}, "is not a fully qualified name"),
        ({"is_fqdn": False, "resolves": False}, "is not a fully qualified name"),
        ({"resolves": None}, None),
        ({}, None),
        ({"is_literal": True, "is_fqdn": False, "resolves": False}, None),
        ({"is_literal": True, "resolves": False}, None),
    ],
)
def test_an_ehlo_name_is_bad_where_it_is_no_name_or_leads_nowhere(
    changes: dict[str, Any], words: str | None
) -> None:
    helo = make.helo(**changes)
    assert posture.is_bad_helo(helo) is (words is not None)
    expected = Sighting("vantage:helo", f"{NAME} {words}") if words else None
    assert posture.helo_bad(sender(helo=helo)) == expected
    assert posture.helo_bad(sender(helo=None)) is None


# -- listings ----------------------------------------------------------------------------------------------

POLICY = (ListingCode("127.0.0.10", "end-user range", CodeKind.POLICY, 2),)


def entry(zone: str = "bl.example", weight: int = 8, **changes: Any) -> Listing:
    usual: dict[str, Any] = {"zone": zone, "title": zone, "weight": weight}
    return make.listing(ListingStatus.LISTED, **(usual | changes))


def listed(*entries: Listing, stage: Stage = Stage.RCPT, rules: tuple[str, ...] = ()) -> Situation:
    return at(make.facts(listings=entries), *rules, stage=stage)


@pytest.mark.parametrize(("weight", "is_high"), [(1, False), (3, False), (4, True), (5, True), (10, True)])
def test_from_the_weight_of_four_a_listing_explains_a_refusal_well(weight: int, is_high: bool) -> None:
    here = listed(entry(weight=weight))
    result = Sighting("dnsbl:bl.example", "bl.example")
    assert posture.source_listed_high(here) == (result if is_high else None)
    assert posture.source_listed_low(here) == (None if is_high else result)


def test_lists_are_named_by_title_and_zone_and_only_four_of_them() -> None:
    entries = [
        entry("a.example", 3),
        entry("b.example", title="The B List"),
        entry("c.example", title=""),
        *(entry(f"{name}.example") for name in "defg"),
        entry("h.example", 1),
    ]
    here = listed(*entries)
    high = "The B List (b.example), c.example, d.example, e.example"
    assert posture.source_listed_high(here) == Sighting("dnsbl:b.example", high)
    assert posture.source_listed_low(here) == Sighting("dnsbl:a.example", "a.example, h.example")


@pytest.mark.parametrize("stage", Stage)
def test_a_policy_listing_explains_what_was_refused_to_the_address(stage: Stage) -> None:
    here = listed(entry(codes=POLICY), entry("z.example", codes=POLICY), stage=stage)
    questions = (Stage.GREETING, Stage.EHLO, Stage.MAIL, Stage.RCPT)
    expected = Sighting("dnsbl:bl.example", "bl.example, z.example") if stage in questions else None
    assert posture.source_listed_policy(here) == expected
    assert posture.source_listed_high(here) is None
    assert posture.source_listed_low(here) is None


def test_a_listing_for_what_the_address_did_is_no_policy() -> None:
    assert posture.source_listed_policy(listed(entry())) is None


CLEAR = make.listing()
OTHERS = [
    make.listing(status, zone="o.example")
    for status in ListingStatus
    if status not in (ListingStatus.LISTED, ListingStatus.NOT_LISTED)
]


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ((CLEAR,), "1 blocklist"),
        ((CLEAR, CLEAR), "2 blocklists"),
        ((CLEAR, CLEAR, *OTHERS), "2 blocklists"),
        (tuple(OTHERS), None),
        ((), None),
        ((CLEAR, entry()), None),
        ((CLEAR, entry(codes=POLICY)), None),
        ((make.listing(role=ListingRole.HELO),), None),
        ((make.listing(is_allow_list=True),), None),
        ((CLEAR, entry(role=ListingRole.SENDER_DOMAIN)), "1 blocklist"),
    ],
)
def test_an_address_is_listed_nowhere_where_a_list_clears_it_and_none_has_it(
    entries: tuple[Listing, ...], words: str | None
) -> None:
    expected = Sighting("dnsbl", words) if words else None
    assert posture.source_listed_nowhere(listed(*entries)) == expected
    for rule in ("receiver.dnsbl-query-refused", "receiver.dead-list"):
        assert posture.not_listed_after_all(listed(*entries, rules=("other", rule))) == expected
    assert posture.not_listed_after_all(listed(*entries, rules=("other",))) is None
    assert posture.not_listed_after_all(listed(*entries)) is None


def test_a_listing_counts_for_whom_it_is_about() -> None:
    domain = entry("d.example", role=ListingRole.SENDER_DOMAIN)
    assert posture.sender_domain_listed(listed(domain)) == Sighting("dnsbl:d.example", "d.example")
    two = listed(domain, entry("e.example", role=ListingRole.SENDER_DOMAIN))
    assert posture.sender_domain_listed(two) == Sighting("dnsbl:d.example", "d.example, e.example")
    assert posture.sender_domain_listed(listed(entry())) is None
    assert posture.sender_domain_listed(listed(make.listing(role=ListingRole.SENDER_DOMAIN))) is None
    for role in ("sender_domain", "helo", "link"):
        other = listed(entry(role=role), entry(role=role, codes=POLICY))
        assert posture.source_listed_high(other) is None
        assert posture.source_listed_policy(other) is None
        assert posture.removal(other.facts) == ""


def test_the_way_off_the_lists_is_told_with_the_first_place_that_is_known() -> None:
    first = entry("a.example", delist_url="", subject="192.0.2.1")
    second, third = (entry(f"{name}.example", delist_url=f"https://{name}.example/") for name in "bc")
    text = posture.removal(make.facts(listings=(CLEAR, first, second, third)))
    assert text == (
        "Find what sends from 192.0.2.1 (an infected machine, a hijacked account or form, an old list) and "
        "stop it; only then ask for removal at https://b.example/. The address is on a.example, b.example, "
        "c.example; if it is your provider's, give them the reply. Do not change the address to pass the "
        "list. The list's page, https://b.example/, shows when the entry is gone."
    )
    nowhere = posture.removal(make.facts(listings=(first,)))
    assert "only then ask for removal. The" in nowhere and nowhere.endswith(
        "page shows when the entry is gone."
    )
    assert posture.removal(make.facts(listings=(CLEAR,))) == ""


def test_how_an_entry_ends_is_told_of_the_list_that_is_named() -> None:
    spamcop = by_id("spamcop")
    assert spamcop is not None and spamcop.removal
    result = entry(spamcop.zone, delist_url=spamcop.delist_url, list_id="spamcop")
    unknown = entry("b.example", delist_url="https://b.example/")
    own = posture.removal(make.facts(listings=(result,)))
    assert f"stop it. {spamcop.removal} The" in own and f"page, {spamcop.delist_url}, shows" in own
    assert "ask for removal" not in own  # it ends by itself
    assert spamcop.removal not in posture.removal(make.facts(listings=(unknown, result)))


def test_the_way_off_is_that_of_the_list_that_weighs_most() -> None:
    light = entry("a.example", delist_url="https://a.example/", weight=1)
    heavy = entry("b.example", delist_url="https://b.example/", weight=9)
    assert "removal at https://b.example/" in posture.removal(make.facts(listings=(light, heavy)))


def test_without_any_page_the_way_off_is_that_of_the_list_that_weighs_most() -> None:
    spamcop = by_id("spamcop")
    assert spamcop is not None and spamcop.removal
    heavy = entry(spamcop.zone, delist_url="", list_id="spamcop", weight=9)
    light = entry("b.example", delist_url="", weight=1)
    for entries in ((heavy, light), (light, heavy)):
        assert spamcop.removal in posture.removal(make.facts(listings=entries))


def test_nobody_is_told_to_go_round_a_list() -> None:
    for listed_on in ((entry("a.example"),), (entry("pbl.example", codes=POLICY),)):
        assert "relay" not in posture.removal(make.facts(listings=listed_on))


def test_a_policy_listing_has_nothing_to_clean_up_and_is_left_by_the_provider_s_server() -> None:
    policy = entry("pbl.example", codes=POLICY, delist_url="https://pbl.example/")
    text = posture.removal(make.facts(listings=(CLEAR, policy)))
    assert "your provider's outgoing mail server" in text and "an exception at https://pbl.example/." in text
    assert "stop it" not in text and "removal" not in text
    both = posture.removal(
        make.facts(listings=(policy, entry("sbl.example", delist_url="https://sbl.example/")))
    )
    assert "is on sbl.example;" in both and "removal at https://sbl.example/" in both and "pbl" not in both


# -- the vantage -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("is_sending", "records"), [(False, Sighting("vantage:address")), (True, None), (None, None)]
)
def test_the_probe_stood_elsewhere_only_where_that_is_known(
    is_sending: bool | None, records: Sighting | None
) -> None:
    facts = make.facts(vantage=make.vantage(is_sending_address=is_sending))
    assert posture.not_the_sending_address(at(facts)) == records
