"""Holds each need that a receiver may have against the facts: True met, False broken, None not known.

The texts complete "here ..." in the message of provider-requirements.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from probe.checks.judging import dmarc_paths, listings
from probe.facts.model import Facts
from probe.knowledge.requirements import Need
from probe.model.fault import spared
from probe.model.listing import ListingStatus
from probe.model.target import PairTarget
from probe.standards.dns.names import normal
from probe.standards.dns.results import PtrStatus, RouteKind
from probe.standards.dns.special_use import why_never_global
from probe.standards.spf.results import SpfVerdict


class Standing(NamedTuple):
    """How one need stands, with the fact that decides in words."""

    met: bool | None
    because: str


def standing(need: Need, facts: Facts) -> Standing:
    """Judge one need; a need that one probe cannot see stands as not known."""
    judge = _JUDGES.get(need)
    if judge is None:
        return Standing(None, "it cannot be seen from one probe")
    failed = Standing(None, "this program failed to look at it")
    return spared(f"the requirement {need}", lambda: judge(facts), failed, step=2)


def _spf_verdict(facts: Facts) -> SpfVerdict | None:
    verdict = facts.sender.spf.verdict if facts.sender.spf else None
    return None if verdict is SpfVerdict.TEMPERROR else verdict


def _spf(facts: Facts) -> Standing:
    verdict = _spf_verdict(facts)
    return Standing(
        None if verdict is None else verdict is SpfVerdict.PASS, f"SPF gives {verdict or 'no answer'}"
    )


def _spf_not_fail(facts: Facts) -> Standing:
    verdict = _spf_verdict(facts)
    met = None if verdict is None else verdict is not SpfVerdict.FAIL
    return Standing(met, f"SPF gives {verdict or 'no answer'}")


def _dkim(facts: Facts) -> Standing:
    if facts.message is None:
        return Standing(None, "the signature cannot be seen without the message")
    verdicts = {signature.verdict for signature in facts.message.signatures}
    if "pass" in verdicts:
        return Standing(True, "a DKIM signature verifies")
    if "unknown" in verdicts:
        return Standing(None, "the DKIM signature could not be verified")
    return Standing(False, "no DKIM signature of the message verifies")


def _spf_or_dkim(facts: Facts) -> Standing:
    return _either(_spf(facts), _dkim(facts))


def _either(first: Standing, second: Standing) -> Standing:
    because = f"{first.because} and {second.because}"
    if first.met or second.met:
        return Standing(True, because)
    return Standing(None if None in (first.met, second.met) else False, because)


def _dmarc(facts: Facts) -> Standing:
    result = facts.sender.dmarc
    if result is None or (result.unknown and result.record is None):
        return Standing(None, "the DMARC record is not known")
    if result.record is None:
        return Standing(False, f"no DMARC record applies to {result.author_domain}")
    return Standing(True, "a DMARC record applies")


def _aligned(facts: Facts) -> Standing:
    spf, dkim = dmarc_paths.spf_path(facts), dmarc_paths.dkim_path(facts)
    return _either(
        Standing(spf, _path_words("SPF", spf)),
        # a published key shows that DKIM can pass, not that this mail is signed
        Standing(dkim if facts.message is not None or not dkim else None, _path_words("DKIM", dkim)),
    )


def _path_words(mechanism: str, path: bool | None) -> str:
    if path is None:
        return f"{mechanism} for the From domain is not known"
    return f"{mechanism} {'passes' if path else 'does not pass'} for the From domain"


def _dmarc_pass(facts: Facts) -> Standing:
    if facts.sender.dmarc is not None and facts.sender.dmarc.unknown:
        return Standing(None, "the DMARC record is not known")
    if not dmarc_paths.enforces(facts.sender.dmarc):
        return Standing(True, "no DMARC policy asks for refusal")
    return _aligned(facts)


def _fcrdns(facts: Facts) -> Standing:
    ptr = facts.sender.ptr
    if ptr is None or ptr.status is PtrStatus.UNKNOWN:
        return Standing(None, "the reverse name is not known")
    words = {
        PtrStatus.CONFIRMED: "is confirmed",
        PtrStatus.MISMATCH: "does not lead back",
        PtrStatus.MISSING: "is missing",
    }
    return Standing(ptr.status is PtrStatus.CONFIRMED, f"the reverse name of {ptr.ip} {words[ptr.status]}")


def _one_click(facts: Facts) -> Standing:
    if facts.message is None:
        return Standing(None, "the header cannot be seen without the message")
    if not facts.message.bulk:
        return Standing(None, "the message does not look like a mailing")
    has = "has" if facts.message.one_click else "has no"
    return Standing(facts.message.one_click, f"the message {has} one-click unsubscription")


def _helo_fqdn(facts: Facts) -> Standing:
    helo = facts.sender.helo
    if helo is None:
        return Standing(None, "the EHLO name was not judged")
    is_global = helo.is_fqdn and not why_never_global(normal(helo.name))
    return Standing(is_global, f"the EHLO name is {helo.name}")


def _not_listed(facts: Facts) -> Standing:
    asked = listings.of_roles(facts, "source")
    grave = [entry for entry in asked if listings.is_grave(facts, entry)]
    if grave:
        return Standing(False, f"{grave[0].subject} is on {grave[0].title}")
    believed = [entry for entry in asked if entry.status is ListingStatus.NOT_LISTED]
    return Standing(True if believed else None, "no list that answered has the address" if believed else
                    "no blocklist answered")  # fmt: skip


def _not_residential(facts: Facts) -> Standing:
    policy = [entry for entry in listings.of_roles(facts, "source") if listings.is_policy(entry)]
    if policy and facts.vantage.is_sending_address is True:
        return Standing(False, f"{policy[0].subject} is on the policy list {policy[0].title}")
    return Standing(None, "the kind of the address is not known")


def _sender_resolves(facts: Facts) -> Standing:
    mail = facts.sender.mail
    if mail is None or mail.kind is RouteKind.UNKNOWN:
        return Standing(None, "the sender domain was not resolved")
    bad = mail.kind in (RouteKind.NO_DOMAIN, RouteKind.NO_MAIL_HOST)
    return Standing(not bad, f"{mail.domain} {'has neither MX nor address' if bad else 'resolves'}")


def _non_null_sender(facts: Facts) -> Standing:
    null = isinstance(facts.target, PairTarget) and str(facts.target.reverse_path) == "<>"
    return Standing(not null, "the reverse-path is <>" if null else "the reverse-path is not null")


def _from_is_reverse_path(facts: Facts) -> Standing:
    if not isinstance(facts.target, PairTarget):
        return Standing(None, "there is no sender")
    reverse_path = str(facts.target.reverse_path)
    shown = facts.message.from_mailboxes if facts.message else ()
    if facts.options.header_from is not None:
        shown = (str(facts.options.header_from),)
    if not shown:
        return Standing(None, "the From header was not given")
    same = reverse_path.lower() in {mailbox.lower() for mailbox in shown}
    return Standing(same, f"From is {shown[0]}, the reverse-path {reverse_path}")


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
    Need.HELO_FQDN: _helo_fqdn,
    Need.NOT_LISTED: _not_listed,
    Need.NOT_RESIDENTIAL: _not_residential,
    Need.SENDER_RESOLVES: _sender_resolves,
    Need.NON_NULL_SENDER: _non_null_sender,
    Need.FROM_IS_REVERSE_PATH: _from_is_reverse_path,
}
