"""An explained reply, or a bounced recipient, as JSON. Light: `explain` must not load the bounce reader."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from probe import explanation
from probe.diagnosis.conclusion import Conclusion, document
from probe.report.json_text import json_text

if TYPE_CHECKING:
    from probe.bounces import BouncedRecipient


def reply_object(item: explanation.Explanation) -> str:
    """One object over several lines, with a final line break."""
    return json_text(explanation.to_json(item), indent=2) + "\n"


def reply_line(item: explanation.Explanation) -> str:
    """One object on one line, with its line break, so that a reader of the stream gets complete lines."""
    return reply_row(item) + "\n"


def reply_row(item: explanation.Explanation) -> str:
    """One object on one line, without a line break. The part of the conclusion is made once for all replies
    that have it."""
    if item.conclusion is None or item.excerpt is not None or item.error:
        return json_text(explanation.to_json(item))
    return f"{json_text(explanation.reply_document(item))[:-1]}, {_of_conclusion(item.conclusion)[1:]}"


@lru_cache(maxsize=1024)
def _of_conclusion(conclusion: Conclusion | None, action: str = "action") -> str:
    """An object with the keys for a conclusion, as in `document`; it has about 1.5 KB."""
    return json_text(document(conclusion, action))


def bounce_line(recipient: BouncedRecipient) -> str:
    """One object on one line, with its line break."""
    return bounce_row(recipient) + "\n"


def bounce_row(recipient: BouncedRecipient) -> str:
    """One object on one line, without a line break."""
    from probe.bounces import ACTION_KEY, CONCLUSION_PLACE, json_parts

    row, conclusion = json_parts(recipient)
    # a quotation mark within a value is escaped, so this is the key
    about, _, ending = json_text(row).partition(f'"{CONCLUSION_PLACE}": null')
    return f"{about}{_of_conclusion(conclusion, ACTION_KEY)[1:-1]}{ending}"
