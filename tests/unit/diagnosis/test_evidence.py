"""The facts that count as evidence: each is seen where it is there, and not where it is not; and the
files that weigh them name only what exists."""

from __future__ import annotations

from dataclasses import replace

import pytest

from probe.checks.catalogue import Side, by_id, side_of
from probe.diagnosis.evidence import evidence_of, reply_evidence
from probe.diagnosis.experiments import alike
from probe.diagnosis.observations import PREDICATES
from probe.diagnosis.outcome import observe
from probe.diagnosis.situation import Sighting, Situation
from probe.facts.model import Facts
from probe.facts.resolver import NameServerFacts
from probe.facts.session import Session, TlsFacts
from probe.knowledge.causes import causes
from probe.knowledge.fact_evidence import beside_words, fact_evidence
from probe.knowledge.toml_import import HERE, load
from probe.model.address_parse import parse_mailbox
from probe.model.evidence import Evidence, Facet
from probe.model.listing import CodeKind, ListingRole, ListingStatus
from probe.model.observed import EndCause
from probe.model.reason import Reason
from probe.model.reply import Stage
from probe.model.session import EndReason, Experiment, Stop
from probe.model.target import Options, PairTarget, TlsMode
from probe.model.trust import Trust
from probe.standards.dmarc.results import Alignment
from probe.standards.dns.health import Health
from probe.standards.dns.message import Answer, Question, RecordType, Status
from probe.standards.dns.provenance import Provenance
from probe.standards.dns.results import PtrStatus, RouteKind
from probe.standards.dnsbl.results import ListingCode
from probe.standards.spf.results import SpfVerdict
from tests.support import facts as make
from tests.support.barred import FAR, LOCAL, NEAR, NO_ROUTE, TURNED_AWAY, attempts
from tests.unit.diagnosis.own_cases import OWN_CASES
from tests.unit.diagnosis.test_outcome import (
    LOOPBACK,
    NO_TLS,
    PRIVATE,
    TLS_FAILED,
    met,
    not_dialled,
    unanswered,
    with_hosts,
)

UNKNOWN_USER = "5.1.1 no such user here"
NO_WORDS = "5.0.0 no"
RELAY_DENIED = "5.7.1 Relay access denied"
OK = make.reply(250, "2.1.5 Ok")


def refused(text: str = NO_WORDS, *controls: Session, **changes: object) -> Facts:
    """The target was refused at RCPT with this text, and these controls were made."""
    reply = make.reply(550, text)
    return make.facts(sessions=(met(Stage.RCPT, reply), *controls), **changes)


def others(postmaster: str | None, invented: str | None = None) -> Session:
    """A control session: None was accepted, a text was refused with it."""
    opening = make.exchanges(session=2)[:-1]
    questions = {"postmaster": postmaster, "probe-0123456789abcdef0123": invented}
    answers = tuple(
        make.exchange(
            Stage.RCPT,
            OK if text is None else make.reply(550, text),
            f"RCPT TO:<{name}@{make.RECIPIENT.domain}>",
            session=2,
        )
        for name, text in questions.items()
    )
    return make.session(2, experiment=Experiment.POSTMASTER, exchanges=(*opening, *answers))


def again(experiment: Experiment, text: str | None) -> Session:
    texts = OK if text is None else make.reply(550, text)
    return met(Stage.RCPT, texts, 3, experiment=experiment)


def at_mail(control: Session) -> Facts:
    """The sender was refused at MAIL FROM, and this control was made."""
    return make.facts(sessions=(met(Stage.MAIL, make.reply(550, NO_WORDS)), control))


def deferred(code: int, text: str, **changes: object) -> Facts:
    return make.facts(sessions=(met(Stage.RCPT, make.reply(code, text)),), **changes)


def tried(experiment: Experiment, *, accepted: bool) -> tuple[Facts, Facts]:
    """The experiment ended so, and the other way round."""
    taken, same = (refused(NO_WORDS, again(experiment, text)) for text in (None, NO_WORDS))
    return (taken, same) if accepted else (same, taken)


def of_sender(**changes: object) -> Facts:
    return refused(sender=make.sender_facts(**changes))


def of_recipient(**changes: object) -> Facts:
    return refused(recipient=make.recipient_facts(**changes))


def routed(kind: RouteKind) -> Facts:
    return of_recipient(mx=make.mx_result(kind))


def listed(**changes: object) -> Facts:
    return refused(listings=(make.listing(ListingStatus.LISTED, **changes),))


OPEN_RESOLVER = "5.7.1 Client host [192.0.2.9] blocked using zen.spamhaus.org; Error: open resolver"
LOCAL_HOST = make.mx_host(
    "l.example", answers=(make.answer("l", RecordType.A, LOOPBACK),), addresses=(LOOPBACK,)
)
PBL = (ListingCode("127.0.0.10", "end-user range", CodeKind.POLICY, 2),)
RENAMED = PairTarget(make.SENDER, parse_mailbox("xn--gre-6ka8l@recipient.example"))
GENERATED = PairTarget(make.SENDER, parse_mailbox("jsmithd2@tmall.com"))
UTF8 = PairTarget(make.SENDER, parse_mailbox("jörg@recipient.example"))
DESYNCHRONISED = replace(met(Stage.RCPT, OK), desynchronised=True)
UNKNOWN_ROUTE = make.mx_result(
    RouteKind.UNKNOWN, answers=(make.answer("recipient.example", RecordType.MX, status=Status.SERVFAIL),)
)
DENIED_ROUTE = make.mx_result(
    RouteKind.NO_DOMAIN, answers=(make.answer("tmall.com", RecordType.MX, status=Status.NXDOMAIN),)
)
NS_OF_COM = make.answer("com", RecordType.NS, "a.gtld-servers.net")
OWN_ROUTE = make.mx_result(
    RouteKind.UNKNOWN,
    answers=(
        Answer(
            Question("recipient.example", RecordType.MX), Status.NXDOMAIN, provenance=Provenance("192.0.2.53")
        ).believed(),
    ),
)


def barred(sessions: tuple[Session, ...]) -> tuple[Facts, Facts]:
    """No connection for a reason of this side, and one that is not known to be."""
    silent = make.facts(sessions=attempts(EndReason.TIMEOUT, NEAR))
    return make.facts(sessions=sessions), silent


def unverified(trust: Trust) -> Facts:
    """TLS was demanded, came about, and was not enough."""
    hello = (
        make.exchange(Stage.GREETING, make.reply(220, "mx")),
        make.exchange(Stage.EHLO, make.reply(250, "mx")),
    )
    stop = Reason(EndCause.STOP, stop=Stop.TLS_NOT_VERIFIED)
    tls = make.tls(trusted=None, trust=Reason(trust))
    session = make.session(
        exchanges=(*hello, make.exchange(Stage.STARTTLS, make.reply(220, "go"))), tls=tls, cause=stop
    )
    return make.facts(sessions=(session,), options=Options(tls=TlsMode.REQUIRE))


# name: facts in which it is seen, facts in which it is not
UNDIALLED = with_hosts(make.mx_host("p.example", PRIVATE), sessions=(not_dialled(1, "p.example", PRIVATE),))
CASES: dict[str, tuple[Facts, Facts]] = {
    "null_mx": (routed(RouteKind.NULL_MX), refused()),
    "no_domain": (routed(RouteKind.NO_DOMAIN), routed(RouteKind.NO_MAIL_HOST)),
    "no_mail_host": (routed(RouteKind.NO_MAIL_HOST), routed(RouteKind.NO_DOMAIN)),
    "no_usable_mx": (
        with_hosts(unanswered("a.example", Status.NXDOMAIN)),
        with_hosts(unanswered("a.example", Status.TIMEOUT)),
    ),
    "loopback_mx": (
        with_hosts(LOCAL_HOST, sessions=(not_dialled(1, "l.example", LOOPBACK),)),
        with_hosts(make.mx_host("p.example", PRIVATE), sessions=(not_dialled(1, "p.example", PRIVATE),)),
    ),
    "dns_unknown": (of_recipient(mx=UNKNOWN_ROUTE), refused()),
    "resolver_own_word": (of_recipient(mx=OWN_ROUTE), of_recipient(mx=UNKNOWN_ROUTE)),
    "denial_corroborated": (
        replace(of_recipient(mx=DENIED_ROUTE), name_servers=NameServerFacts(corroboration=(NS_OF_COM,))),
        of_recipient(mx=DENIED_ROUTE),
    ),
    "implicit_mx": (routed(RouteKind.IMPLICIT_MX), refused()),
    "mx_answers": (refused(), routed(RouteKind.IMPLICIT_MX)),
    "known_provider": (of_recipient(provider=make.provider()), refused()),
    "recipient_typo": (of_recipient(typo_of="gmail.com"), refused()),
    "no_resolver": (
        replace(of_recipient(mx=UNKNOWN_ROUTE), name_servers=NameServerFacts(Health.SILENT, ("192.0.2.53",))),
        of_recipient(mx=UNKNOWN_ROUTE),
    ),
    "no_route": barred(NO_ROUTE),
    "own_gateway": barred(TURNED_AWAY),
    "local_failure": barred(LOCAL),
    "closed_everywhere": barred(attempts(EndReason.TIMEOUT, NEAR, FAR)),
    "certificate_not_judged": (unverified(Trust.NO_STORE), unverified(Trust.NOT_ISSUED)),
    "no_connection": (make.facts(sessions=(make.failed_session(EndReason.TIMEOUT),)), refused()),
    "no_reply": (make.facts(sessions=(met(Stage.RCPT, None),)), refused()),
    "desynchronised": (make.facts(sessions=(DESYNCHRONISED,)), refused()),
    "tls_failed": (make.facts(sessions=(TLS_FAILED,)), refused()),
    "tls_failed_before_refusal": (
        make.facts(sessions=(TLS_FAILED, met(Stage.MAIL, make.reply(530, "5.7.0 STARTTLS first"), 2))),
        refused(),
    ),
    "smtputf8_missing": (
        make.facts(target=UTF8, sessions=(met(Stage.EHLO, OK, extensions=make.extensions(("SIZE", "0"))),)),
        make.facts(target=UTF8, sessions=(met(Stage.RCPT, make.reply(550, NO_WORDS)),)),
    ),
    **OWN_CASES,
    "punycode_mailbox": (
        refused("5.1.1 User unknown", target=RENAMED),
        refused("5.2.2 mailbox full", target=RENAMED),
    ),
    "test_data_address": (
        refused(target=GENERATED),
        refused(target=PairTarget(make.SENDER, parse_mailbox("jsmithd2@recipient.example"))),
    ),
    "size_over_limit": (
        refused(options=Options(size=40_000_000)),
        refused(options=Options(size=30_000_000)),
    ),
    "spf_fail": (of_sender(spf=make.spf(SpfVerdict.FAIL)), of_sender(spf=make.spf(SpfVerdict.SOFTFAIL))),
    "spf_pass": (refused(), of_sender(spf=make.spf(SpfVerdict.NEUTRAL))),
    "dmarc_cannot_pass": (
        of_sender(spf=make.spf(SpfVerdict.FAIL), alignment=Alignment(False, False)),
        of_sender(spf=make.spf(SpfVerdict.FAIL), alignment=Alignment(False, True)),
    ),
    "sender_domain_dead": (
        of_sender(mail=make.mx_result(RouteKind.NULL_MX, domain=make.SENDER.domain)),
        of_sender(mail=make.mx_result(RouteKind.UNKNOWN, domain=make.SENDER.domain)),
    ),
    "sender_dns_fails": (
        deferred(450, NO_WORDS, sender=make.sender_facts(mail=UNKNOWN_ROUTE)),
        of_sender(mail=UNKNOWN_ROUTE),
    ),
    "sender_dns_as_told": (
        deferred(451, "Temporary local problem", sender=make.sender_facts(mail=UNKNOWN_ROUTE)),
        deferred(451, NO_WORDS, sender=make.sender_facts(mail=UNKNOWN_ROUTE)),
    ),
    "no_reverse_dns": (
        of_sender(ptr=make.ptr(PtrStatus.MISSING)),
        of_sender(ptr=make.ptr(PtrStatus.UNKNOWN)),
    ),
    "reverse_dns_confirmed": (refused(), of_sender(ptr=make.ptr(PtrStatus.MISMATCH))),
    "helo_bad": (of_sender(helo=make.helo(resolves=False)), of_sender(helo=make.helo(resolves=None))),
    "source_listed_high": (listed(), listed(weight=2)),
    "source_listed_low": (listed(weight=2), listed()),
    "source_listed_policy": (listed(codes=PBL), listed()),
    "source_listed_nowhere": (refused(), refused(listings=(make.listing(ListingStatus.REFUSED),))),
    "not_listed_after_all": (refused(OPEN_RESOLVER), refused("5.7.1 blocked using zen.spamhaus.org")),
    "sender_domain_listed": (listed(role=ListingRole.SENDER_DOMAIN), listed(role=ListingRole.LINK)),
    "not_the_sending_address": (
        refused(vantage=make.vantage(is_sending_address=False)),
        refused(vantage=make.vantage(is_sending_address=None)),
    ),
    "postmaster_accepted": (refused(NO_WORDS, others(None, NO_WORDS)), refused(NO_WORDS, others(NO_WORDS))),
    "all_refused_as_unknown": (
        refused(UNKNOWN_USER, others(UNKNOWN_USER, UNKNOWN_USER)),
        refused(UNKNOWN_USER, others(None, UNKNOWN_USER)),
    ),
    "all_refused_alike": (
        refused(NO_WORDS, others(NO_WORDS, NO_WORDS)),
        refused(NO_WORDS, others(NO_WORDS, UNKNOWN_USER)),
    ),
    "random_accepted": (refused(NO_WORDS, others(NO_WORDS)), refused(NO_WORDS, others(None, NO_WORDS))),
    "random_unknown": (
        refused(NO_WORDS, others(None, UNKNOWN_USER)),
        refused(UNKNOWN_USER, others(None, UNKNOWN_USER)),
    ),
    "null_sender_accepted": (
        refused(NO_WORDS, again(Experiment.NULL_SENDER, None)),
        refused(NO_WORDS, again(Experiment.NULL_SENDER, NO_WORDS)),
    ),
    "null_sender_refused_alike": (
        refused(NO_WORDS, again(Experiment.NULL_SENDER, NO_WORDS)),
        refused(NO_WORDS, again(Experiment.NULL_SENDER, UNKNOWN_USER)),
    ),
    "random_refused_alike": (
        refused(NO_WORDS, others(None, NO_WORDS)),
        refused(NO_WORDS, others(NO_WORDS, NO_WORDS)),
    ),
    "hello_not_known": (
        make.facts(sessions=(met(Stage.EHLO, make.reply(500, "what?")),)),
        make.facts(sessions=(met(Stage.EHLO, make.reply(501, "what a name")),)),
    ),
    "bare_deferral": (deferred(450, "4.0.0"), deferred(452, "4.0.0")),
    "null_sender_got_further": (
        at_mail(again(Experiment.NULL_SENDER, UNKNOWN_USER)),
        at_mail(met(Stage.MAIL, make.reply(550, NO_WORDS), 2, experiment=Experiment.NULL_SENDER)),
    ),
    "all_refused_without_words": (
        refused(NO_WORDS, others(NO_WORDS, NO_WORDS)),
        refused(RELAY_DENIED, others(RELAY_DENIED, RELAY_DENIED)),
    ),
    "other_mx_accepted": tried(Experiment.OTHER_MX, accepted=True),
    "other_mx_is_lax": (
        refused(NO_WORDS, others(None, NO_WORDS), again(Experiment.OTHER_MX, None)),
        refused(NO_WORDS, others(NO_WORDS, NO_WORDS), again(Experiment.OTHER_MX, None)),
    ),
    "other_mx_refused_alike": tried(Experiment.OTHER_MX, accepted=False),
    "other_family_accepted": tried(Experiment.OTHER_FAMILY, accepted=True),
    "other_family_refused_alike": tried(Experiment.OTHER_FAMILY, accepted=False),
    "without_tls_accepted": tried(Experiment.WITHOUT_TLS, accepted=True),
    "without_tls_refused_alike": tried(Experiment.WITHOUT_TLS, accepted=False),
    "later_turned_away": (
        refused(NO_WORDS, met(Stage.GREETING, make.reply(554, "no"), 2, experiment=Experiment.POSTMASTER)),
        refused(
            NO_WORDS,
            met(Stage.GREETING, make.reply(554, "no"), 2, experiment=Experiment.OTHER_MX, ip=LOOPBACK),
        ),
    ),
    "sender_domain_takes_mail": (
        refused(),
        of_sender(mail=make.mx_result(RouteKind.IMPLICIT_MX, domain=make.SENDER.domain)),
    ),
    "spf_softfail": (of_sender(spf=make.spf(SpfVerdict.SOFTFAIL)), of_sender(spf=make.spf(SpfVerdict.FAIL))),
    "spf_none": (of_sender(spf=make.spf(SpfVerdict.NONE)), of_sender(spf=make.spf(SpfVerdict.NEUTRAL))),
    "no_size_announced": (refused(), refused(options=Options(size=1_000))),
    "tls_not_used": (
        refused(options=Options(tls=TlsMode.NEVER)),
        refused(options=Options(tls=TlsMode.AUTO)),
    ),
}


def situation(facts: Facts) -> Situation:
    result = observe(facts)
    return Situation(facts, result, reply_evidence(result))


@pytest.mark.parametrize("name", CASES)
def test_a_fact_is_seen_where_it_is_there_and_not_where_it_is_not(name: str) -> None:
    there, not_there = (situation(facts) for facts in CASES[name])
    result = PREDICATES[name](there)
    assert isinstance(result, Sighting)
    assert result.ref
    assert PREDICATES[name](not_there) is None


@pytest.mark.parametrize("name", sorted(PREDICATES))
def test_nothing_is_seen_in_a_run_that_observed_nothing(name: str) -> None:
    for facts in (make.facts_unknown(), make.facts_without_address()):
        records = PREDICATES[name](situation(facts))
        assert records is None or name == "dns_unknown"


def test_every_fact_has_a_case_and_a_weight_and_each_weight_a_fact() -> None:
    assert set(CASES) == set(PREDICATES)
    assert {entry.predicate for entry in fact_evidence()} == set(PREDICATES)


def test_the_weights_name_known_causes_and_each_entry_once() -> None:
    entries = fact_evidence()
    assert len({entry.id for entry in entries}) == len(entries)
    for entry in entries:
        assert entry.causes, entry.id
        assert set(entry.causes) <= set(causes()), entry.id
        assert all(entry.causes.values()), f"{entry.id}: a weight of nothing"
        assert entry.source, entry.id
        assert entry.says and not entry.says.endswith("."), entry.id
    assert beside_words().vague <= set(causes())


@pytest.mark.parametrize("name", CASES)
def test_the_sentence_of_a_fact_is_complete(name: str) -> None:
    entry = next(entry for entry in fact_evidence() if entry.predicate == name)
    result = PREDICATES[name](situation(CASES[name][0]))
    assert result is not None
    assert ("{detail}" in entry.says) <= bool(result.detail), "the sentence has a hole"


def test_every_predicted_risk_names_a_check_its_side_and_a_known_cause() -> None:
    table = load(HERE / "risks.toml")["risk"]
    assert table
    for entry in table:
        assert by_id(entry["finding"]) is not None, f"{entry['finding']} is no check"
        expected = Side(entry.get("side", "sender"))
        assert side_of(entry["finding"]) is expected, "only the sender's own faults may lead to exit 5"
        assert entry["cause"] in causes()
        assert entry["weight"] > 0
    assert len({entry["finding"] for entry in table}) == len(table)


def test_an_accepted_recipient_has_no_evidence_of_a_refusal() -> None:
    facts = make.facts(sender=make.sender_facts(spf=make.spf(SpfVerdict.FAIL)))
    assert evidence_of(facts, observe(facts)) == ()


def by_rule(facts: Facts) -> dict[str, Evidence]:
    return {item.rule: item for item in evidence_of(facts, observe(facts))}


def test_a_fact_that_the_words_do_not_mention_counts_little_beside_them() -> None:
    on_a_list = (make.listing(ListingStatus.LISTED),)
    alone = by_rule(refused(listings=on_a_list))["fact.listed-high"]
    beside = by_rule(refused("5.2.2 mailbox full", listings=on_a_list))["fact.listed-high"]
    assert 0 < beside.weights["ip_blocklisted"] < alone.weights["ip_blocklisted"] / 2
    assert alone.weights["user_unknown"] < beside.weights["user_unknown"] < 0


def test_a_fact_that_the_words_mention_keeps_its_weight() -> None:
    on_a_list = (make.listing(ListingStatus.LISTED),)
    alone = by_rule(refused(listings=on_a_list))["fact.listed-high"]
    result = by_rule(refused("5.7.1 Client host [8.8.4.10] blocked using bl.example", listings=on_a_list))
    assert result["fact.listed-high"].weights["ip_blocklisted"] == alone.weights["ip_blocklisted"]


def test_a_fact_of_the_sending_address_explains_little_of_an_answer_to_another_one() -> None:
    faults = make.sender_facts(spf=make.spf(SpfVerdict.FAIL))
    here = by_rule(refused(sender=faults))["fact.spf-fail"]
    elsewhere = by_rule(refused(sender=faults, vantage=make.vantage(is_sending_address=False)))
    there = elsewhere["fact.spf-fail"]
    assert 0 < there.weights["auth_failed"] < here.weights["auth_failed"] / 2
    assert str(make.vantage().source_ip) in there.says and "counted little" in there.says
    assert elsewhere["fact.sender-domain-takes-mail"].weights == {"sender_invalid": -4}, (
        "no matter of addresses"
    )


def test_words_said_of_everybody_lose_their_weight() -> None:
    def words(facts: Facts) -> float:
        evidence = evidence_of(facts, observe(facts))
        findings = [item for item in evidence if item.facet in (Facet.TEXT, Facet.PROVIDER)]
        return sum(item.weights.get("user_unknown", 0.0) for item in findings)

    unknown = "5.0.0 user unknown"
    assert 0 < words(refused(unknown, others(unknown, unknown))) < words(refused(unknown)) / 2
    assert words(refused(unknown, others(None, unknown))) == words(refused(unknown))


def test_replies_that_differ_only_in_the_mailbox_are_alike() -> None:
    one = make.reply(550, "5.1.1 <a@x.example>: Recipient address rejected: id 4f3a2b1c9")
    two = make.reply(550, "5.1.1 <b.c@x.example>: Recipient address rejected: id 77ffe01aa")
    assert alike(one, two)
    assert not alike(one, make.reply(554, *one.lines))
    assert not alike(one, make.reply(550, "5.1.1 <a@x.example>: Sender address rejected: id 4f3a2b1c9"))


def test_a_control_session_out_of_step_proves_nothing() -> None:
    facts = refused(NO_WORDS, replace(others(None, NO_WORDS), desynchronised=True))
    assert PREDICATES["postmaster_accepted"](situation(facts)) is None


def test_broken_tls_is_seen_only_where_it_was_offered() -> None:
    none = TlsFacts(offered=False, established=False)
    facts = make.facts(sessions=(met(Stage.RCPT, make.reply(550, NO_WORDS), tls=none),))
    assert PREDICATES["tls_failed_before_refusal"](situation(facts)) is None
    assert NO_TLS.offered
