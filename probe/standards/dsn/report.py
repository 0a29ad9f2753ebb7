"""The machine-readable part: message/delivery-status (RFC 3464), message/global-delivery-status (RFC 6533).

Groups of fields are separated by empty lines: the first is about the message, each further one about
one recipient. Real reports leave the empty lines out, put one too many in, and continue a field
without indenting it; what matters is read all the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from probe._dataclass import dataclass, field
from probe._regex import regex
from probe.model.reply import EnhancedStatus
from probe.settings import BOUNCE_RECIPIENT_LIMIT
from probe.standards.dsn.address import host_name, mailbox, recipient_field, split_type
from probe.standards.dsn.results import Action, DeliveryStatus

_FIELD = regex(r"([A-Za-z][A-Za-z0-9_-]{1,60})[ \t]*:(?!//)[ \t]*(.*)")
# What may not stand before the first digit is looked at behind it: so that only digits are tried
_STATUS = regex(r"([245])(?<![\d.].)[.](\d{1,3})[.](\d{1,3})(?![\d.]*\d)")
_REPLY_CODE = regex(r"(?<![\d.#])[245]\d\d(?![\d.])")
_REPLY_IN_STATUS = regex(r"[245]\d\d[ -]\S")
_COMMENT = regex(r"^\s*[245]\.\d{1,3}\.\d{1,3}\s+\((?:[245]\d\d )?([^\n]+?)\)?\s*$")
_NO_COMMENT = regex(r"(?:other |undefined |unknown |or )*status", re.IGNORECASE)
_COMMENT_LIMIT = 1000  # characters of a Status field that are looked at
_SUPPLEMENT = regex(r"#\d\.\d{1,3}\.\d{1,3}\s+smtp;\s*(.*?)>?\s*$", re.IGNORECASE | re.DOTALL)
_PER_RECIPIENT = frozenset(
    {"final-recipient", "original-recipient", "action", "status", "remote-mta", "diagnostic-code",
     "last-attempt-date", "will-retry-until", "x-actual-recipient", "final-log-id"}
)  # fmt: skip
_RECIPIENTS = frozenset({"final-recipient", "original-recipient"})
_FATE = frozenset({"action", "status", "diagnostic-code"})
_MASKED = regex(r"[*xX]+@[*xX.]+$")  # what some hide of the address to which they forwarded
_DIAGNOSTIC_TYPE = regex(r"smtp|lmtp|esmtp|dns|unix|local|x[.-].*|\w{1,12}")
_REMOTE_TYPES = frozenset({"smtp", "lmtp", "x-smtp", "esmtp"})
_UNTYPED = frozenset({"", "x-notes"})  # Domino calls all it writes X-Notes, a remote server's reply, too
_ACTIONS = {
    "fail": Action.FAILED,
    "error": Action.FAILED,
    "expired": Action.FAILED,
    "bounce": Action.FAILED,
    "reject": Action.FAILED,
    "delay": Action.DELAYED,
    "deferred": Action.DELAYED,
    "deliver": Action.DELIVERED,
    "relay": Action.RELAYED,
    "expand": Action.EXPANDED,
}


@dataclass(slots=True)
class StatusReport:
    """`reporting_mta`, the recipients, what the message fields tell of the sender (X-Postfix-Sender), and the
    Remote-MTA of a report that has no recipients (its place is among theirs)."""

    reporting_mta: str = ""
    remote_mta: str = ""
    recipients: list[DeliveryStatus] = field(default_factory=list)
    sender: str = ""


def looks_like_report(text: str) -> bool:
    """Whether a part of another type holds the fields all the same."""
    if "final-recipient" not in text.lower():
        return False
    names = {match.group(1).lower() for match in _lines(text)}
    return "final-recipient" in names and bool(names & {"action", "status"})


def read_report(text: str) -> StatusReport:
    """Read all groups of fields."""
    report = StatusReport()
    misplaced_fields: list[tuple[str, str]] = []
    recipient_group: list[tuple[str, str]] = []  # the last one
    for group in _groups(text):
        names = dict(reversed(group))
        reporting_mta = names.get("reporting-mta", "")
        if reporting_mta and not report.reporting_mta:
            report.reporting_mta = host_name(reporting_mta)
        report.sender = report.sender or mailbox(names.get("x-postfix-sender", ""))
        if names.keys() & {"final-recipient", "original-recipient", "x-actual-recipient"}:
            recipient_group = [*group, *(item for item in misplaced_fields if item[0] not in names)]
            report.recipients.append(
                _recipient(recipient_group, host_name(reporting_mta) or report.reporting_mta)
            )
        elif (
            recipient_group
            and _FATE.isdisjoint(name for name, _ in recipient_group)
            and not _FATE.isdisjoint(names)
        ):
            # an empty line too many: the recipient's fields go on
            recipient_group += group
            report.recipients[-1] = _recipient(recipient_group, report.reporting_mta)
        else:
            # fields of a recipient (RFC 3464 section 2.3) that stand among those of the message
            misplaced_fields = [item for item in group if item[0] in _PER_RECIPIENT]
            report.remote_mta = report.remote_mta or host_name(names.get("remote-mta", ""))
        if len(report.recipients) >= BOUNCE_RECIPIENT_LIMIT:
            break
    return report


@lru_cache(maxsize=64)
def action_of(value: str) -> Action:
    """The action in a value such as `failed (bad destination)`."""
    text = value.strip().lower()
    return next((action for start, action in _ACTIONS.items() if text.startswith(start)), Action.UNKNOWN)


def status_of(value: str) -> EnhancedStatus | None:
    """The first RFC 3463 status in a value."""
    match = _STATUS.search(value)
    return _status(*match.groups()) if match else None


@lru_cache(maxsize=512)
def _status(klass: str, subject: str, detail: str) -> EnhancedStatus:
    return EnhancedStatus(int(klass), int(subject), int(detail))


def _lines(text: str) -> list[re.Match[str]]:
    return [match for line in text.split("\n") if (match := _FIELD.match(line))]


def _groups(text: str) -> list[list[tuple[str, str]]]:
    """The groups, each a list of (lower-case name, unfolded value)."""
    groups: list[list[tuple[str, str]]] = [[]]
    guesses: set[int] = set()  # begun without an empty line
    places: dict[str, int] = {}  # where in the current group each name last stood
    for line in text.split("\n"):
        current = groups[-1]
        if match := _FIELD.match(line):
            name = match.group(1).lower()
            if name in _RECIPIENTS and _begins_anew(name, places):
                guesses.add(len(groups))
                groups.append([])
                places = {}
            places[name] = len(groups[-1])
            groups[-1].append((name, match.group(2).strip()))
        elif not line.strip():
            if current:
                groups.append([])
                places = {}
        elif current and (line[0] in " \t" or current[-1][0] == "diagnostic-code"):
            name, value = current[-1]
            current[-1] = (name, f"{value} {line.strip()}".strip())
    return [group for group in (_join(groups, guesses) if guesses else groups) if group]


def _join(groups: list[list[tuple[str, str]]], guesses: set[int]) -> Iterator[list[tuple[str, str]]]:
    """The groups; what began with Original-Recipient and names no final one goes on with the group before
    (RFC 3464 section 2.3 prescribes no order; Courier writes it between Action and Status)."""
    fields: list[tuple[str, str]] = []
    for number, group in enumerate(groups):
        names = {name for name, _ in group}
        present = {name for name, _ in fields} | {"final-recipient"}
        if number in guesses and not names & present:
            fields += group
        else:
            yield fields
            fields = group
    yield fields


def _begins_anew(name: str, places: Mapping[str, int]) -> bool:
    """Whether a field of `_RECIPIENTS` begins the next recipient although no empty line stands before it."""
    if name in places:
        return True
    if name == "final-recipient":
        return bool(places) and not any(field in places for field in _PER_RECIPIENT)
    if name == "original-recipient" and "final-recipient" in places:
        final = places["final-recipient"]
        return places.get("action", -1) > final or places.get("status", -1) > final
    return False


def _recipient(group: list[tuple[str, str]], reporting_mta: str) -> DeliveryStatus:
    names = dict(reversed(group))
    final = recipient_field(names.get("final-recipient", ""))
    original = recipient_field(names.get("original-recipient", ""))
    actual = recipient_field(names.get("x-actual-recipient", ""))
    named_recipient = (
        address for address in (final, original, actual) if "@" in address and not _MASKED.match(address)
    )
    recipient = next(named_recipient, final or original)
    reply, is_remote = _diagnosis(group)
    status_field = names.get("status", "")
    status = status_of(status_field)
    return DeliveryStatus(
        recipient=recipient,
        original_recipient="" if original.lower() == recipient.lower() else original,
        action=action_of(names.get("action", "")),
        status=status,
        reporting_mta=reporting_mta,
        remote_mta=host_name(names.get("remote-mta", "")),
        reply=reply,
        is_remote=is_remote,
        reported_status=status,
        actual_recipient="" if actual.lower() == recipient.lower() else actual,
        comment=_comment(status_field) if "(" in status_field else "",
    )


def _diagnosis(group: list[tuple[str, str]]) -> tuple[str, bool]:
    """The Diagnostic-Code that says most, and whether the remote server said it (RFC 3464 section 2.3.6)."""
    diagnoses: list[tuple[int, str, bool]] = []
    for name, value in group:
        if name == "x-supplementary-info" and (match := _SUPPLEMENT.search(value)):
            diagnoses.append((1, match.group(1).strip(), True))
        if name != "diagnostic-code":
            continue
        kind, text = split_type(value)
        if kind and kind not in _REMOTE_TYPES and not _DIAGNOSTIC_TYPE.fullmatch(kind):
            kind, text = "", value.strip()
        if kind == "x-unix" and text.isdigit():
            continue  # Sendmail: the exit status of a program is no words
        while kind in _REMOTE_TYPES and split_type(text)[0] in _REMOTE_TYPES:
            text = split_type(text)[1]
        has_code = bool(_REPLY_CODE.search(text))
        # what has neither code nor status is no reply, whatever type is given (RFC 3464 section 2.3.6)
        remote = (kind in _REMOTE_TYPES and (has_code or status_of(text) is not None)) or (
            kind in _UNTYPED and bool(_REPLY_CODE.match(text))
        )
        weight = 3 if remote and has_code else 2
        diagnoses.append((weight if text else 0, text, remote))
    best = max(diagnoses, key=lambda item: item[0], default=(0, "", False))
    if not best[1]:  # some write the reply where the status belongs
        status = next((value for name, value in group if name == "status"), "").strip()
        best = (1, status, True) if _REPLY_IN_STATUS.match(status) else best
    return best[1], best[2]


def _comment(value: str) -> str:
    """What stands in parentheses behind a status (RFC 3464 section 2.3.4), without a reply code; empty where
    it says nothing."""
    match = _COMMENT.search(value[:_COMMENT_LIMIT])
    comment = match.group(1).strip() if match else ""
    return "" if _NO_COMMENT.fullmatch(comment) else comment
