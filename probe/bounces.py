"""Read bounces offline: whom each is about, what the remote server said, what it means and who must act.

This is all of `smtp-probe bounce` except the output; it opens no socket and imports nothing heavy.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from functools import cache
from typing import Any, BinaryIO

from probe._dataclass import dataclass, replace
from probe._regex import regex
from probe.diagnosis.conclusion import Conclusion, at_relay, document
from probe.explanation import Explanation, explain, is_for_another_mailbox, names_submission
from probe.knowledge.causes import UNSETTLED
from probe.model.evidence import Band
from probe.model.presented import Presented
from probe.model.reply import Stage
from probe.model.text import printable
from probe.model.verdict import ExitCode, FixBy, Retry
from probe.reading.bounce.layouts import bounce_layouts
from probe.reading.bounce.read import read_notice
from probe.reading.bounce.reply import (
    names_another_host,
    own_status,
    reply_line,
    rule_text,
    stage_of,
)
from probe.reading.bounce.results import DeliveryNotice, NoticeKind
from probe.settings import BOUNCE_SIZE_LIMIT
from probe.standards.dsn.address import mailboxes
from probe.standards.dsn.results import Action, DeliveryStatus
from probe.wording.spoken import clauses, words_of

ACTION_KEY = "action_text"  # in JSON, for what to do: `action` is what the reporting server did
CONCLUSION_PLACE = "conclusion"
_STATUS_KEYS = (
    "recipient", "original_recipient", "actual_recipient", "action", "status", "reporting_mta", "remote_mta",
    "reply",
)  # fmt: skip
# A From_ line ends in a date (RFC 4155 appendix A); many sentences begin with "From ". Courier writes nothing
# for the empty address, which bounces have.
_FROM_LINE = regex(rb">?From \S{0,400} ")
_DATE = tuple(
    regex(part)
    for part in (
        rb"\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b",
        rb"\b\d\d:\d\d",
        rb"\b\d{4}\b",
    )
)
_CTIME_LINE = regex(
    rb"From \S{0,400} (?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) "
    rb"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ 0-3]\d \d\d:\d\d:\d\d \d{4}\s*\Z"
)
_BLOCK = 1 << 16  # octets; a reader reserves as many as it is asked for
_FROM_LIMIT = 500  # octets
_LASTING = frozenset({"user_unknown", "mailbox_disabled"})
_FETCHED_ACTION = (
    "Keep the address, and do not send the message again: it has reached the mailbox. Tell the person by "
    "another channel that the program which fetches their mail hands it to a server that refuses it; until "
    "they set that right, the same report may come at each fetch."
)
_OF_AN_ADDRESS = frozenset({"user_unknown", "bad_domain", "address_syntax", "mailbox_disabled"})
_ANSWERED_ACTION = (
    "No list needs to be corrected: what came back is itself a notice or an automatic answer. It went to the "
    "sender of some message, and such senders are mostly forged. Have your mail server refuse that mail "
    "while it is handed over (unknown recipients, spam) instead of answering it afterwards, and automatic "
    "answers keep to RFC 3834."
)
_COPIED = 0.6  # factor for the share of a cause if the reply may be another recipient's
_KINDS = {
    Action.FAILED: NoticeKind.BOUNCE,
    Action.DELAYED: NoticeKind.DELAY,
    Action.DELIVERED: NoticeKind.OTHER,
    Action.RELAYED: NoticeKind.OTHER,
    Action.EXPANDED: NoticeKind.OTHER,
}


@dataclass(frozen=True, slots=True, repr=False)
class BouncedRecipient(Presented):
    """The result of one message for one recipient; `status` and `explanation` are None if it is not a bounce.

    `name` is the file, with `#n` for the n-th message of a mailbox file; `kind` is this recipient's:
    one message may report a failure, a delay and a success.
    """

    _kind = "bounce"

    name: str
    notice: DeliveryNotice
    kind: NoticeKind
    status: DeliveryStatus | None = None
    explanation: Explanation | None = None

    def __repr__(self) -> str:
        recipient = self.status.recipient if self.status is not None else "nobody"
        explanation = self.explanation
        cause = f", {explanation.cause.id} ({explanation.band})" if explanation and explanation.cause else ""
        return printable(f"<BouncedRecipient {self.kind} for {recipient}{cause}>")

    @property
    def is_bounce(self) -> bool:
        """Whether it reports that the message did not arrive, or has not arrived yet."""
        return self.kind in {NoticeKind.BOUNCE, NoticeKind.DELAY}

    @property
    def stage(self) -> Stage | None:
        """The stage of the reply, if the notice has it."""
        return self.explanation.reading.stage if self.explanation and self.explanation.reading else None

    @property
    def sender(self) -> str:
        """The reverse-path of the bounced message, if the notice has it; else the recipient of the notice; or
        empty."""
        original = self.notice.original
        return original.reverse_path or self.notice.addressed_to or original.header_from

    @property
    def exit_code(self) -> ExitCode:
        """1 refused for good, 3 worth another try, 4 for a failure that quotes success, 0 for no bounce.

        The remote server's last reply decides: a message that expired after temporary replies gives 3.
        Without any reply the action does (RFC 3464 section 2.3.3); 4 where that was cut off, too.
        """
        if self.kind is NoticeKind.DELAY:
            return ExitCode.DEFERRED
        if self.kind is not NoticeKind.BOUNCE:
            return ExitCode.ACCEPTED
        code = self.explanation.exit_code if self.explanation is not None else ExitCode.REFUSED
        if code is ExitCode.ACCEPTED:
            return (
                ExitCode.INCONCLUSIVE
            )  # "Action: failed" beside "250 OK": none is more reliable than the other
        if code is ExitCode.DEFERRED:
            return code
        is_open = self.notice.ends_early and not self._is_permanent
        return ExitCode.INCONCLUSIVE if is_open else ExitCode.REFUSED

    @property
    def _is_permanent(self) -> bool:
        """Whether the reply itself says so."""
        reading = self.explanation.reading if self.explanation is not None else None
        return reading is not None and reading.permanent is True


def read_bounces(data: bytes, name: str = "") -> tuple[BouncedRecipient, ...]:
    """Read one message; one result for each recipient, at least one. Never raises on any octets."""
    notice = read_notice(data, bounce_layouts())
    if not notice.recipients:
        return (BouncedRecipient(name, notice, notice.kind),)
    # a reply for all recipients is read only once
    reading = cache(explain) if len(notice.recipients) > 1 else explain
    named_addresses = {address for status in notice.recipients for address in status.names}
    recipients = tuple(
        _recipient_of(name, notice, status, named_addresses, reading) for status in notice.recipients
    )
    if len(recipients) > 1 and not any(item.is_bounce for item in recipients):
        return (BouncedRecipient(name, notice, notice.kind),)  # a message that is no bounce gives one result
    return recipients


def messages(stream: BinaryIO) -> Iterator[bytes]:
    """The messages of a file: one, or those of a mailbox file that begins with a From_ line (RFC 4155).

    Memory is limited to one message, and to the part of it that is read. Raises OSError.
    """
    octets = bytearray()
    is_mailbox: bool | None = None
    after_blank = True
    while line := stream.readline(1 << 20):
        if is_mailbox is None and line.strip():
            is_mailbox = _is_from_line(line)
        elif is_mailbox and line.startswith(b"From ") and _begins_message(line, after_blank):
            yield bytes(octets)
            octets.clear()
        after_blank = not line.strip()
        # one octet beyond the limit shows that there was more
        octets += line[: BOUNCE_SIZE_LIMIT + 1 - len(octets)]
        if is_mailbox is False or (is_mailbox is None and len(octets) > BOUNCE_SIZE_LIMIT):
            while block := stream.read(min(_BLOCK, BOUNCE_SIZE_LIMIT + 1 - len(octets))):
                octets += block
            break
    if octets:
        yield bytes(octets)


def _begins_message(line: bytes, after_blank: bool) -> bool:
    """Whether a line within a mailbox file is a From_ line. Courier leaves no blank line before it where a
    message ends without one; then the line must be whole in the form that all programs write (asctime)."""
    return _is_from_line(line) if after_blank else bool(_CTIME_LINE.match(line))


def _is_from_line(line: bytes) -> bool:
    return bool(_FROM_LINE.match(line)) and all(part.search(line, 0, _FROM_LIMIT) for part in _DATE)


def to_json(recipient_result: BouncedRecipient) -> dict[str, Any]:
    """The object that `--format jsonl` prints: the keys of the contract, and further ones."""
    row: dict[str, Any] = {}
    values, conclusion = json_parts(recipient_result)
    for key, value in values.items():
        row |= {key: value} if key != CONCLUSION_PLACE else document(conclusion, ACTION_KEY)
    return row


def json_parts(recipient_result: BouncedRecipient) -> tuple[dict[str, Any], Conclusion | None]:
    """(that object, with None under CONCLUSION_PLACE where the keys for the conclusion belong, the
    conclusion)"""
    explanation, notice = recipient_result.explanation, recipient_result.notice
    row: dict[str, Any] = {
        "file": recipient_result.name,
        "is_bounce": recipient_result.is_bounce,
        "kind": str(recipient_result.kind),
        "detail": _words_of_form(notice.form),
        "detail_tag": str(notice.form),
        **_status_json(recipient_result, recipient_result.status),
        CONCLUSION_PLACE: None,
        "returned": _returned_json(recipient_result),
        "layout": notice.layout,
        "problems": list(clauses(notice.problems)) if notice.problems else [],
        "problem_tags": [str(problem.tag) for problem in notice.problems],
    }
    return row, explanation.conclusion if explanation is not None else None


_words_of_form = cache(words_of)


def _status_json(recipient_result: BouncedRecipient, status: DeliveryStatus | None) -> dict[str, Any]:
    if status is None:
        return dict.fromkeys(_STATUS_KEYS) | {"reply_is_remote": None, "stage": "", "added": None}
    reading = recipient_result.explanation.reading if recipient_result.explanation else None
    own = own_status(status, reading)
    return {
        "recipient": status.recipient or None,
        "original_recipient": status.original_recipient or None,
        "actual_recipient": status.actual_recipient or None,
        "action": str(status.action) or None,
        "status": str(status.reported_status) if status.reported_status else None,
        "reporting_mta": status.reporting_mta or None,
        "remote_mta": status.remote_mta or None,
        "reply": {
            "code": reading.code if reading and status.is_remote else None,
            "enhanced_status": str(own) if own else None,
            "text": reply_line(status),
        },
        "reply_is_remote": status.is_remote,
        "stage": str(reading.stage) if reading and reading.stage else "",
        "added": status.added or None,
    }


def _returned_json(recipient_result: BouncedRecipient) -> dict[str, Any]:
    original = recipient_result.notice.original
    return {
        "reverse_path": recipient_result.sender or None,
        "header_from": original.header_from or None,
        "recipients": list(original.recipients),
        "message_id": original.message_id or None,
        "date": original.date or None,
    }


def _recipient_of(
    name: str,
    notice: DeliveryNotice,
    status: DeliveryStatus,
    named_addresses: Collection[str],
    reading: Callable[..., Explanation],
) -> BouncedRecipient:
    kind = _KINDS.get(status.action, notice.kind)
    if status.has_ended and kind is NoticeKind.DELAY:
        kind = NoticeKind.BOUNCE
    if kind not in {NoticeKind.BOUNCE, NoticeKind.DELAY}:
        return BouncedRecipient(name, notice, kind, status)
    asked_for = status.recipient if is_for_another_mailbox("", status.recipient) else ""
    explanation = reading(rule_text(status), stage_of(status), status.remote_mta, recipient=asked_for)
    if status.is_fetched or (status.is_copied and _is_of_another(status, named_addresses)):
        # nothing is known about this one
        explanation = replace(reading(""), reading=explanation.reading)
    explanation = _with_notice(explanation, kind, status, notice)
    return BouncedRecipient(name, notice, kind, status, explanation)


def _is_of_another(status: DeliveryStatus, named_addresses: Collection[str]) -> bool:
    """Whether a reply names another of the `named_addresses`, and not this one."""
    addresses = {address.lower() for address in mailboxes(status.reply)}
    return addresses.isdisjoint(status.names) and not addresses.isdisjoint(named_addresses)


def _with_notice(
    explanation: Explanation, kind: NoticeKind, status: DeliveryStatus, notice: DeliveryNotice
) -> Explanation:
    """The explanation with what the notice adds on when to try again, and on what came back.

    After days of tries another try does not help if the reply says that the mailbox does not exist. And an
    address is given up only if the words are about this address, or its own domain, and are all there.
    """
    conclusion = explanation.conclusion
    if conclusion is None:
        return explanation
    if status.is_fetched:
        conduct = replace(conclusion.conduct, fix_by=FixBy.RECIPIENT, retry=Retry.AFTER_FIX, retry_after=None)
        conclusion = replace(conclusion, conduct=conduct, action=_FETCHED_ACTION, retry_reason="")
        return replace(explanation, conclusion=conclusion)
    retry = conclusion.conduct.retry
    is_lasting = conclusion.cause.id in _LASTING and not conclusion.retry_reason
    is_tried = kind is NoticeKind.BOUNCE and is_lasting
    is_doubted = retry is Retry.NEVER and (status.is_copied or notice.is_cut or names_another_host(status))
    if is_doubted or (retry is Retry.LATER and is_tried):
        conduct = replace(conclusion.conduct, retry=Retry.AFTER_FIX, retry_after=None)
        conclusion = replace(conclusion, conduct=conduct, retry_reason="")
    elif is_given_up(explanation.exit_code, kind, status):
        conclusion = _after_giving_up(conclusion)
    elif kind is NoticeKind.DELAY and conclusion.advice.id == UNSETTLED and retry is Retry.AFTER_FIX:
        # delivery is still being tried, and there is no known fault to correct first
        conclusion = replace(conclusion, conduct=replace(conclusion.conduct, retry=Retry.LATER))
    if names_submission(status.added):
        conclusion = at_relay(conclusion)
    if notice.original.is_automatic and conclusion.cause.id in _OF_AN_ADDRESS:
        conclusion = replace(conclusion, action=_ANSWERED_ACTION)
    if status.is_copied:
        conclusion = _lower_band(conclusion)
    # a thousand recipients with one reply share most of the result
    return (
        explanation if conclusion is explanation.conclusion else replace(explanation, conclusion=conclusion)
    )


def _after_giving_up(conclusion: Conclusion) -> Conclusion:
    """What to do where no server tries the message any more: the sender has to send it again."""
    advice, conduct = conclusion.advice, conclusion.conduct
    action = advice.given_up if conclusion.action == advice.action else ""
    if conduct.fix_by is FixBy.NOBODY:
        conduct = replace(conduct, fix_by=FixBy.SENDER)
    return replace(conclusion, action=action or conclusion.action, conduct=conduct)


def is_given_up(code: ExitCode, kind: NoticeKind, status: DeliveryStatus | None) -> bool:
    """Whether a failure that may pass, by this exit code of its reply, has ended for the message: the
    reporting server tries it no more."""
    has_ended = status is not None and (status.action is Action.FAILED or status.has_ended)
    return has_ended and code is ExitCode.DEFERRED and kind is NoticeKind.BOUNCE


def _lower_band(conclusion: Conclusion) -> Conclusion:
    """The band for a reply that may be another recipient's: at most `possible`."""
    ranking = [
        replace(item, probability=item.probability * _COPIED + (1 - _COPIED) * (item.id == UNSETTLED))
        for item in conclusion.ranking
    ]
    certainty = Band.POSSIBLE if conclusion.band in {Band.STATED, Band.LIKELY} else conclusion.band
    by_share = sorted(ranking, key=lambda item: (-item.probability, item.id))
    return replace(conclusion, ranking=tuple(by_share), band=certainty)
