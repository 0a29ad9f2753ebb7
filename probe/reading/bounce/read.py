"""Reads any message as a delivery notice."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from probe._dataclass import replace
from probe.model.declared import without_mark
from probe.model.notice_reason import NoticeForm, NoticeReason, NoticeWhy
from probe.reading.bounce import kind as kinds
from probe.reading.bounce.attribution import attribute, with_software
from probe.reading.bounce.expressions import Expression
from probe.reading.bounce.forwarded import forwarded_in_text, quoted_in_text
from probe.reading.bounce.layout import Entry, Layout, Layouts, entries
from probe.reading.bounce.merge import Refusals, best_status, from_entry, with_entry, with_transcript
from probe.reading.bounce.own_parts import STATUS_TYPES, own_parts, status_report
from probe.reading.bounce.prose import nameless_entry, prose_entries
from probe.reading.bounce.results import DeliveryNotice, NoticeKind, ReturnedMessage
from probe.reading.bounce.returned import (
    are_returning,
    is_message,
    is_returned,
    read_returned,
    returned_in_text,
)
from probe.reading.bounce.structure import Part, leaves, preamble, read_head, with_line_feeds
from probe.reading.bounce.transcript import Refusal, read_transcript
from probe.settings import (
    BOUNCE_PART_LIMIT,
    BOUNCE_RECIPIENT_LIMIT,
    BOUNCE_SIZE_LIMIT,
    BOUNCE_TEXT_LIMIT,
)
from probe.standards.dsn.address import host_name, mailbox
from probe.standards.dsn.report import StatusReport
from probe.standards.dsn.results import DeliveryStatus

_FAILURES = frozenset({NoticeKind.BOUNCE, NoticeKind.DELAY})
_CARRIED_DEPTH = 3  # messages in messages
_CARRIED_OCTETS = 4 * 1024 * 1024  # after this no further message is read
_LINE_LIMIT = 4096  # characters
_EXACT_LAYOUTS = frozenset({"qmail", "postfix", "sendmail", "exchange_2007", "exim"})


def read_notice(data: bytes, layouts: Layouts) -> DeliveryNotice:
    """Judge a message and read what it says about each recipient. Never raises on any octets.

    A message that names no failed recipient but carries bounces (a person's forward, a digest, a gateway's
    wrapping) is read as the carried bounces.
    """
    octets, charset = without_mark(data[:BOUNCE_SIZE_LIMIT])
    top = read_head(with_line_feeds(octets))
    problems = [NoticeWhy(NoticeReason.BYTE_ORDER_MARK, charset)] if charset else []
    parts = tuple(leaves(top, problems))
    notice, is_named = _judge(top, parts, layouts)
    inner_notice = None
    if not is_named:
        is_told = any(status.recipient for status in notice.recipients)
        inner_notice = _attached_notice(parts, layouts, is_told=is_told)
        notice = inner_notice or _from_text(top, parts, layouts) or notice
    problems.extend(notice.problems)
    if notice.kind is NoticeKind.BOUNCE and _ends_early(octets, top, parts):
        problems.append(NoticeWhy(NoticeReason.ENDS_EARLY))
    elif (
        notice.kind is NoticeKind.BOUNCE
        and _is_inside_line(octets)
        and (inner_notice is not None or _ends_in_words(parts, layouts))
    ):
        problems.append(NoticeWhy(NoticeReason.ENDS_WITHIN_LINE))
    if any(len(part.body) > BOUNCE_TEXT_LIMIT and part.content_type.startswith("text/") for part in parts):
        problems.append(NoticeWhy(NoticeReason.LONG_TEXT, most=BOUNCE_TEXT_LIMIT))
    if len(data) > BOUNCE_SIZE_LIMIT:
        problems.append(NoticeWhy(NoticeReason.CUT_SHORT, most=BOUNCE_SIZE_LIMIT))
    if len(notice.recipients) >= BOUNCE_RECIPIENT_LIMIT:
        problems.append(NoticeWhy(NoticeReason.MANY_RECIPIENTS, most=BOUNCE_RECIPIENT_LIMIT))
    return replace(notice, problems=tuple(dict.fromkeys(problems))) if problems else notice


def _ends_early(octets: bytes, top: Part, parts: Sequence[Part]) -> bool:
    """Whether a report of delivery (RFC 3464 section 2) ends before its delivery status, or within a line of
    it: a copy that was cut off."""
    if top.content_type != "multipart/report" or top.parameter("report-type").lower() != "delivery-status":
        return False
    types = [part.content_type for part in parts]
    return STATUS_TYPES.isdisjoint(types) or (types[-1] in STATUS_TYPES and _is_inside_line(octets))


def _is_inside_line(octets: bytes) -> bool:
    """Whether a message ends within a line: a copy that was cut off."""
    return not octets.endswith((b"\n", b"\r", b"--"))  # "--" closes the parts


def _ends_in_words(parts: Sequence[Part], layouts: Layouts) -> bool:
    """Whether a message ends with the text for people, and returns nothing behind it."""
    is_last = bool(parts) and not is_message(parts[-1]) and not is_returned(parts[-1])
    return is_last and not _cut(_narrow(_prose(parts)), layouts)[1]


def _attached_notice(parts: Sequence[Part], layouts: Layouts, *, is_told: bool) -> DeliveryNotice | None:
    """The bounces among the attached messages, and among those attached to them, as one notice; None when
    none is one. Limited in number and depth.

    If the message itself reports a failure (`is_told`), an attached message is most likely the one that
    failed, even if its text looks like a bounce.
    """
    queue = deque((part, 1) for part in parts if is_message(part))
    with_recipient: list[DeliveryNotice] = []
    without_recipient: list[DeliveryNotice] = []
    octets = 0
    for _ in range(BOUNCE_PART_LIMIT):
        if not queue or octets > _CARRIED_OCTETS:
            break
        part, depth = queue.popleft()
        octets += len(part.body)
        top = read_head(part.payload())
        inner_parts = tuple(leaves(top, []))
        returns_mail = are_returning(inner_parts)
        if is_told and not kinds.looks_like_bounce(
            top, _prose(inner_parts), layouts, returns_mail=returns_mail
        ):
            continue
        inner, is_named = _judge(top, inner_parts, layouts)
        from_text = None if is_named or inner.kind in _FAILURES else _from_text(top, inner_parts, layouts)
        if from_text is not None:
            with_recipient.append(from_text)
        elif inner.kind in _FAILURES:
            (with_recipient if is_named else without_recipient).append(inner)
        if not is_named and depth < _CARRIED_DEPTH:
            queue.extend((item, depth + 1) for item in inner_parts if is_message(item))
    messages = with_recipient or without_recipient
    if not messages:
        return None
    first = next((item for item in messages if item.kind is NoticeKind.BOUNCE), messages[0])
    recipients = tuple(status for item in messages for status in item.recipients)
    return replace(first, recipients=recipients[:BOUNCE_RECIPIENT_LIMIT])


def _from_text(top: Part, parts: Sequence[Part], layouts: Layouts) -> DeliveryNotice | None:
    """The first message forwarded in the text that looks like a bounce, only that one is read; else a bounce
    of known layout that is quoted in what is no answer."""
    text = _prose(parts)
    for part in forwarded_in_text(text):
        inner = read_head(part.payload())
        if kinds.looks_like_bounce(inner, inner.text(), layouts, returns_mail=False):
            notice, _ = _judge(inner, (inner,), layouts)
            return notice if notice.kind in _FAILURES else None
    quoted = None if top.headers("in-reply-to") else quoted_in_text(text)
    if quoted is None:
        return None
    notice, is_named = _judge(quoted, (quoted,), layouts)
    return notice if is_named and notice.kind in _FAILURES else None


def _judge(top: Part, parts: Sequence[Part], layouts: Layouts) -> tuple[DeliveryNotice, bool]:
    """(the notice, whether anything in it names a failed recipient or tells what else it is)."""
    parts, has_further = own_parts(parts)
    other = kinds.feedback(top, parts)
    if other is not None:
        return DeliveryNotice(other.kind, other.form), True
    report = status_report(parts, lambda text: _cut(_narrow(text), layouts)[0])
    own, behind = _cut(_narrow(_prose(parts) or preamble(top)), layouts)
    original = _returned_message(parts, behind, report)
    # a report that names recipients settles what a message is, whatever it looks like
    is_likely = bool(report.recipients) or kinds.looks_like_bounce(
        top, own, layouts, returns_mail=bool(behind) or are_returning(parts)
    )
    reply = None if is_likely else kinds.receipt(top, parts) or kinds.auto_reply(top, own, layouts)
    entries, layout = _entries(own, layouts, top, original)
    name = layout.id if layout else ""
    refusals = read_transcript(own)
    if kinds.is_requested(own, report.recipients, layouts):
        return DeliveryNotice(NoticeKind.OTHER, NoticeForm.REQUESTED, original=original), True
    if is_likely and not report.recipients and kinds.is_success(own, layouts):
        return DeliveryNotice(NoticeKind.OTHER, NoticeForm.SUCCESS, original=original), True
    if report.recipients:
        is_alone = len(report.recipients) == 1
        statuses = [with_entry(status, entries, alone=is_alone) for status in report.recipients]
    elif reply is not None:
        return DeliveryNotice(reply.kind, reply.form, original=original), True
    else:
        if not is_likely and not _is_known(entries, layout, top, original):
            entries, layout = [], None
            name = ""
        if not entries:
            guesses = prose_entries(top, own, original, layouts, guess=is_likely and not refusals)
            entries = guesses or _refusal_entries(refusals, original)
            name = "transcript" if entries and not guesses else ""
        if not entries and is_likely:
            entries, name = prose_entries(top, own, original, layouts, guess=True), ""
            entries = entries or nameless_entry(own, layouts)
        action = kinds.action_in(top, own, layouts)
        statuses = [from_entry(entry, action, report) for entry in entries]
    # Sendmail's transcript does not distinguish RCPT from DATA if another recipient was accepted
    is_partial = layout is not None and layout.transcript and len(original.recipients) > len(statuses)
    if refusals:
        index = Refusals(refusals)
        statuses = [with_transcript(status, index, is_partial=is_partial) for status in statuses]
    statuses = _complete(statuses, top, original)
    statuses = with_software(layout, [attribute(status, layouts) for status in statuses])
    verdict = kinds.verdict(statuses, is_likely, reply, has_head=bool(top.fields))
    notice = DeliveryNotice(
        verdict.kind,
        verdict.form,
        tuple(statuses),
        original,
        name,
        mailbox(top.header("to")),
        _problems(statuses, has_further=has_further),
    )
    return notice, bool(report.recipients) or any(
        item.recipient and item.recipient in own for item in entries
    )


def _problems(statuses: Sequence[DeliveryStatus], *, has_further: bool) -> tuple[NoticeWhy, ...]:
    problems = [NoticeWhy(NoticeReason.PARTS_BEHIND)] if has_further else []
    if any(status.is_copied for status in statuses):
        problems.append(NoticeWhy(NoticeReason.COPIED_REPLY))
    if any(status.is_fetched for status in statuses):
        problems.append(NoticeWhy(NoticeReason.FETCHED_MAIL))
    return tuple(problems)


def _prose(parts: Sequence[Part]) -> str:
    """The text for people: all plain text before the returned message, else HTML without its tags."""
    before: list[Part] = []
    for part in parts:
        if is_returned(part) and before:
            break
        before.append(part)
    texts = [part for part in before if part.content_type.startswith("text/") and not is_returned(part)]
    plain = [part.text() for part in texts if part.content_type != "text/html"]
    if any(text.strip() for text in plain):
        return "\n\n".join(plain)
    rich = "\n\n".join(part.text() for part in texts if part.content_type == "text/html")
    if rich.strip():
        return rich
    # a single part of another type, or no part: its readable text
    odd = [part for part in before if part.content_type not in STATUS_TYPES and not is_returned(part)]
    return odd[0].text() if len(odd) == 1 and not odd[0].is_attached else ""


def _narrow(text: str) -> str:
    """Cut lines to the length of a reply, because patterns work on lines and their time must be limited."""
    if len(text) <= _LINE_LIMIT:
        return text
    return "\n".join(line[:_LINE_LIMIT] for line in text.split("\n"))


def _cut(text: str, layouts: Layouts) -> tuple[str, str]:
    """(the notice itself, the returned message)."""
    starts = [start for cut in layouts.cut.likely(text) if (start := _first_behind_words(cut, text)) >= 0]
    return (text[: min(starts)], text[min(starts) :]) if starts else (text, "")


def _first_behind_words(cut: Expression, text: str) -> int:
    """Where an expression is first found behind anything but blanks; -1 if nowhere."""
    return next((match.start() for match in cut.finditer(text) if text[: match.start()].strip()), -1)


def _returned_message(parts: Sequence[Part], behind: str, report: StatusReport) -> ReturnedMessage:
    for part in parts:
        if is_returned(part):
            original = read_returned(part.payload())
            break
    else:
        original = returned_in_text(behind)
    if report.sender:
        original = replace(original, reverse_path=report.sender)
    return original


def _entries(
    text: str, layouts: Layouts, top: Part, original: ReturnedMessage
) -> tuple[list[Entry], Layout | None]:
    """The entries of the first layout that finds a recipient. A bare local name belongs to the reporter's
    domain. Whom the notice is for is named in it as the sender, too: unless the layout is exact, or the
    message was for him as well, he is none of several recipients."""
    domain = mailbox(top.header("from")).rpartition("@")[2]
    for layout in layouts.layouts.likely(text):
        by_recipient: dict[str, Entry] = {}
        if not layout.signs.are_in(text):
            continue
        for item in entries(text, layout, layouts):
            is_bare = bool(domain) and "@" not in item.recipient
            entry = replace(item, recipient=f"{item.recipient}@{domain}") if is_bare else item
            earlier = by_recipient.get(entry.recipient.lower())
            if earlier is None or (entry.is_remote and not earlier.is_remote):
                by_recipient[entry.recipient.lower()] = entry
        if len(by_recipient) > 1 and layout.id not in _EXACT_LAYOUTS:
            reader = mailbox(top.header("to"))
            if reader not in original.recipients:
                by_recipient.pop(reader.lower(), None)
        if by_recipient:
            return list(by_recipient.values()), layout
    return [], None


def _is_known(entries: Sequence[Entry], layout: Layout | None, top: Part, original: ReturnedMessage) -> bool:
    """Whether free text without the sender and subject of a bounce is one: it has an exact layout, or the
    reply of a remote server, and no sign of a person's writing; or it came from the null reverse-path (RFC
    5321 section 4.5.5) and names the recipients of the returned message."""
    went_to = {address.lower() for address in (*original.recipients, *original.delivered_to)}
    if top.header("return-path").strip() == "<>" and any(
        item.recipient.lower() in went_to for item in entries
    ):
        return True
    if not entries or top.headers("in-reply-to") or top.headers("user-agent"):
        return False
    return (
        layout is not None
        and layout.id in _EXACT_LAYOUTS
        and (any(entry.is_remote for entry in entries) or layout.id in {"qmail", "exim"})
    )


def _refusal_entries(refusals: Sequence[Refusal], original: ReturnedMessage) -> list[Entry]:
    """Recipients that are only in the transcript. A bare local part is looked up in the returned To."""
    by_recipient: dict[str, Entry] = {}
    for item in refusals:
        address = item.address
        if address and "@" not in address:
            address = next(
                (
                    recipient
                    for recipient in original.recipients
                    if recipient.lower().startswith(f"{address.lower()}@")
                ),
                address,
            )
        if address and (address.lower() not in by_recipient or item.is_remote):
            by_recipient[address.lower()] = Entry(
                address, "", item.reply, item.is_remote, item.host, item.stage
            )
        if len(by_recipient) >= BOUNCE_RECIPIENT_LIMIT:
            break
    return list(by_recipient.values())


def _complete(
    statuses: Sequence[DeliveryStatus], top: Part, original: ReturnedMessage
) -> list[DeliveryStatus]:
    """Add the most specific status, and the reporting MTA."""
    reporter = host_name(top.header("from").rpartition("@")[2])
    complete: list[DeliveryStatus] = []
    for status in statuses:
        recipient = status.recipient
        if "@" not in recipient and len(original.recipients) == 1 and len(statuses) == 1:
            recipient = original.recipients[0]
        complete.append(
            status.with_values(
                recipient=recipient,
                status=best_status(status.reply, status.status),
                reporting_mta=status.reporting_mta or reporter,
            )
        )
    return complete
