"""What `log` prints for machines: the report as JSON, outcomes as JSON Lines, the table as CSV."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime
from typing import Any

from probe._dataclass import dataclass
from probe._regex import regex
from probe.diagnosis.conclusion import document as concluded
from probe.maillog.groups import Fate
from probe.maillog.no_mailbox import disposition_of
from probe.maillog.outcome import Outcome
from probe.maillog.pseudonym import Names
from probe.maillog.report import LogReport
from probe.model.text import printable
from probe.report.json_report import document
from probe.report.json_text import json_text

_CODE = regex(r"([245]\d\d)(?:[ -]|$)(?:#?([245]\.\d{1,3}\.\d{1,3})(?=\W|$) ?)?")
_COLUMNS = (
    *("fix_by", "operator", "operator_title", "cause", "title", "band", "messages", "deferred", "bounced"),
    *("expired", "removed", "cured", "cured_after_s", "attempts", "repeats", "first_at", "last_at", "retry"),
    *("since_last", "domains", "template", "example", "queue_id", "action", "command"),
)
_FORMULA = ("=", "+", "-", "@", "\t")  # a sheet takes a cell that begins so for a formula


@dataclass(frozen=True, slots=True)
class NamedOutcome:
    """One recipient's outcome, and how addresses are shown."""

    outcome: Outcome
    names: Names


def to_json(report: LogReport) -> str:
    """One pretty-printed object, valid against `smtp-probe schema log`."""
    return json_text(document(report), indent=2) + "\n"


def to_csv(report: LogReport) -> str:
    """One row a group, with a header; RFC 4180."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    for group in report.groups:
        wording = group.wordings[0] if group.wordings else None
        cells: dict[str, Any] = {name: getattr(group, name, None) for name in _COLUMNS}
        cells["domains"] = " ".join(f"{it.name}:{it.messages}" for it in group.domains)
        cells["template"] = wording.template if wording is not None else ""
        cells["example"] = wording.example if wording is not None else ""
        cells["queue_id"] = wording.queue_id if wording is not None else ""
        writer.writerow([_cell(cells[name]) for name in _COLUMNS])
    return out.getvalue()


def _cell(value: Any) -> str:
    text = printable(str(value)) if value is not None else ""
    return f"'{text}" if text.startswith(_FORMULA) else text


def outcome_line(item: NamedOutcome) -> str:
    """One object on one line, with its line break."""
    return json_text(outcome_object(item)) + "\n"


def outcome_object(item: NamedOutcome) -> dict[str, Any]:
    """The object that `log --format jsonl` prints for one recipient of one message."""
    outcome, names = item.outcome, item.names
    event, reason = outcome.event, outcome.reason
    words = event.earlier if event.earlier is not None else event.words
    addresses = (event.recipient, event.sender, event.orig_to)
    text = names.text(words.text, *addresses, *words.recipients) if words is not None else None
    is_remote = words is not None and words.speaker == "remote"
    recipient = event.recipient or ""
    row: dict[str, Any] = {
        "at": event.at.at.isoformat() if event.at is not None else None,
        "first_at": _moment(outcome.first),
        "queue_id": event.queue_id,
        "sender": names.address(event.sender),
        "recipient": names.address(event.recipient),
        "recipient_domain": recipient.rpartition("@")[2].lower() if "@" in recipient else None,
        "relay": event.relay.host if event.relay is not None else None,
        "relay_ip": event.relay.ip if event.relay is not None else None,
        "source_ip": event.source_ip,
        "status": outcome.fate.value,
        "attempts": outcome.attempts,
        "reply": _reply(text or "") if is_remote else None,
        "local": text if not is_remote else None,
        "stage": words.stage.value if words is not None and words.stage is not None else "",
    }
    conclusion = reason.conclusion if reason is not None and outcome.fate is not Fate.SENT else None
    return (
        row
        | concluded(conclusion)
        | {
            "delivered_after_s": outcome.delivered_after,
            "disposition": disposition_of(event) if outcome.fate is Fate.SENT else None,
            "file": event.file,
            "line": event.line,
        }
    )


def _reply(text: str) -> dict[str, Any]:
    """The code and status that stand in the words, and the words of all lines without them."""
    lines = text.split("\n")
    matches = [_CODE.match(line) for line in lines]
    first = matches[0]
    words = " ".join(
        line[match.end() :].strip() if match is not None else line.strip()
        for line, match in zip(lines, matches, strict=True)
    )
    return {
        "code": int(first[1]) if first is not None else None,
        "enhanced_status": first[2] if first is not None else None,
        "text": words.strip(),
    }


def _moment(seconds: int | None) -> str | None:
    return datetime.fromtimestamp(seconds, UTC).isoformat().replace("+00:00", "Z") if seconds else None
