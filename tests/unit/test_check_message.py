"""The checks of the message itself (step 5)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from probe.facts.model import Facts
from probe.model.address import Mailbox
from probe.model.finding import Severity
from probe.model.listing import ListingStatus
from probe.model.target import PairTarget
from probe.reading.message.results import Link, SignatureResult
from probe.standards.dmarc.results import Alignment
from probe.standards.spf.results import SpfVerdict
from tests.support import facts as make
from tests.support.check_cases import Case, assert_case, parametrize

OK, NOTICE, WARNING = Severity.OK, Severity.NOTICE, Severity.WARNING
ERROR, UNSEEN = Severity.ERROR, Severity.NOT_ASSESSED


def message(**changes: Any) -> Facts:
    return make.facts(message=make.message(**changes))


def link(kind: str) -> Link:
    return Link("https://bit.example/x", "bit.example", kind)


def signed(verdict: str, *, domain: str = "sender.example", problem: str = "") -> SignatureResult:
    return SignatureResult(domain, "s1", verdict, problem)


LINKED = message(links=(link("plain"),))
FAILED = signed("fail", problem="body hash differs")
ONLY_DKIM = make.sender_facts(spf=make.spf(SpfVerdict.FAIL), alignment=Alignment(True, None))
UTF8_SENDER = PairTarget(Mailbox("阿丽", "sender.example", "sender.example"), make.RECIPIENT)

CASES = (
    Case("message-missing", "missing", make.facts(), (UNSEEN,), ("--message",)),
    Case("message-missing", "given", message(), (OK,)),
    Case("message-headers", "all there", message(), (OK,)),
    Case("message-headers", "no message", make.facts(), ()),
    Case("message-headers", "no From", message(from_mailboxes=(), from_domains=()), (ERROR,)),
    Case("message-headers", "no Date and no Message-ID", message(has_date=False, has_message_id=False),
         (WARNING,),
         ("no Date and no Message-ID",)),
    Case("message-headers", "two authors", message(from_domains=("a.example", "b.example")), (WARNING,)),
    Case("message-syntax", "well formed", message(), (OK,)),
    Case("message-syntax", "no message", make.facts(), ()),
    Case("message-syntax", "broken", message(problems=("2 From headers",)), (WARNING,), ("2 From headers",)),
    Case("message-subject", "plain", message(), (OK,)),
    Case("message-subject", "no message", make.facts(), ()),
    Case("message-subject", "empty", message(subject=""), (WARNING,), ("empty",)),
    Case("message-subject", "shouting", message(subject="CHEAP WATCHES FOR YOU"), (WARNING,), ("capitals",)),
    Case("message-subject", "hidden characters", message(subject="Minutes \u202eof Tuesday"), (WARNING,),
         ("hide",)),
    Case("message-links", "none", message(), (OK,)),
    Case("message-links", "plain", LINKED, (OK,)),
    Case("message-links", "no message", make.facts(), ()),
    Case("message-links", "shortener", message(links=(link("shortener"),)), (WARNING,), ("bit.example",)),
    Case("message-links", "each kind once", message(links=(link("ip"), link("ip"), link("mismatch"))),
         (WARNING, WARNING)),
    Case("message-text-part", "there", message(), (OK,)),
    Case("message-text-part", "no message", make.facts(), ()),
    Case("message-text-part", "HTML only", message(has_text_part=False), (WARNING,)),
    Case("message-text-part", "nothing to read", message(has_text_part=False, has_html_part=False),
         (WARNING,)),
    Case("message-list-unsubscribe", "personal", message(), (OK,)),
    Case("message-list-unsubscribe", "no message", make.facts(), ()),
    Case("message-list-unsubscribe", "mailing without", message(bulk=True), (WARNING,)),
    Case("message-list-unsubscribe", "mailing without one click", message(bulk=True, list_unsubscribe=True),
         (WARNING,), ("one click",)),
    Case("message-list-unsubscribe", "mailing", message(bulk=True, list_unsubscribe=True, one_click=True),
         (OK,)),
    Case("message-dkim-signature", "verifies", message(), (OK,)),
    Case("message-dkim-signature", "no message", make.facts(), ()),
    Case("message-dkim-signature", "unsigned", message(signatures=()), (WARNING,)),
    Case("message-dkim-signature", "fails, SPF carries", message(signatures=(FAILED,)), (WARNING,),
         ("body hash differs",)),
    Case("message-dkim-signature", "fails, DMARC depends on it", replace(
        message(signatures=(FAILED,)), sender=ONLY_DKIM), (ERROR,), ("reject",)),
    Case("message-dkim-signature", "one of two fails", message(signatures=(signed("pass"), FAILED)),
         (NOTICE,)),
    Case("message-dkim-signature", "key unknown", message(signatures=(signed("unknown"),)), (UNSEEN,)),
    Case("message-dkim-signature", "DKIM2 beside DKIM", message(has_dkim2=True), (OK, NOTICE)),
    Case("message-dkim-signature", "DKIM2 alone is no DKIM", message(signatures=(), has_dkim2=True),
         (WARNING, NOTICE), ("no DKIM signature",)),
    Case("message-from-alignment", "agrees", message(), (OK,)),
    Case("message-from-alignment", "no message", make.facts(), ()),
    Case("message-from-alignment", "another author", message(
        from_mailboxes=("a@other.example",), from_domains=("other.example",)), (WARNING,),
        ("--header-from a@other.example",)),
    Case("message-from-alignment", "another reverse-path", replace(
        message(), sender=make.sender_facts(domain="bounce.example")), (NOTICE,)),
    Case("message-from-alignment", "no From", message(from_mailboxes=(), from_domains=()), (UNSEEN,)),
    Case("message-link-blocklist", "no links", message(), (OK,)),
    Case("message-link-blocklist", "no message", make.facts(), ()),
    Case("message-link-blocklist", "clean", replace(LINKED, listings=(make.listing(role="link"),)), (OK,)),
    Case("message-link-blocklist", "listed", replace(LINKED, listings=(
        make.listing(ListingStatus.LISTED, role="link", subject="bit.example"),)), (ERROR,),
        ("bit.example",)),
    Case("message-link-blocklist", "no list answered", LINKED, (UNSEEN,)),
    Case("message-lines", "fit", message(), (OK,)),
    Case("message-lines", "no message", make.facts(), ()),
    Case("message-lines", "998 is the limit", message(longest_line=998), (OK,)),
    Case("message-lines", "999 is too long", message(longest_line=999), (WARNING,), ("999",)),
    Case("message-lines", "bare newlines", message(has_bare_newlines=True), (WARNING,)),
    Case("message-lines", "8-bit headers", message(has_8bit_headers=True), (WARNING,)),
    Case("message-lines", "8-bit headers by SMTPUTF8", replace(
        message(has_8bit_headers=True), target=UTF8_SENDER), (OK,)),
    Case("message-attachments", "harmless", message(), (OK,)),
    Case("message-attachments", "none", message(attachments=()), (OK,)),
    Case("message-attachments", "no message", make.facts(), ()),
    Case("message-attachments", "program", message(attachments=("invoice.pdf.EXE",)), (ERROR,),
         ("invoice.pdf.EXE",)),
    Case("message-attachments", "macros", message(attachments=("plan.xlsm",)), (WARNING,)),
)  # fmt: skip


@parametrize(CASES)
def test_check(case: Case) -> None:
    assert_case(case)
