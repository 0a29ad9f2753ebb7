"""What is asked about the sender: identities first, then the records of each."""

from __future__ import annotations

from dataclasses import dataclass

from probe.knowledge.providers import by_domain, by_mx_hosts
from probe.knowledge.selectors import selectors_for
from probe.model.address import IPAddress, Mailbox
from probe.model.target import DomainTarget, Options, PairTarget, Target
from probe.standards.dkim.key import look_up_keys
from probe.standards.dkim.results import KeyResult
from probe.standards.dmarc.alignment import alignment
from probe.standards.dmarc.discovery import discover
from probe.standards.dmarc.results import Alignment, DmarcResult
from probe.standards.dns.helo import judge_helo
from probe.standards.dns.message import Question, RecordType, Resolution
from probe.standards.dns.mx import resolve_mx
from probe.standards.dns.results import HeloResult, MxResult, PtrResult
from probe.standards.spf.check_host import check_host
from probe.standards.spf.record import is_spf
from probe.standards.spf.results import SpfResult


@dataclass(frozen=True, slots=True)
class Identities:
    """The domains that a receiver judges. None where there is none: the null reverse-path has no
    MAIL FROM domain, an address literal has no DNS. `exists` is False for the `domain` command,
    which has no sender at all."""

    exists: bool
    mail_from: Mailbox | None
    mail_from_domain: str | None
    author_domain: str | None


def identities(target: Target, options: Options) -> Identities:
    """The identities of a pair; none at all for the `domain` command."""
    if isinstance(target, DomainTarget):
        return Identities(False, None, None, None)
    return _pair_identities(target, options)


def _pair_identities(target: PairTarget, options: Options) -> Identities:
    reverse_path = target.reverse_path
    mail_from = reverse_path if isinstance(reverse_path, Mailbox) else None
    author = options.header_from or mail_from
    return Identities(True, mail_from, _name_of(mail_from), _name_of(author))


def _name_of(mailbox: Mailbox | None) -> str | None:
    return mailbox.domain if mailbox is not None and mailbox.literal is None else None


def spf_of_mail_from(who: Identities, ip: IPAddress, helo: str) -> Resolution[SpfResult | None]:
    """check_host for MAIL FROM; for the null reverse-path postmaster@HELO (RFC 7208 section 2.4)."""
    if who.mail_from is None:
        return (yield from spf_of_helo(ip, helo, identity="mailfrom"))
    if who.mail_from_domain is None:
        return None
    return (
        yield from check_host(ip, who.mail_from_domain, who.mail_from.local_part, who.mail_from_domain, helo)
    )


def spf_of_helo(ip: IPAddress, helo: str, *, identity: str = "helo") -> Resolution[SpfResult | None]:
    """check_host for the HELO identity; an address literal has none (RFC 7208 section 2.3)."""
    if helo.startswith("[") or "." not in helo:
        return None
    return (yield from check_host(ip, helo, "postmaster", helo, helo, identity=identity))


def published_spf(domain: str) -> Resolution[tuple[str, ...]]:
    """The names that the domain's SPF record includes or redirects to: they tell who sends for it."""
    (answer,) = yield (Question(domain, RecordType.TXT),)
    spf = [txt.data.decode("ascii", "replace") for txt in answer.txts() if is_spf(txt.data)]
    terms = [term.lower().lstrip("+-~?") for record in spf for term in record.split()]
    return tuple(
        term.split(":", 1)[-1].split("=", 1)[-1].strip(".")
        for term in terms
        if term.startswith(("include:", "redirect="))
    )


def dkim_keys(
    domain: str, options: Options, mail: MxResult, message_selectors: tuple[str, ...]
) -> Resolution[tuple[KeyResult, ...]]:
    """Keys of the given selectors, else of the message's, the provider's and the common ones."""
    chosen = [(selector, "given") for selector in options.selectors]
    chosen += [(s, "message") for s in message_selectors if s not in options.selectors]
    if not chosen:
        provider = by_mx_hosts([host.host for host in mail.hosts]) or by_domain(domain)
        includes = yield from published_spf(domain)
        chosen = list(selectors_for(domain, includes, provider.id if provider else None))
    return (yield from look_up_keys(domain, tuple(chosen)))


def dmarc_of(author_domain: str) -> Resolution[DmarcResult]:
    """DMARC discovery for the author domain."""
    return (yield from discover(author_domain))


def possible_alignment(
    dmarc: DmarcResult, spf_domain: str | None, dkim_domains: tuple[str, ...]
) -> Resolution[Alignment]:
    """Whether SPF and DKIM identifiers can align with the author domain."""
    return (yield from alignment(dmarc, spf_domain, dkim_domains))


def mail_domain(domain: str, options: Options) -> Resolution[MxResult]:
    """Whether the sender domain takes mail itself: else bounces and callouts fail."""
    return (yield from resolve_mx(domain, families=options.usable_families, seed=options.seed))


def helo_of(name: str, connects_from: IPAddress | None, ptr: PtrResult) -> Resolution[HeloResult]:
    """The EHLO name, held against the address that the probe connects from."""
    return (yield from judge_helo(name, connects_from, ptr))
