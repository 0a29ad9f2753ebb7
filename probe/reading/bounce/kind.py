"""What a message is when it reports no failed delivery: auto-reply, feedback, receipt, plain mail."""

from __future__ import annotations

import re
from collections.abc import Sequence

from probe._named_tuple import NamedTuple
from probe._regex import regex
from probe.model.notice_reason import NoticeForm
from probe.reading.bounce.layout import Layouts
from probe.reading.bounce.results import NoticeKind
from probe.reading.bounce.structure import Part
from probe.standards.dsn.results import Action, DeliveryStatus

_SUBJECT_OF_AGGREGATE = regex(r"report[- ]domain:|^\[?(?:dmarc|tls)\]? .*report", re.IGNORECASE)
_ARCHIVES = frozenset(
    {"application/gzip", "application/x-gzip", "application/zip", "application/x-zip-compressed",
     "application/tlsrpt+gzip", "application/tlsrpt+json"}
)  # fmt: skip


class Verdict(NamedTuple):
    kind: NoticeKind
    form: NoticeForm


def feedback(top: Part, parts: Sequence[Part]) -> Verdict | None:
    """Reports about mail that was delivered, or about authentication: never bounces."""
    report_type = top.parameter("report-type").lower()
    types = {part.content_type for part in parts}
    if report_type == "feedback-report" or "message/feedback-report" in types:
        return Verdict(NoticeKind.FEEDBACK, NoticeForm.ABUSE_REPORT)
    if report_type == "tlsrpt" or "application/tlsrpt+gzip" in types:
        return Verdict(NoticeKind.FEEDBACK, NoticeForm.TLS_REPORT)
    if types & _ARCHIVES and _SUBJECT_OF_AGGREGATE.search(top.header("subject")):
        return Verdict(NoticeKind.FEEDBACK, NoticeForm.DMARC_REPORT)
    return None


def receipt(top: Part, parts: Sequence[Part]) -> Verdict | None:
    """RFC 8098: what a recipient did with a message that arrived."""
    report_type = top.parameter("report-type").lower()
    types = {part.content_type for part in parts}
    if report_type == "disposition-notification" or "message/disposition-notification" in types:
        return Verdict(NoticeKind.OTHER, NoticeForm.RECEIPT)
    return None


def is_requested(text: str, recipients: Sequence[DeliveryStatus], layouts: Layouts) -> bool:
    """Whether it is a requested delivery report (Postfix `sendmail -bv` and `-v`) in which no delivery failed
    or is delayed."""
    if not layouts.words["requested"].are_in(text):
        return False
    return not any(status.action in {Action.FAILED, Action.DELAYED} for status in recipients)


def auto_reply(top: Part, text: str, layouts: Layouts) -> Verdict | None:
    """RFC 3834 and what older responders say instead."""
    subject = top.header("subject")
    if layouts.words["challenge"].are_in(subject) or layouts.words["challenge_subject"].are_in(subject):
        return Verdict(NoticeKind.AUTO_REPLY, NoticeForm.CHALLENGE)
    auto_submitted = top.header("auto-submitted").lower()
    if auto_submitted.startswith("auto-replied"):
        return Verdict(NoticeKind.AUTO_REPLY, NoticeForm.DECLARED_REPLY)
    is_marked = any(
        top.headers(name)
        for name in ("x-autoreply", "x-autorespond", "x-autoresponder", "x-auto-response-from", "x-vacation")
    )
    precedence = top.header("precedence").lower().strip()
    if (
        is_marked
        or precedence in {"auto_reply", "auto-reply"}
        or layouts.words["auto_subject"].are_in(subject)
    ):
        return Verdict(NoticeKind.AUTO_REPLY, NoticeForm.AUTOMATIC_REPLY)
    if layouts.words["auto_text"].are_in(text[:1000]) and not looks_like_bounce(top, text, layouts):
        return Verdict(NoticeKind.AUTO_REPLY, NoticeForm.AUTOMATIC_REPLY)
    if layouts.words["challenge"].are_in(text[:4000]) and not looks_like_bounce(top, text, layouts):
        return Verdict(NoticeKind.AUTO_REPLY, NoticeForm.CHALLENGE)
    return None


def looks_like_bounce(top: Part, text: str, layouts: Layouts) -> bool:
    """Whether this is a mail system's report: it needs two signs, one of them of a failure."""
    writers = (*top.headers("from"), *top.headers("sender"))
    sender = " ".join(writers)
    if top.headers("x-failed-recipients") or top.parameter("report-type").lower() == "delivery-status":
        return True
    is_system = layouts.words["bounce_sender"].are_in(sender) or any("<>" in item for item in writers)
    if layouts.words["auto_subject"].whole.match(top.header("subject")) and not is_system:
        return False  # the rest of such a subject is that of the answered message
    by_subject = layouts.words["bounce_subject"].are_in(top.header("subject"))
    is_failure = by_subject or layouts.words["failed"].are_in(text[:20000])
    signs = (
        is_system,
        top.header("return-path").strip() == "<>",
        by_subject,
    )
    if by_subject and not top.headers("in-reply-to") and not top.headers("user-agent"):
        failed_plainly = layouts.words["failed_plainly"].are_in(text[:20000])
    else:
        failed_plainly = False
    return is_failure and (sum(signs) > 1 or signs[0] or failed_plainly)


def action_in(top: Part, text: str, layouts: Layouts) -> Action:
    """The action by the free text: failed, or delayed and still being tried."""
    words = layouts.words
    if words["continues"].are_in(text):
        return Action.FAILED if words["given_up"].are_in(text) else Action.DELAYED
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
