"""An explained reply as text and as Markdown. Light: nothing here but the standard library and knowledge."""

from __future__ import annotations

from probe.explanation import Explanation, to_json
from probe.knowledge.causes import causes
from probe.model.evidence import Band, Evidence
from probe.model.steps import STEP_TITLES
from probe.model.text import printable
from probe.model.verdict import ExitCode
from probe.report import words
from probe.report.cause_rows import cause_rows
from probe.report.json_text import json_text
from probe.report.markdown_text import markdown_code, markdown_text
from probe.report.page import Page
from probe.report.style import Paint, Style

_HEADLINES = {
    ExitCode.ACCEPTED: ("POSITIVE REPLY", Paint.GOOD),
    ExitCode.REFUSED: ("REFUSED FOR GOOD", Paint.BAD),
    ExitCode.USAGE: ("NOT READ", Paint.BAD),
    ExitCode.DEFERRED: ("DEFERRED", Paint.WARN),
    ExitCode.INCONCLUSIVE: ("INCONCLUSIVE", Paint.WARN),
}
_LABEL = 12
_NOT_SETTLED = "This reply alone does not settle the cause; the first one named is the likeliest of several."


def to_text(explanation: Explanation, style: Style, code: ExitCode | None = None) -> str:
    """The reply, what it means, who acts, when to retry, and why; ends with a line break. `code` is the
    exit code of what the reply stands in (a bounce), where that tells more than the reply."""
    page = Page(style)
    headline, paint = _HEADLINES[explanation.exit_code if code is None else code]
    if explanation.reading is None:
        page.text(printable(explanation.error), lead=f"{headline}  ", paint=paint)
        return str(page)
    page.text(_where(explanation), lead=f"{headline}  ", paint=paint)
    page.text(printable(reply_line(explanation)), indent=4)
    if explanation.reading.local:
        page.text("the text is the sending server's own; the remote server's words are lost", indent=4)
    if explanation.exit_code is ExitCode.ACCEPTED:
        return str(page)
    page.blank()
    for label, text in _facts(explanation):
        page.text(text, lead=f"{label:{_LABEL}}", indent=2)
    evidence = _evidence(explanation)
    if evidence:
        page.heading("Why")
    for side, weight, item in evidence:
        page.text(f"{printable(item.says)} ({item.rule})", lead=f"{side:8} {weight:>3}  ", indent=2)
    return str(page)


def to_markdown(explanation: Explanation, code: ExitCode | None = None) -> str:
    """The same for a ticket."""
    headline, _ = _HEADLINES[explanation.exit_code if code is None else code]
    if explanation.reading is None:
        return f"**{headline}** {markdown_text(explanation.error)}\n"
    blocks = [
        f"**{headline}** {markdown_text(_where(explanation))}".rstrip(),
        markdown_code(reply_line(explanation)),
    ]
    if explanation.exit_code is not ExitCode.ACCEPTED:
        blocks.append(
            "\n".join(
                f"- **{label}:** {markdown_text(text)}" if label else f"- {markdown_text(text)}"
                for label, text in _facts(explanation)
            )
        )
        blocks.append(
            "\n".join(
                f"- {side} {weight}: {markdown_text(item.says)} ({markdown_text(item.rule)})"
                for side, weight, item in _evidence(explanation)
            )
        )
    return "\n\n".join(block for block in blocks if block) + "\n"


def to_json_object(explanation: Explanation) -> str:
    """One object over several lines, with a final line break."""
    return json_text(to_json(explanation), indent=2) + "\n"


def to_json_line(explanation: Explanation) -> str:
    """One object on one line, with its line break: whoever reads along has the whole of it at once."""
    return to_json_row(explanation) + "\n"


def to_json_row(explanation: Explanation) -> str:
    """One object on one line, without a line break."""
    return json_text(to_json(explanation))


def reply_line(explanation: Explanation) -> str:
    """Code, enhanced status and text, as far as there are any; not escaped."""
    reading = explanation.reading
    if reading is None:
        return ""
    parts = (str(reading.code or ""), str(reading.enhanced or ""), reading.text)
    return " ".join(part for part in parts if part) or "(no reply is quoted)"


def _where(explanation: Explanation) -> str:
    reading = explanation.reading
    if reading is None:
        return ""
    stage = f"at {words.STAGES[reading.stage]}" if reading.stage else ""
    host = f"by {printable(reading.host)}" if reading.host else ""
    return " ".join(part for part in (stage, host) if part)


def _facts(explanation: Explanation) -> list[tuple[str, str]]:
    conclusion = explanation.conclusion
    if conclusion is None:
        return []
    conduct = conclusion.conduct
    shares = [(causes()[item.id].title, item.probability) for item in conclusion.ranked]
    facts = [
        ("" if index else "Cause", f"{row.title}, {row.share} {row.band}".rstrip())
        for index, row in enumerate(cause_rows(shares, conclusion.band))
    ]
    undecided = conclusion.band is Band.UNDECIDED
    facts.append(("Meaning", _NOT_SETTLED if undecided else conclusion.cause.meaning))
    facts.append(("Who acts", f"{words.FIX_BY[conduct.fix_by]}: {conclusion.action}"))
    facts.append(("Retry", words.retry(conduct.retry, conduct.retry_after, conclusion.retry_reason)))
    facts.append(("Steps", ", ".join(f"{step} {STEP_TITLES[step]}" for step in conclusion.advice.steps)))
    return facts


def _evidence(explanation: Explanation) -> list[tuple[str, str, Evidence]]:
    if not explanation.ranked:
        return []
    first = explanation.ranked[0]
    weighed = [*first.evidence_for, *first.evidence_against]
    rows = []
    for item, weight in sorted(weighed, key=lambda pair: -abs(pair[1])):
        side = "for" if weight > 0.5 else "against" if weight < -0.5 else "neutral"
        rows.append((side, words.decibans(weight) if side != "neutral" else "", item))
    return sorted(rows, key=lambda row: ("for", "against", "neutral").index(row[0]))
