"""The checks of the message itself (step 5)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from probe.facts.model import Facts
from probe.model.address import Mailbox
from probe.model.fault import Fault
from probe.model.listing import ListingRole, ListingStatus
from probe.model.message_problem import MessageReason, MessageWhy
from probe.model.program_part import ProgramPart
from probe.model.signing import SignatureReason, SignatureVerdict, SignatureWhy
from probe.model.target import PairTarget
from probe.reading.message.results import Link, LinkKind, SignatureResult
from probe.standards.dmarc.results import Alignment
from probe.standards.spf.results import SpfVerdict
from tests.support import facts as make
from tests.support.check_cases import Case, assert_case, parametrize
from tests.support.fact_parts import SIGNED


def message(**changes: Any) -> Facts:
    return make.facts(message=make.message(**changes))


def link(kind: str) -> Link:
    return Link("https://bit.example/x", "bit.example", LinkKind(kind))


def signed(
    verdict: str, *, domain: str = "sender.example", problem: SignatureWhy | None = None
) -> SignatureResult:
    return SignatureResult(domain, "s1", SignatureVerdict(verdict), problem)


LINKED = message(links=(link("plain"),))
TWO_FROM = MessageWhy(MessageReason.SEVERAL_FIELDS, "From", count=2)
FAILED = signed("fail", problem=SignatureWhy(SignatureReason.BODY_CHANGED))
ONLY_DKIM = make.sender_facts(spf=make.spf(SpfVerdict.FAIL), alignment=Alignment(True, None))
UTF8_SENDER = PairTarget(Mailbox("阿丽", "sender.example", "sender.example"), make.RECIPIENT)
UNREAD = make.facts(faults=(Fault(ProgramPart.MESSAGE, 5, "IndexError", "probe/x.py:1"),))


def linked_to_listed(weight: int) -> Facts:
    entry = make.listing(ListingStatus.LISTED, role=ListingRole.LINK, subject="bit.example", weight=weight)
    return replace(LINKED, listings=(entry,))


CASES = (
    Case("message-missing", "missing", make.facts(), ("not_assessed message-not-given",), ("--message",)),
    Case("message-missing", "given", message(), ("ok message-read",)),
    Case("message-headers", "all there", message(), ("ok message-fields-present",)),
    Case("message-headers", "no message", make.facts(), ()),
    Case("message-headers", "no From", message(from_mailboxes=(), from_domains=()),
         ("error message-without-from",)),
    Case("message-headers", "no Date and no Message-ID", message(has_date=False, has_message_id=False),
         ("warning message-without-fields",), ("no Date and no Message-ID",)),
    Case("message-headers", "one author", message(),
         ("ok message-fields-present",)),
    Case("message-headers", "two authors of two domains", message(
        from_domains=("a.example", "b.example"), from_mailboxes=("a@a.example", "b@b.example"),
        has_sender=True),
         ("warning message-several-from-domains",)),
    Case("message-headers", "two authors and no Sender", message(
        from_mailboxes=("a@a.example", "b@a.example")),
         ("warning message-several-authors", "warning message-without-sender"), ("a@a.example and b",)),
    Case("message-headers", "two From fields", message(from_fields=2),
         ("error message-several-from-fields",), ("2 From fields",)),
    Case("message-syntax", "well formed", message(), ("ok message-well-formed",)),
    Case("message-syntax", "no message", make.facts(), ()),
    Case("message-syntax", "broken", message(problems=(TWO_FROM,)), ("warning message-malformed",),
         ("2 From headers",)),
    Case("message-subject", "plain", message(), ("ok message-subject-plain",)),
    Case("message-subject", "no message", make.facts(), ()),
    Case("message-subject", "empty", message(subject=""), ("warning message-subject-distrusted",),
         ("empty",)),
    Case("message-subject", "shouting", message(subject="CHEAP WATCHES FOR YOU"),
         ("warning message-subject-distrusted",), ("capitals",)),
    Case("message-subject", "hidden characters", message(subject="Minutes \u202eof Tuesday"),
         ("warning message-subject-distrusted",), ("hide",)),
    Case("message-links", "none", message(), ("ok message-without-links",)),
    Case("message-links", "plain", LINKED, ("ok message-links-honest",)),
    Case("message-links", "no message", make.facts(), ()),
    Case("message-links", "shortener", message(links=(link("shortener"),)),
         ("warning message-link-shortened",), ("bit.example",)),
    Case("message-links", "each kind once", message(links=(link("ip"), link("ip"), link("mismatch"))),
         ("warning message-link-to-address", "warning message-link-disguised")),
    Case("message-text-part", "there", message(), ("ok message-with-text",)),
    Case("message-text-part", "no message", make.facts(), ()),
    Case("message-text-part", "HTML only", message(has_text_part=False), ("warning message-only-html",)),
    Case("message-text-part", "nothing to read", message(has_text_part=False, has_html_part=False),
         ("warning message-without-text",)),
    Case("message-list-unsubscribe", "personal", message(), ("ok unsubscribe-not-needed",)),
    Case("message-list-unsubscribe", "no message", make.facts(), ()),
    Case("message-list-unsubscribe", "mailing without", message(bulk=True), ("warning unsubscribe-missing",)),
    Case("message-list-unsubscribe", "mailing without one click", message(bulk=True, list_unsubscribe=True),
         ("warning unsubscribe-not-one-click",), ("one click",)),
    Case("message-list-unsubscribe", "mailing", message(bulk=True, list_unsubscribe=True, one_click=True),
         ("ok unsubscribe-one-click",)),
    Case("message-list-unsubscribe", "no signature covers the click", message(
        bulk=True, list_unsubscribe=True, one_click=True,
        signatures=(replace(signed("pass"), signed=("from", "list-unsubscribe")),)),
         ("warning unsubscribe-not-signed",), ("RFC 8058",)),
    Case("message-list-unsubscribe", "two signatures, each covers one of the two", message(
        bulk=True, list_unsubscribe=True, one_click=True,
        signatures=tuple(replace(signed("pass"), signed=(it,)) for it in SIGNED)),
         ("warning unsubscribe-not-signed",)),
    Case("message-list-unsubscribe", "the signature that covers it fails", message(
        bulk=True, list_unsubscribe=True, one_click=True, signatures=(replace(FAILED, signed=SIGNED),)),
         ("warning unsubscribe-not-signed",)),
    Case("message-list-unsubscribe", "the key is not known", message(
        bulk=True, list_unsubscribe=True, one_click=True, signatures=(signed("unknown"),)),
         ("not_assessed unsubscribe-signature-unknown",)),
    Case("message-dkim-signature", "verifies", message(), ("ok signature-verified",)),
    Case("message-dkim-signature", "no message", make.facts(), ()),
    Case("message-dkim-signature", "unsigned", message(signatures=()), ("warning signature-missing",)),
    Case("message-dkim-signature", "fails, SPF carries", message(signatures=(FAILED,)),
         ("warning signature-failing",), ("body hash differs",)),
    Case("message-dkim-signature", "fails, DMARC depends on it", replace(
        message(signatures=(FAILED,)), sender=ONLY_DKIM), ("error signature-failing-dmarc-depends",),
         ("reject",)),
    Case("message-dkim-signature", "fails, DNS silent about SPF", replace(message(signatures=(FAILED,)),
         sender=replace(ONLY_DKIM, spf=make.spf(SpfVerdict.TEMPERROR, record=None, matched=None))),
         ("warning signature-failing",)),
    Case("message-dkim-signature", "one of two fails", message(signatures=(signed("pass"), FAILED)),
         ("notice signature-failing-beside-others",)),
    Case("message-dkim-signature", "key unknown", message(signatures=(signed("unknown"),)),
         ("not_assessed signature-not-verifiable",)),
    Case("message-dkim-signature", "DKIM2 beside DKIM", message(has_dkim2=True),
         ("ok signature-verified", "notice signature-dkim2")),
    Case("message-dkim-signature", "DKIM2 alone is no DKIM", message(signatures=(), has_dkim2=True),
         ("warning signature-missing", "notice signature-dkim2"), ("no DKIM signature",)),
    Case("message-from-alignment", "agrees", message(), ("ok from-agrees",)),
    Case("message-from-alignment", "no message", make.facts(), ()),
    Case("message-from-alignment", "another author", message(
        from_mailboxes=("a@other.example",), from_domains=("other.example",)),
         ("warning from-not-judged-author",), ("--header-from a@other.example",)),
    Case("message-from-alignment", "two authors, one of them judged", message(
        from_mailboxes=("a@other.example", "bob@sender.example"),
        from_domains=("other.example", "sender.example")), ("warning from-several-domains",)),
    Case("message-from-alignment", "another reverse-path", replace(
        message(), sender=make.sender_facts(domain="bounce.example")), ("notice from-not-reverse-path",)),
    Case("message-from-alignment", "no From", message(from_mailboxes=(), from_domains=()),
         ("not_assessed from-domain-missing",)),
    Case("message-link-blocklist", "no links", message(), ("ok message-without-links-to-look-up",)),
    Case("message-link-blocklist", "no message", make.facts(), ()),
    Case("message-link-blocklist", "clean", replace(LINKED, listings=(make.listing(role=ListingRole.LINK),)),
         ("ok links-not-listed",)),
    Case("message-link-blocklist", "listed", replace(LINKED, listings=(
        make.listing(ListingStatus.LISTED, role=ListingRole.LINK, subject="bit.example"),)),
         ("error link-listed-grave",), ("bit.example",)),
    Case("message-link-blocklist", "no list answered", LINKED, ("not_assessed link-lists-silent",)),
    Case("message-lines", "fit", message(), ("ok message-lines-fit",)),
    Case("message-lines", "no message", make.facts(), ()),
    Case("message-lines", "998 is the limit", message(longest_line=998), ("ok message-lines-fit",)),
    Case("message-lines", "999 is too long", message(longest_line=999), ("warning message-line-too-long",),
         ("999",)),
    Case("message-lines", "bare newlines", message(has_bare_newlines=True),
         ("warning message-bare-newlines",)),
    Case("message-lines", "8-bit headers", message(has_8bit_headers=True), ("warning message-8bit-headers",)),
    Case("message-lines", "8-bit headers by SMTPUTF8", replace(
        message(has_8bit_headers=True), target=UTF8_SENDER), ("ok message-lines-fit",)),
    Case("message-attachments", "harmless", message(), ("ok attachments-not-blocked",)),
    Case("message-attachments", "none", message(attachments=()), ("ok message-without-attachments",)),
    Case("message-attachments", "no message", make.facts(), ()),
    Case("message-attachments", "program", message(attachments=("invoice.pdf.EXE",)),
         ("error attachments-blocked",), ("invoice.pdf.EXE",)),
    Case("message-attachments", "macros", message(attachments=("plan.xlsm",)),
         ("warning attachments-with-macros",)),

    Case("message-missing", "given, and not read", UNREAD, ("not_assessed message-not-readable",)),
    Case("message-links", "redirect", message(links=(link("redirect"),)),
         ("warning message-link-redirected",), ("through a redirect: bit.example",)),
    Case("message-link-blocklist", "on a list that some use", linked_to_listed(4),
         ("warning link-listed-middling",), ("ask for delisting",)),
    Case("message-link-blocklist", "on a list that few use", linked_to_listed(1),
         ("notice link-listed-minor",)),
)  # fmt: skip


@parametrize(CASES)
def test_check(case: Case) -> None:
    assert_case(case)
