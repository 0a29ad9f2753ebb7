"""An explained reply, and a bounced recipient, in short: the fields of a line, and the note for a ticket.
Light: imports only the standard library and knowledge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe._version import VERSION
from probe.explanation import Explanation
from probe.knowledge.rules import rules_digest
from probe.report import words
from probe.report.line import plain
from probe.report.reply_document import headline, reply_line, where

if TYPE_CHECKING:
    from probe.bounces import BouncedRecipient
    from probe.model.verdict import ExitCode

Pairs = tuple[tuple[str, str], ...]
_EVIDENCE = 2


def reply_fields(explanation: Explanation) -> Pairs:
    """The keys are always these, in this order; what there is none of is empty."""
    id_text = "" if explanation.id is None else str(explanation.id)
    return (("id", id_text), *_fields(explanation, explanation.exit_code), ("error", explanation.error))


def bounce_fields(recipient: BouncedRecipient) -> Pairs:
    """The keys are always these, in this order; what there is none of is empty."""
    status = recipient.status
    reported = (status.reported_status or status.status) if status is not None else None
    return (
        ("file", recipient.name),
        ("kind", recipient.kind.value),
        ("recipient", status.recipient if status is not None else ""),
        ("sender", recipient.sender),
        ("action", status.action.value if status is not None else ""),
        ("status", str(reported or "")),
        ("reporting_mta", status.reporting_mta if status is not None else ""),
        ("remote_mta", status.remote_mta if status is not None else ""),
        *_fields(recipient.explanation, recipient.exit_code),
    )


def _fields(explanation: Explanation | None, code: ExitCode) -> Pairs:
    reading = explanation.reading if explanation is not None else None
    conclusion = explanation.conclusion if explanation is not None else None
    conduct = conclusion.conduct if conclusion is not None else None
    first = conclusion.ranking[0] if conclusion is not None and conclusion.ranking else None
    after = conduct.retry_after if conduct is not None else None
    return (
        ("exit", str(int(code))),
        ("stage", reading.stage.value if reading is not None and reading.stage else ""),
        ("code", str(reading.code or "") if reading is not None else ""),
        ("enhanced", str(reading.enhanced or "") if reading is not None else ""),
        ("cause", first.id if first is not None else ""),
        ("band", conclusion.band.value if conclusion is not None else ""),
        ("probability", f"{first.probability:.2f}" if first is not None else ""),
        ("fix_by", conduct.fix_by.value if conduct is not None else ""),
        ("retry", conduct.retry.value if conduct is not None else ""),
        ("retry_after_s", str(after) if after is not None else ""),
        ("version", VERSION),
        ("reply", reading.text if reading is not None else ""),
    )


def reply_note(explanation: Explanation) -> Pairs:
    """Ten lines for a ticket. A reply alone does not tell when it was given."""
    excerpt = explanation.excerpt
    event = excerpt.event if excerpt is not None else None
    about = f"to {event.recipient}" if event is not None and event.recipient else "an SMTP reply"
    return _note(explanation, explanation.exit_code, about, "")


def bounce_note(recipient: BouncedRecipient) -> Pairs:
    """Ten lines for a ticket."""
    from probe.wording.spoken import words_of

    whom = recipient.status.recipient if recipient.status is not None else ""
    pair = " → ".join(part for part in (recipient.sender or "<>", whom) if part)
    about = pair if recipient.is_bounce else words_of(recipient.notice.form)
    name = f" ({recipient.name})" if recipient.name else ""
    date = recipient.notice.original.date
    when = f"the message is of {date}" if date else ""
    return _note(recipient.explanation, recipient.exit_code, f"{about}{name}", when)


def _note(explanation: Explanation | None, code: ExitCode, about: str, when: str) -> Pairs:
    conclusion = explanation.conclusion if explanation is not None else None
    conduct = conclusion.conduct if conclusion is not None else None
    place = plain(where(explanation)) if explanation is not None else ""
    is_of_reply = explanation is not None and explanation.reading is not None
    retry = ""
    if conduct is not None and conclusion is not None:
        retry = words.retry(conduct.retry, conduct.retry_after, conclusion.band, conclusion.retry_reason)
    return (
        ("About", about),
        ("Verdict", f"{headline(code) if explanation is not None else ''} {place}"),
        ("Reply", reply_line(explanation) if is_of_reply and explanation is not None else ""),
        ("Cause", _causes(explanation)),
        ("Evidence", _evidence(explanation)),
        ("Who acts", words.FIX_BY[conduct.fix_by] if conduct is not None else ""),
        ("Act", conclusion.action if conclusion is not None else ""),
        ("Retry", retry),
        ("When", when),
        ("Tool", f"smtp-probe {VERSION}, rules {rules_digest()}, read offline, exit {code}"),
    )


def _causes(explanation: Explanation | None) -> str:
    if explanation is None or explanation.conclusion is None:
        return explanation.error if explanation is not None else ""
    conclusion = explanation.conclusion
    ranking, band = conclusion.ranking[:2], conclusion.band.value
    shares = [f"{conclusion.cause_of(it.id).title} ({words.percent(it.probability)}" for it in ranking]
    return "; else ".join(f"{share}{'' if rank else f', {band}'})" for rank, share in enumerate(shares))


def _evidence(explanation: Explanation | None) -> str:
    if explanation is None or explanation.conclusion is None or not explanation.conclusion.ranking:
        return ""
    first = explanation.conclusion.ranking[0]
    pairs = sorted(first.evidence_for, key=lambda pair: -pair[1])[:_EVIDENCE]
    against = sorted(first.evidence_against, key=lambda pair: pair[1])[:1]
    return "; ".join((*(it.says for it, _ in pairs), *(f"against it: {it.says}" for it, _ in against)))
