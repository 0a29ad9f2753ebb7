"""What breaks each need that a receiver may have, in words; and that what is not known breaks none."""

from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address

import pytest

from probe.checks.judging.needs import standing
from probe.facts.model import Facts
from probe.knowledge.finding_tags import shared_words
from probe.knowledge.requirements import Need
from probe.model.listing import CodeKind, ListingStatus
from probe.standards.dmarc.results import Alignment
from probe.standards.dns.results import PtrStatus, RouteKind
from probe.standards.dnsbl.results import ListingCode
from probe.standards.spf.results import SpfVerdict
from probe.wording.sentence import sentence
from tests.support import facts as make

TEMPLATE = "{broken,subjects,details:each:{broken:word:broken_need}}"
UNSIGNED = make.message(signatures=())
NO_SPF = make.sender_facts(spf=make.spf(SpfVerdict.NONE), alignment=Alignment(False, False))
DYNAMIC = ListingCode("127.0.0.10", "end-user range", CodeKind.POLICY, 3)
NEITHER = "SPF does not pass for the From domain and DKIM does not pass for the From domain"

BROKEN = [
    (Need.SPF, make.facts(sender=NO_SPF), "SPF gives none"),
    (Need.SPF_NOT_FAIL, make.facts(sender=make.sender_facts(spf=make.spf(SpfVerdict.FAIL))),
     "SPF gives fail"),
    (Need.DKIM, make.facts(message=UNSIGNED), "no DKIM signature of the message verifies"),
    (Need.SPF_OR_DKIM, make.facts(sender=NO_SPF, message=UNSIGNED),
     "SPF gives none and no DKIM signature of the message verifies"),
    (Need.DMARC, make.facts(sender=make.sender_facts(dmarc=make.dmarc(None))),
     "no DMARC record applies to sender.example"),
    (Need.ALIGNED, make.facts(sender=NO_SPF, message=UNSIGNED), NEITHER),
    (Need.DMARC_PASS, make.facts(sender=NO_SPF, message=UNSIGNED), NEITHER),
    (Need.FCRDNS, make.facts(sender=make.sender_facts(ptr=make.ptr(PtrStatus.MISSING))),
     "the reverse name of 8.8.4.10 is missing"),
    (Need.FCRDNS, make.facts(sender=make.sender_facts(ptr=make.ptr(PtrStatus.MISMATCH))),
     "the reverse name of 8.8.4.10 does not lead back"),
    (Need.ONE_CLICK, make.facts(message=make.message(bulk=True)),
     "the message has no one-click unsubscription"),
    (Need.ONE_CLICK, make.facts(message=make.message(bulk=True, one_click=True, signatures=())),
     "no signature that verifies covers the fields for one-click unsubscription"),
    (Need.ONE_AUTHOR, make.facts(message=make.message(from_mailboxes=("a@a.example", "b@a.example"))),
     "the message has 2 mailboxes in From, or several From fields"),
    (Need.HELO_FQDN, make.facts(sender=make.sender_facts(helo=make.helo(name="mail", is_fqdn=False))),
     "the EHLO name is mail"),
    (Need.NOT_LISTED, make.facts(listings=(make.listing(ListingStatus.LISTED),)),
     "8.8.4.10 is on Example List"),
    (Need.NOT_RESIDENTIAL, make.facts(listings=(make.listing(ListingStatus.LISTED, codes=(DYNAMIC,)),)),
     "8.8.4.10 is on the policy list Example List"),
    (Need.SENDER_RESOLVES,
     make.facts(sender=make.sender_facts(mail=make.mx_result(RouteKind.NO_DOMAIN, domain="gone.example"))),
     "gone.example has neither MX nor address"),
    (Need.NON_NULL_SENDER, make.facts_null_sender(), "the reverse-path is <>"),
    (Need.FROM_IS_REVERSE_PATH, make.facts(message=make.message(from_mailboxes=("ann@sender.example",))),
     "From is ann@sender.example, the reverse-path bob@sender.example"),
    (Need.IPV4, make.facts(vantage=make.vantage(source_ip=ip_address("2a00::5"), is_sending_address=True)),
     "2a00::5 is an IPv6 address"),
]  # fmt: skip


@pytest.mark.parametrize(("need", "facts", "words"), BROKEN, ids=lambda value: str(value)[:50])
def test_a_broken_requirement_is_reported(need: Need, facts: Facts, words: str) -> None:
    stand = standing(need, facts)
    assert stand.is_met is False
    args = {"broken": (stand.by,), "subjects": (stand.subject,), "details": (stand.detail,)}
    assert sentence(TEMPLATE, args) == words


def test_every_way_to_break_a_need_is_tried() -> None:
    assert {standing(need, facts).by for need, facts, _ in BROKEN} == shared_words()["broken_need"].keys()


@pytest.mark.parametrize("need", Need)
def test_what_is_not_known_breaks_no_need(need: Need) -> None:
    unknown = make.facts_unknown()
    bare = replace(unknown, listings=(), sender=replace(unknown.sender, helo=None))
    assert standing(need, bare).is_met is not False
