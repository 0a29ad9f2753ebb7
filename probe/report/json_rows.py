"""An explained reply, or a bounced recipient, as JSON. Light: `explain` must not load the bounce reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

from probe import explanation
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
    """One object on one line, without a line break."""
    return json_text(explanation.to_json(item))


def bounce_line(recipient: BouncedRecipient) -> str:
    """One object on one line, with its line break."""
    return bounce_row(recipient) + "\n"


def bounce_row(recipient: BouncedRecipient) -> str:
    """One object on one line, without a line break."""
    from probe.bounces import to_json

    return json_text(to_json(recipient))
