"""The facts that count as evidence, by name. evidence.toml says what each is worth."""

from __future__ import annotations

from collections.abc import Callable

from probe.diagnosis.experiments import (
    all_refused_alike,
    all_refused_as_unknown,
    null_sender_accepted,
    null_sender_refused_alike,
    other_mx_accepted,
    postmaster_accepted,
    random_accepted,
    random_unknown,
)
from probe.diagnosis.outcome import Ground
from probe.diagnosis.seen import Seen, Situation
from probe.facts.model import Facts
from probe.knowledge.test_data import generated_shape
from probe.model.reply import Stage
from probe.model.target import PairTarget
from probe.standards.dns.results import PtrStatus, RouteKind
from probe.standards.dnsbl.results import Listing, ListingStatus
from probe.standards.spf.results import SpfVerdict

HIGH_WEIGHT = 4  # a list that receivers are known to refuse by; see dnsbl.toml


def _null_mx(at: Situation) -> Seen | None:
    return _route(at.facts, RouteKind.NULL_MX)


def _no_domain(at: Situation) -> Seen | None:
    return _route(at.facts, RouteKind.NO_DOMAIN)


def _no_mail_host(at: Situation) -> Seen | None:
    return _route(at.facts, RouteKind.NO_MAIL_HOST)


def _implicit_mx(at: Situation) -> Seen | None:
    return _route(at.facts, RouteKind.IMPLICIT_MX)


def _route(facts: Facts, kind: RouteKind) -> Seen | None:
    mx = facts.recipient.mx
    return Seen(mx.answers[0].ref if mx.answers else "dns:MX") if mx.kind is kind else None


def _no_usable_mx(at: Situation) -> Seen | None:
    if at.observed.ground is not Ground.ROUTE or at.observed.detail != "no_usable_mx":
        return None
    hosts = ", ".join(host.host or "." for host in at.facts.recipient.mx.hosts)
    return Seen(at.facts.recipient.mx.answers[0].ref if at.facts.recipient.mx.answers else "dns:MX", hosts)


def _loopback_mx(at: Situation) -> Seen | None:
    if (
        at.observed.ground is not Ground.ROUTE
        or at.observed.detail != "loopback_mx"
        or at.observed.session is None
    ):
        return None
    return Seen(at.observed.ref, f"{at.observed.session.mx_host} [{at.observed.session.ip}]")


def _ground(ground: Ground) -> Callable[[Situation], Seen | None]:
    def seen(at: Situation) -> Seen | None:
        return Seen(at.observed.ref, at.observed.detail) if at.observed.ground is ground else None

    return seen


def _no_connection(at: Situation) -> Seen | None:
    if at.observed.ground is not Ground.NO_CONNECTION:
        return None
    tried = [s for s in at.facts.sessions if not s.connected]
    words = "; ".join(
        f"{s.mx_host} [{s.ip}] {s.end.value.replace('_', ' ') if s.end else 'interrupted'}" for s in tried[:4]
    )
    return Seen(at.observed.ref, words + ("; ..." if len(tried) > 4 else ""))


def _tls_failed_before_refusal(at: Situation) -> Seen | None:
    if at.observed.ground is not Ground.REPLY or at.observed.reply is None or at.observed.reply.is_positive:
        return None
    failed = [s for s in at.facts.sessions if s.tls is not None and s.tls.offered and not s.tls.established]
    return Seen(f"session:{failed[0].number}:starttls") if failed else None


def _known_provider(at: Situation) -> Seen | None:
    provider = at.facts.recipient.provider
    if provider is None or provider.kind not in ("mailbox", "gateway") or not provider.mx_suffixes:
        return None  # known by its domain alone: whose mailboxes are there is not known
    return Seen("dns:MX", provider.title)


def _recipient_typo(at: Situation) -> Seen | None:
    typo = at.facts.recipient.typo_of
    return Seen("input:recipient", typo) if typo else None


def _test_data_address(at: Situation) -> Seen | None:
    target = at.facts.target
    if not isinstance(target, PairTarget):
        return None
    found = generated_shape(target.forward_path.local_part, target.forward_path.domain)
    return Seen("input:recipient", found.generator.title) if found is not None and found.telling else None


def _size_over_limit(at: Situation) -> Seen | None:
    size = at.facts.message.size if at.facts.message is not None else at.facts.options.size
    extensions = at.observed.session.extensions if at.observed.session is not None else None
    limit = extensions.size_limit if extensions is not None else None
    if size is None or not limit or size <= limit:
        return None
    return Seen(at.observed.ref, f"{size} octets, limit {limit}")


def _spf_fail(at: Situation) -> Seen | None:
    spf = at.facts.sender.spf
    if spf is None or spf.verdict not in (SpfVerdict.FAIL, SpfVerdict.PERMERROR):
        return None
    word = spf.matched or spf.problem or "no term matches"
    return Seen(f"dns:TXT:{spf.domain}", f"{spf.verdict} for {spf.ip} ({word})")


def _spf_pass(at: Situation) -> Seen | None:
    spf = at.facts.sender.spf
    if spf is None or spf.verdict is not SpfVerdict.PASS:
        return None
    return Seen(f"dns:TXT:{spf.domain}", f"{spf.ip} matches {spf.matched}")


def _dmarc_cannot_pass(at: Situation) -> Seen | None:
    dmarc, spf = at.facts.sender.dmarc, at.facts.sender.spf
    if dmarc is None or dmarc.applied_policy not in ("quarantine", "reject"):
        return None
    spf_passes = spf is not None and spf.verdict is SpfVerdict.PASS and at.facts.sender.alignment.spf is True
    if spf is None or spf_passes or spf.verdict is SpfVerdict.TEMPERROR:
        return None
    if at.facts.sender.alignment.dkim is not False:
        return None  # a key exists, or its selector cannot be known: DKIM may well carry it
    return Seen(f"dns:TXT:_dmarc.{dmarc.author_domain}", f"p={dmarc.applied_policy}, SPF {spf.verdict}")


def _sender_domain_dead(at: Situation) -> Seen | None:
    mail = at.facts.sender.mail
    words = {
        RouteKind.NO_DOMAIN: "the domain does not exist",
        RouteKind.NULL_MX: "it publishes a null MX",
        RouteKind.NO_MAIL_HOST: "it has neither MX nor an address",
    }
    if mail is None or mail.kind not in words:
        return None
    return Seen(mail.answers[0].ref if mail.answers else "dns:MX", words[mail.kind])


def _no_reverse_dns(at: Situation) -> Seen | None:
    ptr = at.facts.sender.ptr
    if ptr is None or ptr.status not in (PtrStatus.MISSING, PtrStatus.MISMATCH):
        return None
    word = "no PTR" if ptr.status is PtrStatus.MISSING else f"{ptr.names[0]} does not lead back"
    return Seen(f"dns:PTR:{ptr.ip}", f"{ptr.ip}, {word}")


def _reverse_dns_confirmed(at: Situation) -> Seen | None:
    ptr = at.facts.sender.ptr
    if ptr is None or ptr.status is not PtrStatus.CONFIRMED:
        return None
    return Seen(f"dns:PTR:{ptr.ip}", ptr.confirmed[0])


def _helo_bad(at: Situation) -> Seen | None:
    helo = at.facts.sender.helo
    if helo is None or helo.is_literal:
        return None
    if not helo.is_fqdn:
        return Seen("vantage:helo", f"{helo.name} is not a fully qualified name")
    if helo.resolves is False:
        return Seen("vantage:helo", f"{helo.name} does not resolve")
    return None


def _listed(facts: Facts, role: str) -> list[Listing]:
    return [
        listing
        for listing in facts.listings
        if listing.role == role and listing.status is ListingStatus.LISTED and not listing.is_allow_list
    ]


def _names(listings: list[Listing]) -> str:
    return ", ".join(f"{listing.title} ({listing.zone})" for listing in listings[:4])


def _source_by_kind(facts: Facts, policy: bool, low: bool) -> list[Listing]:
    chosen = []
    for listing in _listed(facts, "source"):
        only_policy = bool(listing.codes) and all(code.kind == "policy" for code in listing.codes)
        if only_policy == policy and (policy or (listing.weight < HIGH_WEIGHT) == low):
            chosen.append(listing)
    return chosen


def _source_listed_high(at: Situation) -> Seen | None:
    found = _source_by_kind(at.facts, policy=False, low=False)
    return Seen(f"dnsbl:{found[0].zone}", _names(found)) if found else None


def _source_listed_low(at: Situation) -> Seen | None:
    found = _source_by_kind(at.facts, policy=False, low=True)
    return Seen(f"dnsbl:{found[0].zone}", _names(found)) if found else None


def _source_listed_policy(at: Situation) -> Seen | None:
    found = _source_by_kind(at.facts, policy=True, low=False)
    # A policy listing explains a refusal of the connection or the sender, hardly one of a mailbox.
    if not found or at.observed.stage not in (Stage.GREETING, Stage.EHLO, Stage.MAIL, Stage.RCPT):
        return None
    return Seen(f"dnsbl:{found[0].zone}", _names(found))


def _source_listed_nowhere(at: Situation) -> Seen | None:
    believed = [
        listing
        for listing in at.facts.listings
        if listing.role == "source"
        and not listing.is_allow_list
        and listing.status in (ListingStatus.LISTED, ListingStatus.NOT_LISTED)
    ]
    if not believed or any(listing.status is ListingStatus.LISTED for listing in believed):
        return None
    return Seen("dnsbl", f"{len(believed)} blocklists" if len(believed) > 1 else "1 blocklist")


def _sender_domain_listed(at: Situation) -> Seen | None:
    found = _listed(at.facts, "sender_domain")
    return Seen(f"dnsbl:{found[0].zone}", _names(found)) if found else None


def _not_the_sending_address(at: Situation) -> Seen | None:
    return Seen("vantage:address") if at.facts.vantage.is_sending_address is False else None


Predicate = Callable[[Situation], Seen | None]


PREDICATES: dict[str, Predicate] = {
    "null_mx": _null_mx,
    "no_domain": _no_domain,
    "no_mail_host": _no_mail_host,
    "no_usable_mx": _no_usable_mx,
    "loopback_mx": _loopback_mx,
    "dns_unknown": _ground(Ground.DNS_UNKNOWN),
    "implicit_mx": _implicit_mx,
    "known_provider": _known_provider,
    "recipient_typo": _recipient_typo,
    "no_connection": _no_connection,
    "no_reply": _ground(Ground.NO_REPLY),
    "desynchronised": _ground(Ground.DESYNCHRONISED),
    "tls_failed": _ground(Ground.TLS),
    "tls_failed_before_refusal": _tls_failed_before_refusal,
    "smtputf8_missing": _ground(Ground.SMTPUTF8),
    "test_data_address": _test_data_address,
    "size_over_limit": _size_over_limit,
    "spf_fail": _spf_fail,
    "spf_pass": _spf_pass,
    "dmarc_cannot_pass": _dmarc_cannot_pass,
    "sender_domain_dead": _sender_domain_dead,
    "no_reverse_dns": _no_reverse_dns,
    "reverse_dns_confirmed": _reverse_dns_confirmed,
    "helo_bad": _helo_bad,
    "source_listed_high": _source_listed_high,
    "source_listed_low": _source_listed_low,
    "source_listed_policy": _source_listed_policy,
    "source_listed_nowhere": _source_listed_nowhere,
    "sender_domain_listed": _sender_domain_listed,
    "not_the_sending_address": _not_the_sending_address,
    "postmaster_accepted": postmaster_accepted,
    "all_refused_as_unknown": all_refused_as_unknown,
    "all_refused_alike": all_refused_alike,
    "random_accepted": random_accepted,
    "random_unknown": random_unknown,
    "null_sender_accepted": null_sender_accepted,
    "null_sender_refused_alike": null_sender_refused_alike,
    "other_mx_accepted": other_mx_accepted,
}
