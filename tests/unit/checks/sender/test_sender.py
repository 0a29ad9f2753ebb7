"""The checks of the sender's side in DNS and of where the probe stands (steps 2 and 6)."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address
from typing import Any

import pytest

from probe.checks.catalogue import findings_of
from probe.facts.model import Facts
from probe.model.dkim_key import KeyReason, KeyWhy
from probe.model.dmarc_record import DmarcReason, DmarcWhy
from probe.model.finding import Severity
from probe.model.listing import CodeKind, ListingRole, ListingStatus
from probe.model.signing import KeyOrigin, SignatureVerdict
from probe.model.spf import SpfReason, SpfWhy
from probe.model.target import Options
from probe.reading.message.results import SignatureResult
from probe.standards.dkim.results import KeyStatus
from probe.standards.dmarc.results import Alignment
from probe.standards.dns.results import MxHost, PtrStatus, RouteKind
from probe.standards.dnsbl.results import ListingCode
from probe.standards.spf.results import SpfVerdict
from tests.support import facts as make
from tests.support.check_cases import Case, assert_case, parametrize

OF_DOMAIN, OF_HELO, OF_MESSAGE, PASSED = (
    ListingRole.SENDER_DOMAIN,
    ListingRole.HELO,
    KeyOrigin.MESSAGE,
    SignatureVerdict.PASS,
)
LISTED = ListingStatus.LISTED


def sender(**changes: Any) -> Facts:
    return make.facts(sender=make.sender_facts(**changes))


def spf(verdict: SpfVerdict, dkim: bool | None = False, **changes: Any) -> Facts:
    return sender(spf=make.spf(verdict, **changes), alignment=Alignment(True, dkim))


def helo_spf(verdict: SpfVerdict, **changes: Any) -> Facts:
    return sender(spf_helo=make.spf(verdict, identity="helo", domain="mail.sender.example"), **changes)


def keys(*result: Any, **changes: Any) -> Facts:
    return sender(dkim=result, **changes)


def dmarc(policy: str | None, spf_aligns: bool | None, dkim_aligns: bool | None, **changes: Any) -> Facts:
    result = () if not dkim_aligns else (make.key(),)
    return sender(
        dmarc=make.dmarc(policy), alignment=Alignment(spf_aligns, dkim_aligns), dkim=result, **changes
    )


def to_provider(provider_id: str, facts: Facts) -> Facts:
    return replace(facts, recipient=make.recipient_facts(provider=make.provider(id=provider_id, title="Big")))


def listed(weight: int = 8, kind: str = "reputation", **changes: Any) -> Facts:
    code = ListingCode("127.0.0.2", "spam source", CodeKind(kind), weight)
    return make.facts(listings=(make.listing(LISTED, **({"codes": (code,), "weight": weight} | changes)),))


def elsewhere(facts: Facts, is_sending: bool | None) -> Facts:
    return replace(facts, vantage=make.vantage(is_sending_address=is_sending))


GUESSED = make.key(status=KeyStatus.MISSING, origin=KeyOrigin.COMMON)
NO_SPF = make.spf(SpfVerdict.NONE, record=None, matched=None)
FAILING = make.spf(SpfVerdict.FAIL)
POOR = sender(spf=FAILING, ptr=make.ptr(PtrStatus.MISSING), dmarc=make.dmarc(None))
POOR_MAILING = replace(POOR, message=make.message(bulk=True, signatures=()))
GONE = make.mx_result(RouteKind.NO_DOMAIN, domain="sender.example")
DANGLING = MxHost(10, "mx.sender.example", (), ())
OLD_WAY = make.dmarc(rfc7489_organizational_domain="example")
TWO_RECORDS = SpfWhy(SpfReason.SEVERAL_RECORDS, domain="example.com", count=2)
UNUSABLE = make.key(status=KeyStatus.MALFORMED, problems=(KeyWhy(KeyReason.NO_BASE64),))
NO_DMARC = sender(dmarc=make.dmarc(None))


def gone_author(policy: str | None) -> Facts:
    return keys(
        make.key(status=KeyStatus.MISSING),
        dmarc=make.dmarc(policy),
        alignment=Alignment(False, False),
        mail=GONE,
    )


CASES = (
    Case("spf", "pass names the term", make.facts(), ("ok spf-pass",), ("pass (matched ip4:8.8.4.10)",)),
    Case("spf", "fail gives the record to change", spf(SpfVerdict.FAIL), ("error spf-fail",),
         ("fail", "add ip4:8.8.4.10")),
    Case("spf", "the address may not be the sending one", elsewhere(spf(SpfVerdict.FAIL), None),
         ("error spf-fail",), ("the address this probe connects from",)),
    Case("spf", "IPv6", spf(SpfVerdict.FAIL, ip=ip_address("2001:4860::1")), ("error spf-fail",),
         ("ip6:2001:4860::1",)),
    Case("spf", "softfail", spf(SpfVerdict.SOFTFAIL), ("warning spf-softfail",)),
    Case("spf", "neutral", spf(SpfVerdict.NEUTRAL), ("warning spf-neutral",)),
    Case("spf", "none gives a record to publish", sender(spf=NO_SPF), ("warning spf-none",),
         ("v=spf1 ip4:8.8.4.10 ~all", "make it -all when")),
    Case("spf", "permerror", spf(SpfVerdict.PERMERROR, problem=TWO_RECORDS), ("error spf-permerror",),
         ("(example.com has 2 SPF records, one is allowed)",)),
    Case("spf", "permerror beside a DKIM key", spf(SpfVerdict.PERMERROR, dkim=True),
         ("warning spf-permerror-dkim-carries",)),
    Case("spf", "temperror is not no", make.facts_unknown(), ("not_assessed spf-temperror",),
         ("no answer in time",)),
    Case("spf", "no address", make.facts_without_address(), ("not_assessed spf-not-looked-at",),
         ("no route",)),
    Case("spf", "null reverse-path", make.facts_null_sender(), ("not_assessed spf-not-looked-at",)),
    Case("spf-lookups", "few", make.facts(), ("ok spf-lookups-within",)),
    Case("spf-lookups", "nearly too many", spf(SpfVerdict.PASS, lookups=9), ("notice spf-lookups-near",)),
    Case("spf-lookups", "too many", spf(SpfVerdict.PERMERROR, lookups=11), ("error spf-lookups-beyond",),
         ("11",)),
    Case("spf-lookups", "too many, with a DKIM key", spf(SpfVerdict.PERMERROR, dkim=True, lookups=11),
         ("warning spf-lookups-beyond-harmless",)),
    Case("spf-lookups", "too many void ones", spf(SpfVerdict.PERMERROR, void_lookups=3),
         ("error spf-lookups-beyond",)),
    Case("spf-lookups", "no record", sender(spf=NO_SPF), ("not_assessed spf-lookups-no-record",)),
    Case("spf-lookups", "DNS silent", spf(SpfVerdict.TEMPERROR),
         ("not_assessed spf-lookups-partly-unanswered",)),
    Case("spf-lookups", "no sender", make.facts_null_sender(), ("not_assessed spf-lookups-not-looked-at",)),
    Case("spf-helo", "pass", make.facts(), ("ok spf-helo-pass",)),
    Case("spf-helo", "none is usual", helo_spf(SpfVerdict.NONE), ("ok spf-helo-none",)),
    Case("spf-helo", "fail of a chosen name", helo_spf(SpfVerdict.FAIL),
         ("warning spf-helo-fail-of-chosen-name",)),
    Case("spf-helo", "fail of a given name",
         replace(helo_spf(SpfVerdict.FAIL), options=Options(helo="m.example")), ("error spf-helo-fail",)),
    Case("spf-helo", "softfail", helo_spf(SpfVerdict.SOFTFAIL), ("notice spf-helo-softfail",)),
    Case("spf-helo", "permerror", helo_spf(SpfVerdict.PERMERROR), ("warning spf-helo-permerror",)),
    Case("spf-helo", "temperror", helo_spf(SpfVerdict.TEMPERROR), ("not_assessed spf-helo-temperror",)),
    Case("spf-helo", "not looked at", sender(spf_helo=None), ("not_assessed spf-helo-not-looked-at",)),
    Case("dkim-keys", "published", make.facts(), ("ok dkim-keys-published",),
         ("s1._domainkey.sender.example (rsa 2048)",)),
    Case("dkim-keys", "published with oddities", keys(make.key(problems=(
        KeyWhy(KeyReason.OUTSIDE_BASE64), KeyWhy(KeyReason.ADVISED_LENGTH, count=1024, least=2048)))),
         ("notice dkim-key-blemished", "ok dkim-keys-published"), ("which some verifiers refuse Publish",)),
    Case("dkim-keys", "the form of RFC 6376, which most cannot read", keys(make.key(problems=(
        KeyWhy(KeyReason.BARE_KEY), KeyWhy(KeyReason.ADVISED_LENGTH, count=1024, least=2048)))),
         ("warning dkim-key-bare", "ok dkim-keys-published"), ("-pubout",)),
    Case("dkim-keys", "a guessed selector that is missing proves nothing", keys(GUESSED),
         ("not_assessed dkim-keys-none-found",), ("cannot be listed",)),
    Case("dkim-keys", "the given one is missing, SPF carries", keys(make.key(status=KeyStatus.MISSING)),
         ("warning dkim-key-missing-spf-carries",)),
    Case("dkim-keys", "the given one is missing, SPF fails",
         keys(make.key(status=KeyStatus.MISSING), spf=FAILING), ("error dkim-key-missing",)),
    Case("dkim-keys", "the message's is revoked", keys(make.key(status=KeyStatus.REVOKED, origin=OF_MESSAGE),
         spf=FAILING), ("error dkim-key-revoked",), ("revoked",)),
    Case("dkim-keys", "malformed", keys(UNUSABLE),
         ("warning dkim-key-unusable-spf-carries",), ("p= is not valid base64",)),
    Case("dkim-keys", "unusable and a guess",
         keys(make.key(status=KeyStatus.UNUSABLE, origin=KeyOrigin.COMMON), spf=FAILING),
         ("warning dkim-key-unusable-guessed",)),
    Case("dkim-keys", "testing flag", keys(make.key(testing=True)),
         ("notice dkim-keys-testing", "ok dkim-keys-published"), ("t=y",)),
    Case("dkim-keys", "DNS silent", make.facts_unknown(), ("not_assessed dkim-keys-unanswered",),
         ("ask a second resolver",)),
    Case("dkim-keys", "no sender", make.facts_null_sender(), ("not_assessed dkim-keys-not-looked-at",)),
    Case("dkim-weak-key", "2048", make.facts(), ("ok dkim-keys-long-enough",)),
    Case("dkim-weak-key", "1024", keys(make.key(key_bits=1024)), ("warning dkim-key-short",)),
    Case("dkim-weak-key", "512 where SPF carries", keys(make.key(status=KeyStatus.UNUSABLE, key_type="rsa",
         key_bits=512)), ("warning dkim-key-too-short-not-needed",)),
    Case("dkim-weak-key", "512 where SPF fails", keys(make.key(status=KeyStatus.UNUSABLE, key_type="rsa",
         key_bits=512), spf=FAILING), ("error dkim-key-too-short",), ("512",)),
    Case("dkim-weak-key", "ed25519 has one length", keys(make.key(key_type="ed25519", key_bits=256)),
         ("ok dkim-keys-long-enough",)),
    Case("dkim-weak-key", "no key", keys(GUESSED), ("not_assessed dkim-key-length-not-measured",)),
    Case("dkim-weak-key", "no sender", make.facts_null_sender(),
         ("not_assessed dkim-key-length-not-looked-at",)),
    Case("dmarc-record", "there", make.facts(), ("ok dmarc-record-applies",), ("reject",)),
    Case("dmarc-record", "none", sender(dmarc=make.dmarc(None)), ("warning dmarc-none",),
         ("_dmarc.sender.example", "p=none")),
    Case("dmarc-record", "two records", sender(dmarc=make.dmarc(None, invalid_records=(
        DmarcWhy(DmarcReason.SEVERAL_RECORDS, "sender.example", count=2),))),
         ("warning dmarc-records-invalid",), ("_dmarc.sender.example has 2 DMARC records",)),
    Case("dmarc-record", "faulty", sender(dmarc=make.dmarc(record=make.dmarc_record(problems=(
        DmarcWhy(DmarcReason.NO_REPORT_URI),)))),
         ("warning dmarc-record-faulty",), ("rua= holds no valid URI",)),
    Case("dmarc-record", "testing", sender(dmarc=make.dmarc(record=make.dmarc_record(testing=True))),
         ("notice dmarc-record-testing",)),
    Case("dmarc-record", "DNS silent", make.facts_unknown(), ("not_assessed dmarc-unanswered",)),
    Case("dmarc-record", "no sender", make.facts_null_sender(), ("not_assessed dmarc-not-looked-at",)),
    Case("dmarc-alignment", "SPF is enough", dmarc("reject", True, False), ("ok dmarc-can-pass",)),
    Case("dmarc-alignment", "DKIM is enough", dmarc("reject", False, True), ("ok dmarc-can-pass",)),
    Case("dmarc-alignment", "nothing, p=reject", replace(dmarc("reject", False, None), message=make.message(
         signatures=())), ("error dmarc-cannot-pass-enforced",), ("reject", "Sign with DKIM")),
    Case("dmarc-alignment", "nothing, p=none", replace(dmarc("none", False, None), message=make.message(
         signatures=())), ("warning dmarc-cannot-pass",)),
    Case("dmarc-alignment", "aligned SPF that fails does not carry", replace(dmarc("quarantine", True, None,
         spf=FAILING), message=make.message(signatures=())), ("error dmarc-cannot-pass-enforced",),
         ("does not pass (fail)",)),
    Case("dmarc-alignment", "a signature nobody saw", dmarc("reject", False, None),
         ("warning dmarc-needs-dkim",), ("--message",)),
    Case("dmarc-alignment", "the given selectors are all broken", sender(alignment=Alignment(False, None),
         dkim=(make.key(status=KeyStatus.REVOKED),)), ("error dmarc-cannot-pass-enforced",)),
    Case("dmarc-alignment", "foreign signature", replace(dmarc("reject", False, None), message=make.message(
         signatures=(SignatureResult("esp.example", "x", PASSED),))), ("error dmarc-cannot-pass-enforced",)),
    Case("dmarc-alignment", "policy unknown", replace(
         sender(dmarc=make.dmarc(None, unknown=True), alignment=Alignment(False, None), dkim=()),
         message=make.message(signatures=())), ("not_assessed dmarc-cannot-pass-policy-not-known",)),
    Case("dmarc-alignment", "unknown", make.facts_unknown(), ("not_assessed dmarc-alignment-not-known",)),
    Case("dmarc-alignment", "no sender", make.facts_null_sender(),
         ("not_assessed dmarc-alignment-not-looked-at",)),
    Case("dmarc-method-difference", "same", make.facts(), ("ok dmarc-methods-agree",)),
    Case("dmarc-method-difference", "different", sender(dmarc=OLD_WAY), ("notice dmarc-methods-differ",),
         ("RFC 7489",)),
    Case("dmarc-method-difference", "unknown", make.facts_unknown(),
         ("not_assessed dmarc-methods-incomplete",)),
    Case("dmarc-method-difference", "no sender", make.facts_null_sender(),
         ("not_assessed dmarc-methods-not-looked-at",)),
    Case("ptr", "confirmed", make.facts(), ("ok ptr-confirmed",)),
    Case("ptr", "missing", sender(ptr=make.ptr(PtrStatus.MISSING)), ("warning ptr-missing",),
         ("8.8.4.10", "Have the provider")),
    Case("ptr", "does not lead back", sender(ptr=make.ptr(PtrStatus.MISMATCH)), ("warning ptr-mismatch",)),
    Case("ptr", "missing, and Google asks for it",
         to_provider("google", sender(ptr=make.ptr(PtrStatus.MISSING))), ("error ptr-missing-demanded",),
         ("Big asks",)),
    Case("ptr", "missing, greeted with an address", replace(
        sender(ptr=make.ptr(PtrStatus.MISSING)), vantage=make.vantage(helo="[192.0.2.10]")),
         ("warning ptr-missing",), ("mail.example.com",)),
    Case("ptr", "unknown", make.facts_unknown(), ("not_assessed ptr-unanswered",)),
    Case("ptr", "no address", make.facts_without_address(), ("not_assessed ptr-not-looked-at",), ("--ip",)),
    Case("helo-name", "right", make.facts(), ("ok helo-resolves",)),
    Case("helo-name", "not an FQDN", sender(helo=make.helo(name="localhost", is_fqdn=False)),
         ("warning helo-not-qualified",)),
    Case("helo-name", "does not resolve", sender(helo=make.helo(resolves=False)),
         ("warning helo-not-resolving",)),
    Case("helo-name", "literal", sender(helo=make.helo(name="[8.8.4.10]", is_fqdn=False, is_literal=True)),
         ("notice helo-literal",)),
    Case("helo-name", "another address",
         sender(helo=make.helo(matches_source=False, addresses=(make.MX_IP,))),
         ("notice helo-of-other-address",)),
    Case("helo-name", "the address of --ip", sender(helo=make.helo(matches_source=False)),
         ("ok helo-resolves",)),
    Case("helo-name", "not the PTR", sender(helo=make.helo(equals_ptr=False)), ("notice helo-not-ptr-name",)),
    Case("helo-name", "unknown", make.facts_unknown(), ("not_assessed helo-unanswered",)),
    Case("helo-name", "not judged", sender(helo=None), ("not_assessed helo-not-looked-at",)),
    Case("sender-domain-takes-mail", "it does", make.facts(), ("ok sender-domain-takes-mail",)),
    Case("sender-domain-takes-mail", "NXDOMAIN", sender(mail=GONE), ("error sender-domain-missing",),
         ("NXDOMAIN",)),
    Case("sender-domain-takes-mail", "null MX", sender(mail=make.mx_result(RouteKind.NULL_MX)),
         ("error sender-domain-null-mx",)),
    Case("sender-domain-takes-mail", "no host", sender(mail=make.mx_result(RouteKind.NO_MAIL_HOST)),
         ("error sender-domain-no-mail-host",)),
    Case("sender-domain-takes-mail", "dangling", sender(mail=make.mx_result(RouteKind.MX, DANGLING)),
         ("error sender-mx-dangling",)),
    Case("sender-domain-takes-mail", "implicit", sender(mail=make.mx_result(RouteKind.IMPLICIT_MX)),
         ("notice sender-implicit-mx",)),
    Case("sender-domain-takes-mail", "unknown", make.facts_unknown(),
         ("not_assessed sender-route-unanswered",)),
    Case("sender-domain-takes-mail", "no sender", make.facts_null_sender(),
         ("not_assessed sender-route-not-looked-at",)),
    Case("provider-requirements", "nobody's", make.facts(), ("not_assessed provider-not-known",)),
    Case("provider-requirements", "nothing known", to_provider("nobody", make.facts()),
         ("not_assessed provider-without-known-requirements",)),
    Case("provider-requirements", "Gmail, all well", to_provider("google", replace(make.facts(),
         message=make.message())), ("ok requirements-met", "not_assessed requirements-not-visible")),
    Case("provider-requirements", "Yahoo refuses a sender domain that is gone",
         to_provider("yahoo", sender(mail=GONE)),
         ("error requirement-broken", "ok requirements-met", "not_assessed requirements-not-visible"),
         ("does not resolve",)),
    Case("provider-requirements", "a demand that is not borne out", to_provider("libero", listed(8)),
         ("warning requirement-unconfirmed-broken",)),
    Case("source-blocklist", "clean", make.facts(), ("ok source-not-listed",), ("the only blocklist",)),
    Case("source-blocklist", "a list that matters", listed(8), ("error source-listed-grave",),
         ("Example List", "bl.example/remove")),
    Case("source-blocklist", "a middling list", listed(4), ("warning source-listed-middling",)),
    Case("source-blocklist", "a light list", listed(1), ("notice source-listed-minor",)),
    Case("source-blocklist", "policy, sending address", listed(3, "policy"),
         ("warning source-policy-listed",)),
    Case("source-blocklist", "policy, not known to send", elsewhere(listed(8, "policy"), None),
         ("notice source-policy-listed-elsewhere",)),
    Case("source-blocklist", "mere information", listed(8, "info"), ("notice source-listed-minor",)),
    Case("source-blocklist", "an unknown list that was named", replace(
         listed(4, list_id="bl.example"), options=Options(dnsbl=("bl.example",))),
         ("error source-listed-grave",)),
    Case("source-blocklist", "none believed", make.facts_unknown(), ("not_assessed source-lists-silent",)),
    Case("source-blocklist", "an allow-list accuses nobody", make.facts(listings=(
         make.listing(LISTED, is_allow_list=True), make.listing())), ("ok source-not-listed",)),
    Case("source-blocklist", "--no-dnsbl", make.facts(options=Options(dnsbl_enabled=False), listings=()),
         ("not_assessed source-lists-left-out",), ("--no-dnsbl",)),
    Case("domain-blocklist", "clean", make.facts(listings=(make.listing(role=OF_DOMAIN),)),
         ("ok domain-not-listed",)),
    Case("domain-blocklist", "listed", listed(9, role=OF_DOMAIN, subject="sender.example"),
         ("error domain-listed-grave",), ("the sender domain sender.example",)),
    Case("domain-blocklist", "EHLO name listed", listed(3, role=OF_HELO), ("warning domain-listed-middling",),
         ("EHLO",)),
    Case("domain-blocklist", "refused", make.facts(listings=(
         make.listing(ListingStatus.REFUSED, role=OF_DOMAIN),)), ("not_assessed domain-lists-silent",)),
    Case("domain-blocklist", "none asked", make.facts(), ("not_assessed domain-lists-not-looked-at",)),
    Case("blocklist-coverage", "all", make.facts(), ("ok blocklists-believed",)),
    Case("blocklist-coverage", "one refused", make.facts(listings=(
         make.listing(), make.listing(ListingStatus.REFUSED, zone="zen.example"))),
         ("notice blocklists-partly-believed",), ("1 of 2", "zen.example")),
    Case("blocklist-coverage", "one subject answered for the zone", make.facts(listings=(
         make.listing(), make.listing(ListingStatus.UNUSABLE, subject="::1"))), ("ok blocklists-believed",)),
    Case("blocklist-coverage", "none", make.facts_unknown(), ("not_assessed blocklists-not-believed",)),
    Case("blocklist-coverage", "none asked", make.facts(listings=()), ("not_assessed blocklists-not-asked",)),
    Case("reputation-desk", "known", to_provider("x", make.facts()), ("notice desk-known",),
         ("https://postmaster",)),
    Case("reputation-desk", "no provider", make.facts(), ("not_assessed desk-of-unknown-provider",)),
    Case("reputation-desk", "no desk", make.facts(recipient=make.recipient_facts(
         provider=make.provider(desk=None))), ("not_assessed desk-not-known",)),
    Case("source-private", "public", make.facts(), ("ok source-public",)),
    Case("source-private", "behind translation", make.facts(vantage=make.vantage(
         source_ip=ip_address("192.168.1.5"))), ("warning source-not-public",), ("192.168.1.5", "RFC 1918")),
    Case("source-private", "on purpose", make.facts(options=Options(allow_private=True),
         vantage=make.vantage(source_ip=ip_address("127.0.0.2"))), ("ok source-not-public-on-purpose",)),
    Case("source-private", "none", make.facts_without_address(), ("not_assessed source-not-known",)),

    Case("spf", "none, because the domain does not exist", sender(spf=NO_SPF, mail=GONE),
         ("warning spf-none-of-missing-domain",), ("does not exist",)),
    Case("spf-lookups", "the record itself is unanswered", make.facts_unknown(),
         ("not_assessed spf-lookups-unanswered",), ("no usable answer",)),
    Case("spf-helo", "neutral", helo_spf(SpfVerdict.NEUTRAL), ("ok spf-helo-neutral",), ("neutral",)),
    Case("dkim-keys", "a named key that cannot be used", keys(UNUSABLE, spf=FAILING),
         ("error dkim-key-unusable",), ("p= is not valid base64",)),
    Case("dkim-keys", "no key, because the domain does not exist",
         keys(make.key(status=KeyStatus.MISSING), spf=NO_SPF, mail=GONE),
         ("error dkim-key-of-missing-domain",), ("there is no DKIM key",)),
    Case("dkim-keys", "revoked, but SPF carries", keys(make.key(status=KeyStatus.REVOKED)),
         ("warning dkim-key-revoked-spf-carries",), ("revoked",)),
    Case("dmarc-record", "none, because the domain does not exist", sender(dmarc=make.dmarc(None), mail=GONE),
         ("warning dmarc-none-of-missing-domain",)),
    Case("dmarc-alignment", "a domain that does not exist, under a policy", gone_author("reject"),
         ("error dmarc-of-missing-domain-enforced",), ("its policy is reject",)),
    Case("dmarc-alignment", "a domain that does not exist", gone_author(None),
         ("warning dmarc-of-missing-domain",)),
    Case("ptr", "does not lead back, and Google asks for it",
         to_provider("google", sender(ptr=make.ptr(PtrStatus.MISMATCH))), ("error ptr-mismatch-demanded",),
         ("Big asks for one", "or change the PTR")),
    Case("sender-domain-takes-mail", "dangling as far as was looked",
         sender(mail=make.mx_result(RouteKind.MX, DANGLING, dropped=3)),
         ("not_assessed sender-mx-partly-looked-at",), ("the first 1 MX hosts", "3 more")),
    Case("provider-requirements", "broken, but asked of mailings", to_provider("google", NO_DMARC),
         ("notice requirement-of-mailings-broken", "ok requirements-met",
          "not_assessed requirements-not-visible"),
         ("no DMARC record applies to sender.example", "Publish a DMARC record")),
    Case("source-blocklist", "no address", replace(make.facts_without_address(), listings=()),
         ("not_assessed source-lists-no-address",), ("--ip was not given",)),
    Case("source-blocklist", "no list for such an address", make.facts(listings=()),
         ("not_assessed source-lists-not-asked",)),
    Case("domain-blocklist", "a list that few use",
         listed(weight=1, role=OF_HELO, subject="mail.sender.example"), ("notice domain-listed-minor",),
         ("the EHLO name mail.sender.example",)),
    Case("domain-blocklist", "left out", make.facts(listings=(), options=Options(dnsbl_enabled=False)),
         ("not_assessed domain-lists-left-out",), ("--no-dnsbl",)),
    Case("blocklist-coverage", "left out", make.facts(listings=(), options=Options(dnsbl_enabled=False)),
         ("not_assessed blocklists-left-out",), ("--no-dnsbl",)),
    Case("spf-lookups", "both limits are reached, neither passed",
         spf(SpfVerdict.PASS, lookups=10, void_lookups=2), ("notice spf-lookups-near",)),
    Case("source-blocklist", "just grave", listed(6), ("error source-listed-grave",)),
    Case("source-blocklist", "just not grave", listed(5), ("warning source-listed-middling",)),
    Case("source-blocklist", "just middling", listed(3), ("warning source-listed-middling",)),
    Case("source-blocklist", "just not middling", listed(2), ("notice source-listed-minor",)),
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


def test_listings_are_reported_worst_first() -> None:
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
    faults = (Severity.ERROR, Severity.WARNING)
    wrong = [it for it in findings_of(gone) if it.step == 2 and it.severity in faults]
    assert {it.id for it in wrong} >= {"spf", "dkim-keys", "dmarc-record", "dmarc-alignment"}
    assert {it.id: it.remedy for it in wrong if it.remedy} == {
        "sender-domain-takes-mail": "Correct the sender address, or register sender.example: no record helps "
        "before it exists."
    }


@pytest.mark.parametrize(
    ("began", "texts"), [("2026-11-28", False), ("2028-06-01", True), ("no time", False)]
)
def test_a_rule_that_was_checked_long_before_the_run_is_told_with_its_date(began: str, texts: bool) -> None:
    facts = replace(to_provider("yahoo", sender(mail=GONE)), started_at=began)
    broken = next(it for it in findings_of(facts) if it.tag == "requirement-broken")
    assert ("this rule was last checked on 20" in broken.message) is texts
