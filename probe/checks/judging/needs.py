"""Checks each need of a receiver against the facts: True (met), False (broken), None (not known)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from probe._named_tuple import NamedTuple
from probe.checks.judging import dmarc_paths, listings
from probe.checks.judging.unsubscribe import one_click_counts
from probe.facts.model import Facts
from probe.knowledge.requirements import Need
from probe.model.fault import recover
from probe.model.listing import ListingRole, ListingStatus
from probe.model.program_part import ProgramPart
from probe.model.target import PairTarget
from probe.standards.dns.names import normal
from probe.standards.dns.results import PtrStatus, RouteKind
from probe.standards.dns.special_use import why_never_global
from probe.standards.spf.results import SpfVerdict


class Standing(NamedTuple):
    """The state of one need. If broken, `by` is the reason (table `broken_need` of findings/words.toml); the
    other fields are the values that its words use."""

    is_met: bool | None
    by: str = ""
    subject: str = ""
    detail: str = ""


_UNKNOWN = Standing(None)
_HOLDS = Standing(True)


def standing(need: Need, facts: Facts) -> Standing:
    """Judge one need. A need that one probe cannot see, or whose rule raises, is not known."""
    judge = _JUDGES.get(need)
    if judge is None:
        return _UNKNOWN
    return recover(ProgramPart.NEED, lambda: judge(facts), _UNKNOWN, step=2, of=need)


def _spf_verdict(facts: Facts) -> SpfVerdict | None:
    verdict = facts.sender.spf.verdict if facts.sender.spf else None
    if facts.vantage.rests_on_one_word and verdict is not SpfVerdict.PASS:
        return None
    return None if verdict is SpfVerdict.TEMPERROR else verdict


def _spf(facts: Facts) -> Standing:
    verdict = _spf_verdict(facts)
    if verdict is None:
        return _UNKNOWN
    return _HOLDS if verdict is SpfVerdict.PASS else Standing(False, "spf", verdict)


def _spf_not_fail(facts: Facts) -> Standing:
    verdict = _spf_verdict(facts)
    if verdict is None:
        return _UNKNOWN
    return Standing(False, "spf", verdict) if verdict is SpfVerdict.FAIL else _HOLDS


def _dkim(facts: Facts) -> Standing:
    if facts.message is None:  # the signature cannot be seen without it
        return _UNKNOWN
    verdicts = {signature.verdict for signature in facts.message.signatures}
    if "pass" in verdicts:
        return _HOLDS
    return _UNKNOWN if "unknown" in verdicts else Standing(False, "dkim")


def _spf_or_dkim(facts: Facts) -> Standing:
    spf = _spf(facts)
    return _either(spf.is_met, _dkim(facts).is_met, Standing(False, "spf_and_dkim", spf.subject))


def _either(first: bool | None, second: bool | None, failure: Standing) -> Standing:
    if first or second:
        return _HOLDS
    return _UNKNOWN if None in (first, second) else failure


def _dmarc(facts: Facts) -> Standing:
    result = facts.sender.dmarc
    if result is None or (result.unknown and result.record is None):
        return _UNKNOWN
    return Standing(False, "dmarc", result.author_domain) if result.record is None else _HOLDS


def _aligned(facts: Facts) -> Standing:
    spf, dkim = dmarc_paths.spf_path(facts), dmarc_paths.dkim_path(facts)
    # a published key shows that DKIM can pass, not that this mail is signed
    is_signed = dkim if facts.message is not None or not dkim else None
    return _either(spf, is_signed, Standing(False, "aligned"))


def _dmarc_pass(facts: Facts) -> Standing:
    if facts.sender.dmarc is not None and facts.sender.dmarc.unknown:
        return _UNKNOWN
    return _aligned(facts) if dmarc_paths.enforces(facts.sender.dmarc) else _HOLDS


def _fcrdns(facts: Facts) -> Standing:
    ptr = facts.sender.ptr
    if ptr is None or ptr.status is PtrStatus.UNKNOWN:
        return _UNKNOWN
    if ptr.status is PtrStatus.CONFIRMED:
        return _HOLDS
    if facts.vantage.rests_on_one_word:
        return _UNKNOWN
    return Standing(False, "ptr_missing" if ptr.status is PtrStatus.MISSING else "ptr_mismatch", str(ptr.ip))


def _one_click(facts: Facts) -> Standing:
    if facts.message is None or not facts.message.bulk:
        return _UNKNOWN
    has_one_click = one_click_counts(facts.message)
    if has_one_click is None:
        return _UNKNOWN
    return (
        _HOLDS
        if has_one_click
        else Standing(False, "one_click_unsigned" if facts.message.one_click else "one_click")
    )


def _one_author(facts: Facts) -> Standing:
    if facts.message is None or not facts.message.from_mailboxes:
        return _UNKNOWN
    count = len(facts.message.from_mailboxes)
    return (
        _HOLDS
        if count == 1 and facts.message.from_fields == 1
        else Standing(False, "several_authors", str(count))
    )


def _helo_fqdn(facts: Facts) -> Standing:
    helo = facts.sender.helo
    if helo is None:
        return _UNKNOWN
    is_global = helo.is_fqdn and not why_never_global(normal(helo.name))
    return _HOLDS if is_global else Standing(False, "helo", helo.name)


def _not_listed(facts: Facts) -> Standing:
    entries = listings.of_roles(facts, ListingRole.SOURCE)
    grave = [entry for entry in entries if listings.is_grave(facts, entry)]
    if grave and facts.vantage.rests_on_one_word:
        return _UNKNOWN
    if grave:
        return Standing(False, "listed", grave[0].subject, grave[0].title)
    return _HOLDS if any(entry.status is ListingStatus.NOT_LISTED for entry in entries) else _UNKNOWN


def _not_residential(facts: Facts) -> Standing:
    policy = [entry for entry in listings.of_roles(facts, ListingRole.SOURCE) if listings.is_policy(entry)]
    if policy and facts.vantage.is_sending_address is True:
        return Standing(False, "policy_listed", policy[0].subject, policy[0].title)
    return _UNKNOWN


def _sender_resolves(facts: Facts) -> Standing:
    mail = facts.sender.mail
    if mail is None or mail.kind is RouteKind.UNKNOWN:
        return _UNKNOWN
    bad = mail.kind in (RouteKind.NO_DOMAIN, RouteKind.NO_MAIL_HOST)
    return Standing(False, "no_mail_host", mail.domain) if bad else _HOLDS


def _non_null_sender(facts: Facts) -> Standing:
    null = isinstance(facts.target, PairTarget) and str(facts.target.reverse_path) == "<>"
    return Standing(False, "null_sender") if null else _HOLDS


def _from_is_reverse_path(facts: Facts) -> Standing:
    if not isinstance(facts.target, PairTarget):
        return _UNKNOWN
    reverse_path = str(facts.target.reverse_path)
    authors = facts.message.from_mailboxes if facts.message else ()
    if facts.options.header_from is not None:
        authors = (str(facts.options.header_from),)
    if not authors:
        return _UNKNOWN
    same = reverse_path.lower() in {mailbox.lower() for mailbox in authors}
    return _HOLDS if same else Standing(False, "from_differs", authors[0], reverse_path)


def _ipv4(facts: Facts) -> Standing:
    ip = facts.vantage.source_ip
    if ip is None or facts.vantage.is_sending_address is not True:
        return _UNKNOWN
    return _HOLDS if ip.version == 4 else Standing(False, "ipv6", str(ip))


_JUDGES: Mapping[Need, Callable[[Facts], Standing]] = {
    Need.SPF_OR_DKIM: _spf_or_dkim,
    Need.SPF: _spf,
    Need.SPF_NOT_FAIL: _spf_not_fail,
    Need.DKIM: _dkim,
    Need.DMARC: _dmarc,
    Need.DMARC_PASS: _dmarc_pass,
    Need.ALIGNED: _aligned,
    Need.FCRDNS: _fcrdns,
    Need.ONE_CLICK: _one_click,
    Need.ONE_AUTHOR: _one_author,
    Need.HELO_FQDN: _helo_fqdn,
    Need.NOT_LISTED: _not_listed,
    Need.NOT_RESIDENTIAL: _not_residential,
    Need.SENDER_RESOLVES: _sender_resolves,
    Need.NON_NULL_SENDER: _non_null_sender,
    Need.FROM_IS_REVERSE_PATH: _from_is_reverse_path,
    Need.IPV4: _ipv4,
}
