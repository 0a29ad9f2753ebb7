"""The checks of the sender's side in DNS and of where the probe stands (steps 2 and 6)."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address
from typing import Any

from probe.checks.catalogue import findings_of
from probe.facts.model import Facts
from probe.model.finding import Severity
from probe.model.listing import ListingStatus
from probe.model.target import Options
from probe.reading.message.results import SignatureResult
from probe.standards.dkim.results import KeyStatus
from probe.standards.dmarc.results import Alignment
from probe.standards.dns.results import MxHost, PtrStatus, RouteKind
from probe.standards.dnsbl.results import ListingCode
from probe.standards.spf.results import SpfVerdict
from tests.support import facts as make
from tests.support.check_cases import Case, assert_case, parametrize

OK, NOTICE, WARNING = Severity.OK, Severity.NOTICE, Severity.WARNING
ERROR, UNSEEN = Severity.ERROR, Severity.NOT_ASSESSED
LISTED = ListingStatus.LISTED


def sender(**changes: Any) -> Facts:
    return make.facts(sender=make.sender_facts(**changes))


def spf(verdict: SpfVerdict, dkim: bool | None = False, **changes: Any) -> Facts:
    return sender(spf=make.spf(verdict, **changes), alignment=Alignment(True, dkim))


def helo_spf(verdict: SpfVerdict, **changes: Any) -> Facts:
    return sender(spf_helo=make.spf(verdict, identity="helo", domain="mail.sender.example"), **changes)


def keys(*found: Any, **changes: Any) -> Facts:
    return sender(dkim=found, **changes)


def dmarc(policy: str | None, spf_aligns: bool | None, dkim_aligns: bool | None, **changes: Any) -> Facts:
    found = () if not dkim_aligns else (make.key(),)
    return sender(
        dmarc=make.dmarc(policy), alignment=Alignment(spf_aligns, dkim_aligns), dkim=found, **changes
    )


def to_provider(provider_id: str, facts: Facts) -> Facts:
    return replace(facts, recipient=make.recipient_facts(provider=make.provider(id=provider_id, title="Big")))


def listed(weight: int = 8, kind: str = "reputation", **changes: Any) -> Facts:
    code = ListingCode("127.0.0.2", "spam source", kind, weight)
    return make.facts(listings=(make.listing(LISTED, **({"codes": (code,), "weight": weight} | changes)),))


def elsewhere(facts: Facts, is_sending: bool | None) -> Facts:
    return replace(facts, vantage=make.vantage(is_sending_address=is_sending))


GUESSED = make.key(status=KeyStatus.MISSING, origin="common")
NO_SPF = make.spf(SpfVerdict.NONE, record=None, matched=None)
FAILING = make.spf(SpfVerdict.FAIL)
POOR = sender(spf=FAILING, ptr=make.ptr(PtrStatus.MISSING), dmarc=make.dmarc(None))
POOR_MAILING = replace(POOR, message=make.message(bulk=True, signatures=()))
GONE = make.mx_result(RouteKind.NO_DOMAIN, domain="sender.example")
DANGLING = MxHost(10, "mx.sender.example", (), ())
OLD_WAY = make.dmarc(rfc7489_organizational_domain="example")

CASES = (
    Case("spf", "pass names the term", make.facts(), (OK,), ("pass (matched ip4:8.8.4.10)",)),
    Case("spf", "fail gives the record to change", spf(SpfVerdict.FAIL), (ERROR,),
         ("fail", "add ip4:8.8.4.10")),
    Case("spf", "the address may not be the sending one", elsewhere(spf(SpfVerdict.FAIL), None), (ERROR,),
         ("the address this probe connects from",)),
    Case("spf", "IPv6", spf(SpfVerdict.FAIL, ip=ip_address("2001:4860::1")), (ERROR,), ("ip6:2001:4860::1",)),
    Case("spf", "softfail", spf(SpfVerdict.SOFTFAIL), (WARNING,)),
    Case("spf", "neutral", spf(SpfVerdict.NEUTRAL), (WARNING,)),
    Case("spf", "none gives a record to publish", sender(spf=NO_SPF), (WARNING,),
         ("v=spf1 ip4:8.8.4.10 -all",)),
    Case("spf", "permerror", spf(SpfVerdict.PERMERROR, problem="two records"), (ERROR,), ("two records",)),
    Case("spf", "permerror beside a DKIM key", spf(SpfVerdict.PERMERROR, dkim=True), (WARNING,)),
    Case("spf", "temperror is not no", make.facts_unknown(), (UNSEEN,), ("timeout",)),
    Case("spf", "no address", make.facts_without_address(), (UNSEEN,), ("no route",)),
    Case("spf", "null reverse-path", make.facts_null_sender(), (UNSEEN,)),
    Case("spf-lookups", "few", make.facts(), (OK,)),
    Case("spf-lookups", "nearly too many", spf(SpfVerdict.PASS, lookups=9), (NOTICE,)),
    Case("spf-lookups", "too many", spf(SpfVerdict.PERMERROR, lookups=11), (ERROR,), ("11",)),
    Case("spf-lookups", "too many, with a DKIM key", spf(SpfVerdict.PERMERROR, dkim=True, lookups=11),
         (WARNING,)),
    Case("spf-lookups", "too many void ones", spf(SpfVerdict.PERMERROR, void_lookups=3), (ERROR,)),
    Case("spf-lookups", "no record", sender(spf=NO_SPF), (UNSEEN,)),
    Case("spf-lookups", "DNS silent", spf(SpfVerdict.TEMPERROR), (UNSEEN,)),
    Case("spf-lookups", "no sender", make.facts_null_sender(), (UNSEEN,)),
    Case("spf-helo", "pass", make.facts(), (OK,)),
    Case("spf-helo", "none is usual", helo_spf(SpfVerdict.NONE), (OK,)),
    Case("spf-helo", "fail of a chosen name", helo_spf(SpfVerdict.FAIL), (WARNING,)),
    Case("spf-helo", "fail of a given name",
         replace(helo_spf(SpfVerdict.FAIL), options=Options(helo="m.example")),
         (ERROR,)),
    Case("spf-helo", "softfail", helo_spf(SpfVerdict.SOFTFAIL), (NOTICE,)),
    Case("spf-helo", "permerror", helo_spf(SpfVerdict.PERMERROR), (WARNING,)),
    Case("spf-helo", "temperror", helo_spf(SpfVerdict.TEMPERROR), (UNSEEN,)),
    Case("spf-helo", "not looked at", sender(spf_helo=None), (UNSEEN,)),
    Case("dkim-keys", "published", make.facts(), (OK,), ("s1._domainkey.sender.example (rsa 2048)",)),
    Case("dkim-keys", "a guessed selector that is missing proves nothing", keys(GUESSED), (UNSEEN,),
         ("cannot be listed",)),
    Case("dkim-keys", "the given one is missing, SPF carries", keys(make.key(status=KeyStatus.MISSING)),
         (WARNING,)),
    Case("dkim-keys", "the given one is missing, SPF fails",
         keys(make.key(status=KeyStatus.MISSING), spf=FAILING),
         (ERROR,)),
    Case("dkim-keys", "the message's is revoked", keys(make.key(status=KeyStatus.REVOKED, origin="message"),
         spf=FAILING), (ERROR,), ("revoked",)),
    Case("dkim-keys", "malformed", keys(make.key(status=KeyStatus.MALFORMED, problems=("p= is not base64",))),
         (WARNING,), ("p= is not base64",)),
    Case("dkim-keys", "unusable and a guess",
         keys(make.key(status=KeyStatus.UNUSABLE, origin="common"), spf=FAILING),
         (WARNING,)),
    Case("dkim-keys", "testing flag", keys(make.key(testing=True)), (NOTICE, OK), ("t=y",)),
    Case("dkim-keys", "DNS silent", make.facts_unknown(), (UNSEEN,)),
    Case("dkim-keys", "no sender", make.facts_null_sender(), (UNSEEN,)),
    Case("dkim-weak-key", "2048", make.facts(), (OK,)),
    Case("dkim-weak-key", "1024", keys(make.key(key_bits=1024)), (WARNING,)),
    Case("dkim-weak-key", "512 where SPF carries", keys(make.key(status=KeyStatus.UNUSABLE, key_type="rsa",
         key_bits=512)), (WARNING,)),
    Case("dkim-weak-key", "512 where SPF fails", keys(make.key(status=KeyStatus.UNUSABLE, key_type="rsa",
         key_bits=512), spf=FAILING), (ERROR,), ("512",)),
    Case("dkim-weak-key", "ed25519 has one length", keys(make.key(key_type="ed25519", key_bits=256)), (OK,)),
    Case("dkim-weak-key", "no key", keys(GUESSED), (UNSEEN,)),
    Case("dkim-weak-key", "no sender", make.facts_null_sender(), (UNSEEN,)),
    Case("dmarc-record", "there", make.facts(), (OK,), ("reject",)),
    Case("dmarc-record", "none", sender(dmarc=make.dmarc(None)), (WARNING,),
         ("_dmarc.sender.example", "p=none")),
    Case("dmarc-record", "two records", sender(dmarc=make.dmarc(None, invalid_records=("two records",))),
         (WARNING,),
         ("two records",)),
    Case("dmarc-record", "faulty", sender(dmarc=make.dmarc(record=make.dmarc_record(problems=("bad rua",)))),
         (WARNING,), ("bad rua",)),
    Case("dmarc-record", "testing", sender(dmarc=make.dmarc(record=make.dmarc_record(testing=True))),
         (NOTICE,)),
    Case("dmarc-record", "DNS silent", make.facts_unknown(), (UNSEEN,)),
    Case("dmarc-record", "no sender", make.facts_null_sender(), (UNSEEN,)),
    Case("dmarc-alignment", "SPF is enough", dmarc("reject", True, False), (OK,)),
    Case("dmarc-alignment", "DKIM is enough", dmarc("reject", False, True), (OK,)),
    Case("dmarc-alignment", "nothing, p=reject", replace(dmarc("reject", False, None), message=make.message(
         signatures=())), (ERROR,), ("reject", "Sign with DKIM")),
    Case("dmarc-alignment", "nothing, p=none", replace(dmarc("none", False, None), message=make.message(
         signatures=())), (WARNING,)),
    Case("dmarc-alignment", "aligned SPF that fails does not carry", replace(dmarc("quarantine", True, None,
         spf=FAILING), message=make.message(signatures=())), (ERROR,), ("does not pass (fail)",)),
    Case("dmarc-alignment", "a signature nobody saw", dmarc("reject", False, None), (WARNING,),
         ("--message",)),
    Case("dmarc-alignment", "the given selectors are all broken", sender(alignment=Alignment(False, None),
         dkim=(make.key(status=KeyStatus.REVOKED),)), (ERROR,)),
    Case("dmarc-alignment", "foreign signature", replace(dmarc("reject", False, None), message=make.message(
         signatures=(SignatureResult("esp.example", "x", "pass"),))), (ERROR,)),
    Case("dmarc-alignment", "policy unknown", replace(
         sender(dmarc=make.dmarc(None, unknown=True), alignment=Alignment(False, None), dkim=()),
         message=make.message(signatures=())), (UNSEEN,)),
    Case("dmarc-alignment", "unknown", make.facts_unknown(), (UNSEEN,)),
    Case("dmarc-alignment", "no sender", make.facts_null_sender(), (UNSEEN,)),
    Case("dmarc-method-difference", "same", make.facts(), (OK,)),
    Case("dmarc-method-difference", "different", sender(dmarc=OLD_WAY), (NOTICE,), ("RFC 7489",)),
    Case("dmarc-method-difference", "unknown", make.facts_unknown(), (UNSEEN,)),
    Case("dmarc-method-difference", "no sender", make.facts_null_sender(), (UNSEEN,)),
    Case("ptr", "confirmed", make.facts(), (OK,)),
    Case("ptr", "missing", sender(ptr=make.ptr(PtrStatus.MISSING)), (WARNING,),
         ("8.8.4.10", "Have the provider")),
    Case("ptr", "does not lead back", sender(ptr=make.ptr(PtrStatus.MISMATCH)), (WARNING,)),
    Case("ptr", "missing, and Google asks for it",
         to_provider("google", sender(ptr=make.ptr(PtrStatus.MISSING))),
         (ERROR,), ("Big asks",)),
    Case("ptr", "missing, greeted with an address", replace(
        sender(ptr=make.ptr(PtrStatus.MISSING)), vantage=make.vantage(helo="[192.0.2.10]")), (WARNING,),
        ("mail.example.com",)),
    Case("ptr", "unknown", make.facts_unknown(), (UNSEEN,)),
    Case("ptr", "no address", make.facts_without_address(), (UNSEEN,), ("--ip",)),
    Case("helo-name", "right", make.facts(), (OK,)),
    Case("helo-name", "not an FQDN", sender(helo=make.helo(name="localhost", is_fqdn=False)), (WARNING,)),
    Case("helo-name", "does not resolve", sender(helo=make.helo(resolves=False)), (WARNING,)),
    Case("helo-name", "literal", sender(helo=make.helo(name="[8.8.4.10]", is_fqdn=False, is_literal=True)),
         (NOTICE,)),
    Case("helo-name", "another address",
         sender(helo=make.helo(matches_source=False, addresses=(make.MX_IP,))), (NOTICE,)),
    Case("helo-name", "the address of --ip", sender(helo=make.helo(matches_source=False)), (OK,)),
    Case("helo-name", "not the PTR", sender(helo=make.helo(equals_ptr=False)), (NOTICE,)),
    Case("helo-name", "unknown", make.facts_unknown(), (UNSEEN,)),
    Case("helo-name", "not judged", sender(helo=None), (UNSEEN,)),
    Case("sender-domain-takes-mail", "it does", make.facts(), (OK,)),
    Case("sender-domain-takes-mail", "NXDOMAIN", sender(mail=GONE), (ERROR,), ("NXDOMAIN",)),
    Case("sender-domain-takes-mail", "null MX", sender(mail=make.mx_result(RouteKind.NULL_MX)), (ERROR,)),
    Case("sender-domain-takes-mail", "no host", sender(mail=make.mx_result(RouteKind.NO_MAIL_HOST)),
         (ERROR,)),
    Case("sender-domain-takes-mail", "dangling", sender(mail=make.mx_result(RouteKind.MX, DANGLING)),
         (ERROR,)),
    Case("sender-domain-takes-mail", "implicit", sender(mail=make.mx_result(RouteKind.IMPLICIT_MX)),
         (NOTICE,)),
    Case("sender-domain-takes-mail", "unknown", make.facts_unknown(), (UNSEEN,)),
    Case("sender-domain-takes-mail", "no sender", make.facts_null_sender(), (UNSEEN,)),
    Case("provider-requirements", "nobody's", make.facts(), (UNSEEN,)),
    Case("provider-requirements", "nothing known", to_provider("nobody", make.facts()), (UNSEEN,)),
    Case("provider-requirements", "Gmail, all well", to_provider("google", replace(make.facts(),
         message=make.message())), (OK, UNSEEN)),
    Case("provider-requirements", "Yahoo refuses a sender domain that is gone",
         to_provider("yahoo", sender(mail=GONE)), (ERROR, OK, UNSEEN), ("does not resolve",)),
    Case("source-blocklist", "clean", make.facts(), (OK,), ("the only blocklist",)),
    Case("source-blocklist", "a list that matters", listed(8), (ERROR,),
         ("Example List", "bl.example/remove")),
    Case("source-blocklist", "a middling list", listed(4), (WARNING,)),
    Case("source-blocklist", "a light list", listed(1), (NOTICE,)),
    Case("source-blocklist", "policy, sending address", listed(3, "policy"), (WARNING,)),
    Case("source-blocklist", "policy, not known to send", elsewhere(listed(8, "policy"), None), (NOTICE,)),
    Case("source-blocklist", "mere information", listed(8, "info"), (NOTICE,)),
    Case("source-blocklist", "an unknown list that was named", replace(
         listed(4, list_id="bl.example"), options=Options(dnsbl=("bl.example",))), (ERROR,)),
    Case("source-blocklist", "none believed", make.facts_unknown(), (UNSEEN,)),
    Case("source-blocklist", "an allow-list accuses nobody", make.facts(listings=(
         make.listing(LISTED, is_allow_list=True), make.listing())), (OK,)),
    Case("source-blocklist", "--no-dnsbl", make.facts(options=Options(dnsbl_enabled=False), listings=()),
         (UNSEEN,),
         ("--no-dnsbl",)),
    Case("domain-blocklist", "clean", make.facts(listings=(make.listing(role="sender_domain"),)), (OK,)),
    Case("domain-blocklist", "listed", listed(9, role="sender_domain", subject="sender.example"), (ERROR,),
         ("the sender domain sender.example",)),
    Case("domain-blocklist", "EHLO name listed", listed(3, role="helo"), (WARNING,), ("EHLO",)),
    Case("domain-blocklist", "refused", make.facts(listings=(
         make.listing(ListingStatus.REFUSED, role="sender_domain"),)), (UNSEEN,)),
    Case("domain-blocklist", "none asked", make.facts(), (UNSEEN,)),
    Case("blocklist-coverage", "all", make.facts(), (OK,)),
    Case("blocklist-coverage", "one refused", make.facts(listings=(
         make.listing(), make.listing(ListingStatus.REFUSED, zone="zen.example"))), (NOTICE,),
         ("1 of 2", "zen.example")),
    Case("blocklist-coverage", "one subject answered for the zone", make.facts(listings=(
         make.listing(), make.listing(ListingStatus.UNUSABLE, subject="::1"))), (OK,)),
    Case("blocklist-coverage", "none", make.facts_unknown(), (UNSEEN,)),
    Case("blocklist-coverage", "left out", make.facts(listings=()), (UNSEEN,)),
    Case("reputation-desk", "known", to_provider("x", make.facts()), (NOTICE,), ("https://postmaster",)),
    Case("reputation-desk", "no provider", make.facts(), (UNSEEN,)),
    Case("reputation-desk", "no desk", make.facts(recipient=make.recipient_facts(
         provider=make.provider(desk=None))), (UNSEEN,)),
    Case("vantage-address", "there", make.facts(), (OK,)),
    Case("vantage-address", "elsewhere", elsewhere(make.facts(), False), (NOTICE,)),
    Case("vantage-address", "not known", elsewhere(make.facts(), None), (NOTICE,), ("--ip",)),
    Case("vantage-address", "no route", make.facts_without_address(), (UNSEEN,)),
    Case("source-private", "public", make.facts(), (OK,)),
    Case("source-private", "behind translation", make.facts(vantage=make.vantage(
         source_ip=ip_address("192.168.1.5"))), (WARNING,), ("192.168.1.5", "RFC 1918")),
    Case("source-private", "on purpose", make.facts(options=Options(allow_private=True),
         vantage=make.vantage(source_ip=ip_address("127.0.0.2"))), (OK,)),
    Case("source-private", "none", make.facts_without_address(), (UNSEEN,)),
)  # fmt: skip


@parametrize(CASES)
def test_check(case: Case) -> None:
    assert_case(case)


def broken_requirements(facts: Facts) -> dict[str, Severity]:
    from probe.checks.sender import provider_requirements

    return {
        finding.evidence[0].removeprefix("requirement:"): finding.severity
        for finding in provider_requirements.check(facts)
        if finding.severity in (Severity.ERROR, Severity.NOTICE)
    }


def test_gmail_demands_on_every_sender_are_errors_and_bulk_demands_are_notices() -> None:
    broken = broken_requirements(to_provider("google", POOR))
    assert broken["google-reverse-dns"] is Severity.ERROR
    assert broken["google-spf-hard-fail"] is Severity.ERROR
    assert broken["google-bulk-dmarc"] is Severity.NOTICE


def test_gmail_bulk_demands_are_errors_for_a_mailing() -> None:
    broken = broken_requirements(to_provider("google", POOR_MAILING))
    assert broken["google-bulk-dmarc"] is Severity.ERROR
    assert broken["google-bulk-one-click"] is Severity.ERROR


def test_an_unseen_signature_breaks_no_requirement() -> None:
    broken = broken_requirements(to_provider("google", sender(spf=NO_SPF)))
    assert "google-authenticated" not in broken
    assert "google-bulk-dkim" not in broken


def test_netease_refuses_the_null_reverse_path() -> None:
    broken = broken_requirements(to_provider("netease", make.facts_null_sender()))
    assert broken["netease-sender"] is Severity.ERROR


def test_each_listing_is_told_worst_first() -> None:
    from probe.checks.sender import source_blocklist

    light = make.listing(LISTED, title="Light", zone="light.example", weight=1)
    facts = make.facts(listings=(light, make.listing(LISTED, weight=9)))
    assert ["Example List" in f.message for f in source_blocklist.check(facts)] == [True, False]


def test_of_a_sender_domain_that_does_not_exist_one_finding_says_what_to_do() -> None:
    gone = sender(
        mail=GONE,
        spf=NO_SPF,
        dkim=(make.key(status=KeyStatus.MISSING),),
        dmarc=make.dmarc(None),
        alignment=Alignment(True, False),
    )
    wrong = [it for it in findings_of(gone) if it.step == 2 and it.severity in (ERROR, WARNING)]
    assert {it.id for it in wrong} >= {"spf", "dkim-keys", "dmarc-record", "dmarc-alignment"}
    assert {it.id: it.remedy for it in wrong if it.remedy} == {
        "sender-domain-takes-mail": "Correct the sender address, or register sender.example: no record helps "
        "before it exists."
    }
