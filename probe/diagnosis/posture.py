"""What the sender's side shows: authentication, names and reputation of the address that sends."""

from __future__ import annotations

from probe.checks.judging import listings
from probe.checks.judging.dmarc_paths import enforces
from probe.diagnosis.situation import Sighting, Situation
from probe.facts.model import Facts
from probe.model.listing import ListingRole, ListingStatus
from probe.model.reply import Stage
from probe.standards.dns.message import Status
from probe.standards.dns.results import HeloResult, PtrStatus, RouteKind
from probe.standards.dnsbl.results import Listing
from probe.standards.spf.results import SpfResult, SpfVerdict
from probe.wording.spoken import spoken

HIGH_WEIGHT = 4  # of a listing (0 to 10, dnsbl.toml) that explains a refusal well; see source_listed_high


def _spf(at: Situation, *verdicts: SpfVerdict) -> SpfResult | None:
    """The SPF result for the sending address, if it is one of these."""
    spf = at.facts.sender.spf
    return spf if spf is not None and spf.verdict in verdicts else None


def spf_fail(at: Situation) -> Sighting | None:
    """SPF fail or permerror for the address that sends."""
    spf = _spf(at, SpfVerdict.FAIL, SpfVerdict.PERMERROR)
    if spf is None:
        return None
    word = spf.matched or spoken(spf.problem) or "no term matches"
    return Sighting(f"dns:TXT:{spf.domain}", f"{spf.verdict} for {spf.ip} ({word})")


def spf_softfail(at: Situation) -> Sighting | None:
    """SPF softfail: the domain only doubts the address."""
    spf = _spf(at, SpfVerdict.SOFTFAIL)
    if spf is None:
        return None
    return Sighting(f"dns:TXT:{spf.domain}", f"softfail for {spf.ip} ({spf.matched or 'no term matches'})")


def spf_none(at: Situation) -> Sighting | None:
    """The sender domain has no SPF record."""
    spf = _spf(at, SpfVerdict.NONE)
    if spf is None or at.facts.sender.domain is None:
        return None
    return Sighting(f"dns:TXT:{spf.domain}", spf.domain)


def spf_pass(at: Situation) -> Sighting | None:
    """SPF passes for the address that sends."""
    spf = _spf(at, SpfVerdict.PASS)
    if spf is None:
        return None
    return Sighting(f"dns:TXT:{spf.domain}", f"{spf.ip} matches {spf.matched}")


def dmarc_cannot_pass(at: Situation) -> Sighting | None:
    """DMARC asks for enforcement, and neither SPF nor DKIM can align."""
    dmarc, spf = at.facts.sender.dmarc, at.facts.sender.spf
    if dmarc is None or not enforces(dmarc):
        return None
    spf_passes = spf is not None and spf.verdict is SpfVerdict.PASS and at.facts.sender.alignment.spf is True
    if spf is None or spf_passes or spf.verdict is SpfVerdict.TEMPERROR:
        return None
    if at.facts.sender.alignment.dkim is not False:
        return None  # a key exists, or its selector cannot be known: DMARC may pass by DKIM
    return Sighting(f"dns:TXT:_dmarc.{dmarc.author_domain}", f"p={dmarc.applied_policy}, SPF {spf.verdict}")


def sender_domain_dead(at: Situation) -> Sighting | None:
    """The sender domain cannot take a bounce."""
    mail = at.facts.sender.mail
    words = {
        RouteKind.NO_DOMAIN: "the domain does not exist",
        RouteKind.NULL_MX: "it publishes a null MX",
        RouteKind.NO_MAIL_HOST: "it has neither MX nor an address",
    }
    if mail is None or mail.kind not in words:
        return None
    return Sighting(mail.answers[0].ref if mail.answers else "dns:MX", words[mail.kind])


def sender_dns_fails(at: Situation) -> Sighting | None:
    """The name servers of the sender domain give no usable answer, and the reply leaves room for another try:
    a receiver that gets none either puts the mail off. What kept this machine alone from an answer says
    nothing of receivers."""
    mail, reply = at.facts.sender.mail, at.result.reply
    if mail is None or mail.kind is not RouteKind.UNKNOWN or (reply is not None and reply.is_permanent):
        return None
    failures = [it for it in mail.answers if it.status in _OF_ITS_SERVERS]
    return (
        Sighting(failures[0].ref, f"{failures[0].question}: {spoken(failures[0].failure)}")
        if failures
        else None
    )


# So the name servers of a domain show that they fail; the other statuses are this side's own.
_OF_ITS_SERVERS = (Status.SERVFAIL, Status.TIMEOUT, Status.MALFORMED, Status.CNAME_LOOP)
_DNS_OR_SERVER = frozenset({"exim.local-problem", "exim.local-problem-of-address"})


def sender_dns_as_told(at: Situation) -> Sighting | None:
    """The reply may mean that DNS of the sender domain failed, and it fails here, too."""
    is_named = any(item.rule in _DNS_OR_SERVER for item in at.reply_evidence)
    return sender_dns_fails(at) if is_named else None


def sender_domain_takes_mail(at: Situation) -> Sighting | None:
    """The sender domain has an MX of its own."""
    mail = at.facts.sender.mail
    if mail is None or mail.kind is not RouteKind.MX or at.result.reply is None:
        return None
    host = next((it.host for it in mail.hosts), "") or "not known"
    return Sighting(mail.answers[0].ref if mail.answers else "dns:MX", f"MX {host}")


def no_reverse_dns(at: Situation) -> Sighting | None:
    """No PTR, or one that does not resolve to the address."""
    ptr = at.facts.sender.ptr
    if ptr is None or ptr.status not in (PtrStatus.MISSING, PtrStatus.MISMATCH):
        return None
    word = "no PTR" if ptr.status is PtrStatus.MISSING else f"{ptr.first_name} does not lead back"
    return Sighting(f"dns:PTR:{ptr.ip}", f"{ptr.ip}, {word}")


def reverse_dns_confirmed(at: Situation) -> Sighting | None:
    """A forward-confirmed PTR, and nothing wrong with the EHLO name."""
    ptr = at.facts.sender.ptr
    if ptr is None or ptr.status is not PtrStatus.CONFIRMED or helo_bad(at) is not None:
        return None  # a confirmed PTR helps little if the EHLO name is wrong
    return Sighting(f"dns:PTR:{ptr.ip}", ptr.first_name)


def helo_bad(at: Situation) -> Sighting | None:
    """The EHLO name is no FQDN, or does not resolve."""
    helo = at.facts.sender.helo
    if helo is None or not is_bad_helo(helo):
        return None
    why = "does not resolve" if helo.is_fqdn else "is not a fully qualified name"
    return Sighting("vantage:helo", f"{helo.name} {why}")


def is_bad_helo(helo: HeloResult) -> bool:
    """Whether servers that check EHLO names would refuse this one."""
    return not helo.is_literal and (not helo.is_fqdn or helo.resolves is False)


def _listings_of(facts: Facts, role: ListingRole) -> list[Listing]:
    return [entry for entry in listings.of_roles(facts, role) if entry.status is ListingStatus.LISTED]


def _names(entries: list[Listing]) -> str:
    return ", ".join(
        it.zone if it.title in ("", it.zone) else f"{it.title} ({it.zone})" for it in entries[:4]
    )


def _for_what_it_did(facts: Facts) -> list[Listing]:
    """The listings of the source address, without policy listings."""
    return [entry for entry in _listings_of(facts, ListingRole.SOURCE) if not listings.is_policy(entry)]


def source_listed_high(at: Situation) -> Sighting | None:
    """The address is on a list by which receivers are known to refuse mail."""
    entries = [entry for entry in _for_what_it_did(at.facts) if entry.weight >= HIGH_WEIGHT]
    return Sighting(f"dnsbl:{entries[0].zone}", _names(entries)) if entries else None


def removal(facts: Facts) -> str:
    """What to do about the listings of the source address; empty if there are none.

    A policy listing (for the kind of address) has no cause to remove: mail must leave by the provider's
    server, or the list must make an exception.
    """
    of_source = _listings_of(facts, ListingRole.SOURCE)
    if not of_source:
        return ""
    did = _for_what_it_did(facts)
    if not did:
        return (
            f"Send through your provider's outgoing mail server: {of_source[0].subject} is on "
            f"{_names(of_source)}, for its kind and not for what it did. Only a mail server with a static "
            f"address and a reverse name of its own asks for an exception{_where(of_source)}."
        )
    weightiest = sorted(did, key=lambda it: it.weight, reverse=True)
    listing = next((it for it in weightiest if it.delist_url), weightiest[0])
    where, removal = _where([listing]), listings.removal(listing)
    page = f" The list's page, {listing.delist_url}, shows" if where else " The list's page shows"
    then = f". {removal}" if removal else f"; only then ask for removal{where}."
    return (
        f"Find what sends from {did[0].subject} (an infected machine, a hijacked account or form, an old "
        f"list) and stop it{then} The address is on {_names(weightiest)}; if it is your provider's, give "
        f"them the reply. Do not change the address to pass the list.{page} when the entry is gone."
    )


def _where(entries: list[Listing]) -> str:
    return next((f" at {it.delist_url}" for it in entries if it.delist_url), "")


def source_listed_low(at: Situation) -> Sighting | None:
    """The address is on a list that few use."""
    entries = [entry for entry in _for_what_it_did(at.facts) if entry.weight < HIGH_WEIGHT]
    return Sighting(f"dnsbl:{entries[0].zone}", _names(entries)) if entries else None


def source_listed_policy(at: Situation) -> Sighting | None:
    """The address is in a range that should not send mail directly."""
    policies = [entry for entry in _listings_of(at.facts, ListingRole.SOURCE) if listings.is_policy(entry)]
    # A policy listing explains a refusal before RCPT, but hardly one of a mailbox.
    if not policies or at.result.stage not in (Stage.GREETING, Stage.EHLO, Stage.MAIL, Stage.RCPT):
        return None
    return Sighting(f"dnsbl:{policies[0].zone}", _names(policies))


def source_listed_nowhere(at: Situation) -> Sighting | None:
    """No usable list has the address."""
    of_source = listings.of_roles(at.facts, ListingRole.SOURCE)
    not_listed = [entry for entry in of_source if entry.status is ListingStatus.NOT_LISTED]
    if not not_listed or _listings_of(at.facts, ListingRole.SOURCE):
        return None
    return Sighting("dnsbl", f"{len(not_listed)} blocklists" if len(not_listed) > 1 else "1 blocklist")


_RECEIVERS_QUERY = frozenset({"receiver.dnsbl-query-refused", "receiver.dead-list"})


def not_listed_after_all(at: Situation) -> Sighting | None:
    """The reply shows that the receiver's query of a list failed, and no list that answers has the
    address."""
    is_named = any(item.rule in _RECEIVERS_QUERY for item in at.reply_evidence)
    return source_listed_nowhere(at) if is_named else None


def sender_domain_listed(at: Situation) -> Sighting | None:
    """The sender's domain is on a domain list."""
    entries = _listings_of(at.facts, ListingRole.SENDER_DOMAIN)
    return Sighting(f"dnsbl:{entries[0].zone}", _names(entries)) if entries else None


def not_the_sending_address(at: Situation) -> Sighting | None:
    """The mail leaves from another address than the probe's."""
    return Sighting("vantage:address") if at.facts.vantage.is_sending_address is False else None
