"""A bounced recipient as text and as Markdown. Light: nothing here but the standard library and knowledge."""

from __future__ import annotations

from probe.bounce import BouncedRecipient, to_json
from probe.model.text import printable
from probe.reading.bounce.results import NoticeKind
from probe.report import explanation as explained
from probe.report.json_text import json_text
from probe.report.markdown_text import markdown_text
from probe.report.page import Page
from probe.report.style import Paint, Style

_LABEL = 12
_KINDS = {
    NoticeKind.BOUNCE: ("BOUNCE", Paint.BAD),
    NoticeKind.DELAY: ("DELAY", Paint.WARN),
    NoticeKind.AUTO_REPLY: ("NO BOUNCE", Paint.GOOD),
    NoticeKind.FEEDBACK: ("NO BOUNCE", Paint.GOOD),
    NoticeKind.OTHER: ("NO BOUNCE", Paint.GOOD),
}


def to_text(bounced: BouncedRecipient, style: Style) -> str:
    """Whom it is about and who reports it, then the reply explained; ends with a line break."""
    page = Page(style)
    headline, paint = _KINDS[bounced.kind]
    page.text(printable(_headline(bounced)), lead=f"{headline}  ", paint=paint)
    for label, text in _facts(bounced):
        page.text(printable(text), lead=f"{label:{_LABEL}}", indent=2)
    if bounced.explanation is None:
        return str(page)
    page.blank()
    return str(page) + explained.to_text(bounced.explanation, style, bounced.exit_code)


def to_markdown(bounced: BouncedRecipient) -> str:
    """The same for a ticket."""
    headline, _ = _KINDS[bounced.kind]
    blocks = [f"### {headline} {markdown_text(_headline(bounced))}"]
    facts = _facts(bounced)
    if facts:
        blocks.append("\n".join(f"- **{label}:** {markdown_text(text)}" for label, text in facts))
    if bounced.explanation is not None:
        blocks.append(explained.to_markdown(bounced.explanation, bounced.exit_code).rstrip("\n"))
    return "\n\n".join(blocks) + "\n"


def to_json_line(bounced: BouncedRecipient) -> str:
    """One object on one line, with its line break: whoever reads along has the whole of it at once."""
    return to_json_row(bounced) + "\n"


def to_json_row(bounced: BouncedRecipient) -> str:
    """One object on one line, without a line break."""
    return json_text(to_json(bounced))


def _headline(bounced: BouncedRecipient) -> str:
    whom = f" for {bounced.status.recipient}" if bounced.status and bounced.status.recipient else ""
    what = f": {bounced.notice.detail}" if not bounced.is_bounce or bounced.status is None else ""
    return f"{bounced.name}{whom}{what}".lstrip()


def _facts(bounced: BouncedRecipient) -> list[tuple[str, str]]:
    status = bounced.status
    notes = [("Note", problem) for problem in bounced.notice.problems]
    if status is None:
        return notes
    returned = bounced.notice.returned
    facts = [
        ("Sent to", status.original_recipient),
        ("Aliased to", status.actual_recipient),
        ("Action", status.action.value),
        ("Status", str(status.reported_status or status.status or "")),
        ("Reported by", status.reporting_mta),
        ("Remote", status.remote_mta),
        (
            "Reply",
            "" if status.is_remote else "no remote server's; the words are the reporting server's",
        ),
        ("Message", " ".join(part for part in (returned.message_id, returned.date) if part)),
        ("Sender", bounced.sender),
    ]
    return [(label, text) for label, text in facts if text] + notes
