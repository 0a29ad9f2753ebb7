"""What a message is when it reports no failed delivery: auto-reply, feedback, receipt, plain mail."""

from __future__ import annotations

import re
from collections.abc import Sequence

from probe._named_tuple import NamedTuple
from probe._regex import regex
from probe.model.notice_reason import NoticeForm
from probe.reading.bounce.layout import Layouts, coded_line
from probe.reading.bounce.results import NoticeKind
from probe.reading.bounce.structure import Part
from probe.standards.dsn.address import mailbox, mailboxes
from probe.standards.dsn.results import Action, DeliveryStatus

_SUBJECT_OF_AGGREGATE = regex(r"report[- ]domain:|^\[?(?:dmarc|tls)\]? .*report", re.IGNORECASE)
_ANSWERS = regex(r"(?:re|aw|sv|antw?|odp|rif|res|ответ|回复|回覆)(?:\[\d+\])?[ \t]*[:：]", re.IGNORECASE)
_AUTO_SUBJECTS = ("auto_subject", "auto_answer_subject")
_NO_REPLY = regex(r"no-?reply", re.IGNORECASE)  # what applications send, "Mail Delivery" of parcels among it
_REFUSED = regex(r"(?<![\d.])(?:[45]\d\d[ -]\S|[45]\.\d{1,3}\.\d)")
_QUOTED_LINE = regex(r"^>", re.MULTILINE)
_COMPLAINT = regex(r"complaint about message from \S", re.IGNORECASE)  # Microsoft's junk mail reports
_REPORTS = frozenset(
    {"application/gzip", "application/x-gzip", "application/zip", "application/x-zip-compressed",
     "application/octet-stream", "application/tlsrpt+gzip", "application/tlsrpt+json", "application/xml",
     "text/xml"}
)  # fmt: skip


class Verdict(NamedTuple):
    kind: NoticeKind
    form: NoticeForm


def feedback(top: Part, parts: Sequence[Part]) -> Verdict | None:
    """Reports about mail that was delivered, or about authentication: never bounces."""
    report_type = top.parameter("report-type").lower()
    types = {part.content_type for part in parts}
    is_complaint = "message/rfc822" in types and _COMPLAINT.match(top.header("subject"))
    if report_type == "feedback-report" or "message/feedback-report" in types or is_complaint:
        return Verdict(NoticeKind.FEEDBACK, NoticeForm.ABUSE_REPORT)
    if report_type == "tlsrpt" or "application/tlsrpt+gzip" in types:
        return Verdict(NoticeKind.FEEDBACK, NoticeForm.TLS_REPORT)
    if types & _REPORTS and _SUBJECT_OF_AGGREGATE.search(top.header("subject")):
        return Verdict(NoticeKind.FEEDBACK, NoticeForm.DMARC_REPORT)
    return None


def receipt(top: Part, parts: Sequence[Part]) -> Verdict | None:
    """RFC 8098: what a recipient did with a message that arrived."""
    report_type = top.parameter("report-type").lower()
    types = {part.content_type for part in parts}
    if report_type == "disposition-notification" or "message/disposition-notification" in types:
        return Verdict(NoticeKind.OTHER, NoticeForm.RECEIPT)
    return None


def is_success(text: str, layouts: Layouts) -> bool:
    """Whether a notice in prose says that a message arrived, and nothing of a failure."""
    words = layouts.words
    return words["success"].are_in(text) and not words["final"].are_in(text) and _REFUSED.search(text) is None


def is_requested(text: str, recipients: Sequence[DeliveryStatus], layouts: Layouts) -> bool:
    """Whether it is a requested delivery report (Postfix `sendmail -bv` and `-v`) in which no delivery failed
    or is delayed."""
    if not layouts.words["requested"].are_in(text):
        return False
    return not any(status.action in {Action.FAILED, Action.DELAYED} for status in recipients)


def auto_reply(top: Part, text: str, layouts: Layouts) -> Verdict | None:
    """RFC 3834 and what older responders say instead, of a message that looks like no bounce."""
    words, subject = layouts.words, top.header("subject")
    auto_submitted = top.header("auto-submitted").lower()
    precedence = top.header("precedence").lower().strip()
    is_answer = (
        any(top.headers(name) for name in ("in-reply-to", "references", "x-auto-response-suppress"))
        or top.header("return-path").strip() == "<>"
        or precedence in {"bulk", "junk"}
        or auto_submitted.startswith("auto")
        or _ANSWERS.match(subject) is not None
    )
    if words["challenge"].are_in(subject) or words["challenge_subject"].are_in(subject):
        return Verdict(NoticeKind.AUTO_REPLY, NoticeForm.CHALLENGE)
    if is_answer and words["challenge_answer"].are_in(subject):
        return Verdict(NoticeKind.AUTO_REPLY, NoticeForm.CHALLENGE)
    if auto_submitted.startswith("auto-replied"):
        return Verdict(NoticeKind.AUTO_REPLY, NoticeForm.DECLARED_REPLY)
    is_marked = any(
        top.headers(name)
        for name in ("x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-response-from", "x-vacation")
    )
    if (
        is_marked
        or precedence in {"auto_reply", "auto-reply"}
        or words["auto_subject"].are_in(subject)
        or (is_answer and words["auto_answer_subject"].are_in(subject))
        or (words["auto_text"].are_in(text[:1000]) and not top.headers("user-agent"))
    ):
        return Verdict(NoticeKind.AUTO_REPLY, NoticeForm.AUTOMATIC_REPLY)
    if words["challenge"].are_in(text[:4000]) or (
        is_answer and words["challenge_answer"].are_in(text[:4000])
    ):
        return Verdict(NoticeKind.AUTO_REPLY, NoticeForm.CHALLENGE)
    return None


def looks_like_bounce(top: Part, text: str, layouts: Layouts, *, returns_mail: bool) -> bool:
    """Whether this is a mail system's report of a failure, by its header and its own words; `returns_mail`:
    one message comes back with it.

    The name of its sender alone makes it none: shops and mailing lists send from bounce@, too, and a
    postmaster writes letters.
    """
    if top.headers("x-failed-recipients") or top.parameter("report-type").lower() == "delivery-status":
        return True
    words, subject = layouts.words, top.header("subject")
    writers = (*top.headers("from"), *top.headers("sender"))
    sender = " ".join(writers)
    is_named = words["bounce_sender"].are_in(sender) and _NO_REPLY.search(sender) is None
    is_named = is_named or any("<>" in item for item in writers)
    is_technical = is_named or words["technical_sender"].are_in(sender)
    if not is_technical and any(words[name].whole.match(subject) for name in _AUTO_SUBJECTS):
        return False  # the rest of such a subject is that of the answered message
    if words["other_notice"].are_in(text):
        return False
    by_subject = words["bounce_subject"].are_in(subject)
    beginning = text[:20000]
    reverse_path = top.header("return-path").strip()
    if not (by_subject or words["failed"].are_in(beginning) or words["delay"].are_in(beginning)):
        return reverse_path == "<>" and is_named and (returns_mail or bool(coded_line(beginning)))
    if reverse_path == "<>":
        if is_technical and (by_subject or _ANSWERS.match(subject) is None):
            return True
        if returns_mail or coded_line(beginning):
            return by_subject or is_technical
        if is_technical:  # and an answer: James says "permanent error", postmasters write letters
            return words["final"].are_in(beginning)
        # applications send from there, too: of parcels, which name no mailbox but their own to write to
        return by_subject and (
            _names_another(beginning, top, writers) or words["failed_plainly"].are_in(beginning)
        )
    is_answer = bool(top.headers("in-reply-to"))
    if top.headers("user-agent") or (is_answer and _ANSWERS.match(subject) and _QUOTED_LINE.search(text)):
        return False  # a person's
    if is_named and by_subject:
        return True
    failed_plainly = words["failed_plainly"].are_in(beginning)
    if failed_plainly and (by_subject or returns_mail) and not is_answer:
        return True
    is_listed = bool(top.headers("list-id") or top.headers("list-unsubscribe"))  # on refusals of others
    is_proven = failed_plainly or returns_mail or (not is_listed and bool(coded_line(beginning)))
    return is_proven and (is_named or (is_technical and by_subject))


def _names_another(text: str, top: Part, writers: Sequence[str]) -> bool:
    """Whether a text names a mailbox that is neither the reader's nor at the domain of who writes."""
    own = {mailbox(writer).rpartition("@")[2].lower() for writer in writers}
    readers = {address.lower() for value in top.headers("to") for address in mailboxes(value)}
    return any(
        address.lower() not in readers and address.rpartition("@")[2].lower() not in own
        for address in mailboxes(text)
    )


def action_in(top: Part, text: str, layouts: Layouts) -> Action:
    """The action by the free text: failed, or delayed and still being tried."""
    words = layouts.words
    if words["continues"].are_in(text):
        rest = words["condition"].whole.sub("", text)
        return Action.FAILED if words["given_up"].are_in(rest) else Action.DELAYED
    by_subject = words["delay_subject"].are_in(top.header("subject"))
    late = words["delay"].are_in(text) or (by_subject and not words["lasting"].are_in(text))
    return Action.DELAYED if late and not words["final"].are_in(text) else Action.FAILED


def verdict(
    statuses: Sequence[DeliveryStatus], is_likely: bool, reply: Verdict | None, *, has_head: bool
) -> Verdict:
    """The kind of a message with these recipients; `reply` is the kind if it has none."""
    actions = {_effective(status) for status in statuses}
    if Action.FAILED in actions:
        is_named = any(status.recipient for status in statuses)
        return Verdict(
            NoticeKind.BOUNCE, NoticeForm.BOUNCE if is_named else NoticeForm.BOUNCE_WITHOUT_RECIPIENT
        )
    if Action.DELAYED in actions:
        return Verdict(NoticeKind.DELAY, NoticeForm.DELAY)
    if statuses:
        return Verdict(NoticeKind.OTHER, NoticeForm.SUCCESS)
    if is_likely:
        return Verdict(NoticeKind.BOUNCE, NoticeForm.BOUNCE_WITHOUT_RECIPIENT)
    if reply is not None:
        return reply
    if not has_head:
        return Verdict(NoticeKind.OTHER, NoticeForm.NO_MESSAGE)
    return Verdict(NoticeKind.OTHER, NoticeForm.ORDINARY)


def _effective(status: DeliveryStatus) -> Action:
    """The action; if it is missing, by the class of the status (RFC 3463 section 2)."""
    if status.has_ended:
        return Action.FAILED
    if status.action is not Action.UNKNOWN:
        return status.action
    klass = status.status.klass if status.status else 5
    return {2: Action.DELIVERED, 4: Action.DELAYED}.get(klass, Action.FAILED)
