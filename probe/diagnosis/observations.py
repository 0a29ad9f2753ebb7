"""The facts that count as evidence, by name. Their weights are in evidence.toml."""

from __future__ import annotations

from collections.abc import Callable

from probe.diagnosis import posture
from probe.diagnosis.experiments import (
    accepted_in,
    all_refused_alike,
    all_refused_as_unknown,
    all_refused_without_words,
    later_turned_away,
    null_sender_got_further,
    other_mx_accepted,
    other_mx_is_lax,
    postmaster_accepted,
    random_accepted,
    random_refused_alike,
    random_unknown,
    refused_alike_in,
)
from probe.diagnosis.outcome import lacks_resolver
from probe.diagnosis.run_result import Ground
from probe.diagnosis.situation import Sighting, Situation
from probe.diagnosis.why import why
from probe.facts.model import Facts
from probe.facts.reach import Barrier, barrier
from probe.knowledge.test_data import generated_shape
from probe.model.address_parse import is_punycode_mailbox
from probe.model.observed import CertificateFault
from probe.model.reply import Stage
from probe.model.session import EndReason, Experiment
from probe.model.target import PairTarget, TlsMode
from probe.model.text import size as in_units
from probe.model.verdict import OutcomeReason
from probe.standards.dns.false_denial import corroboration_of
from probe.standards.dns.health import Health
from probe.standards.dns.results import RouteKind
from probe.wording.spoken import spoken


def _null_mx(at: Situation) -> Sighting | None:
    return _route(at.facts, RouteKind.NULL_MX)


def _no_domain(at: Situation) -> Sighting | None:
    return _route(at.facts, RouteKind.NO_DOMAIN)


def _no_mail_host(at: Situation) -> Sighting | None:
    return _route(at.facts, RouteKind.NO_MAIL_HOST)


def _implicit_mx(at: Situation) -> Sighting | None:
    return _route(at.facts, RouteKind.IMPLICIT_MX)


def _route(facts: Facts, kind: RouteKind) -> Sighting | None:
    mx = facts.recipient.mx
    return Sighting(mx.answers[0].ref if mx.answers else "dns:MX") if mx.kind is kind else None


def _resolver_own_word(at: Situation) -> Sighting | None:
    """The resolver itself denied, made up or refused a record that the route depends on."""
    mx = at.facts.recipient.mx
    answers = (*mx.answers, *(answer for host in mx.hosts for answer in host.answers))
    own = next((answer for answer in answers if answer.is_own_word), None)
    if at.result.ground is not Ground.DNS_UNKNOWN or own is None or own.provenance is None:
        return None
    if at.facts.name_servers.health is Health.DENYING:
        return None  # not this answer alone
    return Sighting(own.ref, own.provenance.server)


def _no_resolver(at: Situation) -> Sighting | None:
    """No name server is of use."""
    servers = at.facts.name_servers
    if not lacks_resolver(at.facts, at.result):
        return None
    what = _OF_NO_USE[servers.health]
    false_denial = servers.untruth.false_denial
    ref = "dns:NS:." if false_denial is None else false_denial.shown_by[0].ref
    return Sighting(ref, f"{', '.join(servers.names)} ({what})" if servers.names else what)


_OF_NO_USE = {
    Health.SILENT: "silent",
    Health.REFUSING: "it refuses every name",
    Health.FAILING: "it fails for every name",
    Health.DENYING: "it denies names that exist",
}


def _denial_corroborated(at: Situation) -> Sighting | None:
    """The resolver denies what decides the route, and gives what is known to exist."""
    answers = corroboration_of(at.facts.recipient.mx.decisive_denials, at.facts.name_servers.corroboration)
    if at.result.ground is not Ground.ROUTE or not answers:
        return None
    return Sighting(answers[0].ref, ", ".join(str(it.question) for it in answers))


def _no_usable_mx(at: Situation) -> Sighting | None:
    if not _is_for(at, OutcomeReason.NO_USABLE_MX):
        return None
    hosts = ", ".join(host.host or "." for host in at.facts.recipient.mx.hosts)
    return Sighting(
        at.facts.recipient.mx.answers[0].ref if at.facts.recipient.mx.answers else "dns:MX", hosts
    )


def _loopback_mx(at: Situation) -> Sighting | None:
    if not _is_for(at, OutcomeReason.LOOPBACK_MX) or at.result.session is None:
        return None
    return Sighting(at.result.ref, f"{at.result.session.mx_host} [{at.result.session.ip}]")


def _is_for(at: Situation, tag: OutcomeReason) -> bool:
    """A predicate: DNS alone decided, for this reason."""
    return at.result.ground is Ground.ROUTE and at.result.is_for(tag)


def _ground(ground: Ground) -> Callable[[Situation], Sighting | None]:
    def predicate(at: Situation) -> Sighting | None:
        return Sighting(at.result.ref, why(at.result)) if at.result.ground is ground else None

    return predicate


def _own(tag: OutcomeReason) -> Callable[[Situation], Sighting | None]:
    """A predicate: the local mail server decided, for this reason."""

    def predicate(at: Situation) -> Sighting | None:
        is_own = at.result.ground is Ground.OWN and at.result.is_for(tag)
        return Sighting("sender_mta", why(at.result)) if is_own else None

    return predicate


def _certificate_lacks(tag: CertificateFault) -> Callable[[Situation], Sighting | None]:
    """A predicate: the local mail server requires something of a certificate that it did not get."""

    def predicate(at: Situation) -> Sighting | None:
        is_it = at.facts.tls_policy is not None and any(it.tag is tag for it in at.result.behind)
        return Sighting(at.result.ref) if is_it else None

    return predicate


def _no_connection(at: Situation) -> Sighting | None:
    if at.result.ground is not Ground.NO_CONNECTION:
        return None
    sessions = [s for s in at.facts.sessions if not s.connected]
    words = "; ".join(
        f"{s.mx_host} [{s.ip}]: {s.end.words if s.end else 'the run was interrupted'}" for s in sessions[:4]
    )
    return Sighting(at.result.ref, words + ("; ..." if len(sessions) > 4 else ""))


def _connection_barrier(*barriers: Barrier) -> Callable[[Situation], Sighting | None]:
    """A predicate: no connection could be made, because of this barrier."""

    def predicate(at: Situation) -> Sighting | None:
        if at.result.ground is not Ground.NO_CONNECTION or barrier(at.facts.sessions) not in barriers:
            return None
        sessions = [
            it for it in at.facts.sessions if not it.connected and it.end is not EndReason.NOT_DIALLED
        ]
        words = "; ".join(f"[{it.ip}] {spoken(it.cause)}".rstrip() for it in sessions[:4])
        return Sighting(at.result.ref, words + ("; ..." if len(sessions) > 4 else ""))

    return predicate


def _certificate_not_judged(at: Situation) -> Sighting | None:
    """TLS was established, but this machine lacks what it needs to judge the certificate."""
    session = at.result.session
    tls = session.tls if session is not None else None
    if at.result.ground is not Ground.TLS or tls is None or not tls.established or tls.problems:
        return None
    is_judged = tls.trust is None or tls.trust.tag.is_judged
    return None if is_judged else Sighting(at.result.ref, spoken(tls.trust))


def _tls_failed_before_refusal(at: Situation) -> Sighting | None:
    if at.result.ground is not Ground.REPLY or at.result.reply is None or at.result.reply.is_positive:
        return None
    if at.result.stage is Stage.STARTTLS:
        return None  # that is the refusal itself, not an earlier reply
    sessions = [s for s in at.facts.sessions if s.tls is not None and s.tls.offered and not s.tls.established]
    return Sighting(f"session:{sessions[0].number}:starttls") if sessions else None


def _hello_not_known(at: Situation) -> Sighting | None:
    result = at.result
    if result.ground is not Ground.REPLY or result.stage is not Stage.EHLO or result.reply is None:
        return None
    return Sighting(result.ref, str(result.reply.code)) if result.reply.code in (500, 502) else None


def _bare_deferral(at: Situation) -> Sighting | None:
    reply = at.result.reply
    if reply is None or reply.code not in (450, 451) or at.reply_names_a_cause:
        return None
    return Sighting(at.result.ref)


def _tls_not_used(at: Situation) -> Sighting | None:
    session, reply = at.result.session, at.result.reply
    if at.facts.options.tls is not TlsMode.NEVER or session is None or reply is None or reply.is_positive:
        return None
    has_starttls = session.plain_extensions is not None and session.plain_extensions.offers("STARTTLS")
    return Sighting(f"session:{session.number}:ehlo") if has_starttls else None


def _mx_answers(at: Situation) -> Sighting | None:
    """The domain names MX hosts, and one of them has answered EHLO."""
    if at.facts.recipient.mx.kind is not RouteKind.MX:
        return None
    for session in at.facts.sessions:
        hello = session.exchange(Stage.EHLO)
        if hello is not None and hello.reply is not None and hello.reply.is_positive and hello.usable:
            return Sighting(hello.ref, session.mx_host)
    return None


def _known_provider(at: Situation) -> Sighting | None:
    provider = at.facts.recipient.provider
    if provider is None or provider.kind not in ("mailbox", "gateway") or not provider.mx_suffixes:
        return None  # recognised only by its domain: the operator of the mailboxes is not known
    return Sighting("dns:MX", provider.title)


def _recipient_typo(at: Situation) -> Sighting | None:
    typo = at.facts.recipient.typo_of
    return Sighting("input:recipient", typo) if typo else None


def _test_data_address(at: Situation) -> Sighting | None:
    target = at.facts.target
    if not isinstance(target, PairTarget):
        return None
    shape = generated_shape(target.forward_path.local_part, target.forward_path.domain)
    return Sighting("input:recipient", shape.generator.title) if shape is not None and shape.telling else None


def _punycode_mailbox(at: Situation) -> Sighting | None:
    target = at.facts.target
    if not isinstance(target, PairTarget) or not at.reply_speaks_of("user_unknown"):
        return None
    return Sighting("input:recipient") if is_punycode_mailbox(str(target.forward_path)) else None


def _size_over_limit(at: Situation) -> Sighting | None:
    size = at.facts.planned_size
    extensions = at.result.session.extensions if at.result.session is not None else None
    limit = extensions.size_limit if extensions is not None else None
    if size is None or not limit or size <= limit:
        return None
    return Sighting(at.result.ref, f"{in_units(size)} ({size} octets), limit {in_units(limit)} ({limit})")


def _no_size_announced(at: Situation) -> Sighting | None:
    if at.facts.planned_size is not None or at.reply_names_a_cause:
        return None
    reply = at.result.reply
    return Sighting(at.result.ref) if reply is not None and not reply.is_positive else None


Predicate = Callable[[Situation], Sighting | None]


PREDICATES: dict[str, Predicate] = {
    "null_mx": _null_mx,
    "no_domain": _no_domain,
    "no_mail_host": _no_mail_host,
    "denial_corroborated": _denial_corroborated,
    "no_usable_mx": _no_usable_mx,
    "loopback_mx": _loopback_mx,
    "dns_unknown": _ground(Ground.DNS_UNKNOWN),
    "resolver_own_word": _resolver_own_word,
    "no_resolver": _no_resolver,
    "implicit_mx": _implicit_mx,
    "mx_answers": _mx_answers,
    "known_provider": _known_provider,
    "recipient_typo": _recipient_typo,
    "no_connection": _no_connection,
    "no_route": _connection_barrier(Barrier.NO_ROUTE),
    "own_gateway": _connection_barrier(Barrier.GATEWAY),
    "local_failure": _connection_barrier(Barrier.LOCAL),
    "closed_everywhere": _connection_barrier(Barrier.SILENT_EVERYWHERE, Barrier.REFUSED_EVERYWHERE),
    "hello_not_known": _hello_not_known,
    "no_reply": _ground(Ground.NO_REPLY),
    "desynchronised": _ground(Ground.DESYNCHRONISED),
    "tls_failed": _ground(Ground.TLS),
    "own_refuses": _own(OutcomeReason.OWN_REFUSES),
    "own_no_mailbox": _own(OutcomeReason.OWN_NO_MAILBOX),
    "own_fallback_nowhere": _own(OutcomeReason.OWN_FALLBACK_NOWHERE),
    "own_loop": _own(OutcomeReason.OWN_LOOP),
    "own_waits": _own(OutcomeReason.OWN_WAITS),
    "own_size": _own(OutcomeReason.OWN_SIZE),
    "own_tls": _own(OutcomeReason.OWN_TLS),
    "own_family": _own(OutcomeReason.OWN_FAMILY),
    "no_roots": _certificate_lacks(CertificateFault.NO_ROOTS),
    "no_tlsa": _certificate_lacks(CertificateFault.NO_TLSA),
    "other_tlsa": _certificate_lacks(CertificateFault.OTHER_TLSA),
    "certificate_not_judged": _certificate_not_judged,
    "tls_failed_before_refusal": _tls_failed_before_refusal,
    "tls_not_used": _tls_not_used,
    "smtputf8_missing": _ground(Ground.SMTPUTF8),
    "test_data_address": _test_data_address,
    "punycode_mailbox": _punycode_mailbox,
    "size_over_limit": _size_over_limit,
    "bare_deferral": _bare_deferral,
    "no_size_announced": _no_size_announced,
    "spf_fail": posture.spf_fail,
    "spf_softfail": posture.spf_softfail,
    "spf_none": posture.spf_none,
    "spf_pass": posture.spf_pass,
    "dmarc_cannot_pass": posture.dmarc_cannot_pass,
    "sender_domain_dead": posture.sender_domain_dead,
    "sender_dns_fails": posture.sender_dns_fails,
    "sender_dns_as_told": posture.sender_dns_as_told,
    "sender_domain_takes_mail": posture.sender_domain_takes_mail,
    "no_reverse_dns": posture.no_reverse_dns,
    "reverse_dns_confirmed": posture.reverse_dns_confirmed,
    "helo_bad": posture.helo_bad,
    "source_listed_high": posture.source_listed_high,
    "source_listed_low": posture.source_listed_low,
    "source_listed_policy": posture.source_listed_policy,
    "source_listed_nowhere": posture.source_listed_nowhere,
    "not_listed_after_all": posture.not_listed_after_all,
    "sender_domain_listed": posture.sender_domain_listed,
    "not_the_sending_address": posture.not_the_sending_address,
    "postmaster_accepted": postmaster_accepted,
    "all_refused_as_unknown": all_refused_as_unknown,
    "all_refused_alike": all_refused_alike,
    "random_accepted": random_accepted,
    "random_refused_alike": random_refused_alike,
    "random_unknown": random_unknown,
    "all_refused_without_words": all_refused_without_words,
    "null_sender_accepted": accepted_in(Experiment.NULL_SENDER),
    "null_sender_got_further": null_sender_got_further,
    "null_sender_refused_alike": refused_alike_in(Experiment.NULL_SENDER),
    "other_mx_accepted": other_mx_accepted,
    "other_mx_is_lax": other_mx_is_lax,
    "other_mx_refused_alike": refused_alike_in(Experiment.OTHER_MX),
    "other_family_accepted": accepted_in(Experiment.OTHER_FAMILY),
    "other_family_refused_alike": refused_alike_in(Experiment.OTHER_FAMILY),
    "without_tls_accepted": accepted_in(Experiment.WITHOUT_TLS),
    "without_tls_refused_alike": refused_alike_in(Experiment.WITHOUT_TLS),
    "later_turned_away": later_turned_away,
}
