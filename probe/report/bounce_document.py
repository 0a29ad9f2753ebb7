"""The document for a bounced recipient. Light: imports only the standard library and knowledge."""

from __future__ import annotations

from collections.abc import Iterator

from probe.bounces import BouncedRecipient, is_given_up
from probe.reading.bounce.results import NoticeKind
from probe.report import document as doc
from probe.report import reply_document
from probe.report.detail import Detail
from probe.report.line import Line, Raw
from probe.standards.dsn.results import DeliveryStatus
from probe.wording.spoken import clauses, words_of

_KINDS = {
    NoticeKind.BOUNCE: ("BOUNCE", doc.Tone.BAD),
    NoticeKind.DELAY: ("DELAY", doc.Tone.WARN),
    NoticeKind.AUTO_REPLY: ("NO BOUNCE", doc.Tone.GOOD),
    NoticeKind.FEEDBACK: ("NO BOUNCE", doc.Tone.GOOD),
    NoticeKind.OTHER: ("NO BOUNCE", doc.Tone.GOOD),
}
_GIVEN_UP = (
    "the failure may pass, but the reporting server has given up ({sign}): it does not try again, so the "
    "message has to be sent again"
)
_DELAYED_NO_MORE = "delayed, as it is written; the words say that the server has given up"
_NOT_REMOTE = "no remote server's; the words are the reporting server's"


def build(recipient: BouncedRecipient, detail: Detail) -> doc.Document:
    """Recipient and reporting server, then the explained reply; in brief only the kind and the cause."""
    word, tone = _KINDS[recipient.kind]
    if detail is Detail.BRIEF:
        return doc.Document(
            (doc.Subject(word, tone, (*_about(recipient), *_reply(recipient)), ()), *_brief(recipient))
        )
    subject = doc.Subject(word, tone, _about(recipient), tuple(_facts(recipient)))
    if recipient.explanation is None:
        return doc.Document((subject,))
    has_ended = is_given_up(recipient.exit_code, recipient.kind, recipient.status)
    remarks = ((_GIVEN_UP.format(sign=_sign_of_the_end(recipient.status)),),) if has_ended else ()
    blocks = reply_document.blocks(recipient.explanation, recipient.exit_code, remarks)
    return doc.Document((subject, *blocks), exit_code=recipient.exit_code)


def _reply(recipient: BouncedRecipient) -> Line:
    explanation = recipient.explanation
    return (": ", Raw(reply_document.reply_line(explanation))) if explanation is not None else ()


def _brief(recipient: BouncedRecipient) -> Iterator[doc.Block]:
    if recipient.explanation is not None:
        yield doc.Notes(reply_document.cause_in_brief(recipient.explanation))


def _about(recipient: BouncedRecipient) -> Line:
    status = recipient.status
    name: Line = (Raw(recipient.name),) if recipient.name else ()
    whom: Line = (" for " if name else "for ", Raw(status.recipient)) if status and status.recipient else ()
    what: Line = (": ", words_of(recipient.notice.form)) if not recipient.is_bounce or status is None else ()
    return (*name, *whom, *what)


def _sign_of_the_end(status: DeliveryStatus | None) -> str:
    return "so its words" if status is not None and status.has_ended else "Action: failed"


def _facts(recipient: BouncedRecipient) -> Iterator[doc.Fact]:
    status = recipient.status
    if status is not None:
        original = recipient.notice.original
        facts = (
            ("Sent to", status.original_recipient),
            ("Aliased to", status.actual_recipient),
            ("Action", _DELAYED_NO_MORE if status.has_ended else status.action.value),
            ("Status", str(status.reported_status or status.status or "")),
            ("Reported by", status.reporting_mta),
            ("Remote", status.remote_mta),
            ("Reply", "" if status.is_remote else _NOT_REMOTE),
            ("Message", " ".join(part for part in (original.message_id, original.date) if part)),
            ("Sender", recipient.sender),
        )
        for label, text in facts:
            if text:
                yield doc.Fact(label, ((Raw(text),),))
    if recipient.notice.problems:
        yield doc.Fact("Note", tuple((Raw(problem),) for problem in clauses(recipient.notice.problems)))
