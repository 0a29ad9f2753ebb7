"""What the checks say where a resolver answered otherwise than the truth."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address
from typing import Any

import pytest

from probe.checks.catalogue import findings_of
from probe.facts.build import facts_of
from probe.facts.model import Facts
from probe.facts.resolver import NameServerFacts, Untruth
from probe.model.listing import ListingReason, ListingStatus, ListingWhy
from probe.model.target import Options, PairTarget
from probe.recording import events as ev
from probe.recording.codec import decode, encode
from probe.recording.journal import Recording
from probe.recording.redact import redact
from probe.run import report_of
from probe.standards.dns.false_denial import FalseDenial
from probe.standards.dns.health import Health
from probe.standards.dns.message import Answer, Mx, Question, RecordType, Status
from probe.standards.dns.provenance import ExtendedError, Provenance, Soa
from probe.standards.dns.results import PtrStatus, RouteKind
from probe.standards.dns.rewriting import by_control, control_question
from tests.support import facts as make
from tests.support.check_cases import Case, assert_case, parametrize
from tests.support.recordings import RECIPIENT, SENDER, STARTED_AT

SERVER = "192.0.2.53"
BLOCKED = Provenance(SERVER, recursive=True, extended=(ExtendedError(15, "a policy"),))
STALE = Provenance(SERVER, recursive=True, extended=(ExtendedError(3),))
MX_QUESTION = Question("tmall.com", RecordType.MX)
DENIED = Answer(MX_QUESTION, Status.NXDOMAIN, provenance=BLOCKED)
OLD = Answer(MX_QUESTION, Status.ANSWER, (Mx(10, "mx.tmall.com"),), provenance=STALE)
NAT64 = ip_address("64:ff9b::cb00:710a")
MADE = Answer(Question("mx.tmall.com", RecordType.AAAA), Status.ANSWER, (NAT64,))
OF_A_LIST = Answer(Question("10.4.8.8.bl.example", RecordType.A), Status.NXDOMAIN, provenance=BLOCKED)
PRIVATE = ip_address("192.168.1.5")
REBINDING = ListingWhy(ListingReason.REBINDING, server="192.0.2.53", entry="x")
UNUSABLE = make.listing(ListingStatus.UNUSABLE, reasons=(REBINDING,), is_resolvers=True)


def heard(*answers: Answer, **changes: Any) -> Facts:
    return make.facts(resolver=answers, **changes)


def at_work(health: Health, **changes: Any) -> Facts:
    return make.facts(name_servers=NameServerFacts(health, **changes))


def reached_by_nat64() -> Facts:
    return heard(MADE, sessions=(make.session(ip=NAT64),))


def private(*, allow_private: bool = False) -> Facts:
    return make.facts(
        sender=make.sender_facts(ptr=make.ptr(PtrStatus.MISSING, ip=PRIVATE)),
        options=Options(ip=PRIVATE, allow_private=allow_private),
    )


CONTROL = control_question(0)
PAGE = ip_address("203.0.113.99")
BY_ROOT = Provenance(SERVER, recursive=True, soa=Soa("", "ns.example", "h.example", 60, 60))
SHOWN = Answer(CONTROL, Status.ANSWER, (PAGE,), provenance=BY_ROOT)
ON_PAGE = Answer(Question("tmall.com", RecordType.A), Status.ANSWER, (PAGE,), provenance=BY_ROOT)
NO_MX = Answer(MX_QUESTION, Status.NODATA, provenance=BY_ROOT)


def rewritten() -> Facts:
    rewriting = by_control(SHOWN)
    assert rewriting is not None
    servers = NameServerFacts(untruth=Untruth(rewriting))
    return make.facts(resolver=(rewriting.mark(ON_PAGE),), name_servers=servers)


CONTROLS = (Question("com", RecordType.NS), Question("gmail.com", RecordType.MX))
BY_COM = Provenance(SERVER, recursive=True, soa=Soa("com", "a.gtld-servers.net", "h.example", 60, 60))
DENIED_BY_COM = Answer(MX_QUESTION, Status.NXDOMAIN, provenance=BY_COM)


def liar() -> Facts:
    shown_by = tuple(Answer(it, Status.NXDOMAIN, provenance=BY_COM) for it in CONTROLS)
    false_denial = FalseDenial(shown_by)
    servers = NameServerFacts(Health.DENYING, (), (SERVER,), Untruth(false_denial=false_denial))
    return make.facts(resolver=(false_denial.mark(DENIED_BY_COM),), name_servers=servers)


def corroborated() -> Facts:
    answers = tuple(Answer(it, Status.ANSWER, ("a.example",), provenance=BY_COM) for it in CONTROLS)
    mx = make.mx_result(RouteKind.NO_DOMAIN, answers=(DENIED_BY_COM,))
    return make.facts(
        recipient=make.recipient_facts(mx=mx), name_servers=NameServerFacts(corroboration=answers)
    )


CASES = (
    Case("resolver-answers", "nothing of its own", make.facts(), ()),
    Case("resolver-answers", "no name server answers", at_work(Health.SILENT, silent=(SERVER, "192.0.2.54")),
         ("warning resolver-silent",), ("192.0.2.53 and 192.0.2.54", "--nameserver")),
    Case("resolver-answers", "it refuses", at_work(Health.REFUSING, failed=(SERVER,)),
         ("warning resolver-refuses",), ("192.0.2.53 refuses",)),
    Case("resolver-answers", "it fails", at_work(Health.FAILING, failed=(SERVER,)),
         ("warning resolver-fails",), ("192.0.2.53 fails",)),
    Case("resolver-answers", "one of two never answered", at_work(Health.WORKING, silent=(SERVER,)),
         ("notice resolver-partly-silent",), ("server 192.0.2.53 never answered",)),
    Case("resolver-answers", "a denial of its own", heard(DENIED), ("notice resolver-answers-of-its-own",),
         ("MX tmall.com", SERVER, 'EDE 15 Blocked: "a policy"', "--nameserver")),
    Case("resolver-answers", "expired data", heard(OLD), ("notice resolver-answers-expired",),
         ("EDE 3 Stale Answer", SERVER, "MX tmall.com")),
    Case("resolver-answers", "an address that DNS64 made", heard(MADE), ("notice resolver-synthesises",),
         ("DNS64", "64:ff9b::cb00:710a", "mx.tmall.com", "203.0.113.10")),
    Case("resolver-answers", "a session through NAT64", reached_by_nat64(),
         ("notice resolver-synthesised-route",), ("translator (NAT64)",)),
    Case("resolver-answers", "all of it", heard(DENIED, OLD, MADE),
         ("notice resolver-answers-of-its-own",
          "notice resolver-answers-expired",
          "notice resolver-synthesises")),
    Case("resolver-answers", "it denies what exists", liar(), ("warning resolver-denies",),
         (f"{SERVER} denies what exists", "NS com and MX gmail.com", "--nameserver")),
    Case("resolver-answers", "it gives what exists", corroborated(), ("ok resolver-denial-corroborated",),
         ("denies MX tmall.com", "NS com and MX gmail.com")),
    Case("resolver-answers", "an address for every name", rewritten(), ("notice resolver-rewrites",),
         (SERVER, f"{CONTROL.name}: 203.0.113.99", "1 answer holds nothing else", "A tmall.com")),
    Case("resolver-answers", "a list's answer is told with the list", heard(OF_A_LIST), ()),
    Case("blocklist-coverage", "rebinding protection", make.facts(listings=(UNUSABLE,)),
         ("not_assessed blocklists-not-believed",), ("rebinding protection", SERVER, "127.0.0.0/8")),
    Case("blocklist-coverage", "one of two, for the resolver's sake", make.facts(listings=(
        make.listing(), replace(UNUSABLE, zone="two.example"))), ("notice blocklists-partly-believed",),
         ("rebinding protection",)),
    Case("blocklist-coverage", "a signed list", make.facts(listings=(make.listing(age=300),)),
         ("ok blocklists-believed",), ("up to 300 s old", "RFC 8198", "bl.example")),
    Case("ptr", "missing, of a private address", private(), ("not_assessed ptr-of-private-address",),
         ("private address", "--ip")),
    Case("ptr", "missing, of a private network of one's own", private(allow_private=True),
         ("warning ptr-missing",)),
    Case("helo-name", "a name of the local network",
         make.facts(sender=make.sender_facts(helo=make.helo(name="mail.LOCAL."))),
         ("warning helo-special-use",), (".local",)),
    Case("helo-name", "unknown, and why", make.facts(sender=make.sender_facts(helo=make.helo(
        resolves=None, answers=(replace(DENIED, question=Question("m.example", RecordType.A)).believed(),)))),
         ("not_assessed helo-unanswered",), ("EDE 15 Blocked",)),
)  # fmt: skip


@parametrize(CASES)
def test_what_is_said_of_a_resolver(case: Case) -> None:
    assert_case(case)


# From a recording to the report


def run_of(*answers: Answer) -> Recording:
    options = Options(ip=ip_address("81.2.3.4"), smtp=False, dnsbl_enabled=False)
    started = ev.Started(
        ev.FORMAT_VERSION, "0.1", STARTED_AT, PairTarget(SENDER, RECIPIENT), options, survey=ev.SURVEY
    )
    texts = [ev.DnsAnswered(3, answer) for answer in answers]
    return Recording.of([started, *texts, ev.Finished(9)])


MX_ANSWER = Answer(MX_QUESTION, Status.ANSWER, (Mx(10, "mx.tmall.com"),))
HOST = "mx.tmall.com"
GOOD_SOA = Provenance(SERVER, recursive=True, soa=Soa("com", "ns.example", "h.example", 60, 60))


@pytest.mark.parametrize("status", [Status.NXDOMAIN, Status.NODATA])
def test_a_domain_is_never_said_not_to_exist_by_the_resolvers_own_word(status: Status) -> None:
    report = report_of(run_of(Answer(MX_QUESTION, status, provenance=BLOCKED)))
    assert (report.verdict.exit_code, report.verdict.cause) == (4, "dns_failure")
    assert report.verdict.fix_by == "sender_network"
    assert SERVER in report.verdict.summary
    assert 'EDE 15 Blocked: "a policy"' in report.verdict.summary
    assert report.dns.route == "unknown"


def test_no_host_is_said_to_have_no_address_by_the_resolvers_own_word() -> None:
    a, aaaa = (Question(HOST, rtype) for rtype in (RecordType.A, RecordType.AAAA))
    filtered = Provenance(SERVER, recursive=True, extended=(ExtendedError(17),))
    own = run_of(
        MX_ANSWER,
        Answer(a, Status.NODATA, provenance=filtered),
        Answer(aaaa, Status.NODATA, provenance=GOOD_SOA),
    )
    true = run_of(
        MX_ANSWER,
        Answer(a, Status.NODATA, provenance=GOOD_SOA),
        Answer(aaaa, Status.NODATA, provenance=GOOD_SOA),
    )
    assert report_of(own).verdict.exit_code == 4
    assert report_of(true).verdict.exit_code == 1


def test_a_denial_of_the_zone_and_one_that_was_recorded_before_stand() -> None:
    for text in (None, GOOD_SOA):
        report = report_of(run_of(Answer(MX_QUESTION, Status.NXDOMAIN, provenance=text)))
        assert (report.verdict.exit_code, report.verdict.cause) == (1, "bad_domain")


def test_a_recording_from_before_is_read_and_written_without_what_it_lacks() -> None:
    line = (
        '{"kind":"dns","at_ms":3,"answer":{"question":{"name":"tmall.com","rtype":"MX"},"status":"nxdomain",'
        '"records":[],"aliases":[],"ttl":null,"authenticated":false,"detail":"","elapsed_ms":1}}'
    )
    event = decode(line)
    assert isinstance(event, ev.DnsAnswered)
    assert event.answer.provenance is None
    assert decode(encode(event)) == event


@pytest.mark.parametrize("hides", [False, True], ids=["open", "redacted"])
def test_an_address_that_every_name_has_is_no_mail_host(*, hides: bool) -> None:
    """Neither "it cannot be reached" nor "it does not exist": the resolver keeps it from being known."""
    run = run_of(NO_MX, ON_PAGE, SHOWN)
    report = report_of(redact(run) if hides else run)
    assert (report.verdict.exit_code, report.verdict.cause) == (4, "dns_failure")
    assert (report.verdict.fix_by, report.dns.route) == ("sender_network", "unknown")
    assert "for names that do not exist, too" in report.verdict.summary
    there = report_of(run_of(NO_MX, ON_PAGE, replace(SHOWN, status=Status.NXDOMAIN, records=())))
    assert there.dns.route == "implicit_mx"


def test_a_recording_does_not_hold_what_is_concluded_of_an_answer() -> None:
    marked = rewritten().resolver[0]
    event = decode(encode(ev.DnsAnswered(3, marked)))
    assert isinstance(event, ev.DnsAnswered)
    assert event.answer == ON_PAGE


@pytest.mark.parametrize(
    "texts",
    [
        BLOCKED,
        Provenance(SERVER, recursive=True),
        GOOD_SOA,
        Provenance(SERVER, recursive=True, soa=Soa("rpz.tmall.com", "localhost", "root.localhost", 60, 60)),
        Provenance(SERVER, True, True, Soa("tmall.com", "ns.tmall.com", "h.tmall.com", 60, 60)),
        Provenance(SERVER, soa=Soa("tmall.com", "ns.tmall.com", "h.tmall.com", 60, 60)),
    ],
)
def test_a_redacted_recording_comes_to_the_same_verdict(texts: Provenance) -> None:
    recording = run_of(Answer(MX_QUESTION, Status.NXDOMAIN, provenance=texts))
    before, after = report_of(recording), report_of(redact(recording))
    assert (after.verdict.exit_code, after.verdict.cause) == (before.verdict.exit_code, before.verdict.cause)
    assert "tmall" not in "".join(map(encode, redact(recording)))


def test_a_redacted_recording_keeps_what_was_special_about_a_name() -> None:
    question = Question("5.2.20.185.in-addr.arpa", RecordType.PTR)
    true = Provenance(
        SERVER, recursive=True, soa=Soa("2.20.185.in-addr.arpa", "ns.example", "h.example", 60, 60)
    )
    denied = Answer(question, Status.NXDOMAIN, provenance=true)
    (event,) = [it for it in redact(run_of(denied)) if isinstance(it, ev.DnsAnswered)]
    # its pseudonym is a documentation address, whose reverse zone resolvers serve themselves
    assert event.answer.question.name.endswith("2.0.192.in-addr.arpa")
    assert (denied.doubt, event.answer.doubt) == (None, None)


def test_a_strangers_words_of_an_extended_error_are_redacted() -> None:
    result = Provenance(
        SERVER, extended=(ExtendedError(15, f"{RECIPIENT} is blocked by mx.tmall.com for 81.2.3.4"),)
    )
    text = "".join(map(encode, redact(run_of(Answer(MX_QUESTION, Status.NXDOMAIN, provenance=result)))))
    assert not [secret for secret in ("tmall", str(RECIPIENT.local_part), "81.2.3.4") if secret in text]


def test_an_address_that_dns64_made_is_still_one_when_redacted() -> None:
    (event,) = [it for it in redact(run_of(MADE)) if isinstance(it, ev.DnsAnswered)]
    (address,) = event.answer.addresses()
    assert address in (ip_address(f"64:ff9b::{ip}") for ip in ("192.0.2.1", "192.0.2.2", "192.0.2.3"))
    assert address != NAT64


def test_the_answers_of_a_verbose_report_say_what_is_not_believed() -> None:
    report = report_of(run_of(DENIED))
    (line,) = [line for line in report.dns.answers if line.startswith("MX tmall.com")]
    assert "not believed" in line
    assert 'EDE 15 Blocked: "a policy"' in line
    old = report_of(run_of(OLD))
    assert any("[EDE 3 Stale Answer]" in line for line in old.dns.answers)


def test_facts_keep_only_answers_that_are_worth_a_word() -> None:
    plain = Answer(Question("tmall.com", RecordType.TXT), Status.NODATA, provenance=GOOD_SOA)
    facts = facts_of(run_of(DENIED, MADE, plain))
    assert facts.resolver == (DENIED, MADE)
    assert [f.id for f in findings_of(facts) if f.id == "resolver-answers"] == ["resolver-answers"] * 2
